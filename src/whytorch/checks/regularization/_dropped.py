"""Questions about dropout calls, asked of the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from whytorch.evidence.source import Call, Source
from whytorch.records import Place

_FUNCTIONS = tuple(
    f"torch.nn.functional.{name}"
    for name in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout")
)
_LAYERS = tuple(
    f"torch.nn.{name}"
    for name in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout")
)
_GUARD = re.compile(r"train|eval|test|infer|sampl|mode|mc_|bayes|stochastic", re.IGNORECASE)


def says_training(source: Source, place: Place | None) -> str | None:
    """How the dropout called at this line is told whether it trains: "True", "self.training"."""
    for call in source.calls:
        if place is not None and call.last.endswith("dropout") and _at(call, place):
            given = call.keywords.get("training") or (call.args[2] if len(call.args) > 2 else None)
            if given is not None:
                return given.text
    return None


def _at(call: Call, place: Place) -> bool:
    last = call.place.end_line or call.place.line
    return call.place.path == place.path and call.place.line <= place.line <= last


def ungoverned(source: Source) -> Iterator[tuple[Call, bool]]:
    """Dropout in the forward of a module that nothing tells to stop: functions called without
    `training` (True is then torch's default), and layers made and called at once."""
    for made, names in ((False, _FUNCTIONS), (True, _LAYERS)):
        for call in source.calls_to(*names):
            plain = not any(a.text.startswith("*") for a in call.args) and "**" not in call.keywords
            told = len(call.args) > 2 or "training" in call.keywords
            if plain and (made or not told) and _in_forward(source, call):
                if (not made or _called_at_once(source, call)) and not _guarded(source, call):
                    yield call, made


def _in_forward(source: Source, call: Call) -> bool:
    owner, _, method = call.function.rpartition(".")
    return method == "forward" and any(
        c.qualname == owner and c.place.path == call.place.path and _is_module(c.bases)
        for c in source.classes
    )


def _is_module(bases: tuple[str, ...]) -> bool:
    return any(b.startswith("torch.nn.") or b.rpartition(".")[2] == "Module" for b in bases)


def _called_at_once(source: Source, call: Call) -> bool:
    """nn.Dropout(0.5)(x)"""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and _is(node.func, call)
        for node in _nodes(source, call)
    )


def _guarded(source: Source, call: Call) -> bool:
    """Under an `if self.training:` or some other condition that may say so."""
    return any(
        isinstance(node, (ast.If, ast.IfExp))
        and _GUARD.search(ast.unparse(node.test))
        and any(_is(inner, call) for inner in ast.walk(node))
        for node in _nodes(source, call)
    )


def _nodes(source: Source, call: Call) -> Iterator[ast.AST]:
    for file in source.files:
        if file.path == call.place.path:
            yield from ast.walk(file.tree)


def _is(node: ast.AST, call: Call) -> bool:
    return isinstance(node, ast.Call) and (node.lineno, node.col_offset) == (
        call.place.line, call.place.column,
    )  # fmt: skip
