"""What the repair of a mistake promises, decided before the repaired copy is run.

A difference counts beyond what the number of samples alone makes of it: two standard errors.
"""

from __future__ import annotations

import math

from whytorch.records import Outcome

ERRORS = 2.0  # standard errors
LOWER_LOSS = 0.1  # of the loss before; where no accuracy is known


def pays(before: Outcome, after: Outcome) -> bool:
    """The crash is gone, or the network learns better than before."""
    if not after.finished:
        return False
    return before.crashed or (gained(before, after) or 0.0) > 0


def mends(before: Outcome, after: Outcome) -> bool:
    """What was found is gone, and nothing is worse; or it learns better."""
    if not after.finished:
        return False
    gone = bool(before.found - after.found) or before.crashed
    return gone and (gained(before, after) or 0.0) >= 0


def gained(before: Outcome, after: Outcome) -> float | None:
    """How much better it learns, in the metric's units: 0 within the noise, None if unknown.

    Few evaluation samples leave much noise: one standard error there is enough where the training
    samples, which are more, speak as clearly as is asked. Those alone would speak for any network
    that learns by heart.
    """
    evaluated = _accuracies(
        before.eval_accuracy, after.eval_accuracy, before.eval_samples, after.eval_samples
    )
    trained = _accuracies(
        before.train_accuracy, after.train_accuracy, before.train_samples, after.train_samples
    )
    if evaluated is not None:
        rise, error = evaluated
        agreed = trained is not None and trained[0] > ERRORS * trained[1]
        return _beyond(rise, error if agreed and rise > 0 else ERRORS * error)
    if trained is not None:
        return _beyond(trained[0], ERRORS * trained[1])
    old, new = before.last_loss, after.last_loss
    if new is None or not math.isfinite(new):
        return None
    if old is None or not math.isfinite(old):
        return 1.0
    return _beyond(old - new, LOWER_LOSS * abs(old))


def _accuracies(
    old: float | None, new: float | None, n_old: int, n_new: int
) -> tuple[float, float] | None:
    """(rise, its standard error), where both are known."""
    if old is None or new is None:
        return None
    return new - old, math.hypot(standard_error(old, n_old), standard_error(new, n_new))


def _beyond(difference: float, noise: float) -> float:
    return difference if abs(difference) > noise else 0.0


def standard_error(share: float, samples: int) -> float:
    """Of a share that was counted on so many samples."""
    return math.sqrt(share * (1 - share) / max(samples, 1))


def goes(before: Outcome, after: Outcome) -> bool:
    """What was found is gone; the figures may become another one's, as where they were false."""
    return after.finished and (bool(before.found - after.found) or before.crashed)
