"""The run is only half seeded.

What it looks for
    A script that says its results can be repeated (deterministic kernels, seeds of Python's and
    NumPy's generators) and never seeds torch, whose draws make the initial weights, the order of
    the batches and the dropout. Elsewhere a missing seed is no mistake, and nothing is said.

Why it hurts
    Each run begins from other weights and sees the batches in another order: two settings that are
    compared differ by luck as well, and nobody can repeat what was found.

How to fix it
    Call torch.manual_seed(0) before the network and the loaders are made; it seeds the GPUs, too.

When it is fine
    Runs that are meant to differ, such as those of an ensemble or of an average over repeats.

References
    PyTorch, "Reproducibility".
"""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.checks._promises import goes
from whytorch.evidence.facts import Run, Training, Upkeep
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, InsertBefore, NotJudged, Place

_OTHERS = ("random.seed", "numpy.random.seed", "np.random.seed")
_TORCH = (
    "torch.manual_seed", "torch.random.manual_seed", "torch.cuda.manual_seed_all",
    "torch.cuda.manual_seed", "torch.set_rng_state", "torch.random.fork_rng", "torch.seed",
)  # fmt: skip
# Functions of libraries and of the user's own that may seed torch where it cannot be seen.
_ANYWHERE = re.compile(r"seed", re.IGNORECASE)


def decide(
    run: Run, training: Training, upkeep: Upkeep | None, source: Source | None
) -> list[Finding] | NotJudged:
    if run.seed_set is None or source is None:
        return NotJudged("whether torch was seeded is not known")
    if not training.steps:
        return NotJudged("needs an optimizer step; this run has none")
    if run.seed_set:
        return _late(source) if upkeep is not None and upkeep.seeded_late else []
    return _half_seeded(source)


def suspect(source: Source) -> list[Finding]:
    """Only of a script that trains, and in which nothing else could seed torch."""
    if not source.around.has("*.backward") or not source.imports("torch"):
        return []
    if not source.around.has(*_OTHERS) and not _claims(source):
        return []
    return _half_seeded(source)


def _half_seeded(source: Source) -> list[Finding]:
    if source.around.has(*_TORCH) or _seeds_elsewhere(source):
        return []
    seeded = source.calls_to(*_OTHERS)
    claims = _claims(source)
    # One seed for NumPy is how people split data repeatably; it says nothing about the training.
    if not claims and len({c.name for c in seeded}) < 2:
        return []
    first = claims[0] if claims else seeded[0].place
    what = " and ".join(sorted({c.name for c in seeded})) or "no generator"
    return [
        Finding(
            says=f"the script asks for repeatable results and seeds {what}, but never torch, which "
            "draws the initial weights and the order of the batches",
            places=places(first, *(c.place for c in seeded)),
            severity="warning",
            confidence=0.85,
            measured={"seeded": [c.name for c in seeded]},
            explains=("results-vary-between-runs",),
            fix=Fix("write torch.manual_seed(0) here, before the network is made"),
        )
    ]


def _claims(source: Source) -> list[Place]:
    """torch.backends.cudnn.deterministic = True, torch.use_deterministic_algorithms(True)."""
    if not any("deterministic" in file.text for file in source.files):
        return []
    found = [
        a.place
        for a in source.assignments
        if any(t.endswith("cudnn.deterministic") for t in a.targets)
        and a.value is not None
        and a.value.constant is True
    ]
    calls = source.calls_to("torch.use_deterministic_algorithms")
    return found + [c.place for c in calls if c.args and c.args[0].constant is True]


def _seeds_elsewhere(source: Source) -> bool:
    """Any other call with "seed" in its name: seed_everything, set_seed, generator.manual_seed."""
    own = {f.name for f in source.functions}
    return any(
        _ANYWHERE.search(c.last) and c.name not in _OTHERS and c.last not in own
        for c in source.calls
    ) or bool(source.calls_to("*.Trainer", "*.Generator"))


def _late(source: Source) -> list[Finding]:
    """Seeded after the network was made: its weights are drawn from an unseeded generator."""
    seeds = [c for c in source.calls_to(*_TORCH) if c.last.startswith("manual_seed")]
    if not seeds:
        return []
    return [
        Finding(
            says="torch is seeded when the network is there already: its initial weights differ "
            "from run to run",
            places=places(seeds[0].place),
            severity="advice",
            confidence=0.8,
            explains=("results-vary-between-runs",),
            fix=Fix("call torch.manual_seed before the network is made"),
        )
    ]


SAFE = "every run draws the same numbers from now on"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if not finding.places:
        return []
    return [InsertBefore(finding.places[0], ("import torch",), "torch.manual_seed(0)")]


BAD = """
import random

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def set_up():
    random.seed(42)  # <- here
    np.random.seed(42)
    torch.use_deterministic_algorithms(False)


set_up()
images, labels = load_digits(return_X_y=True)
order = np.random.permutation(len(images))
images = torch.tensor(images[order], dtype=torch.float32) / 16
labels = torch.tensor(labels[order])
loader = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=50, shuffle=True)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(5):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

with torch.no_grad():
    accuracy = (model(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
"""

GOOD = BAD.replace("  # <- here", "\n    torch.manual_seed(42)")
