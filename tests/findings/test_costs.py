"""What trying a repair says of its finding: confirmed with its numbers, harmless, or nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from whytorch.catalog import load_catalog
from whytorch.evidence.facts import LossCalls, LossSite, Run, Training
from whytorch.evidence.facts.experiments import GradientsCleared, LrSweep, Outcome
from whytorch.findings import costs
from whytorch.records import Finding

CHECKS = load_catalog()
FINDING = Finding("gradients are never cleared", id="missing-zero-grad", confidence=0.9)
OWN = Outcome("as it is", 100, start=2.3, end=2.3)
PAID = GradientsCleared(
    own=OWN,
    changed=(Outcome("gradients cleared before each step", 100, 2.3, 0.4),),
    noise=0.05,
    repeated=True,
)


def weighed(finding: Finding, *facts: object) -> Finding:
    return costs.weigh([finding], CHECKS, {type(f): f for f in facts})[0]


def test_a_repair_that_paid_confirms_with_its_numbers() -> None:
    found = weighed(FINDING, PAID)
    assert found.grade == "confirmed"
    assert found.confidence > FINDING.confidence
    assert "the same 100 steps end at loss 0.4 instead of 2.3 (noise 0.05)" in found.says
    assert found.measured["bench_end_loss_mended"] == 0.4
    assert costs.cost(found) == pytest.approx((2.3 - 0.4) / 2.3, abs=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        {"repeated": False},  # the second try did not hold
        {"noise": 1.2},  # within what repeats differ by
        {"comparable": False},  # the losses do not mean the same
        {"changed": (Outcome("gradients cleared", 100, 2.3, 2.2),)},
    ],
)
def test_a_repair_that_did_not_pay_beyond_doubt_confirms_nothing(change: dict) -> None:
    found = weighed(FINDING, replace(PAID, **change))
    assert found.grade == "observed" and found.says == FINDING.says
    assert costs.cost(found) == 0


def test_half_of_the_lowest_loss_of_any_repeat_is_beyond_an_unstable_scripts_own_noise() -> None:
    unstable = replace(PAID, noise=1.2)
    assert weighed(FINDING, replace(unstable, lowest=0.7)).grade == "observed"
    assert weighed(FINDING, replace(unstable, lowest=1.1)).grade == "confirmed"


def test_a_doubtful_setting_is_a_warning_where_the_script_learns_far_worse_with_it() -> None:
    doubtful = replace(FINDING, severity="advice", grade="suspected")
    assert weighed(doubtful, PAID).severity == "warning"
    a_little = replace(PAID, changed=(Outcome("gradients cleared", 100, 2.3, 1.6),))
    assert weighed(doubtful, a_little).severity == "advice"
    plain = replace(doubtful, grade="observed")  # weighed by the check already
    assert weighed(plain, PAID).severity == "advice"


def test_half_of_the_errors_on_new_samples_counts_where_the_loss_cannot_fall_as_far() -> None:
    doubtful = replace(FINDING, severity="advice", grade="suspected")
    own = replace(OWN, end=1.35, eval_accuracy=0.85)

    def severity(after: float | None) -> str:
        changed = Outcome("gradients cleared", 100, 2.3, 0.78, eval_accuracy=after)
        return weighed(doubtful, replace(PAID, own=own, changed=(changed,))).severity

    assert severity(0.97) == "warning"  # mixed images and smoothed labels hold the loss up
    assert severity(0.9) == severity(None) == "advice"
    own = replace(own, eval_accuracy=0.97)
    assert severity(0.99) == "advice"  # few samples either way


def test_a_loss_that_broke_and_does_no_longer_is_worth_everything() -> None:
    broke = replace(OWN, end=None, broke=True)
    found = weighed(FINDING, replace(PAID, own=broke, noise=None))
    assert found.grade == "confirmed" and costs.cost(found) == 1.0
    assert "instead of no number" in found.says


def test_a_mistake_without_effect_is_said_to_be_harmless() -> None:
    learned = replace(OWN, end=0.41)
    warning = replace(FINDING, severity="warning", explains=("underfitting",))
    found = weighed(warning, replace(PAID, own=learned))
    assert found.severity == "advice" and found.explains == ()
    assert "harmless here" in found.says


def test_what_learns_nothing_either_way_is_not_called_harmless() -> None:
    hopeless = replace(PAID, changed=(Outcome("gradients cleared", 100, 2.3, 2.3),))
    warning = replace(FINDING, severity="warning")
    assert weighed(warning, hopeless).severity == "warning"


def test_what_only_comes_down_to_guessing_is_not_called_harmless() -> None:
    """A network of two classes that starts far above ln 2 and ends there has learned nothing."""
    started = replace(OWN, start=2.3, end=0.68)
    same = replace(PAID, own=started, changed=(Outcome("cleared", 100, 0.8, 0.69),))
    warning = replace(FINDING, severity="warning")
    assert weighed(warning, same, Run(exit="finished", classes=10)).severity == "advice"
    two = Run(exit="finished", classification=True, classes=2)
    losses = LossCalls(sites=(LossSite("cross_entropy", None, "train", 100, input_shape=(9, 2)),))
    assert weighed(warning, same, two, losses, Training(steps=100)).severity == "warning"


def test_a_difference_that_only_wide_noise_hides_is_not_called_harmless() -> None:
    """Repeats that differ widely, as where the mistake itself makes them, show nothing."""
    learned = replace(OWN, end=0.65)
    warning = replace(FINDING, severity="warning")
    assert weighed(warning, replace(PAID, own=learned, noise=0.3)).severity == "warning"
    assert (
        weighed(warning, replace(PAID, own=replace(OWN, end=0.45), noise=0.3)).severity == "advice"
    )


def test_the_sweep_says_which_rate_to_write() -> None:
    sweep = LrSweep(
        steps=60, own_rate=1e-5, own_end=2.3, start=2.3, rates=(1e-5, 3.16e-3),
        ends=(2.3, 0.2), accuracies=(0.1, 0.9), best_rate=3.16e-3, best_end=0.2, noise=0.01,
    )  # fmt: skip
    found = weighed(replace(FINDING, id="learning-rate-too-low"), sweep)
    assert found.grade == "confirmed" and found.fix is not None
    assert found.fix.says.startswith("write lr=0.003:")


def test_findings_without_an_experiment_stay_as_they_are() -> None:
    other = replace(FINDING, id="train-test-leakage")
    assert weighed(other, PAID) == other
