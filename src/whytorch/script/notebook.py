"""A notebook's code cells as one program, line for line.

Jupyter's own lines (`%matplotlib inline`, `!pip install x`, `model?`) become statements that do
nothing; of `%time f()` stays `f()`, and what a later cell needs (`%cd`, `%env`, `%run`) becomes the
call that Jupyter makes of it. From the lines back to the cells leads `cells.py`.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

from whytorch.records import Place
from whytorch.script.files import ScriptError

# Cell magics after which the rest of the cell is still Python.
_PYTHON_CELLS = {"time", "timeit", "capture", "prun", "python", "python3", "skip", "memit", "mprun"}
# Line magics that run the Python behind them, and those whose effect later cells need.
_TIMED = re.compile(r"^(?P<indent>\s*)%(?:time|timeit|prun|memit)\s+(?P<code>\S.*)$")
_NEEDED = re.compile(r"^(?P<indent>\s*)%(?P<name>cd|env|set_env|run)\s+(?P<rest>\S.*)$")
_SHELL = re.compile(r"^(?P<indent>\s*)(?P<target>[\w.,()\[\]'\" ]+=\s*)?[%!]")
_ASKING = re.compile(r"^(?P<indent>\s*)(\?{1,2}\s*[\w.*]+|[\w.*\[\]'\"()]+\?{1,2})\s*(#.*)?$")
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


class Program(NamedTuple):
    """The text of all cells that are Python, and of each cell its first line and its number."""

    text: str
    cells: tuple[tuple[int, int], ...]
    unread: tuple[ScriptError, ...]

    @property
    def parts(self) -> Iterator[tuple[int, str]]:
        """Of each cell its first line and its text."""
        lines = self.text.split("\n")
        ends = [first - 1 for first, _ in self.cells[1:]] + [len(lines)]
        for (first, _), end in zip(self.cells, ends, strict=True):
            yield first, "\n".join(lines[first - 1 : end])


def program(data: bytes, path: str) -> Program:
    """The code of a notebook; cells that are no valid Python are left out, and named."""
    lines: list[str] = []
    cells: list[tuple[int, int]] = []
    unread: list[ScriptError] = []
    for number, code in code_cells(data, path):
        try:
            plain = _plain(code, path, number)
        except ScriptError as error:
            unread.append(error)
            continue
        cells.append((len(lines) + 1, number))
        lines += plain.split("\n")
    return Program("\n".join(lines), tuple(cells), tuple(unread))


def code_cells(data: bytes, path: str) -> Iterator[tuple[int, str]]:
    """Number (from 1, all kinds of cells counted, as ruff does) and code of every code cell."""
    try:
        notebook: Any = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise ScriptError(f"{path} is no notebook: it does not hold valid JSON.") from None
    if not isinstance(notebook, dict):
        raise ScriptError(f"{path} is no notebook: it has no cells.")
    cells = notebook.get("cells")
    if cells is None:  # the format before 2015
        sheets = notebook.get("worksheets")
        first = sheets[0] if isinstance(sheets, list) and sheets else None
        cells = first.get("cells") if isinstance(first, dict) else None
    if not isinstance(cells, list):
        raise ScriptError(f"{path} is no notebook: it has no cells.")
    if _language(notebook) not in ("python", "ipython", ""):
        return
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            text = "".join(map(str, source)) if isinstance(source, list) else str(source)
            if text.strip():
                yield number, text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _language(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata")
    for part in ("kernelspec", "language_info"):
        told = metadata.get(part) if isinstance(metadata, dict) else None
        language = told.get("language", told.get("name")) if isinstance(told, dict) else None
        if isinstance(language, str):
            return re.sub(r"[\d.]+$", "", language.lower())
    return ""


def plain_code(code: str) -> str:
    """A cell in plain Python, line for line; `ScriptError` if it is none."""
    return _plain(code, "", 0)


def _plain(code: str, path: str, number: int) -> str:
    """The cell in plain Python, line for line; `ScriptError` if it is none."""
    lines = code.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        words = lines[first][2:].split()
        if not words or words[0] not in _PYTHON_CELLS:
            return "\n".join("" for _ in lines)
        lines[first] = ""
    if _problem("\n".join(lines)) is None:
        return "\n".join(lines)
    plain = "\n".join(_without_magics(lines))
    problem = _problem(plain)
    if problem is None:
        return plain
    line = getattr(problem, "lineno", None) or 1
    shown = lines[line - 1] if line <= len(lines) else None
    place = Place(path, line, code=shown, cell=number)
    raise ScriptError(f"{place}: {getattr(problem, 'msg', 'not valid Python')}", place)


def _problem(code: str) -> Exception | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error
    return None


def _without_magics(lines: list[str]) -> list[str]:
    """Each line that is Jupyter's replaced; inside strings and brackets nothing is."""
    plain: list[str] = []
    state = _State()
    continued = False  # a magic that ends in a backslash goes on in the next line
    for line in lines:
        if continued:
            continued = line.rstrip().endswith("\\")
            plain.append("")
            continue
        new = _replaced(line) if state.fresh else None
        if new is None:
            state.take(line)
            plain.append(line)
        else:
            continued = line.rstrip().endswith("\\")
            plain.append(new)
    return plain


def _replaced(line: str) -> str | None:
    timed = _TIMED.match(line)
    if timed and _problem(timed["code"]) is None:
        return timed["indent"] + timed["code"]
    needed = _NEEDED.match(line)
    if needed:
        call = f"get_ipython().run_line_magic({needed['name']!r}, {needed['rest'].rstrip()!r})"
        return needed["indent"] + call
    asking = _ASKING.match(line)
    if asking:
        return asking["indent"] + "pass"
    shell = _SHELL.match(line)
    if shell is None:
        return None
    return shell["indent"] + (f"{shell['target']}None" if shell["target"] else "pass")


class _State:
    """Whether a new statement begins: no bracket and no triple-quoted string is open."""

    def __init__(self) -> None:
        self._depth, self._quote, self._backslash = 0, "", False

    @property
    def fresh(self) -> bool:
        return self._depth == 0 and not self._quote and not self._backslash

    def take(self, line: str) -> None:
        at = 0
        while at < len(line):
            here = line[at]
            if self._quote:
                if here == "\\":
                    at += 1
                elif line.startswith(self._quote, at):
                    at += len(self._quote) - 1
                    self._quote = ""
            elif here == "#":
                break
            elif here in "\"'":
                self._quote = here * 3 if line.startswith(here * 3, at) else here
                at += len(self._quote) - 1
            else:
                self._depth = max(0, self._depth + _BRACKETS.get(here, 0))
            at += 1
        self._backslash = line.endswith("\\")
        if len(self._quote) == 1:  # a plain string ends with its line
            self._quote = ""
