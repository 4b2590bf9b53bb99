"""The processes train networks of their own.

What it looks for
    In a watched training, processes that end with different weights. In a process group: the
    network inside DistributedDataParallel called in training past the wrapper (model.module(x)); a
    network that is trained without any wrapper and without a call that exchanges gradients;
    optimizer steps inside no_sync().

Why it hurts
    The wrapper averages the gradients of all processes when its own forward was called. Past it,
    every process goes its own way on its share of the data; what is saved is one of them.

How to fix it
    Call the wrapper, model(x), in training. Keep model.module for saving and loading.

When it is fine
    model.module for evaluation, gradients averaged by hand with all_reduce, and FSDP, DeepSpeed or
    Horovod.

References
    torch.nn.parallel.DistributedDataParallel, sections "Forward pass" and "no_sync".
"""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.checks._promises import goes
from whytorch.checks.distributed._ranks import WRAPPER, framework, tells
from whytorch.evidence.facts import Distributed, Peer, Training, WrappedNetwork
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, dotted, method
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceExpression

# Replicas add up the same gradients in the same order: they differ by nothing. Of sums of weights
# on machines of two kinds, the last digits of float32 may.
SAME = 1e-5
_OTHER_WRAPPERS = ("*.FullyShardedDataParallel", "*.FSDP", "FSDP", "*.fully_shard", "fully_shard",
                   "*.parallelize_module", "*.replicate")  # fmt: skip


def decide(
    distributed: Distributed, training: Training, source: Source | None
) -> list[Finding] | NotJudged:
    if not training.steps:
        return NotJudged("needs an optimizer step; this run has none")
    apart = _apart(distributed, training)
    if apart:
        return [_weights_differ(distributed, apart, training)]
    raw = [w for w in distributed.wrapped if w.raw_calls > w.calls]
    if raw:
        return [_past_the_wrapper(w) for w in raw]
    if distributed.wrapped or source is None or framework(source):
        return suspect(source) if source is not None else []
    shared = [s for s in distributed.samplers if s.trained]
    other = source.around.has(*WRAPPER, *_OTHER_WRAPPERS) or tells(source)
    if not shared or other or distributed.collectives:
        return []
    return [
        Finding(
            says=f"{training.steps} steps on this process's share of the data, and nothing "
            "exchanges gradients: no network is wrapped in DistributedDataParallel",
            places=places(training.step_place, distributed.place),
            severity="error" if distributed.world_size > 1 else "warning",
            confidence=0.85,
            measured={"steps": training.steps, "processes": distributed.world_size},
            explains=("underfitting", "results-vary-between-runs"),
            fix=Fix("write model = DistributedDataParallel(model) before the optimizer is built"),
        )
    ]


def _apart(distributed: Distributed, training: Training) -> list[Peer]:
    """Processes that ended with other weights after as many steps."""
    own = distributed.weights
    if own is None or not all(p.finished for p in distributed.peers):
        return []
    return [
        p
        for p in distributed.peers
        if p.weights is not None and p.steps == training.steps
        if abs(p.weights - own) > SAME * abs(own)
    ]


def _weights_differ(distributed: Distributed, apart: list[Peer], training: Training) -> Finding:
    raw = next((w for w in distributed.wrapped if w.raw_calls > w.calls), None)
    ranks = ", ".join(str(p.rank) for p in apart[:8])
    return Finding(
        says=f"after {training.steps} steps each, the weights of rank {ranks} are others than "
        f"those of rank {distributed.rank}: their absolute values add up to "
        f"{apart[0].weights:.6g} and {distributed.weights:.6g}",
        places=places(raw.raw_place if raw else training.step_place, distributed.place),
        severity="error",
        confidence=0.97,
        measured={"weights": [distributed.weights, *(p.weights for p in distributed.peers)]},
        explains=("underfitting", "results-vary-between-runs"),
        fix=Fix("train through the wrapper, DistributedDataParallel(model), called as model(x)"),
    )


def _past_the_wrapper(wrapped: WrappedNetwork) -> Finding:
    return Finding(
        says=f"{wrapped.raw_calls} training calls went to the {wrapped.kind} inside "
        f"DistributedDataParallel, {wrapped.calls} to the wrapper: its gradients are not averaged "
        "over the processes",
        places=places(wrapped.raw_place, wrapped.place),
        severity="error",
        confidence=0.93,
        measured={"raw_calls": wrapped.raw_calls, "wrapped_calls": wrapped.calls},
        explains=("underfitting", "results-vary-between-runs"),
        fix=Fix("call the wrapper itself in training: model(x), not model.module(x)"),
    )


