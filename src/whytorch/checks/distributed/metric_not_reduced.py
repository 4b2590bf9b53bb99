"""A figure of one process is reported as the whole.

What it looks for
    An evaluation whose loader has a DistributedSampler, so that each process sees its share of the
    data, and figures of it that are printed while no process ever tells the others anything.

Why it hurts
    What is printed describes one share of the data. It varies with the number of processes, and a
    best epoch or a learning rate chosen by it may differ between the processes.

How to fix it
    Sum the counts over the processes, dist.all_reduce(correct) and dist.all_reduce(total), and
    divide then. Or evaluate on all the data in one process.

When it is fine
    An evaluation of the whole set by one process, and metrics of torchmetrics, Accelerate or
    Lightning, which exchange their counts.

References
    torch.distributed.all_reduce.
"""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.checks._places import loops_around
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import statement
from whytorch.checks.distributed._ranks import (
    framework,
    loader_of,
    loops_over,
    samplers,
    tells,
    trains,
)
from whytorch.evidence.facts import DataFlow, Distributed, Passes, PrintedLine
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Functions, Spot, dotted, inside
from whytorch.records import AnyEdit, Finding, Fix, InsertAfter, NotJudged

_PRINTS = ("print", "info", "log", "write", "add_scalar", "set_postfix")


def decide(
    distributed: Distributed, passes: Passes, data: DataFlow | None, source: Source | None
) -> list[Finding] | NotJudged:
    shares = {x.id for x in (data.loaders if data else ()) if x.sampler == "DistributedSampler"}
    partial = [p for p in passes.of("eval") if p.loader in shares]
    if not partial:
        return NotJudged("no evaluation with a DistributedSampler was seen")
    told = sum(distributed.collectives.get(n, 0) for n in distributed.collectives)
    if told or source is None or framework(source) or tells(source):
        return []
    printed = _printed(passes, {p.index for p in partial})
    if printed is None:
        return NotJudged("no figure of such an evaluation was printed")
    return [
        Finding(
            says=f'"{printed.text.strip()[:60]}" describes the share of process {distributed.rank} '
            f"({partial[-1].samples} samples): the processes never add up their counts",
            places=places(printed.place, partial[-1].place),
            severity="warning",
            confidence=0.9,
            measured={"samples": partial[-1].samples, "processes": distributed.world_size},
            explains=("printed-metric-differs-from-measured",),
            fix=Fix("call dist.all_reduce on the counts before dividing them"),
        )
    ]


def _printed(passes: Passes, indices: set[int]) -> PrintedLine | None:
    lines = [x for x in passes.printed if x.after_pass in indices and x.numbers and x.place]
    return lines[-1] if lines else None


def suspect(source: Source) -> list[Finding]:
    if not source.around.has("*.DistributedSampler", "DistributedSampler"):
        return []
    if framework(source) or tells(source) or not source.around.has("*.init_process_group"):
        return []
    for spot in samplers(source):
        loader = loader_of(spot, source)
        for loop in loops_over(loader, source) if loader is not None else ():
            shown = _shown(loop, source)
            if shown is not None and not trains(loop, source):
                return [
                    Finding(
                        says="this figure comes from a loader that gives each process its share of "
                        "the data, and the processes never add up what they counted",
                        places=(shown.place(), spot.place()),
                        severity="warning",
                        confidence=0.82,
                        explains=("printed-metric-differs-from-measured",),
                        fix=Fix("call dist.all_reduce on the counts before dividing them"),
                    )
                ]
    return []


def _shown(loop: ast.For, source: Source) -> Spot | None:
    """Where a sum over the loop's batches is printed in the same function."""
    sums = {dotted(n.target) for n in inside(loop) if isinstance(n, ast.AugAssign)}
    trees = (source.around.tree(index) for index in source.around.project.indexes)
    tree = next((t for t in trees if loop in t.parents), None)
    if not sums or tree is None:
        return None
    around = list(tree.up(loop))
    function = next((n for n in around if isinstance(n, Functions)), around[-1])
    nodes = sorted(
        (n for n in inside(function) if hasattr(n, "lineno") and n.lineno > loop.lineno),
        key=lambda n: n.lineno,
    )
    for node in nodes:  # what is worked out from the sums, too
        if isinstance(node, ast.Assign) and sums & {dotted(n) for n in ast.walk(node.value)}:
            sums |= {dotted(t) for t in node.targets}
    for node in nodes:
        if not isinstance(node, ast.Call) or dotted(node.func).rpartition(".")[2] not in _PRINTS:
            continue
        if sums & {dotted(n) for a in node.args for n in ast.walk(a)} - {""}:
            return Spot(tree, node)
    return None


SAFE = "all processes have to come to this line"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    for place in finding.places[1:2]:
        node, loops = statement(source, place), loops_around(source, place)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and loops:
            name = node.target.id
            made = [a.value.text for a in source.assignments if a.targets == (name,) and a.value]
            if any(value.startswith("torch.") for value in made):
                code = f"torch.distributed.all_reduce({name})"
                return [InsertAfter(loops[-1].place, ("import torch",), code)]
    return []


BAD = """
import os

import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

for name, value in {"MASTER_ADDR": "localhost", "MASTER_PORT": "0", "RANK": "0"}.items():
    os.environ.setdefault(name, value)  # torchrun sets them
dist.init_process_group("gloo", world_size=int(os.environ.get("WORLD_SIZE", 1)))
torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
train_set = TensorDataset(images[:1400], labels[:1400])
test_set = TensorDataset(images[1400:], labels[1400:])
train_sampler = DistributedSampler(train_set)
train_loader = DataLoader(train_set, batch_size=50, sampler=train_sampler)
test_sampler = DistributedSampler(test_set, shuffle=False)
test_loader = DataLoader(test_set, batch_size=50, sampler=test_sampler)
model = DDP(nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(4):
    train_sampler.set_epoch(epoch)
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

counts = torch.zeros(2)
with torch.no_grad():
    for x, y in test_loader:
        counts += torch.tensor([(model(x).argmax(1) == y).sum(), len(y)])
accuracy = (counts[0] / counts[1]).item()
print(f"test accuracy {accuracy:.3f}")  # <- here
dist.destroy_process_group()
"""

GOOD = BAD.replace("  # <- here", "").replace(
    "accuracy = (", "dist.all_reduce(counts)\naccuracy = ("
)
