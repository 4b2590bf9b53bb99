"""The same steps with the gradients cleared before each of them."""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    if not any(any(m.stale) for s in bench.steps for m in s.micros[:1]):
        raise NotRebuilt("the script clears its gradients")
    return trial.compare(bench, [Change("gradients cleared before each step", clear=True)], seconds)
