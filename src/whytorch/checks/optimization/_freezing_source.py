"""Where the source tries to freeze: misspelled, on a module, as a comparison, or by a name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import Literal

from msgspec import Struct

from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.evidence.source_nodes import walk
from whytorch.records import Place
from whytorch.script.decoding import compiled

REAL = "requires_grad"
ALIKE = 0.8  # as the recorder has it
_HINT = re.compile(r"\.\s*re\w*_?grad\w*")
_GIVES_MODULES = ("children", "modules", "named_children", "named_modules")
_GIVES_PARAMETERS = ("parameters", "named_parameters")


class Attempt(Struct, frozen=True):
    """One line that was to freeze something and does not."""

    how: Literal["misspelled", "module", "comparison", "uncalled"]
    code: str
    place: Place
    proven: bool  # the source alone shows it


class ByName(Struct, frozen=True):
    """A loop over named_parameters() that freezes those whose names fulfil a condition."""

    place: Place  # of the condition
    loop: Place
    condition: str
    test: ast.expr
    variable: str
    freezes_if: bool  # it freezes where the condition holds, not where it does not


@cache
def alike(name: str) -> bool:
    return name != REAL and SequenceMatcher(None, name, REAL).ratio() >= ALIKE


def attempts(source: Source) -> Iterator[Attempt]:
    for file in source.files:
        if _HINT.search(file.text) is None:
            continue
        nodes = look(source).inside(file.tree)
        over = _loop_variables(nodes)
        for node in nodes:
            found = _attempt(node, over)
            if found is not None:
                how, target, proven = found
                code = ast.get_source_segment(file.text, target) or ast.unparse(target)
                yield Attempt(how, code, _place(file.path, node, file.lines), proven)


_How = Literal["misspelled", "module", "comparison", "uncalled"]


def _attempt(
    node: ast.AST, over: dict[ast.AST, tuple[str, str]]
) -> tuple[_How, ast.Attribute, bool] | None:
    if isinstance(node, ast.Expr):
        return _without_effect(node.value)
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
        return None
    target = node.targets[0]
    if not isinstance(target, ast.Attribute) or not isinstance(node.value.value, bool):
        return None
    loop = over.get(target)
    gives = loop[1] if loop else ""
    if alike(target.attr):
        return "misspelled", target, gives in _GIVES_PARAMETERS or target.attr == "requires_grad_"
    if target.attr == REAL and not _is_self(target.value) and gives not in _GIVES_PARAMETERS:
        return "module", target, gives in _GIVES_MODULES
    return None


def _without_effect(value: ast.expr) -> tuple[_How, ast.Attribute, bool] | None:
    """A statement that compares instead of assigning, or names a method without calling it."""
    if isinstance(value, ast.Compare) and isinstance(value.left, ast.Attribute):
        right = value.comparators[0]
        constant = isinstance(right, ast.Constant) and isinstance(right.value, bool)
        if value.left.attr == REAL and constant and isinstance(value.ops[0], ast.Eq):
            return "comparison", value.left, True
    if isinstance(value, ast.Attribute) and value.attr == "requires_grad_":
        return "uncalled", value, True
    return None


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls", "ctx")


def _loop_variables(nodes: Sequence[ast.AST]) -> dict[ast.AST, tuple[str, str]]:
    """Attribute of a loop variable -> (the variable, the method whose values it takes)."""
    found: dict[ast.AST, tuple[str, str]] = {}
    for loop in nodes:
        if not isinstance(loop, ast.For) or not isinstance(loop.iter, ast.Call):
            continue
        method = loop.iter.func.attr if isinstance(loop.iter.func, ast.Attribute) else ""
        if method not in (*_GIVES_MODULES, *_GIVES_PARAMETERS):
            continue
        target = loop.target
        if method.startswith("named") and isinstance(target, ast.Tuple) and len(target.elts) == 2:
            target = target.elts[1]
        if not isinstance(target, ast.Name):
            continue
        for node in walk(loop):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == target.id:
                    found[node] = (target.id, method)
    return found


def _place(path: str, node: ast.AST, lines: tuple[str, ...]) -> Place:
    line = getattr(node, "lineno", 1)
    return Place(path, line, code=lines[line - 1] if line <= len(lines) else None)


# --- by name ------------------------------------------------------------------------------------


def by_name(source: Source) -> Iterator[ByName]:
    for file in source.files:
        if "named_parameters" not in file.text or _HINT.search(file.text) is None:
            continue
        for loop in walk(file.tree):
            condition = _condition(loop)
            if condition is not None:
                test, variable, freezes_if = condition
                yield ByName(
                    _place(file.path, test, file.lines),
                    _place(file.path, loop, file.lines),
                    ast.unparse(test),
                    test,
                    variable,
                    freezes_if,
                )


def _condition(loop: ast.AST) -> tuple[ast.expr, str, bool] | None:
    """The one `if` of the loop that asks nothing but the name, if it freezes on one side only."""
    if not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Tuple):
        return None
    iterated, names = loop.iter, loop.target.elts
    if not isinstance(iterated, ast.Call) or not isinstance(iterated.func, ast.Attribute):
        return None
    if iterated.func.attr != "named_parameters" or len(names) != 2:
        return None
    if not all(isinstance(n, ast.Name) for n in names) or len(loop.body) != 1:
        return None
    only, variable = loop.body[0], names[0].id  # type: ignore[attr-defined]
    if not isinstance(only, ast.If) or not _asks_only(only.test, variable):
        return None
    sides = [_freezes(only.body), _freezes(only.orelse)]
    return (only.test, variable, sides[0]) if sides.count(True) == 1 else None


def _freezes(body: list[ast.stmt]) -> bool:
    text = "\n".join(ast.unparse(statement) for statement in body)
    return bool(re.search(r"\.requires_grad = False|\.requires_grad_\(False\)", text))


_HARMLESS = (ast.BoolOp, ast.boolop, ast.Not, ast.UnaryOp, ast.Compare, ast.cmpop, ast.Call,
             ast.Attribute, ast.Name, ast.Constant, ast.Tuple, ast.List, ast.Subscript,
             ast.expr_context)  # fmt: skip
_METHODS = ("startswith", "endswith", "find", "split", "lower")


def _asks_only(test: ast.expr, variable: str) -> bool:
    """Whether the condition can be worked out from the name alone."""
    for node in walk(test):
        if isinstance(node, ast.Name) and node.id != variable:
            return False
        if isinstance(node, ast.Attribute) and node.attr not in _METHODS:
            return False
        if not isinstance(node, _HARMLESS):
            return False
    return any(isinstance(node, ast.Name) for node in walk(test))


def frozen_by(loop: ByName, names: list[str]) -> list[str] | None:
    """Which of these names the loop freezes; None where that can't be worked out.

    The condition holds nothing but the name, constants and methods of strings.
    """
    code = compiled(ast.Expression(loop.test), "<condition>")
    try:
        return [
            name
            for name in names
            if bool(eval(code, {"__builtins__": {}}, {loop.variable: name})) == loop.freezes_if
        ]
    except Exception:
        return None
