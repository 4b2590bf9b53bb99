"""The script's optimizer, schedule and batches at learning rates from 1e-6 to 10.

Coarse first (a decade apart), then halfway on both sides of the best. Rates are those of the first
parameter group; the others keep their ratio to it.
"""

from __future__ import annotations

import math
import time
from typing import Any

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change, Curve, NotRebuilt

DECADES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
_FINE = 10**0.5
NEARLY = 0.9  # of what the best rate saves of the script's loss at the end


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    own = _own_rate(bench)
    steps = trial.affordable(bench, seconds, len(DECADES) + 2)
    kept = trial.baseline(bench, steps)
    tried: dict[float, Curve] = {own: kept[0]}

    def attempt(rate: float) -> None:
        if not any(abs(math.log10(rate / known)) < 0.2 for known in tried):
            tried[rate] = bench.run(Change(f"lr={rate:g}", rate=rate / own), steps)

    # From the script's own rate outwards: where the time ends, the far ends are missing.
    for rate in sorted(DECADES, key=lambda r: abs(math.log10(r / own))):
        if time.perf_counter() - started > seconds:
            break
        attempt(rate)
    best = min(tried, key=lambda r: tried[r].end)
    for rate in (best * _FINE, best / _FINE):
        if time.perf_counter() - started < seconds:
            attempt(rate)
    best = safest(tried, own)
    rates = sorted(tried)
    ends = [tried[r].end for r in rates]
    noise = [c.end for c in kept if math.isfinite(c.end)]
    return {
        "steps": steps, "own_rate": own, "start": kept[0].start,
        "own_end": _finite(kept[0].end),
        "rates": rates, "ends": [_finite(e) for e in ends],
        "accuracies": [tried[r].train_accuracy for r in rates],
        "best_rate": best, "best_end": _finite(tried[best].end),
        "edge_rate": next((r for r in rates if r > best and tried[r].broke), None),
        "noise": max(noise) - min(noise) if len(noise) > 1 else None,
        "seconds": time.perf_counter() - started,
    }  # fmt: skip


def safest(tried: dict[float, Curve], own: float) -> float:
    best = min(tried, key=lambda r: tried[r].end)
    ended = tried[own].end
    if best <= own or not math.isfinite(ended):
        return best
    enough = NEARLY * (ended - tried[best].end)
    return min(r for r in tried if r > own and ended - tried[r].end >= enough)


def _own_rate(bench: Bench) -> float:
    for step in bench.steps:
        rate = step.settings[0].get("lr") if step.settings else None
        if isinstance(rate, (int, float)) and rate > 0:
            return float(rate)
    raise NotRebuilt("the optimizer has no learning rate above 0")


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
