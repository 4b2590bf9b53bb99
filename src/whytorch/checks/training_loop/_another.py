"""Evaluations of what never trains: a copy from before the training, or a network built anew."""

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
