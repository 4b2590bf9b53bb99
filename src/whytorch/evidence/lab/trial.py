"""The trial: the script as it is against one thing changed, over the same steps, with its noise."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from whytorch.evidence.lab.bench import Bench, Change, Curve, NotRebuilt

FEWEST_STEPS = 20
MOST_STEPS = 300
TOO_LONG = 3.0  # times the seconds that were given; the first trial pays for the baseline
REPEATS = 3  # of the script as it is, for the noise
_OWN = "as it is"


def outcome(says: str, curve: Curve) -> dict[str, Any]:
    """As `facts.Outcome`."""
    end = curve.end
    return {
        "says": says, "steps": len(curve.losses), "start": curve.start,
        "end": end if math.isfinite(end) else None, "broke": curve.broke,
        "train_accuracy": curve.train_accuracy, "eval_accuracy": curve.eval_accuracy,
    }  # fmt: skip


def compare(
    bench: Bench, changes: Sequence[Change], seconds: float, comparable: bool = True
) -> dict[str, Any]:
    """As `facts.Trial`: the script as it is (several times, kept for the next trial), each change
    once, and the best change once more. Raises NotRebuilt where no change can be run."""
    if not changes:
        raise NotRebuilt("there is nothing to change")
    started = time.perf_counter()
    paces = [max(1.0, change.pace) for change in changes]
    steps = affordable(bench, seconds, math.ceil(sum(paces)) + 1)
    own = baseline(bench, steps)
    # What the script as it is took serves the next trials too: half of the time is left for sure.
    left = max(seconds - (time.perf_counter() - started), seconds / 2)
    tried: list[tuple[Change, Curve]] = []
    problems = []
    for change, pace in zip(changes, paces, strict=True):
        most = 2 * left * pace / sum(paces)
        try:
            curve = bench.run(change, _steps(change, steps), seconds=most)
            if len(curve.losses) < _steps(change, steps) and not curve.broke:
                raise NotRebuilt("the time did not suffice")  # fewer steps end higher
            tried.append((change, curve))
        except Exception as error:  # surgery that does not fit this network
            problems.append(f"{change.name}: {type(error).__name__}: {str(error)[:120]}")
    if not tried:
        raise NotRebuilt("; ".join(problems))
    first, noise, accuracy_noise = own[0], _spread([c.end for c in own]), _accuracy_noise(own)
    change, curve = min(tried, key=lambda t: _rank(t[1], comparable))
    repeated = False
    floor = (noise if comparable else accuracy_noise) or 0.0
    if _rank(curve, comparable) < _rank(first, comparable) - floor:
        again = bench.run(change, _steps(change, steps), seed=1)
        worst_own = min(_rank(c, comparable) for c in own)
        repeated = _rank(again, comparable) < worst_own
    return {
        "own": outcome(_OWN, first),
        "changed": [outcome(c.name, t) for c, t in tried],
        "noise": noise, "accuracy_noise": accuracy_noise,
        "lowest": min((c.end for c in own if math.isfinite(c.end)), default=None),
        "comparable": comparable, "repeated": repeated,
        "seconds": time.perf_counter() - started,
    }  # fmt: skip


def affordable(bench: Bench, seconds: float, runs: int) -> int:
    """Steps for which `runs` trainings fit into the time; the length is the same for all trials, so
    that the script as it is need not run again for each. Raises NotRebuilt where a step takes so
    long that not even the fewest fit."""
    if bench.step_seconds is None:
        bench.run(steps=2, judge=False)
    one = max(bench.step_seconds or 1e-3, 1e-4)
    if one * (bench.length or FEWEST_STEPS) * (runs + REPEATS) > TOO_LONG * seconds:
        raise NotRebuilt(f"a step takes {one:.2g} s: too long for experiments in {seconds:.2g} s")
    if bench.length is None:
        # One trial must leave room for others: its runs and the repeats share the time it got.
        fitting = int(seconds / (one * (runs + REPEATS)))
        wanted = max(60, len(bench.steps))
        bench.length = max(FEWEST_STEPS, min(MOST_STEPS, wanted, fitting))
    return bench.length


def _steps(change: Change, steps: int) -> int:
    """As many as see the same number of samples."""
    return max(1, round(steps * change.pace))


def baseline(bench: Bench, steps: int) -> list[Curve]:
    """The script as it is, with other orders and random numbers; kept for the next trial."""
    if bench.own is None or (len(bench.own[0].losses) < steps and not bench.own[0].broke):
        bench.own = [bench.run(steps=steps, seed=seed) for seed in range(REPEATS)]
    return bench.own


def _spread(values: list[float]) -> float | None:
    known = [v for v in values if math.isfinite(v)]
    return max(known) - min(known) if len(known) > 1 else None


def _accuracy_noise(curves: list[Curve]) -> float | None:
    known = [c.train_accuracy for c in curves if c.train_accuracy is not None]
    return max(known) - min(known) if len(known) > 1 else None


def _rank(curve: Curve, comparable: bool) -> float:
    """Lower is better."""
    return curve.end if comparable else -(curve.train_accuracy or 0.0)
