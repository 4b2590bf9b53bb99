"""Stored images that `__getitem__` changes in place: each time one is asked for, it is normalized
once more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.checks._helpers import places
from whytorch.checks._rewriting import at, statement, text, told
from whytorch.evidence.facts import DataFlow, Passes, Samples
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, dotted, targets_of
from whytorch.records import AnyEdit, Finding, Fix, Place, ReplaceExpression

_COPY = "take a copy of it first:"
_STEPS = (ast.Sub, ast.Div, ast.Mult, ast.Add)
_METHODS = ("sub_", "div_", "mul_", "add_", "subtract_", "divide_", "multiply_")
# What comes out after the training, against all that entered the network in it: a spread that is
# another by so much was changed meanwhile. Augmentation changes it by less.
SHRUNK = 1.5


def changed_again(
    data: DataFlow, samples: Samples | None, passes: Passes | None, source: Source | None
) -> Finding | None:
    """Seen in the source, and in what the data set gave when the training was over."""
    found = next(_changes(source), None) if source is not None else None
    if found is None or passes is None or len(passes.of("train")) < 2:
        return None
    ratio = _ratio(data, samples)
    if ratio is None or 1 / SHRUNK < ratio < SHRUNK:
        return None  # what it takes apart is a copy: read from a file, say
    changed, taken, name, stored = found
    return Finding(
        says=f"{name} is the stored image itself ({stored}), and is changed in place: each time it "
        "is asked for, it is changed once more. Now that the training is over, the images span "
        f"{ratio:.2g} of the range that all those of the training had",
        places=places(changed, taken),
        severity="error",
        confidence=0.93,
        measured={"spread_ratio": ratio},
        explains=("loss-at-chance", "loss-not-decreasing", "underfitting",
                  "evaluation-far-below-training"),
        fix=Fix(f"{_COPY} {name} = copy.deepcopy({stored})"),
    )  # fmt: skip


def _ratio(data: DataFlow, samples: Samples | None) -> float | None:
    """Range of the pixels that the training set gives now, over that of all that was trained on."""
    seen = data.entering("train")
    looked = [s.drawn for s in samples.sets if "train" in s.phases and s.origin == "dataset"] \
        if samples else []  # fmt: skip
    now = looked[0] if looked else None
    if seen is None or now is None or now.minimum is None or now.maximum is None:
        return None
    low, high = seen.model.minimum, seen.model.maximum
    if low is None or high is None or high <= low:
        return None
    return (now.maximum - now.minimum) / (high - low)


def copied(finding: Finding, source: Source) -> list[AnyEdit]:
    """The image copied where it is taken out."""
    place = finding.places[1] if told(finding).startswith(_COPY) else None
    old = told(finding).partition("copy.deepcopy(")[2][:-1]
    node = statement(source, place) if place is not None else None
    for value in ast.walk(node) if node is not None else ():
        if place is not None and isinstance(value, ast.Subscript) and ast.unparse(value) == old:
            written = text(source, place, value)
            new = f"copy.deepcopy({written})"
            return [ReplaceExpression(at(place, value), ("import copy",), written, new)]
    return []


def _changes(source: Source) -> Iterator[tuple[Place, Place, str, str]]:
    """`x = self.images[i]` and `x -= mean` below it: where each stands, the last first; the name,
    and what is stored."""
    around = source.around
    for index in around.project.indexes:
        tree = around.tree(index)
        for node in tree.parents:
            if isinstance(node, ast.FunctionDef) and node.name == "__getitem__":
                for changed, taken, name, value in _in_place(node):
                    spots = Spot(tree, changed).place(), Spot(tree, taken).place()
                    yield *spots, name, ast.unparse(value)


def _in_place(
    function: ast.FunctionDef,
) -> Iterator[tuple[ast.stmt, ast.stmt, str, ast.expr]]:
    held: dict[str, tuple[ast.stmt, ast.expr]] = {}
    asked = [a.arg for a in function.args.args[1:2]]
    for line in function.body:
        if isinstance(line, ast.Assign):
            names = [dotted(t) for t in targets_of(line)]
            several = line.value.elts if isinstance(line.value, ast.Tuple) else [line.value]
            for name, value in zip(names, several, strict=False):
                held.pop(name, None)
                if len(names) == len(several) and _is_stored(value, asked):
                    held[name] = line, value
        elif (name := _changed(line)) in held:
            yield line, held[name][0], name, held[name][1]


def _is_stored(value: ast.expr, asked: list[str]) -> bool:
    """self.images[index], an item of the data set's own."""
    own = isinstance(value, ast.Subscript) and dotted(value.value).startswith("self.")
    return own and dotted(value.slice) in asked and dotted(value.value).count(".") == 1  # type: ignore[attr-defined]


def _changed(statement: ast.stmt) -> str:
    """x of `x -= ...`, `x[...] *= ...` and `x.sub_(...)`."""
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, _STEPS):
        target = statement.target
        return dotted(target.value if isinstance(target, ast.Subscript) else target)
    value = statement.value if isinstance(statement, ast.Expr) else None
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr in _METHODS and not isinstance(value.func.value, ast.Call):
            return dotted(value.func.value)
        value = value.func.value
    return ""
