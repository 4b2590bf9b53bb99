"""A best value that is to be followed in the other direction: its comparison, and its start."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from whytorch.checks._rewriting import at, statement, text
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Place, ReplaceExpression

_TURNED = {ast.Lt: ">", ast.LtE: ">=", ast.Gt: "<", ast.GtE: "<="}
_UP = (ast.Gt, ast.GtE)
_A_NUMBER = re.compile(r"-?(float\(.+\)|[\w.]*\binf\w*|[\d.]+(e[+-]?\d+)?)", re.IGNORECASE)


def turned(source: Source, place: Place, best: str, up: bool, start: str) -> list[AnyEdit]:
    """`if a < best:` becomes `if a > best:` where the value is to rise (`up`), and `best` starts at
    `start`. Nothing where either of the two is not to be found."""
    node = statement(source, place)
    compared = _comparison(node.test, best) if isinstance(node, (ast.If, ast.While)) else None
    starts = list(_starts(source, place, best))
    if compared is None or not starts:
        return []
    edits: list[AnyEdit] = [
        ReplaceExpression(at(place, whole), old=text(source, place, whole), new=new)
        for whole, value in starts
        if (new := _with(source, place, whole, value, start)) != text(source, place, whole)
    ]
    rises = isinstance(compared.ops[0], _UP) == (ast.unparse(compared.comparators[0]) == best)
    if rises != up:
        left, right = (text(source, place, n) for n in (compared.left, compared.comparators[0]))
        new = f"{left} {_TURNED[type(compared.ops[0])]} {right}"
        edits.append(
            ReplaceExpression(at(place, compared), old=text(source, place, compared), new=new)
        )
    return edits


def turned_around(source: Source, place: Place) -> list[AnyEdit]:
    """`if a < best: best = a` the other way round, whichever it is."""
    node = statement(source, place)
    if not isinstance(node, ast.If):
        return []
    kept = {ast.unparse(t) for n in node.body if isinstance(n, ast.Assign) for t in n.targets}
    kept |= {ast.unparse(e) for n in ast.walk(node) if isinstance(n, ast.Tuple) for e in n.elts}
    for compared in (n for n in ast.walk(node.test) if isinstance(n, ast.Compare)):
        sides = [ast.unparse(n) for n in (compared.left, compared.comparators[0])]
        best = [side for side in sides if side in kept]
        if len(best) == 1:
            rises = isinstance(compared.ops[0], _UP) == (sides[1] == best[0])
            start = 'float("inf")' if rises else 'float("-inf")'
            return turned(source, place, best[0], not rises, start)
    return []


def _comparison(test: ast.expr, best: str) -> ast.Compare | None:
    """The one comparison with the best value, larger or smaller."""
    found = [
        n
        for n in ast.walk(test)
        if isinstance(n, ast.Compare)
        and len(n.ops) == 1
        and type(n.ops[0]) in _TURNED
        and best in (ast.unparse(n.left), ast.unparse(n.comparators[0]))
    ]
    return found[0] if len(found) == 1 else None


def _with(source: Source, place: Place, whole: ast.expr, value: ast.expr, start: str) -> str:
    """`whole` as it is written, a number or several, with `start` in the place of one."""
    if whole is value or not isinstance(whole, ast.Tuple):
        return start
    return ", ".join(start if e is value else text(source, place, e) for e in whole.elts)


def _starts(source: Source, place: Place, best: str) -> Iterator[tuple[ast.expr, ast.expr]]:
    """(what is assigned, the number in it) wherever it is set to one: of a local name in the same
    function, of an attribute in all of them."""
    function = source.enclosing_function(place)
    inside = function.qualname if function else "<module>"
    for one in source.assignments:
        if best not in one.targets or one.augmented or one.place.path != place.path:
            continue
        if one.function != inside and "." not in best:
            continue
        node = statement(source, one.place)
        for target, value in _pairs(node) if isinstance(node, ast.Assign) else ():
            if ast.unparse(target) == best and _A_NUMBER.fullmatch(ast.unparse(value)):
                yield node.value, value  # type: ignore[union-attr]


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value
