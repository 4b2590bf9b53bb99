"""What was expected, read and judged."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from whytorch.evidence.facts import (
    CrashFacts,
    DataFlow,
    DatasetFacts,
    LayerFacts,
    LoaderFacts,
    Network,
    ParameterFacts,
    Passes,
    PassFacts,
    Run,
)
from whytorch.evidence.facts.experiments import Reachable
from whytorch.findings import known_results
from whytorch.findings.expectation import judge_expectation, parse
from whytorch.records import Finding, Place

RUN = Run("finished", steps=100, backwards=100, epochs=5, classes=10)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("test accuracy >= 0.9", ("accuracy", "test", ">=", 0.9)),
        ("accuracy>90", ("accuracy", "test", ">", 0.9)),
        ("Test Acc ≥ 92.5 %", ("accuracy", "test", ">=", 0.925)),
        ("training loss below 0.1", ("loss", "train", "<", 0.1)),
        ("val_loss < 3e-2", ("loss", "val", "<", 0.03)),
        ("the validation error rate should be at most 5 percent", ("error", "val", "<=", 0.05)),
        ("held-out accuracy at least 1", ("accuracy", "test", ">=", 1.0)),
        ("train_accuracy == .5", ("accuracy", "train", "=", 0.5)),
        ("eval top-1 => 70%", ("accuracy", "test", ">=", 0.7)),
    ],
)
def test_expectations_are_read(text: str, read: tuple[Any, ...]) -> None:
    found = parse(text)
    assert (found.metric, found.split, found.sign) == read[:3]
    assert found.value == pytest.approx(read[3])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("test accuracy", "no comparison"),
        ("0.5 < test accuracy < 0.9", "more than one comparison"),
        ("test accuracy >= high", "'high' is no number"),
        ("test accuracy >=", "no number"),
        ("f1 >= 0.9", "'f1' is not known"),
        (">= 0.9", "one of accuracy, error and loss"),
        ("test accuracy and loss >= 0.9", "'and' is not known"),
        ("train test accuracy >= 0.9", "one split"),
        ("accuracy >= 140", "between 0 and 1"),
        ("error < -0.1", "between 0 and 1"),
        ("loss < 10%", "no percents"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        parse(text)
    assert "test accuracy >= 0.9" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value", "met"),
    [
        ("accuracy >= 0.9", 0.9, True),
        ("accuracy > 0.9", 0.9, False),
        ("accuracy = 0.92", 0.917, True),
        ("accuracy = 0.92", 0.99, True),
        ("accuracy = 0.92", 0.91, False),
        ("accuracy = 92%", 0.917, True),
        ("loss <= 0.3", 0.2, True),
        ("loss = 0.3", 0.2, True),
        ("loss < 0.3", 0.3, False),
    ],
)
def test_when_an_expectation_is_met(text: str, value: float, met: bool) -> None:
    assert parse(text).met_by(value) is met


# --- judging -----------------------------------------------------------------------------------


def one_pass(index: int, phase: Any, correct: int, loader: int, loss: float = 0.5) -> PassFacts:
    return PassFacts(
        index=index, phase=phase, loader=loader, place=None, batches=10, samples=100,
        planned_batches=10, shortened=False, steps=0, first_step=0, grad_enabled=False,
        train_mode=False, correct=correct, counted=100, mean_loss=loss,
    )  # fmt: skip


def evidence(*correct: int, run: Run = RUN, **more: Any) -> dict[type, Any]:
    """A training pass with 95 of 100 right, and evaluations of one loader."""
    passes = [one_pass(0, "train", 95, 0, 0.1)]
    passes += [one_pass(n, "eval", right, 1) for n, right in enumerate(correct, 1)]
    found: dict[type, Any] = {Run: run, Passes: Passes(tuple(passes))}
    return found | {type(value): value for value in more.values()}


def cifar(kind: str = "CIFAR10") -> DataFlow:
    data = DatasetFacts("Subset", None, 10000, chain=("Subset", kind))
    return DataFlow((LoaderFacts(1, None, data, 100, None, True, False, 0, 100, ("eval",)),))


def network(*kinds: str, bending: int = 1, **operations: int) -> Network:
    weight = ParameterFacts("weight", (10, 10), True, True, False)
    layers = tuple(
        LayerFacts(str(n), kind, None, n, 1, {}, (weight,)) for n, kind in enumerate(kinds)
    )
    return Network("Net", None, layers, operations=operations or {"Addmm": 1}, bending=bending)


LIMITED = Reachable(
    limit=0.7, limit_low=0.65, limit_high=0.74, by_steps=(0.3, 0.5, 0.6, 0.65), noise=0.02
)
MISTAKE = Finding("it is", (Place("train.py", 9),), id="missing-zero-grad", title="Not cleared")


def test_without_an_expectation_there_is_no_answer() -> None:
    assert judge_expectation(None, evidence(50), ()) is None
    assert judge_expectation("  ", evidence(50), ()) is None


def test_what_is_met_is_met_whatever_was_found() -> None:
    answer = judge_expectation("test accuracy >= 0.9", evidence(60, 93), [MISTAKE])
    assert answer is not None
    assert (answer.state, answer.kind) == ("met", None)
    assert "0.93" in answer.headline


def test_an_accuracy_on_training_samples_proves_nothing() -> None:
    leak = replace(MISTAKE, id="train-test-leakage", title="Test samples are trained on")
    answer = judge_expectation("test accuracy >= 0.9", evidence(99), [leak])
    assert answer is not None
    assert answer.state == "met"
    assert answer.measured["trusted"] is False
    assert "proves nothing" in answer.headline


def test_what_the_findings_explain() -> None:
    answer = judge_expectation("test accuracy >= 0.9", evidence(10, reach=LIMITED), [MISTAKE])
    assert answer is not None
    # A learning curve with the mistake in it says nothing about the script without it.
    assert (answer.state, answer.kind) == ("explained", "mistake")
    assert "Not cleared, train.py:9" in answer.headline
    assert answer.measured["measured"] == 0.1


def test_an_advice_explains_nothing() -> None:
    advice = replace(MISTAKE, severity="advice")
    answer = judge_expectation("test accuracy >= 0.9", evidence(60, reach=LIMITED), [advice])
    assert answer is not None
    assert (answer.state, answer.kind) == ("unrealistic", "expectation-unrealistic")
    assert "0.65 to 0.74" in answer.headline


@pytest.mark.parametrize("text", ["test accuracy >= 0.72", "test error <= 28%"])
def test_what_the_learning_curve_may_reach(text: str) -> None:
    answer = judge_expectation(text, evidence(60, reach=LIMITED), ())
    assert answer is not None
    assert (answer.state, answer.kind) == ("reachable", None)


def test_a_network_that_has_not_begun_to_learn_may_still_do_so() -> None:
    flat = replace(LIMITED, by_steps=(0.1, 0.11, 0.1, 0.11), limit_high=0.13)
    answer = judge_expectation("test accuracy >= 0.9", evidence(10, reach=flat), ())
    assert answer is not None
    assert answer.state == "unmet"
    learnt = replace(flat, train_accuracy=0.99)
    answer = judge_expectation("test accuracy >= 0.9", evidence(10, reach=learnt), ())
    assert answer is not None
    assert answer.state == "unrealistic"


def test_a_curve_of_held_out_samples_is_no_limit_in_training() -> None:
    answer = judge_expectation("train accuracy >= 0.99", evidence(60, reach=LIMITED), ())
    assert answer is not None
    assert answer.state == "unmet"


def test_more_than_anyone_reached() -> None:
    found = evidence(60, flow=cifar())
    answer = judge_expectation("test accuracy >= 0.999", found, ())
    assert answer is not None
    assert answer.state == "unrealistic"
    assert "CIFAR10 is 0.995" in answer.headline
    both = judge_expectation("test accuracy >= 0.999", found, [MISTAKE])
    assert both is not None
    assert both.state == "explained"
    assert "0.995" in both.says[0]


@pytest.mark.parametrize(
    ("net", "state"),
    [
        (network("Flatten", "Linear", bending=0), "unrealistic"),
        (network("Linear", "ReLU", "Linear"), "unrealistic"),
        (network("Conv2d", "Linear"), "unmet"),
        (network("Linear", "Linear", ConvolutionBackward0=2), "unmet"),
        (network("Linear", "MultiheadAttention"), "unmet"),
    ],
)
def test_a_kind_of_network_has_its_limits(net: Network, state: str) -> None:
    answer = judge_expectation("test accuracy >= 0.9", evidence(45, flow=cifar(), net=net), ())
    assert answer is not None
    assert answer.state == state


def test_two_of_the_classes_are_another_problem() -> None:
    run = replace(RUN, classes=2)
    found = evidence(60, run=run, flow=cifar(), net=network("Linear", bending=0))
    answer = judge_expectation("test accuracy >= 0.9", found, ())
    assert answer is not None
    assert answer.state == "unmet"


def test_too_early_to_say() -> None:
    run = replace(RUN, shortened=True)
    found = evidence(60, run=run, flow=cifar(), net=network("Conv2d", "Linear"))
    answer = judge_expectation("test accuracy >= 0.9", found, ())
    assert answer is not None
    assert answer.state == "unknown"
    assert "shortened" in answer.headline
    assert "0.55" in answer.says[0]  # what such a network reaches in two epochs


def test_a_best_epoch_that_was_left_behind_is_named() -> None:
    answer = judge_expectation("val accuracy >= 0.8", evidence(60, 85, 70), ())
    assert answer is not None
    assert answer.state == "unmet"
    assert "earlier" in answer.says[0]


def test_validation_and_test_are_told_apart() -> None:
    passes = [one_pass(1, "eval", 70, 1), one_pass(2, "eval", 80, 1), one_pass(3, "eval", 60, 2)]
    found = {Run: RUN, Passes: Passes(tuple(passes))}
    for text, measured in (("val accuracy >= 0.9", 0.8), ("test accuracy >= 0.9", 0.6)):
        answer = judge_expectation(text, found, ())
        assert answer is not None
        assert answer.measured["measured"] == measured


def test_losses_and_errors() -> None:
    for text in ("train loss < 0.2", "train error < 6%"):
        answer = judge_expectation(text, evidence(60), ())
        assert answer is not None
        assert answer.state == "met"


def test_what_was_not_measured_says_why() -> None:
    crash = CrashFacts("ValueError", "x", (), (), "data")
    answer = judge_expectation("accuracy > 0.5", {Run: replace(RUN, crash=crash)}, ())
    assert answer is not None
    assert answer.state == "unknown"
    assert "ValueError" in answer.headline


# --- the table ---------------------------------------------------------------------------------


def test_every_data_set_has_a_best_result_that_no_other_exceeds() -> None:
    for data in known_results.CLASSES:
        own = [r for r in known_results.RESULTS if r.data == data]
        (best,) = [r for r in own if r.network == "best"]
        assert best.most
        assert all(r.accuracy <= best.accuracy < 1 for r in own)
        assert all(r.source for r in own)
    assert {r.data for r in known_results.RESULTS} == set(known_results.CLASSES)


def test_an_example_takes_no_more_epochs_than_there_were() -> None:
    short = known_results.example("CIFAR10", "small cnn", 5)
    longer = known_results.example("CIFAR10", "small cnn", 30)
    assert short is not None
    assert longer is not None
    assert (short.epochs, longer.epochs) == (2, 10)
    assert known_results.example("CIFAR100", "mlp", 5) is None
