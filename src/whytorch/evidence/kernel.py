"""Runs a notebook as Jupyter's "run all cells" would, in this process and without Jupyter.

Lines of the shell (`!pip install x`) do nothing, and neither do magics, but for those that later
cells need: `%cd`, `%env` and `%run`. What a cell ends in is shown, as Jupyter shows it.
"""

from __future__ import annotations
import __future__ as features

import ast
import asyncio
import builtins
import inspect
import linecache
import os
import runpy
import sys
from collections.abc import Callable
from typing import Any

from whytorch.script.notebook import program

_FUTURE = 0
for _name in features.all_feature_names:
    _FUTURE |= getattr(features, _name).compiler_flag


def run(data: bytes, path: str, namespace: dict[str, Any], wrap: Callable[[Any], Any]) -> None:
    """Run all cells, one after the other. `wrap` may change each syntax tree (see `loops`)."""
    read = program(data, path)
    linecache.cache[path] = (len(read.text), None, read.text.splitlines(keepends=True), path)
    shell = Shell(namespace)
    setattr(builtins, "get_ipython", lambda: shell)  # noqa: B010 - mypy knows no such name
    setattr(builtins, "display", _display)  # noqa: B010
    flags = 0
    for first, text in read.parts:
        flags = run_cell(text, first, path, namespace, wrap, flags)


def run_cell(
    text: str,
    first: int,
    path: str,
    namespace: dict[str, Any],
    wrap: Callable[[Any], Any],
    flags: int = 0,
) -> int:
    """Run the statements of a cell one by one, as Jupyter does; it begins on line `first`.

    Gives the compiler's flags for the next one: `from __future__` holds for all that follow.
    """
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree = compile(text, path, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
    ast.increment_lineno(tree, first - 1)
    shown = not text.rstrip().endswith(";")
    for statement in tree.body:
        last = shown and statement is tree.body[-1] and isinstance(statement, ast.Expr)
        one = ast.Interactive([statement]) if last else ast.Module([statement], [])
        code = compile(wrap(one), path, "single" if last else "exec", flags, dont_inherit=True)
        flags |= code.co_flags & _FUTURE
        result = eval(code, namespace)
        if inspect.iscoroutine(result):
            asyncio.run(result)
    return flags


def _display(*values: Any, **how: Any) -> None:
    for value in values:
        sys.displayhook(value)


class Shell:
    """Stands in for Jupyter's shell, as far as a training needs it."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.user_ns = namespace
        self.config: dict[str, Any] = {}

    def run_line_magic(self, name: str, line: str, *more: Any) -> None:
        if name == "cd":
            os.chdir(os.path.expanduser(line.strip().strip("\"'")))
        elif name in ("env", "set_env") and "=" in line:
            key, _, value = line.partition("=")
            os.environ[key.strip()] = value.strip()
        elif name == "run":
            self._run(line.split())

    def _run(self, words: list[str]) -> None:
        while words and words[0].startswith("-"):
            del words[0]
        before = sys.argv
        sys.argv = words
        try:
            self.user_ns.update(runpy.run_path(words[0], run_name="__main__"))
        finally:
            sys.argv = before

    def getoutput(self, *words: Any, **how: Any) -> list[str]:
        return []

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **how: None
