"""The script's training repeated, each time with another order and other random numbers."""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    steps = trial.affordable(bench, seconds, 0)
    runs = trial.baseline(bench, steps)
    return {
        "runs": [trial.outcome("as it is", c) for c in runs],
        "seconds": sum(c.seconds for c in runs),
    }
