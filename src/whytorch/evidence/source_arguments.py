"""Constants: literals, arithmetic on them, and what argparse makes of the script's arguments."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

from whytorch.evidence.source_names import CallTable
from whytorch.evidence.source_scopes import Block


class Unknown:
    """The type of `UNKNOWN`: no constant, or none that the source alone can tell."""


UNKNOWN = Unknown()
Evaluate = Callable[[Block, ast.expr], Any]

_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_CONVERT: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "str": str, "bool": bool}


def compute(operation: ast.operator, left: Any, right: Any) -> Any:
    """The result of plain arithmetic on numbers, kept small: a script may hold 10**10**10."""
    function = _BINARY.get(type(operation))
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if function is None or not numbers or max(abs(left), abs(right)) > 1e15:
        return UNKNOWN
    if isinstance(operation, ast.Pow) and abs(right) > 64:
        return UNKNOWN
    try:
        return function(left, right)
    except ArithmeticError:
        return UNKNOWN


def convert(name: str, value: Any) -> Any:
    """int(value), float(value), ... for the callables that are safe to call."""
    if value is UNKNOWN or name not in _CONVERT or not isinstance(value, (int, float, str)):
        return UNKNOWN
    try:
        return _CONVERT[name](value)
    except (ValueError, OverflowError):
        return UNKNOWN


def option_for(table: CallTable, name: str) -> tuple[ast.Call, Block] | None:
    """The one `add_argument` call that fills `args.name`."""
    for position in table.named("*.set_defaults"):
        if any(keyword.arg in (name, None) for keyword in table.calls[position][0].keywords):
            return None
    calls = [table.calls[position] for position in table.named("*.add_argument")]
    found = [(call, block) for call, block in calls if _destination(call) == name]
    return found[0] if len(found) == 1 else None


def option_value(call: ast.Call, block: Block, args: Sequence[str], evaluate: Evaluate) -> Any:
    """The value of an option, for the script's own arguments `args`; UNKNOWN unless simple."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    options: list[str] = _options(call)
    token: Any = UNKNOWN
    action = _text(given.get("action")) or "store"
    if None in given or not options[0].startswith("-"):
        return UNKNOWN
    switch = {"store_true": True, "store_false": False}.get(action)
    for position, arg in enumerate(args):
        name, equals, value = arg.partition("=")
        if name in options:
            if switch is not None:
                return switch
            token = value if equals else next(iter(args[position + 1 :]), UNKNOWN)
        elif arg.startswith("-") and any(_may_mean(name, option) for option in options):
            return UNKNOWN
    if token is UNKNOWN:
        if "default" in given:
            value = evaluate(block, given["default"])
            return _typed(value, given) if isinstance(value, str) else value
        return UNKNOWN if switch is None else not switch
    return UNKNOWN if action != "store" or "nargs" in given else _typed(token, given)


def _typed(value: Any, given: dict[str | None, ast.expr]) -> Any:
    """A string as argparse converts it by `type=`."""
    kind = given.get("type")
    if kind is None:
        return value
    return convert(kind.id, value) if isinstance(kind, ast.Name) else UNKNOWN


def _options(call: ast.Call) -> list[str]:
    return [_text(argument) or "" for argument in call.args] or [""]


def _destination(call: ast.Call) -> str:
    for keyword in call.keywords:
        if keyword.arg == "dest":
            return _text(keyword.value) or ""
    options = _options(call)
    name = next((option for option in options if option.startswith("--")), options[0])
    return name.lstrip("-").replace("-", "_")


def _may_mean(arg: str, option: str) -> bool:
    """argparse takes --learn for --learning-rate, and -b32 for -b 32."""
    if arg.startswith("--"):
        return option.startswith(arg)
    return not option.startswith("--") and arg.startswith(option)


def _text(node: ast.AST | None) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None
