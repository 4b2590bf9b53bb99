"""Random numbers that a training data set draws for its items, and of which nothing comes."""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.checks.regularization._gap import gap
from whytorch.evidence.facts import Passes, Redraw, Samples, SampleSet
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

ENOUGH = 12  # items; of a flip of one in two, so many stay as they are once in 4096 data sets
# Beside them, items that were drawn twice before: of what is done to one in ten (RandomErasing,
# RandomGrayscale), all of both stay as they are in 5 of 10,000.
BEFORE = 24
FEW_SHOT = 20  # training images: known by heart they show as much as more of them
# Methods that are called for what they do, not for what they return.
_DOES = {
    "append", "extend", "insert", "add", "update", "seed", "manual_seed", "shuffle", "sort",
    "clear", "pop", "remove", "close", "write", "print", "load", "verify", "paste", "setdefault",
    "discard", "fill", "put", "__init__", "seek", "reverse",
}  # fmt: skip


def decide(samples: Samples | None, passes: Passes | None, source: Source) -> list[Finding]:
    """Only where the network knows its training images and few others: an augmentation that was
    switched off on purpose (a probability or a strength of 0) draws random numbers too."""
    sets = samples.of("train") if samples is not None else ()
    vain = [s for s in sets if s.redraw is not None and _often(s.redraw)]
    found = gap(passes, FEW_SHOT) if vain and passes is not None else None
    if found is None or not found.wide:
        return []
    return [_finding(vain[0], found.trained.accuracy, found.evaluated.accuracy, source)]


def _often(redraw: Redraw) -> bool:
    return redraw.in_vain >= ENOUGH and redraw.items >= BEFORE


def _finding(
    one: SampleSet, trained: float | None, evaluated: float | None, source: Source
) -> Finding:
    drawn = one.redraw.in_vain if one.redraw is not None else 0
    where = dropped(source)
    return Finding(
        says=f"random numbers are drawn for each training item, and none of {drawn} items asked "
        f"for twice came out otherwise: the augmentation changes nothing. Training has "
        f"{trained:.0%} right, evaluation {evaluated:.0%}",
        places=places(where, one.place),
        severity="warning",
        confidence=0.85 if where is not None else 0.7,
        measured={"items": drawn, "training_accuracy": trained, "evaluation_accuracy": evaluated},
        explains=("overfitting", "evaluation-far-below-training"),
        fix=Fix(
            "take what the transform returns: item = flip(item), and return it"
            if where is not None
            else "look whether what the random transform returns is what the data set returns, and "
            "whether its probability or strength is above 0"
        ),
    )


def dropped(source: Source) -> Place | None:
    """The one call of a script's own data set or transform whose value goes nowhere."""
    for file in source.files:
        for owner in ast.walk(file.tree) if file.tree is not None else ():
            if isinstance(owner, ast.ClassDef) and _makes_items(owner):
                inside = [n for part in owner.body for n in ast.walk(part)]
                lines = [n.lineno for n in inside if isinstance(n, ast.Expr) and _goes_nowhere(n)]
                if lines:
                    return Place(file.path, min(lines))
    return None


def _makes_items(owner: ast.ClassDef) -> bool:
    names = {f.name for f in owner.body if isinstance(f, ast.FunctionDef)}
    return bool(names & {"__getitem__", "__call__"})


def _goes_nowhere(statement: ast.Expr) -> bool:
    call = statement.value
    if not isinstance(call, ast.Call):
        return False
    name = ast.unparse(call.func).rpartition(".")[2]
    return bool(call.args) and not name.endswith("_") and name not in _DOES and "super" not in name
