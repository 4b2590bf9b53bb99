"""What is said of a whole training that learned a part, where the lab found what teaches more."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from whytorch.checks._lab import Gain, proven
from whytorch.checks._learning import Learning
from whytorch.evidence.facts.experiments import Outcome

PART = Learning(
    steps=200, train_skill=0.6, eval_skill=0.55, train_accuracy=0.64, eval_accuracy=0.6,
    chance_loss=2.3, first_loss=2.3, last_loss=1.1, highest_loss=2.3, broke_at=None,
    largest_update=0.01, whole=True,
)  # fmt: skip


def gain(steps: int = 200, own: float = 1.1, best: float = 0.2, right: float = 0.93) -> Gain:
    before = Outcome("as it is", steps, 2.3, own, eval_accuracy=0.6)
    after = Outcome("lr=0.1", steps, 2.3, best, eval_accuracy=right)
    return Gain(after.says, before, after, (own - best) / 2.3, 0.02)


def found(gained: Gain, outcome: Learning) -> list[str]:
    return [f.severity for f in proven(gained, outcome, "lr=0.001 is low", (), "write lr=0.1")]


def test_what_halves_the_loss_is_advice_with_its_numbers() -> None:
    (advice,) = proven(gain(), PART, "lr=0.001 is low", (), "write lr=0.1")
    assert advice.severity == "advice"
    assert "the same 200 steps end at loss 0.2 instead of 1.1" in advice.says
    assert "93% instead of 60% of the evaluation samples right" in advice.says


@pytest.mark.parametrize(
    ("gained", "outcome"),
    [
        pytest.param(
            gain(steps=50, own=2.0, best=0.95), PART, id="only the first steps were tried"
        ),
        pytest.param(gain(best=0.8, right=0.62), PART, id="the gain is small"),
        pytest.param(gain(), replace(PART, eval_skill=0.9), id="works"),
        pytest.param(gain(), replace(PART, whole=False), id="was cut short"),
    ],
)
def test_it_is_silent_where(gained: Gain, outcome: Learning) -> None:
    assert found(gained, outcome) == []


LITTLE = replace(PART, train_skill=0.45, eval_skill=0.45, last_loss=1.4, falling=True)


def test_a_little_more_in_the_first_steps_is_no_error_of_what_went_on_to_learn() -> None:
    more = gain(steps=66, own=1.95, best=1.65, right=0.62)
    assert found(more, LITTLE) == []
    assert found(more, replace(LITTLE, train_skill=0.1, eval_skill=0.1)) == ["error"]
    assert found(gain(steps=66, own=1.95, best=0.6, right=0.9), LITTLE) == ["error"]
    assert found(gain(steps=200, own=1.95, best=1.65, right=0.62), LITTLE) == ["error"]


def test_what_gets_further_in_a_quarter_of_the_steps_is_told() -> None:
    assert found(gain(steps=50, own=2.0, best=0.6), PART) == ["advice"]
