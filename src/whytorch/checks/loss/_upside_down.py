"""A score of overlap (Dice, Jaccard) that is minimized as it is."""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.checks._rewriting import statement
from whytorch.checks.training_loop._loop import loss_name
from whytorch.evidence.facts import LossCalls, Training
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

ENOUGH = 3  # backwards
LOST = 0.5  # of the share of the mask that was predicted at first is left


def minimized(training: Training, losses: LossCalls, source: Source | None) -> Finding | None:
    slope = training.mask_slope
    if slope is None or slope.falling or slope.rising < ENOUGH or slope.last > LOST * slope.first:
        return None  # a penalty for what lies outside, beside another loss
    if any(s.propagated and s.function != "hand-written" for s in losses.training()):
        return None
    made = _made(training, source)
    where, written = made if made is not None else (None, "score")
    return Finding(
        says="the loss rises with what the prediction has in common with its mask, in all "
        f"{slope.rising} backwards looked at: the score itself is minimized; of the mask "
        f"{slope.first:.0%} was predicted at first, and {slope.last:.1%} in the end",
        places=places(where, training.backward_place),
        severity="error",
        confidence=0.92,
        measured={"rising": slope.rising, "overlap_first": slope.first, "overlap_last": slope.last},
        explains=("underfitting", "same-class-predicted", "loss-at-chance"),
        fix=Fix(f"write {loss_name(training)} = 1 - {written}"),
    )


def _made(training: Training, source: Source | None) -> tuple[Place, str] | None:
    """Where the tensor is computed that backward starts from, and how."""
    name, at = loss_name(training), training.backward_place
    if source is None or at is None:
        return None
    for number in range(at.line - 1, max(0, at.line - 30), -1):
        place = Place(at.path, number, code=source.line(at.path, number))
        node = statement(source, place)
        if not isinstance(node, ast.Assign) or node.lineno != number:
            continue
        if [ast.unparse(t) for t in node.targets] == [name]:
            return place, ast.unparse(node.value)
    return None
