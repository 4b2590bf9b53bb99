"""From what a finding tells a person to write, and the statement it points at, to edits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from whytorch.checks._places import same
from whytorch.evidence.source import Call, Source
from whytorch.evidence.source_facts import position_of
from whytorch.records import (
    AnyEdit,
    Finding,
    Place,
    ReplaceConstant,
    ReplaceExpression,
    ReplaceStatement,
    SetArgument,
)

_JOINING = re.compile(r" (?:and|or|in|if|for|is|with|instead|before|behind|after|where) ")

_NUMBER = re.compile(r"[\d.eE+\-*/ ()_]+|True|False|None")  # or arithmetic on numbers


def told(finding: Finding) -> str:
    """What the finding tells a person to do."""
    return finding.fix.says if finding.fix is not None else ""


def advised(finding: Finding) -> str | None:
    """The code in `write loss.backward() before optimizer.step()`; None where there is none."""
    says = told(finding)
    if not says.startswith("write "):
        return None
    code = says.removeprefix("write ")
    for cut in [m.start() for m in _JOINING.finditer(code)]:
        if code[:cut].count("(") == code[:cut].count(")"):
            code = code[:cut]
            break
    words = code.split(" ")
    for count in range(len(words), 0, -1):
        prefix = " ".join(words[:count]).rstrip(":,; ")
        if _parses(prefix):
            return prefix
    return None


def _parses(code: str) -> bool:
    try:
        return bool(ast.parse(code).body)
    except SyntaxError:
        return False


def statement(source: Source, place: Place) -> ast.stmt | None:
    """The innermost statement at a line."""
    file = source.file(place.path)
    lines = source.statement_lines(place) if file is not None else range(0)
    found = [
        node
        for node in (ast.walk(file.tree) if file is not None else ())
        if isinstance(node, ast.stmt) and node.lineno in lines and node.lineno <= place.line
    ]
    return max(found, key=lambda s: (s.lineno, s.col_offset), default=None)


def text(source: Source, place: Place, node: ast.AST) -> str:
    """A node of the file of `place` as it is written."""
    file = source.file(place.path)
    return (ast.get_source_segment(file.text, node) if file is not None else "") or ""


def at(place: Place, node: ast.AST) -> Place:
    """Where a node of the file of `place` stands."""
    return Place(place.path, node.lineno, column=node.col_offset)  # type: ignore[attr-defined]


def assigned(source: Source, place: Place) -> tuple[str, ast.expr] | None:
    """(name, value) of the statement `name = value` at a place."""
    node = statement(source, place)
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return text(source, place, node.targets[0]), node.value
    return None


def restated(finding: Finding, source: Source, imports: tuple[str, ...] = ()) -> list[AnyEdit]:
    """The finding's own statement, as it is to be written, for the one that stands there."""
    code, place = advised(finding), next(iter(finding.places), None)
    node = statement(source, place) if place is not None else None
    if code is None or place is None or "..." in code or node is None:
        return []
    if type(ast.parse(code).body[0]) not in (type(node), ast.Assign):
        return []
    return [ReplaceStatement(place, imports=imports, code=code)]


def called_anew(finding: Finding, source: Source) -> list[AnyEdit]:
    """`write loss_fn(prediction, label)` where the statement calls loss_fn once: with these
    arguments. Nothing where more than that is to be written."""
    code, place = advised(finding), next(iter(finding.places), None)
    rest = told(finding).removeprefix("write ").removeprefix(code or "")
    node = statement(source, place) if place is not None else None
    wanted = ast.parse(code).body[0] if code else None
    if place is None or node is None or (rest and not rest.startswith((":", " instead"))):
        return []
    if not isinstance(wanted, ast.Expr) or not isinstance(wanted.value, ast.Call) or "..." in code:  # type: ignore[operator]
        return []
    callee = ast.unparse(wanted.value.func)
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and ast.unparse(n.func) == callee]
    if len(calls) != 1:
        return []
    return [
        ReplaceExpression(at(place, calls[0]), old=text(source, place, calls[0]), new=code or "")
    ]


def calls_here(finding: Finding, source: Source, *callees: str) -> Iterator[Call]:
    """Calls whose last name is one of these in the statements at the finding's places."""
    for place in finding.places:
        lines = source.statement_lines(place)
        around = Place(place.path, lines[0], max(lines[-1], place.line))
        yield from (c for c in source.calls_within(around) if c.raw.rpartition(".")[2] in callees)


def setting(
    finding: Finding,
    source: Source,
    callees: Sequence[str],
    name: str,
    new: str,
    old: float | None = None,
    position: int | None = None,
) -> list[AnyEdit]:
    """An argument of the first such call at the finding's places gets a value: there, or where the
    number `old` that it is given was written down."""
    for call in calls_here(finding, source, *callees):
        return valued(call, source, name, new, old, position)
    return []


def valued(
    call: Call, source: Source, name: str, new: str, old: float | None, position: int | None = None
) -> list[AnyEdit]:
    """As `setting`, of one call."""
    callee = call.raw.rpartition(".")[2]
    given = call.argument(name)
    if given is not None and not _NUMBER.fullmatch(given.text) and old is not None:
        defined = source.definition(call.place, name)
        if defined is not None and not same(defined, call.place):
            return [ReplaceConstant(defined, old=old, new=new)]
    if position is None:
        position = position_of(call.name, name)
    return [
        SetArgument(call.place, callee=callee, name=name, value=new, position=position, anyhow=True)
    ]


def number(pattern: str, finding: Finding) -> str | None:
    """The first group of a pattern in what the finding tells to do."""
    found = re.search(pattern, told(finding))
    return found[1] if found is not None else None
