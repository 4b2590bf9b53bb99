"""Counts that each batch overwrites: `correct = ...` in the loop, where it is to be added up."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.checks._rewriting import at, statement, text
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import dotted, targets_of
from whytorch.records import AnyEdit, Finding, Place, ReplaceStatement


def summed(finding: Finding, source: Source) -> list[AnyEdit]:
    """Of the names in the line that gives the figure those that begin at 0 and are set, not added
    to, in a loop: each is added to."""
    for place in finding.places[:1]:
        figure, file = statement(source, place), source.file(place.path)
        if figure is None or file is None:
            return []
        read = {dotted(n) for n in ast.walk(figure) if isinstance(n, (ast.Name, ast.Attribute))}
        body = _around(file.tree, figure)
        return [edit for name in sorted(read) for edit in _added(name, body, place, source)]
    return []


def _around(tree: ast.AST, figure: ast.stmt) -> list[ast.stmt]:
    """Statements of the function, or of the module, in which the line stands."""
    functions = [
        f
        for f in ast.walk(tree)
        if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)) and figure in ast.walk(f)
    ]
    inner = max(functions, key=lambda f: f.lineno, default=tree)
    return [s for s in ast.walk(inner) if isinstance(s, ast.stmt)]


def _added(name: str, body: list[ast.stmt], place: Place, source: Source) -> Iterator[AnyEdit]:
    given = [s for s in body if name in map(dotted, targets_of(s))]
    begun = [s for s in given if isinstance(s, ast.Assign) and _is_zero(s.value)]
    own = next((s for s in given if s not in begun), None)
    if len(given) != len(begun) + 1 or not isinstance(own, ast.Assign) or len(own.targets) != 1:
        return
    loops = [s for s in body if isinstance(s, (ast.For, ast.While)) and own in ast.walk(s)]
    loop = max(loops, key=lambda s: s.lineno, default=None)
    # Begun in the loop over the batches, it counts each by itself.
    if loop is not None and begun and all(s.lineno < loop.lineno for s in begun):
        yield ReplaceStatement(at(place, own), code=f"{name} += {text(source, place, own.value)}")


def _is_zero(value: ast.expr) -> bool:
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return all(isinstance(p, ast.Constant) and p.value == 0 for p in parts)
