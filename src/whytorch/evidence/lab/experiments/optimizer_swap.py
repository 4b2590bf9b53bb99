"""Other standard optimizers at their usual settings, on the same steps."""

from __future__ import annotations

from typing import Any

import torch

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change


def _groups(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"params": g["params"]} for g in groups]


# The settings that torch's tutorials and model recipes use for image classifiers.
_USUAL = {
    "Adam": Change("Adam(lr=1e-3)", optimizer=lambda g: torch.optim.Adam(_groups(g), lr=1e-3)),
    "SGD": Change(
        "SGD(lr=0.01, momentum=0.9)",
        optimizer=lambda g: torch.optim.SGD(_groups(g), lr=0.01, momentum=0.9),
    ),
}


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    own = type(bench.tape.optimizers[bench.steps[0].optimizer]).__name__
    return trial.compare(bench, [c for name, c in _USUAL.items() if name != own], seconds)
