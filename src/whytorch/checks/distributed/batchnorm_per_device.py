"""BatchNorm on a few samples in each process.

What it looks for
    A network with plain BatchNorm layers inside DistributedDataParallel, trained on at most four
    samples a process. In a watched training of several processes: one whose shares of the classes
    are others than those of all the data.

Why it hurts
    Each process normalizes by the mean and spread of its own few samples, however many there are in
    all: noise in training, and stored statistics that do not fit in evaluation.

How to fix it
    Write model = nn.SyncBatchNorm.convert_sync_batchnorm(model) before wrapping it, give each
    process a larger batch, or use GroupNorm.

When it is fine
    Larger batches in each process; BatchNorm frozen in evaluation mode; GroupNorm and LayerNorm.

References
    torch.nn.SyncBatchNorm; Wu and He, "Group Normalization" (2018), error against batch size.
"""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.checks.distributed._ranks import WRAPPER, framework, loader_of, samplers
from whytorch.evidence.facts import Distributed, Passes, WrappedNetwork
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, dotted
from whytorch.records import Finding, Fix, NotJudged

# Wu and He: from 32 samples a device down the error of BatchNorm grows, steeply below 8; the
# classical detection and segmentation trainings that need SyncBatchNorm have 1 to 4.
FEW = 4
# Shares drawn at random differ by sqrt(classes / labels) / 2 or so: a tenth for 10 classes and 200
# labels. Where half of all labels are of other classes, the data was cut before it was shuffled.
ENOUGH = 200
OTHERS = 0.5
_NORMS = ("torch.nn.BatchNorm1d", "torch.nn.BatchNorm2d", "torch.nn.BatchNorm3d")


def decide(distributed: Distributed, passes: Passes | None) -> list[Finding] | NotJudged:
    known = [w for w in distributed.wrapped if w.largest_batch]
    if not known:
        return NotJudged("no training call of a wrapped network was seen")
    active = [p for p in (passes.of("train") if passes else ()) if p.active_batchnorm]
    if not active:
        return []
    normed = [w for w in known if w.batchnorms]
    small = [_finding(w) for w in normed if (w.largest_batch or FEW + 1) <= FEW]
    return small or [f for w in normed[:1] if (f := _other_classes(distributed, w)) is not None]


def _finding(wrapped: WrappedNetwork) -> Finding:
    return Finding(
        says=f"{wrapped.batchnorms} BatchNorm layers of {wrapped.kind} ({wrapped.first_batchnorm} "
        f"the first) take their statistics from the {wrapped.largest_batch} samples of one process",
        places=places(wrapped.place),
        severity="warning",
        confidence=0.9,
        measured={"batchnorms": wrapped.batchnorms, "samples_a_process": wrapped.largest_batch},
        explains=("evaluation-far-below-training", "loss-oscillates", "underfitting"),
        fix=Fix("write nn.SyncBatchNorm.convert_sync_batchnorm(model) around what is wrapped here"),
    )


def _other_classes(distributed: Distributed, wrapped: WrappedNetwork) -> Finding | None:
    """Each process normalizes by its own classes; the statistics kept are those of the first."""
    shares = {p.rank: p.share.labels for p in distributed.everyone if p.share is not None}
    counts = {rank: sum(labels.values()) for rank, labels in shares.items()}
    if len(shares) < distributed.world_size or min(counts.values(), default=0) < ENOUGH:
        return None
    first = shares[distributed.rank]
    apart = {r: _distance(first, labels) for r, labels in shares.items() if r != distributed.rank}
    rank = max(apart, key=lambda r: apart[r], default=distributed.rank)
    if apart.get(rank, 0.0) < OTHERS:
        return None
    return Finding(
        says=f"the {wrapped.batchnorms} BatchNorm layers of {wrapped.kind} take their statistics "
        f"from the images of one process, and these show other classes: rank {distributed.rank} "
        f"trains on {_named(first)}, rank {rank} on {_named(shares[rank])}",
        places=places(wrapped.place),
        severity="warning",
        confidence=0.85,
        measured={"batchnorms": wrapped.batchnorms, "share_of_other_classes": apart[rank]},
        explains=("evaluation-far-below-training", "loss-oscillates", "underfitting"),
        fix=Fix("shuffle the data before it is shared out, as DistributedSampler does; or write "
                "nn.SyncBatchNorm.convert_sync_batchnorm(model) around what is wrapped here"),
    )  # fmt: skip


