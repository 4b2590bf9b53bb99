"""Weights that were loaded into a network that nobody kept, and another one is used."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks._learning import skill
from whytorch.checks.evaluation._held_out import evaluations
from whytorch.evidence.facts import Checkpoints, LoadedState, Passes, PassFacts, Run
from whytorch.records import Finding, Fix

FEWEST = 2  # matrices
ENOUGH = 100  # samples of an evaluation
LEARNED = 0.6  # skill of the network that was trained
GUESSES = 0.25  # skill of the one that is used instead: nothing ever trained it


def discarded(run: Run, checkpoints: Checkpoints | None, passes: Passes | None) -> list[Finding]:
    """`model.load_from_checkpoint(path)` gives a network, which nobody takes: it is gone before any
    network is called, and the evaluation that follows is of one that guesses."""
    lost = [s for s in (checkpoints.loaded if checkpoints else ()) if _is_gone(s)]
    trained = [p for p in (passes.of("train") if passes else ()) if p.steps]
    if not lost or passes is None or run.classification is not True or not trained:
        return []
    networks = {p.network for p in trained}
    measured = [p for p in evaluations(passes.passes) if (p.counted or 0) >= ENOUGH]
    reached = max((skill(p, run.classes) or 0.0 for p in (*trained, *measured)), default=0.0)
    guessing = [p for p in measured if _guesses(p, run) and p.network not in networks]
    for state in lost:
        after = [p for p in guessing if p.first_step >= state.step]
        if after and reached >= LEARNED and None not in networks:
            return [_finding(state, after[0])]
    return []


def _is_gone(state: LoadedState) -> bool:
    whole = not state.raised and state.matched == state.expected
    return whole and state.gone >= FEWEST and not state.matrices


def _guesses(one: PassFacts, run: Run) -> bool:
    return one.network is not None and (skill(one, run.classes) or 0.0) <= GUESSES


def _finding(state: LoadedState, guess: PassFacts) -> Finding:
    called = state.callers[1] if len(state.callers) > 1 else state.place
    return Finding(
        says=f"the {state.kind} that the weights were loaded into was gone before any network was "
        f"called: nobody kept it. The one that is evaluated then was never trained, and has "
        f"{guess.accuracy or 0:.0%} of {guess.counted} samples right",
        places=places(called, state.place, guess.place),
        severity="error",
        confidence=0.93,
        measured={"matrices_loaded": state.gone, "evaluated_accuracy": guess.accuracy},
        explains=("loss-at-chance", "evaluation-far-below-training"),
        fix=Fix("take what the call gives: model = Net.load_from_checkpoint(path). It does not "
                "change the network it is called on"),
    )  # fmt: skip
