"""The script's optimizer without weight decay, and with a tenth of it."""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    groups = [group for step in bench.steps for group in step.settings]
    if not any(group.get("weight_decay") for group in groups):
        raise NotRebuilt("the optimizer decays no weights")
    changes = [
        Change("no weight decay", settings={"weight_decay": 0.0}),
        Change("a tenth of the weight decay", settings={"weight_decay": lambda own: own / 10}),
    ]
    return trial.compare(bench, changes, seconds)
