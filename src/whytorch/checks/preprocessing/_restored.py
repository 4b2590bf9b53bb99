"""Evaluation images that a change brings back to what the network learned."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks._places import input_made, loader_of
from whytorch.evidence.facts import DataFlow, Passes
from whytorch.evidence.facts.experiments import EvaluationRestored
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

CHANNELS = "in the other order of their channels"
# Of the accuracy: ten images in a hundred are five standard errors of the 512 that are asked.
BETTER = 0.15  # in evaluation
WORSE = 0.1  # in training: a network that does not mind the change tells nothing by it
BACK = 0.5  # of the way from evaluation to training


class Restored(Struct, frozen=True):
    change: str
    before: float
    after: float
    training: tuple[float, float]
    samples: int

    def told(self) -> str:
        return (
            f"with the images {self.change}, the trained network has {self.after:.0%} instead of "
            f"{self.before:.0%} of {self.samples} evaluation images right, and "
            f"{self.training[1]:.0%} instead of {self.training[0]:.0%} of the training images"
        )

    def measured(self) -> dict[str, Any]:
        return {"before": self.before, "after": self.after, "change": self.change}


def restored(tried: EvaluationRestored) -> Restored | None:
    """The change that brings the evaluation back, where one does and training minds it."""
    train, evaluation = tried.train_accuracy, tried.eval_accuracy
    if train is None or evaluation is None or not tried.tried:
        return None
    change, in_training, after = max(tried.tried, key=lambda row: row[2])
    enough = after >= evaluation + max(BETTER, BACK * (train - evaluation))
    if not enough or in_training > train - WORSE:
        return None
    return Restored(change, evaluation, after, (train, in_training), tried.samples)


def made_for_evaluation(
    passes: Passes | None, data: DataFlow | None, source: Source | None
) -> Place | None:
    """Where the images of the last evaluation came to be what they are."""
    found = passes.of("eval") if passes is not None else ()
    if source is None or not found:
        return None
    last = found[-1]
    return input_made(source, last, loader_of(last, data.loaders if data else ())) or last.place


def prove_shift(
    tried: EvaluationRestored, passes: Passes | None, data: DataFlow | None, source: Source | None
) -> list[Finding]:
    """`prove` of train-test-distribution-shift: all but the order of the channels."""
    found = restored(tried)
    if found is None or found.change == CHANNELS:
        return []
    return [
        Finding(
            says="the images of training and evaluation are handed on differently. Tried: "
            + found.told(),
            places=places(made_for_evaluation(passes, data, source)),
            severity="error",
            confidence=0.9,
            measured=found.measured(),
            explains=("evaluation-far-below-training", "overfitting"),
            fix=Fix("prepare the evaluation images as those of training"),
        )
    ]
