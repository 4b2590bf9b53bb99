"""Small questions to pieces of the syntax tree: which argument, which element, whose `self`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from whytorch.evidence.source_scopes import Block, Scope

_TRANSPARENT = {"staticmethod", "classmethod", "no_grad", "inference_mode", "enable_grad", "cache"}
_TRANSPARENT |= {"lru_cache", "contextmanager", "override", "abstractmethod", "record", "compile"}


class Origin(NamedTuple):
    """An expression, where it stands, and what to show as the place of the definition."""

    node: ast.expr
    block: Block
    anchor: ast.AST | None = None  # None: no name was followed
    exact: bool = True  # False: the value is somewhere in this one (a dict, say)


def own_class(block: Block, node: ast.expr) -> Scope | None:
    """The class whose method this is, if `node` is the method's `self`."""
    scope: Scope | None = block.scope
    while isinstance(node, ast.Name) and scope is not None and scope.parent is not None:
        function = scope.node
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = [*function.args.posonlyargs, *function.args.args][:1]
            if scope.parent.kind == "class" and first and first[0].arg == node.id:
                return scope.parent
            if node.id in scope.bindings:
                return None
        scope = scope.parent
    return None


def block_around(scope: Scope) -> Block:
    return Block(scope.parent or scope)


def last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def called_name(node: ast.AST) -> str:
    return last_name(node.func) if isinstance(node, ast.Call) else ""


def is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def keeps_arguments(decorator: ast.expr) -> bool:
    """False for decorators that may pass other arguments than the caller does."""
    name = last_name(decorator.func if isinstance(decorator, ast.Call) else decorator)
    return name in _TRANSPARENT


def key_of(node: ast.expr) -> object:
    """The constant of `x["lr"]`, `x[0]`, `x[-1]`; None for any other."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node, sign = node.operand, -1
    value = node.value if isinstance(node, ast.Constant) else None
    return sign * value if isinstance(value, int) else value


def element_of(node: ast.AST, position: int) -> ast.expr | None:
    if not isinstance(node, (ast.Tuple, ast.List)) or not -len(node.elts) <= position < len(
        node.elts
    ):
        return None
    starred = any(isinstance(element, ast.Starred) for element in node.elts)
    return None if starred else node.elts[position]


def entry_of(node: ast.Dict, key: object) -> ast.expr | None:
    found = None
    for name, value in zip(node.keys, node.values, strict=True):
        if name is None:  # **other may replace what came before
            found = None
        elif isinstance(name, ast.Constant) and name.value == key:
            found = value
    return found


def field_of(call: ast.Call, block: Block, name: str) -> Origin | None:
    """A field of dict(a=1), Namespace(a=1), EasyDict({"a": 1})."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return Origin(keyword.value, block, keyword.value)
    if len(call.args) == 1 and isinstance(call.args[0], ast.Dict):
        value = entry_of(call.args[0], name)
        return Origin(value, block, value) if value else None
    return None


def argument_of(call: ast.Call, block: Block, name: str, order: Sequence[str]) -> Origin | None:
    """The argument for a parameter; None if it is not passed, inexact if it may be."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return Origin(keyword.value, block, keyword.value)
    position = order.index(name) if name in order else len(call.args)
    if any(isinstance(argument, ast.Starred) for argument in call.args[: position + 1]) or any(
        keyword.arg is None for keyword in call.keywords
    ):
        return Origin(call, block, exact=False)
    if position < len(call.args):
        return Origin(call.args[position], block, call.args[position])
    return None


def default_of(arguments: ast.arguments, name: str) -> ast.expr | None:
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [*[None] * (len(plain) - len(arguments.defaults)), *arguments.defaults]
    both = zip([*plain, *arguments.kwonlyargs], [*defaults, *arguments.kw_defaults], strict=True)
    return next((default for argument, default in both if argument.arg == name), None)


def without_field(made: Origin) -> Origin | None:
    """`field(default=0.1)` has the value 0.1."""
    if called_name(made.node) in ("field", "Field") and isinstance(made.node, ast.Call):
        return field_of(made.node, made.block, "default")
    return made
