"""Augmentation may roughen the training images; that leaves no evaluation image blurred."""

import pytest

from whytorch.checks.preprocessing import train_test_distribution_shift as check
from whytorch.evidence.facts import samples as s


def _set(sharpness: float, phase: s.Phase, redrawn: int) -> s.SampleSet:
    stats = s.ImageStats(
        samples=512, shape=(1, 64, 64), minimum=0.0, maximum=1.0, channel_mean=(0.5,),
        channel_std=(0.2,), mean_spread=(0.1,), sharpness=sharpness, sharpness_spread=0.01,
    )  # fmt: skip
    redraw = s.Redraw(items=48, differing=redrawn)
    return s.SampleSet(0, (phase,), "dataset", looked_at=512, drawn=stats, redraw=redraw)


@pytest.mark.parametrize(
    ("training", "evaluation", "augmented", "named"),
    [(0.51, 0.023, True, False), (0.023, 0.51, True, True), (0.51, 0.023, False, True)],
)
def test_which_part_is_blurred(
    training: float, evaluation: float, augmented: bool, named: bool
) -> None:
    train = _set(training, "train", 48 if augmented else 0)
    shift = check._shift(train, _set(evaluation, "eval", 0), None, None)
    assert (shift is not None and shift.what == "sharpness") is named
