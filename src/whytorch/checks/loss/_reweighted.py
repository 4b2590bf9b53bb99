"""The repair of class weights: those that the counts of the classes give."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from whytorch.checks._rewriting import assigned, calls_here, text
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import dotted
from whytorch.records import AnyEdit, Finding, ReplaceExpression, SetArgument

MOST_CLASSES = 20  # more numbers in a row are better computed by the script
LOSSES = ("CrossEntropyLoss", "NLLLoss", "cross_entropy", "nll_loss")
MOVED = r"\.(?:to|cuda|type|float)\([^()]*\)$"  # the weights go where the network is


def balanced(counts: Sequence[int]) -> str:
    """samples / (classes * count of each), as Python writes it: all classes have one share."""
    return ", ".join(str(float(f"{sum(counts) / (len(counts) * n):.3g}")) for n in counts)


def reweighted(finding: Finding, source: Source) -> list[AnyEdit]:
    """The weights in the statement that makes them, else in the call of the loss."""
    counts = finding.measured.get("class_counts") or []
    if not counts or not all(counts) or len(counts) > MOST_CLASSES:
        return []
    weights = f"torch.tensor([{balanced(counts)}])"
    place = finding.places[0] if finding.places else None
    made = assigned(source, place) if place is not None else None
    if place is not None and made is not None and not _makes_the_loss(made[1]):
        value = text(source, place, made[1])
        moved = re.search(MOVED, value)
        new = weights + (moved.group() if moved is not None else "")
        return [ReplaceExpression(place, ("import torch",), value, new)]
    for call in calls_here(finding, source, *LOSSES):
        if "weight" in call.keywords:
            given = ("import torch",), call.last, "weight", weights
            return [SetArgument(call.place, *given, anyhow=True)]
    return []


def unsmoothed(finding: Finding, source: Source) -> list[AnyEdit]:
    """Label smoothing taken out where it is given."""
    for call in calls_here(finding, source, *LOSSES):
        if "label_smoothing" in call.keywords:
            return [SetArgument(call.place, (), call.last, "label_smoothing", "0.0", anyhow=True)]
    return []


def _makes_the_loss(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] in LOSSES
