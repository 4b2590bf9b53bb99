"""Values that the script reads from a file of settings: where they stand, to be changed there."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from whytorch import records as r
from whytorch.checks._rewriting import statement
from whytorch.evidence.source import Source
from whytorch.fixes.text import Refused, Splice
from whytorch.records import AnyEdit, Place, ReplaceConstant, SetArgument

_ENDINGS = (".yaml", ".yml", ".json", ".toml", ".ini", ".cfg")
_LARGEST = 1_000_000  # bytes; data, not settings
_VALUE = r"""(?P<value>[^\s,;#}}\]"']+)"""
_ENTRY = r"""(?:^|[{{,])\s*["']?(?P<key>{keys})["']?\s*[:=]\s*""" + _VALUE


def is_settings(shown: str) -> bool:
    return shown.lower().endswith(_ENDINGS)


class Held(Struct, frozen=True):
    """A value in a file of settings."""

    shown: str  # the file, as the script names it
    line: int
    text: str  # of the line
    key: str
    value: str

    def told(self, new: str) -> str:
        found = re.search(_ENTRY.format(keys=re.escape(self.key)), self.text)
        assert found is not None
        start, end = found.span("value")
        changed = self.text[:start] + new + self.text[end:]
        return f"{self.shown}:{self.line} holds it: write {changed.strip()} there"


class Settings:
    """A file of settings as text: it is changed a value at a time, whatever its syntax."""

    def __init__(self, data: bytes, path: str) -> None:
        self.path = path
        try:
            self._text = data.decode("utf-8")  # a byte order mark is a character of it
        except UnicodeDecodeError as error:
            raise Refused(f"{path} cannot be read: {error}") from None
        self._starts = [0, *(found.end() for found in re.finditer("\r\n?|\n", self._text))]

    def splices(self, edit: AnyEdit) -> Iterator[tuple[int, Splice]]:
        """(0, splice); raises `Refused` where the line does not hold the value any more."""
        if not isinstance(edit, r.SetSetting) or edit.place.line > len(self._starts):
            raise Refused(f"{self.path}:{edit.place.line}: it is a file of settings, not of code")
        start = self._starts[edit.place.line - 1]
        line = re.match(r"[^\r\n]*", self._text[start:])
        found = [
            one
            for one in re.finditer(_ENTRY.format(keys=re.escape(edit.key)), line[0] if line else "")
            if one["value"] == edit.old
        ]
        if len(found) != 1:
            raise Refused(f"{self.path}:{edit.place.line}: {edit.key} is not {edit.old} there")
        first, last = found[0].span("value")
        yield 0, Splice(start + first, start + last, edit.new)

    def spliced(self, made: Iterable[tuple[int, Splice]]) -> bytes:
        text = self._text
        for _, one in sorted(made, reverse=True):
            text = text[: one.start] + one.text + text[one.end :]
        return text.encode("utf-8")


def held_in_file(source: Source, edits: Iterable[AnyEdit]) -> tuple[Held | None, str]:
    """The value that a file of settings holds in the place of what was to be edited, and what it
    is to become; None where there is none, or more than one."""
    for edit in edits:
        if isinstance(edit, (SetArgument, ReplaceConstant)):
            found = list(_held(source, edit))
            if found:
                new = edit.value if isinstance(edit, SetArgument) else edit.new
                return (found[0] if len(found) == 1 else None), _written(new, found[0].shown)
    return None, ""


def as_settings(source: Source, edits: tuple[AnyEdit, ...]) -> tuple[AnyEdit, ...]:
    """The edit of the file of settings instead; none unless it is the only edit, of a number, in a
    file beside the script."""
    held, new = held_in_file(source, edits)
    if held is None or len(edits) != 1 or os.name != "posix":  # elsewhere no copy can be tried
        return ()
    path = located(source, held.shown)
    beside = (Path(source.script.absolute).parent, Path(source.script.cwd))
    if path is None or not any(path.resolve().is_relative_to(f.resolve()) for f in beside):
        return ()
    if _number(new) is None or _number(held.value) is None:
        return ()
    place = Place(held.shown, held.line, code=held.text.strip())
    return (r.SetSetting(place, (), held.key, held.value, new),)


def located(source: Source, shown: str) -> Path | None:
    """The file that the script names so; None where it may be one of two."""
    folders = (Path(source.script.cwd), Path(source.script.absolute).parent)
    found = {(f / shown).resolve() for f in folders if (f / shown).is_file()}
    return found.pop() if len(found) == 1 else None


def _held(source: Source, edit: SetArgument | ReplaceConstant) -> Iterator[Held]:
    keys = _keys(source, edit)
    entry = re.compile(_ENTRY.format(keys="|".join(map(re.escape, keys))))
    for shown, text in _files(source) if keys else ():
        for number, line in enumerate(re.split("\r\n?|\n", text), 1):
            for found in entry.finditer(line):
                known = isinstance(edit, SetArgument) or _number(found["value"]) == edit.old
                if known and "#" not in line[: found.start()]:
                    yield Held(shown, number, line, found["key"], found["value"])


def _keys(source: Source, edit: SetArgument | ReplaceConstant) -> set[str]:
    """`learning_rate` of `lr=config["learning_rate"]` and of `lr=config.train.learning_rate`; of a
    constant, of everything in its statement that is read so."""
    if isinstance(edit, ReplaceConstant):
        node = statement(source, edit.place)
        return set(_last_keys(ast.walk(node))) if node is not None else set()
    for call in source.calls_within(Place(edit.place.path, edit.place.line)):
        one = call.argument(edit.name)
        if one is not None and call.last == edit.callee:
            found = re.search(r"""\[["'](\w+)["']\]\W*$|\.(\w+)\W*$""", one.text)
            return {found[1] or found[2]} if found is not None else set()
    return set()


def _last_keys(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            yield str(node.slice.value)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get":
            yield from (str(a.value) for a in node.args[:1] if isinstance(a, ast.Constant))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _written(new: str, shown: str) -> str:
    """As the file's syntax reads a number: to YAML 1.1, 1e-05 is a string."""
    if shown.lower().endswith((".yaml", ".yml")) and re.fullmatch(r"-?\d+e-?\d+", new):
        return new.replace("e", ".0e")
    return new


def _files(source: Source) -> Iterator[tuple[str, str]]:
    """(name as written, text) of the files of settings that the script names and that are there."""
    names = {
        node.value
        for file in source.script.files
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } | set(source.script.args)
    for name in sorted(n for n in names if is_settings(n)):
        for folder in (source.script.cwd, Path(source.script.absolute).parent):
            path = folder / name
            if path.is_file() and path.stat().st_size < _LARGEST:
                yield name, path.read_text(encoding="utf-8", errors="replace")
                break
