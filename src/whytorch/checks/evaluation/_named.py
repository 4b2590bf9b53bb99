"""Printed lines whose numbers are named by the variables that are printed.

`print(epoch, train_loss, val_acc)` shows three numbers and no word. The words are in the source.
"""

from __future__ import annotations

import ast
import re

from msgspec.structs import replace

from whytorch.evidence.facts import Passes, PrintedLine
from whytorch.evidence.source import Source

_WORD = re.compile(r"[A-Za-z]{2,}")
_NAME = re.compile(r"[A-Za-z_]\w*")
_SHOWN = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]|\{[^{}]*\}")  # of "%.3f" and "{:.3f}"
_PLAIN = {"round", "float", "int", "str", "item", "np", "torch", "mean", "sum", "len", "format",
          "self", "numpy", "cpu", "abs"}  # fmt: skip
_HOLE = "(.*?)"


def named(passes: Passes, source: Source | None) -> Passes:
    """The passes with their printed lines, in which each number without a word before it has the
    name of its variable there."""
    if source is None:
        return passes
    prints: dict[tuple[str, int], list[ast.Call]] = {}
    lines = tuple(_named(line, prints, source) for line in passes.printed)
    return replace(passes, printed=lines)


def _named(
    line: PrintedLine, prints: dict[tuple[str, int], list[ast.Call]], source: Source
) -> PrintedLine:
    if line.place is None or not line.numbers:
        return line
    where = (line.place.path, line.place.line)
    if where not in prints:
        prints[where] = _prints(*where, source)
    if len(prints[where]) != 1:
        return line
    pattern, names = _layout(prints[where][0])
    found = re.fullmatch(pattern, line.text.rstrip()) if names else None
    if found is None:
        return line
    text, end = "", 0
    for group, name in enumerate(names, start=1):
        before = line.text[end : found.start(group)]
        plain = name and not (_WORD.search(before) and not _only_split(before))
        text += before + (f"{name} " if plain else "") + found.group(group)
        end = found.end(group)
    return replace(line, text=text + line.text[end:])


def _only_split(before: str) -> bool:
    """Whether the words say of which data the number is, and nothing else."""
    words = [w.lower() for w in _WORD.findall(before)]
    return all(re.fullmatch(r"train\w*|test\w*|val\w*|eval\w*|dev|epoch", w) for w in words)


def _prints(path: str, number: int, source: Source) -> list[ast.Call]:
    file = source.file(path)
    return [
        node
        for node in (ast.walk(file.tree) if file else ())
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and node.lineno <= number <= (node.end_lineno or node.lineno)
    ]


def _layout(call: ast.Call) -> tuple[str, list[str]]:
    """A pattern of the printed line, with a group for each value, and the values' names."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(
        k.arg == "sep" for k in call.keywords
    ):
        return "", []
    parts = [_part(a) for a in call.args]
    pattern = " ".join(p for p, _ in parts).rstrip()  # as the line, whose end has no blanks
    return pattern, [n for _, names in parts for n in names]


def _escaped(text: str) -> str:
    """As `re.escape`, but with blanks as they are: those at the end can be taken off."""
    return re.sub(r"\\([ \n\t\r])", r"\1", re.escape(text))


def _part(node: ast.expr) -> tuple[str, list[str]]:
    if isinstance(node, ast.Constant):
        return _escaped(str(node.value)), []
    if isinstance(node, ast.JoinedStr):
        parts = [
            (_HOLE, [_name(v.value)]) if isinstance(v, ast.FormattedValue) else _part(v)
            for v in node.values
        ]
        return "".join(p for p, _ in parts), [n for _, names in parts for n in names]
    template, values = _template(node)
    if template is not None and len(_SHOWN.findall(template)) == len(values):
        return _HOLE.join(map(_escaped, _SHOWN.split(template))), [_name(v) for v in values]
    return _HOLE, [_name(node)]


def _template(node: ast.expr) -> tuple[str | None, list[ast.expr]]:
    """Of "..." % (a, b) and "...".format(a, b)."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        text, right = node.left, node.right
        values = list(right.elts) if isinstance(right, ast.Tuple) else [right]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr != "format" or node.keywords:
            return None, []
        text, values = node.func.value, list(node.args)
    else:
        return None, []
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        return text.value, values
    return None, []


def _name(node: ast.expr) -> str:
    """Of round(val_loss, 4) and val_loss.item() it is val_loss; "" where there are several."""
    names = [n for n in _NAME.findall(_unquoted(node)) if n not in _PLAIN]
    return names[0] if len(set(names)) == 1 else ""


def _unquoted(node: ast.expr) -> str:
    return re.sub(r"""(['"]).*?\1""", "", ast.unparse(node))
