"""Bytes -> text -> syntax tree, or a `ScriptError` that says what is wrong and where."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import warnings
from types import CodeType

from whytorch.records import Place
from whytorch.script.files import ScriptError

_LARGEST = 16 * 2**20  # bytes; what is larger is data, whatever its name says


def decode(data: bytes, path: str) -> str:
    """The text, as Python would read it: PEP 263, byte order mark, any line ends."""
    if len(data) > _LARGEST:
        raise ScriptError(f"{path} is {len(data) // 2**20} MB: too large to be a script.")
    if b"\0" in data:
        raise ScriptError(f"{path} is not Python source: it holds binary data.")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, LookupError):
        raise _undecodable(data, path) from None
    except UnicodeDecodeError as error:
        raise _undecodable(data, path, error) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _undecodable(data: bytes, path: str, error: UnicodeDecodeError | None = None) -> ScriptError:
    """Python reports these without a line: a cookie nobody knows, or bytes that don't fit."""
    if error is None:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as found:
            error = found
    if error is None:
        head = data[:400].decode("latin-1").splitlines()[:2]
        cookie = next((line for line in head if re.search(r"coding[:=]", line)), "")
        return ScriptError(f"{path} declares an encoding that Python can't use: {cookie.strip()}")
    line = data.count(b"\n", 0, error.start) + 1
    return ScriptError(
        f"{path}:{line}: byte 0x{data[error.start]:02x} is not {error.encoding}. Save the file as "
        "UTF-8, or declare its encoding in its first line: # -*- coding: latin-1 -*-",
        Place(path, line),
    )


def parse(text: str, path: str, *, whole: bool = False) -> ast.Module:
    """The syntax tree. `whole`: find as well what only Python's compiler refuses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an escape like "\d" is the user's affair
            tree = ast.parse(text, path)
            if whole:
                _compile(tree, text, path)
    except SyntaxError as error:
        raise _syntax_error(error, text, path) from None
    except (RecursionError, MemoryError):
        raise ScriptError(f"{path} is nested too deeply for Python to compile it.") from None
    except ValueError as error:  # a number of more digits than Python reads, a lone surrogate
        raise ScriptError(f"{path} is not valid Python: {error}.") from None
    return tree


def _compile(tree: ast.Module, text: str, path: str) -> None:
    try:
        compiled(tree, path)
    except RecursionError:  # a tree may be less deep than a text: Python counts otherwise
        compiled(text, path)


def compiled(code: ast.Module | ast.Expression | str, path: str) -> CodeType:
    """As `compile` does it, without what it has to say of the user's style on our stderr."""
    mode = "eval" if isinstance(code, ast.Expression) else "exec"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made: CodeType = compile(code, path, mode, dont_inherit=True)
    return made


def _syntax_error(error: SyntaxError, text: str, path: str) -> ScriptError:
    """The message, the line, and a caret under the place."""
    lines = text.split("\n")
    number = min(max(error.lineno or 1, 1), len(lines))
    code = lines[number - 1]
    column = min(max((error.offset or 1) - 1, 0), len(code))
    # Tabs stay tabs in front of the caret, so that it stands below the place in any terminal.
    indent = "".join(c if c == "\t" else " " for c in code[:column])
    version = ".".join(map(str, sys.version_info[:2]))
    return ScriptError(
        f"{path}:{number}: {error.msg} (not valid in Python {version})\n    {code}\n    {indent}^",
        Place(path, number, error.end_lineno or None, column, code),
    )
