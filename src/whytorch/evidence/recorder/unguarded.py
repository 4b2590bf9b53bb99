"""Batches that a script takes by next(iterator), with nothing there for its end.

    batches = iter(loader)
    for _ in range(len(loader)):
        images, labels = next(batches)

Such an iterator must not end early: the script counts on every batch, and would stop.
"""

from __future__ import annotations

import ast
import functools
import linecache
import os
from types import FrameType

from whytorch.evidence.recorder.places import is_user_file

_RECORDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
_CATCH = {"StopIteration", "Exception", "BaseException"}


def counts_on_the_next(frame: FrameType | None) -> bool:
    """Whether the line going on in this frame, the one that asks for a batch, is such a next()."""
    while frame is not None and frame.f_code.co_filename.startswith(_RECORDER):
        frame = frame.f_back  # another hook around the loader
    if frame is None or not is_user_file(frame.f_code.co_filename):
        return False
    return frame.f_lineno in _unguarded(frame.f_code.co_filename)


@functools.cache
def _unguarded(path: str) -> frozenset[int]:
    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    lines: set[int] = set()
    _look(tree, False, lines)
    return frozenset(lines)


def _look(node: ast.AST, guarded: bool, lines: set[int]) -> None:
    if isinstance(node, ast.Call) and not guarded and _is_next(node):
        lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    for field, value in ast.iter_fields(node):
        caught = isinstance(node, ast.Try) and field == "body" and any(map(_catches, node.handlers))
        inner = guarded or caught
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            inner = False
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                _look(child, inner, lines)


def _is_next(call: ast.Call) -> bool:
    """next(batches), not next(batches, None); batches.__next__(), batches.next()."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr in ("__next__", "next") and not call.args
    return isinstance(call.func, ast.Name) and call.func.id == "next" and len(call.args) == 1


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)}
    return bool(names & _CATCH)
