"""Fixes that change how images become numbers: in one place, and in every other one like it."""

from __future__ import annotations

import ast
import re

from whytorch.checks._places import makes_pixels
from whytorch.checks._rewriting import assigned, at, statement, text, valued
from whytorch.evidence.source import Call, Source
from whytorch.records import (
    AddItem,
    AnyEdit,
    Finding,
    Place,
    Remove,
    ReplaceExpression,
    ReplaceStatement,
    SetArgument,
)

_HELD_OUT = re.compile(r"(?i)(?<![a-z])(?:test|valid|val|eval|dev|te|va)(?![a-z])")
_NAMES = {"train": ("test", "valid", "val", "eval", "dev"), "tr": ("te", "va", "ts")}
_MANY = 100  # times that no image is meant to be scaled up


def pixels_alike(finding: Finding, source: Source) -> list[tuple[Place, str]]:
    """(place, expression) of what makes the pixels at the finding's place, and wherever the script
    makes some in the same way: those of the other part, mostly."""
    first = finding.places[0]
    here = _outermost(source, first)
    if here is None:
        return []
    kind = here[1].func.attr if isinstance(here[1].func, ast.Attribute) else ""
    places = [c.place for c in source.calls if makes_pixels(c) and c.place.path == first.path]
    found: dict[tuple[int, int], tuple[Place, str]] = {}
    for place in (first, *places):
        made = _outermost(source, place)
        if made is None or _scaled(made[0], made[1]) or not isinstance(made[1].func, ast.Attribute):
            continue
        if made[1].func.attr == kind and not _labels(source, place):
            key = made[1].lineno, made[1].col_offset
            found[key] = at(first, made[1]), text(source, first, made[1])
    return list(found.values())


def _outermost(source: Source, place: Place) -> tuple[ast.stmt, ast.Call] | None:
    """The longest chain of calls that begins at a place."""
    node = statement(source, place)
    calls = [
        n
        for n in (ast.walk(node) if node is not None else ())
        if isinstance(n, ast.Call) and n.lineno == place.line
    ]
    begin = [n for n in calls if n.col_offset == place.column]
    if not begin and node is not None and isinstance(node, ast.Assign):
        begin = [n for n in calls if n is node.value]
    if node is None or not begin:
        return None
    return node, max(begin, key=lambda n: (n.end_lineno or 0, n.end_col_offset or 0))


def _scaled(node: ast.stmt, call: ast.Call) -> bool:
    return any(
        isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div) and call in ast.walk(n.left)
        for n in ast.walk(node)
    )


def _labels(source: Source, place: Place) -> bool:
    names = source.names_assigned_at(place)
    return any(re.search(r"(?i)^y|label|target", name) for name in names)


def scaled_in_loops(finding: Finding, source: Source) -> list[AnyEdit] | None:
    """`x = x * 255` goes away, in every loop that has it; None where nothing of it is there."""
    place = finding.places[0]
    wanted = _blown_up(statement(source, place))
    if wanted is None:
        return None
    return [
        Remove(one.place)
        for one in source.assignments
        if _blown_up(statement(source, one.place)) == wanted and one.place.path == place.path
    ]


def _blown_up(node: ast.stmt | None) -> str | None:
    """`x = x * 255`, where the same name is multiplied by a large number."""
    value = node.value if isinstance(node, ast.Assign) else None
    if isinstance(node, ast.Assign) and isinstance(value, ast.BinOp):
        factor = value.right
        large = isinstance(factor, ast.Constant) and isinstance(factor.value, (int, float))
        same = ast.unparse(node.targets[0]) == ast.unparse(value.left)
        if large and same and isinstance(value.op, ast.Mult) and factor.value >= _MANY:  # type: ignore[attr-defined]
            return ast.unparse(node)
    return None


def as_in_training(source: Source, place: Place) -> list[AnyEdit]:
    """The statement of the held-out part becomes that of the training part, with its own names; a
    change that only the held-out part gets goes away."""
    made = assigned(source, place)
    if made is None:
        return []
    name, value = made
    for one in source.assignments:
        other = next((t for t in one.targets if _train_name(t, name)), None)
        if other is not None and one.value is not None and len(one.targets) == 1:
            new = re.sub(rf"\b{re.escape(other)}\b", name, one.value.text)
            if one.place.path != place.path or name not in new:
                continue
            if new == text(source, place, value):
                return []  # both parts get it: what tells them apart is not here
            return [ReplaceStatement(place, code=f"{name} = {new}")]
    own = any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value))
    plain = isinstance(value, (ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript))
    return [Remove(place)] if own and plain else []


def _train_name(one: str, name: str) -> bool:
    """x_train is to x_test as train_images to test_images."""
    if one == name:
        return False
    return any(
        one.replace(train, other) == name for train, others in _NAMES.items() for other in others
    )


def normalized(source: Source, place: Place, mean: str, std: str, training: bool) -> list[AnyEdit]:
    """The transform at a place (or, with `training`, the one without Normalize) gets these."""
    lines = source.statement_lines(place)
    around = Place(place.path, lines[0], max(lines[-1], place.end_line or 0))
    known = source.calls_to("*.Normalize")
    written = known[0].raw if known else "transforms.Normalize"
    code = f"{written}({mean}, {std})"
    composed = source.calls_to("*.Compose") if training else source.calls_within(around)
    for call in source.calls_within(around) if not training else ():
        if call.last == "Normalize":
            pairs = (("mean", mean), ("std", std))
            return [
                SetArgument(call.place, (), "Normalize", name, value, position, anyhow=True)
                for position, (name, value) in enumerate(pairs)
            ]
    for call in composed:
        if call.last == "Compose" and call.args and "Normalize" not in call.args[0].text:
            return [AddItem(call.place, callee="Compose", code=code)]
    for call in source.calls_within(around):
        if call.last == "ToTensor" and not training:
            prefix = call.raw.rpartition(".")[0]
            whole = f"{prefix}.Compose([{call.raw}(), {code}])"
            return [ReplaceExpression(call.place, old=f"{call.raw}()", new=whole)] if prefix else []
    return []


def next_width(source: Source, call: Call, old: int, new: str) -> list[AnyEdit]:
    """The input of the layer that is made next, where it is the same number."""
    takes = ("Linear", "Conv2d", "BatchNorm2d", "BatchNorm1d")
    edits: list[AnyEdit] = []
    later = [
        c
        for c in source.calls
        if c.function == call.function
        and c.last in takes
        and (c.place.line, c.place.column or 0) > (call.place.line, call.place.column or 0)
    ]
    for one in later:
        if not one.args or one.args[0].constant != old:
            break
        name = {"Linear": "in_features", "Conv2d": "in_channels"}.get(one.last, "num_features")
        edits += valued(one, source, name, new, float(old), 0)
        if "Norm" not in one.last:
            break
    return edits
