"""Evaluations of what never trains: a copy from before the training, a network built anew, or first
weights that are put in for the evaluation."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks._learning import skill
from whytorch.checks.evaluation._held_out import evaluations
from whytorch.evidence.facts import Passes, PassFacts, Run
from whytorch.records import Finding, Fix

FEWEST = 3  # evaluations
ENOUGH = 100  # samples of each
LEARNED = 0.6  # skill of the network that trains
GUESSES = 0.2  # skill of the one that is evaluated: no checkpoint was loaded into it


def decide(run: Run, passes: Passes) -> list[Finding]:
    trained = [p for p in passes.of("train") if p.steps]
    measured = [p for p in evaluations(passes.passes) if (p.counted or 0) >= ENOUGH]
    numbers = {p.network for p in trained}
    if run.classification is not True or not trained or len(measured) < FEWEST or None in numbers:
        return []
    if any(p.network is None or p.network in numbers for p in measured):
        return []
    reached = max(skill(p, run.classes) or 0.0 for p in trained)
    best = max(skill(p, run.classes) or 0.0 for p in measured)
    if reached < LEARNED or best > GUESSES or not _stand_still(measured):
        return []
    return [_finding(trained[-1], measured)]


def of_first_weights(run: Run, passes: Passes) -> list[Finding]:
    """The network learns, and whenever it is evaluated it has the weights it began with: a moving
    average, or a kept state, that nothing ever reaches."""
    trained = [p for p in passes.of("train") if p.steps]
    if run.shortened or len(trained) < FEWEST:
        return []
    first = trained[0].weights
    learned = [p for p in trained[1:] if p.network == trained[0].network]
    asked = [p for p in evaluations(passes.passes) if p.network == trained[0].network]
    asked = [p for p in asked if p.first_step >= trained[0].steps]
    moments = {p.first_step for p in asked}
    if first is None or len(moments) < FEWEST or any(p.weights != first for p in asked):
        return []
    if not learned or any(p.weights in (first, None) for p in learned):
        return []
    last, train = asked[-1], trained[-1]
    share = f": {last.accuracy:.0%} of {last.counted} samples are right" if last.counted else ""
    right = train.accuracy
    share += f", while {right:.0%} are right in training" if share and right is not None else ""
    return [
        Finding(
            says=f"all {len(asked)} evaluations are of the weights that the network had before its "
            f"first step{share}. They are put in for the evaluation, and what holds them (a moving "
            "average, a kept state) was never updated",
            places=places(last.place, train.place),
            severity="error",
            confidence=0.93,
            measured={"evaluations": len(asked), "evaluated_accuracy": last.accuracy,
                      "training_accuracy": right},
            explains=("evaluation-far-below-training", "same-class-predicted", "loss-at-chance"),
            fix=Fix("update it after each step: the names that it knows the weights by have to be "
                    "those that the network's named_parameters() has, without a wrapper's prefix"),
        )
    ]  # fmt: skip


def _stand_still(measured: list[PassFacts]) -> bool:
    """The weights of an average over the steps move, however slowly; those of a copy do not."""
    results: dict[object, set[object]] = {}
    for p in measured:
        key = (p.network, p.data_source, p.dataset_length, p.samples)
        results.setdefault(key, set()).add((p.correct, p.mean_loss))
    return all(len(found) == 1 for found in results.values())


def _finding(trained: PassFacts, measured: list[PassFacts]) -> Finding:
    last, networks = measured[-1], len({p.network for p in measured})
    which = "another network" if networks == 1 else f"{networks} other networks"
    same = ", with the same result each time" if networks == 1 else ""
    return Finding(
        says=f"all {len(measured)} evaluations are of {which}, whose weights no step has changed"
        f"{same}: {last.accuracy:.0%} of {last.counted} samples are right, while the network that "
        f"trains has {trained.accuracy or 0:.0%} right in training",
        places=places(last.place, trained.place),
        severity="error",
        confidence=0.93,
        measured={"evaluations": len(measured), "networks": networks,
                  "evaluated_accuracy": last.accuracy, "training_accuracy": trained.accuracy},
        explains=("evaluation-far-below-training", "loss-not-decreasing"),
        fix=Fix("evaluate the network that trains, or load its weights before each evaluation: "
                "copy.load_state_dict(network.state_dict())"),
    )  # fmt: skip
