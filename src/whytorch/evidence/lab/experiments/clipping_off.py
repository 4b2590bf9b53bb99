"""The same steps, the gradients not clipped."""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    if not any(step.clips for step in bench.steps):
        raise NotRebuilt("the script clips no gradients")
    return trial.compare(bench, [Change("gradients not clipped", clip=False)], seconds)
