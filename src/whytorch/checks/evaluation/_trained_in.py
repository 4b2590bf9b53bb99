"""Figures called validation or test, of a pass in which the network was trained: the loop over the
phases takes its steps in all of them."""

from __future__ import annotations

import re

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._figures import labelled
from whytorch.evidence.facts import LoaderFacts, Passes, PassFacts, PrintedLine, Training
from whytorch.records import Finding, Fix

_TRAINING = re.compile(r"train", re.IGNORECASE)
_HELD_OUT = re.compile(r"\b(test|val|valid|validation|dev|eval)(?![a-z])", re.IGNORECASE)
ENOUGH_LINES = 2
ENOUGH_DIGITS = 5  # in all lines
FEWEST_STEPS = 3  # in such a pass


class _Shown(Struct, frozen=True):
    line: PrintedLine
    token: str
    of: PassFacts


def decide(
    passes: Passes, loaders: tuple[LoaderFacts, ...], training: Training | None
) -> Finding | None:
    shown = [s for line in passes.printed if (s := _figure(line, passes)) is not None]
    digits = sum(len(s.token.lstrip("+-0.").replace(".", "")) for s in shown)
    if len(shown) < ENOUGH_LINES or digits < ENOUGH_DIGITS or training is None:
        return None
    last = shown[-1]
    steps, samples = sum(s.of.steps for s in shown), last.of.samples
    place = next((x.place for x in loaders if x.id == last.of.loader), None)
    return Finding(
        says=f"{last.line.text.strip()[:60]!r} is printed of a pass of {samples} samples in which "
        f"the network was trained on these very samples: {last.of.steps} steps in this pass, "
        f"{steps} in those of the {len(shown)} lines",
        places=places(training.backward_place, training.step_place, last.line.place, place),
        severity="error",
        confidence=0.92,
        measured={"samples": samples, "steps": steps, "lines": len(shown)},
        explains=("evaluation-far-below-training", "overfitting"),
        fix=Fix("run backward and step only in the training phase: if phase == 'train':"),
    )


def _figure(line: PrintedLine, passes: Passes) -> _Shown | None:
    """A number called held-out and not training, that is the accuracy or the loss of the pass that
    ended just before: one of training, over another loader than those called training."""
    one = next((p for p in passes.passes if p.index == line.after_pass), None)
    if one is None or line.place is None or not _is_trained_in(one, passes):
        return None
    if not _HELD_OUT.search(line.text) or _TRAINING.search(line.text):
        return None
    for _, match, _ in labelled(line.text):
        token = match.group()
        if _shows(token, one.accuracy) or _shows(token, one.mean_loss):
            return _Shown(line, token, one)
    return None


def _is_trained_in(one: PassFacts, passes: Passes) -> bool:
    whole = one.phase == "train" and one.steps >= FEWEST_STEPS and not one.shortened
    others = [p for p in passes.of("train") if p.loader not in (one.loader, None)]
    evaluated = any(p.phase == "eval" and p.loader == one.loader for p in passes.passes)
    return whole and one.loader is not None and bool(others) and not evaluated


def _shows(token: str, value: float | None) -> bool:
    digits = len(token.partition(".")[2])
    if value is None or digits < 2:
        return False
    unit = 0.51 * 10.0**-digits
    return abs(float(token) - value) <= unit or abs(float(token) - 100 * value) <= unit
