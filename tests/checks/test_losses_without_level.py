"""A difference of energies, about 0: that it went up, and how far, is no sign of a high rate."""

from __future__ import annotations

from msgspec.structs import replace

from whytorch.checks.optimization import learning_rate_too_high as check
from whytorch.evidence.facts import (
    GroupFacts,
    LossCalls,
    LossSite,
    OptimizerFacts,
    Run,
    StepFacts,
    Training,
)
from whytorch.records import Finding, Place

PLACE = Place("train.py", 9)


def decided(losses: list[float], function: str) -> list[Finding]:
    step = StepFacts(index=0, loss=0.0, loss_finite=True, lr=0.1, seconds=0.0, update_ratio=0.3)
    trace = tuple(replace(step, index=i, loss=x) for i, x in enumerate(losses))
    group = GroupFacts(0.1, None, None, 2, 2)
    optimizer = OptimizerFacts("SGD", PLACE, (group,), len(losses), PLACE)
    training = Training(
        backwards=len(losses), steps=len(losses), trace=trace, optimizers=(optimizer,)
    )
    site = LossSite(function, PLACE, "train", len(losses))
    run = Run(exit="finished", steps=len(losses))
    found = check.decide(training, run, LossCalls((site,)), None, None, None, None)
    assert isinstance(found, list)
    return found


def test_what_goes_below_zero_and_compares_with_nothing_has_no_level() -> None:
    about_zero = [3.0, 31.0, 13.0, 18.0, -5.0, 7.0, -9.0, -2.0] * 20
    assert decided(about_zero, "hand-written") == []
    assert decided(about_zero, "mse_loss"), "an error has a level"
    assert decided([abs(x) for x in about_zero], "hand-written"), "so has what stays above 0"
