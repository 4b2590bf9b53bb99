"""The sampler is not told the epoch.

What it looks for
    A DistributedSampler that shuffles and was iterated again and again with the same epoch number,
    for training. In the source: one whose loader is iterated by the training loop, and no call of
    set_epoch in any file.

Why it hurts
    The order is drawn from the seed and the epoch number. With the number standing at 0 every epoch
    shows the same batches in the same order, and each process the same share of the data.

How to fix it
    Call sampler.set_epoch(epoch) at the beginning of every epoch, before the loader is iterated.

When it is fine
    shuffle=False, one epoch only, and libraries that do it themselves (Lightning, Accelerate, the
    Trainer of transformers).

References
    torch.utils.data.distributed.DistributedSampler: "calling the set_epoch() method at the
    beginning of each epoch is necessary".
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._helpers import places
from whytorch.checks._places import loops_around
from whytorch.checks._promises import goes
from whytorch.checks.distributed._ranks import (
    framework,
    is_constant,
    loader_of,
    loops_over,
    samplers,
    trains,
)
from whytorch.evidence.facts import Distributed, RankSampler
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Loops, Spot, dotted
from whytorch.records import AnyEdit, Finding, Fix, InsertBefore, NotJudged, Place


def decide(distributed: Distributed, source: Source | None) -> list[Finding] | NotJudged:
    mine = [s for s in distributed.samplers if s.trained and s.shuffle]
    if not mine:
        return NotJudged("no DistributedSampler was seen feeding a training")
    if all(s.passes < 2 for s in mine):
        return NotJudged("needs two epochs; this run has one")
    return [_observed(s, source) for s in mine if s.passes > 1 and s.epochs == 1]


def _observed(sampler: RankSampler, source: Source | None) -> Finding:
    name = _name(sampler.place, source)
    return Finding(
        says=f"{sampler.passes} epochs were drawn with the same epoch number: every one has the "
        f"same {sampler.length} samples in the same order",
        places=places(sampler.place),
        severity="warning",
        confidence=0.95,
        measured={"passes": sampler.passes, "epoch_numbers": sampler.epochs},
        explains=("overfitting",),
        fix=Fix(f"write {name}.set_epoch(epoch) at the beginning of every epoch"),
    )


def _name(place: Place | None, source: Source | None) -> str:
    assigned = source.names_assigned_at(place) if source is not None and place is not None else ()
    named = [n for n in assigned if "sampler" in n.lower()]
    return named[0] if named else "train_loader.sampler"


def suspect(source: Source) -> list[Finding]:
    if not source.around.has("*.DistributedSampler", "DistributedSampler"):
        return []
    if source.around.has("*.set_epoch") or not source.around.has("*.backward"):
        return []
    if framework(source):
        return []
    found = []
    for spot in samplers(source):
        if is_constant(spot, "shuffle", False) or _given_on(spot):
            continue
        loader = loader_of(spot, source)
        if loader is not None and _trained_in_epochs(loader, source):
            name = next((dotted(t) for t in getattr(spot.statement(), "targets", [])), "")
            found.append(
                Finding(
                    says="the training loop draws from this sampler in every epoch, and set_epoch "
                    "is never called: each epoch has the same order",
                    places=(spot.place(),),
                    severity="warning",
                    confidence=0.88,
                    explains=("overfitting",),
                    fix=Fix(
                        f"write {name or 'train_loader.sampler'}.set_epoch(epoch) at the beginning "
                        "of every epoch"
                    ),
                )
            )
    return found


def _given_on(spot: Spot) -> bool:
    """shuffle is a variable, or arguments come from a dict: not known."""
    return any(
        k.arg is None or (k.arg == "shuffle" and not isinstance(k.value, ast.Constant))
        for k in spot.call.keywords
    )


def _trained_in_epochs(loader: Spot, source: Source) -> bool:
    for loop in loops_over(loader, source):
        if not trains(loop, source):
            continue
        tree = loader.tree if loop in loader.tree.parents else None
        trees = [tree] if tree else [source.around.tree(i) for i in source.around.project.indexes]
        for one in trees:
            around = list(one.up(loop)) if loop in one.parents else []
            if any(isinstance(n, Loops) for n in around) or _called_in_loop(around, source):
                return True
    return False


def _called_in_loop(around: list[ast.AST], source: Source) -> bool:
    function = next((n for n in around if isinstance(n, ast.FunctionDef)), None)
    if function is None:
        return False
    return any(c.loops() for c in source.around.calls(f"*.{function.name}", function.name))


SAFE = True
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    sampler = (source.names_assigned_at(finding.places[0]) or ("",))[0] if finding.places else ""
    for loader in source.calls_to("*.DataLoader") if sampler else ():
        given = loader.argument("sampler")
        names = source.names_assigned_at(loader.place) if given and given.text == sampler else ()
        for loop in source.loops:
            outer = loops_around(source, loop.place)[:-1]
            epochs = outer[-1].target if outer else None
            if (
                epochs
                and epochs.isidentifier()
                and set(names) & set(re.findall(r"[\w.]+", loop.iterable))
            ):
                return [InsertBefore(loop.place, code=f"{sampler}.set_epoch({epochs})")]
    return []


BAD = """
import os

import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

for name, value in {"MASTER_ADDR": "localhost", "MASTER_PORT": "0", "RANK": "0"}.items():
    os.environ.setdefault(name, value)  # torchrun sets them
dist.init_process_group("gloo", world_size=int(os.environ.get("WORLD_SIZE", 1)))
torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
train_set = TensorDataset(images[:1400], labels[:1400])
sampler = DistributedSampler(train_set)  # <- here
loader = DataLoader(train_set, batch_size=50, sampler=sampler)
model = DistributedDataParallel(nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(5):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

if dist.get_rank() == 0:
    with torch.no_grad():
        right = (model.module(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
    print(f"test accuracy {right:.3f}")
dist.destroy_process_group()
"""

GOOD = BAD.replace("  # <- here", "").replace(
    "    for x, y in loader:", "    sampler.set_epoch(epoch)\n    for x, y in loader:"
)
