"""Values that the script reads from a file of settings: where they stand, to be changed there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Place, ReplaceConstant, SetArgument

_ENDINGS = (".yaml", ".yml", ".json", ".toml", ".ini", ".cfg")
_LARGEST = 1_000_000  # bytes; data, not settings


def kept_in_file(source: Source, edits: Iterable[AnyEdit]) -> str:
    """`; config.yaml:3 holds it: write lr: 0.002 there`, of the first value that such a file holds
    once; empty where there is none."""
    for edit in edits:
        if isinstance(edit, (SetArgument, ReplaceConstant)):
            new = edit.value if isinstance(edit, SetArgument) else edit.new
            for shown, number, line in _lines(source, _keys(source, edit)):
                changed = re.sub(r"(:|=)(\s*)[^\s,#}]+", rf"\1\g<2>{new}", line, count=1)
                return f"; {shown}:{number} holds it: write {changed.strip()} there"
    return ""


def _lines(source: Source, keys: set[str]) -> list[tuple[str, int, str]]:
    named = re.compile(rf"""^\s*["']?(?:{"|".join(map(re.escape, keys))})["']?\s*[:=]\s*\S""")
    found = [
        (shown, number, line)
        for shown, text in (_files(source) if keys else ())
        for number, line in enumerate(text.split("\n"), 1)
        if named.match(line)
    ]
    return found if len(found) == 1 else []


def _keys(source: Source, edit: SetArgument | ReplaceConstant) -> set[str]:
    """`learning_rate` of `lr=config["learning_rate"]` and of `lr=config.train.learning_rate`; of a
    constant, of every argument in its line that is given so."""
    keys: set[str] = set()
    for call in source.calls_within(Place(edit.place.path, edit.place.line)):
        given = dict(call.keywords)
        if isinstance(edit, SetArgument):
            one = call.argument(edit.name)
            given = {edit.name: one} if one is not None and call.last == edit.callee else {}
        for value in given.values():
            found = re.search(r"""\[["'](\w+)["']\]\W*$|\.(\w+)\W*$""", value.text)
            keys |= {found[1] or found[2]} if found is not None else set()
    return keys


def _files(source: Source) -> Iterator[tuple[str, str]]:
    """(name as written, text) of the files of settings that the script names and that are there."""
    names = {
        node.value
        for file in source.script.files
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } | set(source.script.args)
    for name in sorted(n for n in names if n.endswith(_ENDINGS)):
        for folder in (source.script.cwd, Path(source.script.absolute).parent):
            path = folder / name
            if path.is_file() and path.stat().st_size < _LARGEST:
                yield name, path.read_text(encoding="utf-8", errors="replace")
                break
