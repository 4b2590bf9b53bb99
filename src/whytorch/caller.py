"""The user's source around a call from Python: their file, or the cells of their notebook."""

from __future__ import annotations

import ast
import hashlib
import linecache
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from whytorch import script
from whytorch.script import Script, ScriptError, SourceFile

_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_CELL = re.compile(r"<ipython-input-(\d+)-")


def script_of(frame: FrameType | None) -> Script:
    """The program that a frame belongs to; an empty one where its source is not to be had."""
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    name = frame.f_code.co_filename if frame is not None else ""
    if name.endswith(".py") and name not in cell_names():
        try:
            return script.read(_shown(name))
        except ScriptError:
            pass
    return of_cells(name)


def of_cells(name: str) -> Script:
    """The cells of this notebook as a program, the one with the code `name` first."""
    names = cell_names()
    files = [_file(cell, names.get(cell, "")) for cell in dict.fromkeys((name, *names))]
    found = tuple(file for file in files if file is not None)
    if not found:
        found = (SourceFile("<python>", Path("<python>"), "", ("",), ast.Module([], [])),)
    return Script(
        path=found[0].path,
        absolute=found[0].absolute,
        args=(),
        module=None,
        sha256=hashlib.sha256(found[0].text.encode("utf-8", "replace")).hexdigest(),
        files=found,
        cwd=Path.cwd(),
    )


def cell_names() -> dict[str, str]:
    """The file name that Python knows a cell by -> as people know it: In[3]."""
    return dict(_cells())


def _cells() -> Iterator[tuple[str, str]]:
    for name in list(linecache.cache):
        if found := _CELL.match(name):
            yield name, f"In[{found[1]}]"
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    numbers = getattr(getattr(shell, "compile", None), "_filename_map", None)
    if isinstance(numbers, dict):
        yield from ((str(name), f"In[{number}]") for name, number in numbers.items())


def _file(name: str, shown: str) -> SourceFile | None:
    """None where the source is gone, or is no Python."""
    lines = linecache.getlines(name) if name else []
    text = "".join(lines)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    if not lines:
        return None
    return SourceFile(shown or name, Path(name), text, tuple(text.split("\n")), tree)


def _shown(absolute: str) -> str:
    """Relative to the working directory where it lies below."""
    folder = os.getcwd().rstrip(os.sep) + os.sep
    return absolute.removeprefix(folder)
