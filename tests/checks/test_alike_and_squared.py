"""Blank images are all alike, and no leak; a rate taken for a factor is seen in a few steps."""

from __future__ import annotations

import pytest

from whytorch.checks.evaluation.train_test_leakage import _by_pass
from whytorch.checks.optimization._schedules import Schedule
from whytorch.evidence.facts import PassFacts, SchedulerFacts


def evaluated(share: float) -> PassFacts:
    return PassFacts(1, "eval", None, None, 10, 1000, None, False, 0, 100, False, False,
                     seen_in_training=share, seen_in_training_by="content")  # fmt: skip


def test_blank_images_that_are_alike_are_no_leak() -> None:
    found = _by_pass([evaluated(0.3)], 0.0, None)
    assert [f.measured["samples"] for f in found] == [1000]
    assert not _by_pass([evaluated(0.3)], 0.31, None)
    assert _by_pass([evaluated(0.3)], 0.1, None)  # the rest are not blank


@pytest.mark.parametrize(
    ("base", "rates", "squared"),
    [
        (0.01, (1e-4, 1e-4, 9e-5), True),
        (0.01, (1e-4, 2e-4, 3e-4), False),  # a warm-up in a hundred steps
        (0.01, (1e-2, 9e-3), False),
        (1.0, (1.0, 0.9), False),  # its own factor
    ],
)
def test_a_rate_multiplied_by_itself(base: float, rates: tuple[float, ...], squared: bool) -> None:
    facts = SchedulerFacts("LambdaLR", None, len(rates), None, base_lr=base, first_lr=rates[0])
    assert Schedule(facts, None, tuple(enumerate(rates)), 9, 9, 3, 3).squared is squared