# --- the source alone ----------------------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    if not source.around.has(*WRAPPER) or not source.around.has("*.backward"):
        return []
    return _module_called(source) + _stepped_unsynced(source)


def _module_called(source: Source) -> list[Finding]:
    """`loss = criterion(model.module(x), y)`, and loss.backward() in the same loop."""
    for spot in source.around.calls("*.module"):
        func = spot.call.func
        if not isinstance(func, ast.Attribute) or not spot.call.args or not spot.loops():
            continue
        made = source.around.made(spot, func.value)
        name = dotted(made.func).rpartition(".")[2] if isinstance(made, ast.Call) else ""
        if f"*.{name}" not in WRAPPER or _evaluates(spot) or not _leads_to_backward(spot):
            continue
        model = spot.text(func.value)
        return [
            Finding(
                says=f"the training loop calls {model}.module, past the wrapper that averages the "
                "gradients",
                places=(spot.place(),),
                severity="warning",
                confidence=0.88,
                explains=("underfitting", "results-vary-between-runs"),
                fix=Fix(f"write {model}(...)"),
            )
        ]
    return []


def _evaluates(spot: Spot) -> bool:
    """Inside no_grad, or under a condition, as of a validation phase."""
    withs = [n for n in spot.up() if isinstance(n, ast.With)]
    return any("grad" in spot.text(i.context_expr) for w in withs for i in w.items)


def _leads_to_backward(spot: Spot) -> bool:
    """Whether the very statement, or the name it binds, comes to a backward in the same loop."""
    statement = spot.statement()
    nodes = list(ast.walk(spot.loops()[0]))
    reached = {dotted(t) for t in getattr(statement, "targets", [])}
    for node in nodes:
        if isinstance(node, ast.Assign) and reached & {dotted(n) for n in ast.walk(node.value)}:
            reached |= {dotted(t) for t in node.targets}
    roots = {method(n)[0] for n in nodes if method(n)[1] == "backward"}
    own = any(method(n)[1] == "backward" for n in ast.walk(statement))
    return own or bool((reached - {""}) & roots)


def _stepped_unsynced(source: Source) -> list[Finding]:
    """backward and step inside `with model.no_sync():`."""
    for spot in source.around.calls("*.no_sync"):
        block = next((n for n in spot.up() if isinstance(n, ast.With)), None)
        direct = block is not None and any(i.context_expr is spot.node for i in block.items)
        names = [method(n) for n in ast.walk(block)] if block is not None and direct else []
        called = [c for owner, c in names if "sched" not in owner]
        if "backward" in called and "step" in called:
            return [
                Finding(
                    says="the optimizer steps inside no_sync(): its gradients were never averaged",
                    places=(spot.place(),),
                    severity="warning",
                    confidence=0.85,
                    explains=("underfitting", "results-vary-between-runs"),
                    fix=Fix("leave the last backward before the step outside of no_sync()"),
                )
            ]
    return []


SAFE = True
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    for place in finding.places[:1]:
        for call in source.calls_within(Place(place.path, place.line)):
            if call.raw.endswith(".module"):
                new = call.raw.removesuffix(".module")
                return [ReplaceExpression(call.place, old=call.raw, new=new)]
    return []


BAD = """
import os

import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

for name, value in {"MASTER_ADDR": "localhost", "MASTER_PORT": "0", "RANK": "0"}.items():
    os.environ.setdefault(name, value)  # torchrun sets them
dist.init_process_group("gloo", world_size=int(os.environ.get("WORLD_SIZE", 1)))
torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
train_set = TensorDataset(images[:1400], labels[:1400])
sampler = DistributedSampler(train_set)
loader = DataLoader(train_set, batch_size=50, sampler=sampler)
network = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
ddp = DistributedDataParallel(network)
optimizer = torch.optim.Adam(ddp.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(5):
    sampler.set_epoch(epoch)
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(ddp.module(x), y)  # <- here
        loss.backward()
        optimizer.step()

with torch.no_grad():
    right = (ddp.module(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"rank {dist.get_rank()}: test accuracy {right:.3f}")
dist.destroy_process_group()
"""

GOOD = BAD.replace("criterion(ddp.module(x), y)  # <- here", "criterion(ddp(x), y)")
