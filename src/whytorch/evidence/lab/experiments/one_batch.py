"""One recorded batch, trained on again and again with the script's own step and rate.

Any network with a gradient can learn one batch by heart. What cannot, is not a matter of data or
of size: the step itself is broken, or its rate is.
"""

from __future__ import annotations

import math
import time
from typing import Any

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change

STEPS = 150


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    trial.affordable(bench, seconds, 1)
    one = max(bench.step_seconds or 1e-3, 1e-4)
    steps = max(20, min(STEPS, int(seconds / one)))
    kept = bench.steps
    first = next(s for s in kept if s.micros)
    bench.steps = [first]
    try:
        curve = bench.run(Change(schedule=False), steps, judge=False)
    finally:
        bench.steps = kept
    return {
        "steps": len(curve.losses), "start": curve.start,
        "end": None if curve.broke else curve.end,
        "losses": [loss if math.isfinite(loss) else None for loss in curve.losses],
        "seconds": time.perf_counter() - started,
    }  # fmt: skip
