"""What accuracy the script's network, data and settings lead to.

The network is trained on growing shares of the recorded training batches, and over growing numbers
of steps; curves of the form limit + scale * n^-power are fitted to its errors on the recorded
evaluation samples (the usual shape of learning curves: Hestness et al. 2017, "Deep Learning Scaling
is Predictable, Empirically") and followed to the whole training set and ten times the steps. The
limits come from fits that leave one point out each, and from the noise between repeats; the upper
one allows any number of steps.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from whytorch.evidence.lab import looks, trial
from whytorch.evidence.lab.bench import Bench, Curve, NotRebuilt
from whytorch.evidence.lab.program import Step
from whytorch.evidence.recorder import datasets

SHARES = (0.125, 0.25, 0.5, 1.0)
POWERS = np.linspace(0.1, 2.0, 39)
LONGER = 10.0  # times the steps
_FOREVER = 1e9
_FEWEST = 40  # evaluation samples


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    samples = looks.evaluated(bench)
    if samples is None or len(samples) < _FEWEST:
        raise NotRebuilt("too few evaluation samples with known classes were recorded")
    first = _first_epoch(bench)
    recorded = sum(len(x) for s in first for x, _ in map(bench.batch_of, s.micros))
    steps = trial.affordable(bench, seconds, 3)
    shares = [first[: max(1, round(len(first) * share))] for share in SHARES]
    whole_runs = _curves(bench, steps, first, 2)
    full: list[Any] = [c.eval_accuracy for c in whole_runs]
    by_share = [*(_reached(bench, steps, few) for few in shares[:-1]), full[0]]
    lengths = [max(1, int(steps * s)) for s in SHARES]
    by_steps = [*(_reached(bench, n, first) for n in lengths[:-1]), full[0]]
    if any(a is None for a in (*full, *by_share, *by_steps)):
        raise NotRebuilt("the loss breaks, or its accuracy cannot be measured")
    whole = max(1.0, _training_length(bench) / recorded)
    noise = abs(full[0] - full[1]) + 1 / len(samples) ** 0.5 / 2  # and that of so few samples
    within = [min(1.0, full[0] + more) for more in _gains(by_share, by_steps, whole, LONGER)]
    forever = [full[0] + more for more in _gains(by_share, by_steps, whole, _FOREVER)]
    return {
        "shares": SHARES, "accuracies": by_share, "steps": lengths, "by_steps": by_steps,
        "samples": recorded, "eval_samples": len(samples), "noise": noise,
        "limit": within[0],
        "limit_low": max(0.0, min(within) - noise), "limit_high": min(1.0, max(forever) + noise),
        "train_accuracy": whole_runs[0].train_accuracy,
        "seconds": time.perf_counter() - started,
    }  # fmt: skip


def _first_epoch(bench: Bench) -> list[Step]:
    """The steps until samples come again."""
    known: set[bytes] = set()
    found: list[Step] = []
    whole, samples = _training_length(bench), 0
    for step in (s for s in bench.steps if s.micros):
        new = [c for m in step.micros for c in looks.contents(bench.batch_of(m)[0])]
        repeated = 2 * sum(c in known for c in new) > len(new)
        if found and (repeated or (whole and samples >= whole)):
            break
        found.append(step)
        known.update(new)
        samples += len(new)
    return found


def _reached(bench: Bench, steps: int, few: list[Step]) -> Any:
    return _curves(bench, steps, few, 1)[0].eval_accuracy


def _curves(bench: Bench, steps: int, few: list[Step], repeats: int) -> list[Curve]:
    """Trainings on the batches of a few steps, in other orders."""
    kept = bench.steps
    usable = [s for s in kept if s.micros]
    # The rates are those of all steps in their order: a schedule that warms up is not cut short.
    bench.steps = [replace(s, micros=few[n % len(few)].micros) for n, s in enumerate(usable)]
    try:
        return [bench.run(steps=steps, seed=seed) for seed in range(repeats)]
    finally:
        bench.steps = kept


def _training_length(bench: Bench) -> int:
    lengths = [
        datasets.length(d) or 0 for known, d, _ in bench._keeps.sets if "train" in known.phases
    ]
    return max(lengths, default=0)


def _gains(
    by_share: list[float], by_steps: list[float], whole: float, longer: float
) -> list[float]:
    """What more data and more steps add: from all points, then with one left out each."""
    errors = 1 - np.asarray(by_share), 1 - np.asarray(by_steps)
    sizes = np.asarray(SHARES)
    gains = []
    for left_out in (None, *range(len(sizes) - 1)):
        chosen = [n for n in range(len(sizes)) if n != left_out]
        more = 0.0
        for error, further in zip(errors, (whole, longer), strict=True):
            curve = fitted(sizes[chosen], error[chosen])
            more += curve(1.0) - curve(further)
        gains.append(more)
    return gains


def fitted(sizes: Any, errors: Any) -> Any:
    """The error over the size, by least squares: limit + scale * size^-power, neither below 0."""
    best: tuple[float, float, float, float] | None = None
    for power in POWERS:
        falling = sizes**-power
        for limit, scale in _solutions(falling, errors):
            rest = float(((limit + scale * falling - errors) ** 2).sum())
            if best is None or rest < best[0] - 1e-15:
                best = rest, limit, scale, float(power)
    assert best is not None
    _, limit, scale, power = best
    return lambda size: limit + scale * size**-power


def _solutions(falling: Any, errors: Any) -> list[tuple[float, float]]:
    """Least squares in (limit, scale) inside and on the borders of what is allowed."""
    spread = falling - falling.mean()
    scale = float((spread * errors).sum() / max((spread**2).sum(), 1e-15))
    limit = float(errors.mean() - scale * falling.mean())
    inside = [(limit, scale)] if limit >= 0 and scale >= 0 else []
    through = max(0.0, float((falling * errors).sum() / (falling**2).sum()))
    return [*inside, (max(0.0, float(errors.mean())), 0.0), (0.0, through)]
