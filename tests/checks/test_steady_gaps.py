"""A gap between training and evaluation counts as overfitting where it stays."""

from __future__ import annotations

from msgspec.structs import replace

from whytorch.checks.regularization._gap import gap
from whytorch.evidence.facts import Passes, PassFacts


def course(*held_out: int) -> Passes:
    """Epochs in which all that was trained on is right, and so many of 100 new samples."""
    blank = PassFacts(0, "train", 0, None, 4, 200, 4, False, 50, 0, True, True)
    made = []
    for n, right in enumerate(held_out):
        trained = replace(blank, index=2 * n, correct=100, counted=100, outputs_used=True)
        evaluated = replace(trained, phase="eval", index=2 * n + 1, first_step=50 * n + 50)
        made += [trained, replace(evaluated, correct=right, train_mode=False, loader=1)]
    return Passes(tuple(made))


def wide(*held_out: int) -> bool:
    found = gap(course(*held_out))
    assert found is not None
    return found.wide


def test_a_gap_that_stays_is_wide() -> None:
    assert wide(70, 70, 70)
    assert wide(95, 70, 65)
    assert wide(95, 70), "too few to tell a jump from a gap"


def test_an_evaluation_that_jumps_is_not() -> None:
    """Statistics of a normalization of the script's own: 94 % one epoch before."""
    assert not wide(62, 82, 94, 70)
    assert not wide(90, 95, 70)