def _distance(one: dict[str, int], other: dict[str, int]) -> float:
    """Total variation between the shares of the classes, 0..1."""
    a, b = sum(one.values()), sum(other.values())
    names = {*one, *other}
    return sum(abs(one.get(n, 0) / a - other.get(n, 0) / b) for n in names) / 2


def _named(labels: dict[str, int]) -> str:
    """The classes that make up a share, the commonest first."""
    most = sorted(labels, key=lambda n: -labels[n])[:4]
    return f"class {', '.join(most)}" + (", ..." if len(labels) > len(most) else "")


def suspect(source: Source) -> list[Finding]:
    """A sampler's loader with a literal batch size, a wrapper, and a network with BatchNorm."""
    around = source.around
    if not around.has(*WRAPPER) or not around.has(*_NORMS, "*.resnet18", "*.resnet50"):
        return []
    if around.has("*.convert_sync_batchnorm", "*.SyncBatchNorm") or framework(source):
        return []
    small = [x for s in samplers(source) if (x := loader_of(s, source)) and _is_small(x, source)]
    wrapped = [w for w in around.calls(*WRAPPER) if _has_norm(w, source)]
    if not small or not wrapped or not around.has("*.backward"):
        return []
    return [
        Finding(
            says=f"each process normalizes over its own {_batch(small[0], source)} samples: the "
            "network has plain BatchNorm layers",
            places=(wrapped[0].place(), small[0].place()),
            severity="warning",
            confidence=0.8,
            explains=("evaluation-far-below-training", "loss-oscillates"),
            fix=Fix("write nn.SyncBatchNorm.convert_sync_batchnorm(model) around what is wrapped"),
        )
    ]


def _batch(loader: Spot, source: Source) -> int | None:
    given = [k.value for k in loader.call.keywords if k.arg == "batch_size"]
    given = given or loader.call.args[1:2]
    made = source.around.made(loader, given[0]) if given else None
    value = made.value if isinstance(made, ast.Constant) else None
    return value if isinstance(value, int) else None


def _is_small(loader: Spot, source: Source) -> bool:
    size = _batch(loader, source)
    train = not any(k.arg == "shuffle" for k in loader.call.keywords)
    return size is not None and 1 < size <= FEW and train


def _has_norm(spot: Spot, source: Source) -> bool:
    """Whether what is wrapped is built, in the same file, from layers with BatchNorm."""
    if not spot.call.args:
        return False
    made = source.around.made(spot, spot.call.args[0])
    while isinstance(made, ast.Call) and dotted(made.func).endswith((".to", ".cuda")):
        made = source.around.made(spot, made.func.value)  # type: ignore[attr-defined]
    if not isinstance(made, ast.Call):
        return False
    name = source.around.name_of(spot, made.func)
    if name.startswith("torchvision.models.resnet"):
        return True
    norms = source.around.calls(*_NORMS)
    if name == "torch.nn.Sequential":
        return any(n.node in ast.walk(made) for n in norms)
    return any(isinstance(p, ast.ClassDef) and p.name == name for n in norms for p in n.up())


PASTE = """
model = DDP(nn.SyncBatchNorm.convert_sync_batchnorm(model), device_ids=[device])
"""

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
train_set = TensorDataset(images[:800], labels[:800])
sampler = DistributedSampler(train_set)
loader = DataLoader(train_set, batch_size=4, sampler=sampler, drop_last=True)
net = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
model = DDP(net)  # <- here
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(2):
    sampler.set_epoch(epoch)
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    right = (model.module(images[800:]).argmax(1) == labels[800:]).float().mean().item()
print(f"test accuracy {right:.3f}")
dist.destroy_process_group()
"""

GOOD = BAD.replace("DDP(net)  # <- here", "DDP(net)").replace("nn.BatchNorm1d", "nn.LayerNorm")
