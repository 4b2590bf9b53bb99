"""What is not judged where the weights are tensors of the script's own, and why."""

from __future__ import annotations

from whytorch.checks.optimization import parameters_missing_from_optimizer as check
from whytorch.evidence.facts import OptimizerFacts, Run, Training
from whytorch.records import NotJudged, Place


def test_steps_without_a_network_are_steps_all_the_same() -> None:
    """The network is a function of a dictionary of tensors, which an optimizer holds."""
    place = Place("train.py", 3)
    stepped = OptimizerFacts("SGD", place, (), 50, place)
    training = Training(backwards=50, steps=50, optimizers=(stepped,))
    answer = check.decide(Run(exit="finished", steps=50), training, None, None, None)
    assert isinstance(answer, NotJudged)
    assert "no network was called" in answer.reason
