"""Compiling the script's own modules so that the time-lapse can end their `for` loops.

`for x in xs:` runs as `for x in __whytorch_loop__(xs):`. Positions stay the same, so tracebacks and
recorded places are those of the user's file. Only rehearsals do this, never a watched run.
"""

from __future__ import annotations

import ast
import builtins
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import Any

from whytorch.evidence.lapse import Lapse
from whytorch.evidence.recorder.places import is_user_file

NAME = "__whytorch_loop__"
PATCHED: dict[str, bytes] = {}  # real path -> the text that a repaired copy has in its place


def source_of(path: str) -> bytes | None:
    """The text that a repair puts in the place of a file; None if it changes another one."""
    return PATCHED.get(os.path.realpath(path)) if PATCHED else None


class _Wrap(ast.NodeTransformer):
    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        if any(isinstance(child, ast.Call) for part in node.body for child in ast.walk(part)):
            name = ast.copy_location(ast.Name(NAME, ast.Load()), node.iter)
            call = ast.Call(func=name, args=[node.iter], keywords=[])
            node.iter = ast.copy_location(call, node.iter)
        return node


def wrap(tree: Any) -> Any:
    """The tree of a file or a cell, its loops wrapped."""
    return _Wrap().visit(tree)


def compile_wrapped(source: str | bytes, path: str) -> CodeType:
    """Compile like Python does, with the loops wrapped; unwrapped if that can't be done."""
    tree = compile(source, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    try:
        return compile(wrap(tree), path, "exec", dont_inherit=True)
    except (RecursionError, ValueError):
        return compile(source, path, "exec", dont_inherit=True)


class _Loader(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:  # type: ignore[override]
        return compile_wrapped(data, path)

    def get_data(self, path: Any) -> bytes:
        return source_of(path) or super().get_data(path)

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)  # never from a cache


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return None
        try:
            if spec.origin is None or not is_user_file(spec.origin):
                return None
        except Exception:  # a fault of ours: Python's own finder takes the module
            return None
        spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def install(lapse: Lapse) -> None:
    """From now on the user's modules are compiled with their loops under `lapse`."""
    setattr(builtins, NAME, lapse.loop)
    sys.meta_path.insert(0, _Finder())
