"""Evaluation inputs on other values than those of training, since the world moved on.

A series that grows is split in time, a curve is asked beyond where it was learned: what the network
gets is higher, and nobody scaled it otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

from whytorch.evidence.facts import LossCalls, LossSite, Phase

# Times wider or narrower. The deviations that images are divided by (0.2 to 0.5) widen them more.
ALIKE = 1.6
GROWN = 5.0  # times wider a series may become; from raw to scaled numbers the way is longer
NEAR = 0.35  # of the width of the targets, that their ends may be away from where the inputs went

_ERRORS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")


def moved_on(width: float, shift: float, losses: LossCalls | None) -> bool:
    """Whether evaluation inputs, `width` times training's plus `shift`, are those of other days.

    To be asked where no accuracy tells what it costs: of predictions of numbers.
    """
    if 1 / ALIKE < width < ALIKE:
        return True
    if not 1 / GROWN < width < GROWN or losses is None:
        return False
    trained, evaluated = _targets(losses, "train"), _targets(losses, "eval")
    return any(_moved(a, b, width, shift) for a in trained for b in evaluated)


_Limits = tuple[float, float]


def _moved(before: _Limits, after: _Limits, width: float, shift: float) -> bool:
    """Whether what is asked for went where the inputs went."""
    there = (width * before[0] + shift, width * before[1] + shift)
    span = there[1] - there[0]
    return span > 0 and all(abs(a - b) < NEAR * span for a, b in zip(there, after, strict=True))


def _targets(losses: LossCalls, phase: Phase) -> Iterator[_Limits]:
    for site in losses.sites:
        if site.phase == phase and _predicts_numbers(site):
            if site.target_min is not None and site.target_max is not None:
                yield site.target_min, site.target_max


def _predicts_numbers(site: LossSite) -> bool:
    return site.function in _ERRORS or site.by_hand is not None
