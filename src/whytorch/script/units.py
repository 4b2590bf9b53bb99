"""Files of a tree as programs: each one with the few files of the tree that it leads to.

What is parsed is kept for a while, since neighbours import the same files. How many files one
program takes in is bounded, so that a tree costs in proportion to its size.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from whytorch.script.decoding import decode, parse
from whytorch.script.files import Script, ScriptError, SourceFile
from whytorch.script.notebook import program
from whytorch.script.project import gather
from whytorch.script.reading import roots, shown
from whytorch.script.tree import Walked

# A file in which none of this stands has nothing to do with torch, not even as a fragment.
_MENTIONS = re.compile(rb"\b(?:nn|F|optim)\.|\.backward\(")
_PARTS = (b"nn.", b"F.", b"optim.", b".backward(")  # without one of them, it need not be searched
# Only where a loss is computed or followed it matters what the imported models do.
_FOLLOWED = (".backward(", "cross_entropy", "CrossEntropyLoss", "NLLLoss", "nll_loss",
             "training_step")  # fmt: skip
_MOST = 12  # files of one program
_KEPT = 200  # parsed files


class Units:
    """Reads one file after the other. `texts`: what some files hold by now, by absolute path,
    where that is not what is on disk: in an editor."""

    def __init__(self, cwd: str, texts: Mapping[str, bytes] | None = None) -> None:
        self.cwd = cwd
        self._texts = texts or {}
        self._parsed: OrderedDict[str, SourceFile] = OrderedDict()
        self._named: OrderedDict[tuple[str, tuple[str, ...]], SourceFile] = OrderedDict()

    def read(self, walked: Walked) -> tuple[Script | None, tuple[ScriptError, ...]]:
        """The program, None where torch plays no part in it; and what could not be read.

        Raises `ScriptError` if nothing of the file can be read.
        """
        try:
            data = self.bytes_of(walked.absolute)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ScriptError(f"{walked.path} can't be read: {reason}.") from None
        if not _mentions(data):
            return None, ()
        first, unread = self._first(walked, data)
        if not first.tree.body:
            return None, unread
        files: tuple[SourceFile, ...] = (first,)
        if any(word in first.text for word in _FOLLOWED):
            files = self._with_imports(first)
        script = Script(
            path=walked.path,
            absolute=first.absolute,
            args=(),
            module=None,
            sha256=hashlib.sha256(data).hexdigest(),
            files=files,
            cwd=Path(self.cwd),
        )
        return script, unread

    def bytes_of(self, absolute: str | Path) -> bytes:
        """What a file holds."""
        known = self._texts.get(str(absolute))
        return Path(absolute).read_bytes() if known is None else known

    def _first(self, walked: Walked, data: bytes) -> tuple[SourceFile, tuple[ScriptError, ...]]:
        path, absolute = walked.path, Path(walked.absolute)
        if path.lower().endswith(".ipynb"):
            text, cells, unread = program(data, path)
            tree = parse(text, path)
            lines = tuple(text.split("\n"))
            return SourceFile(path, absolute, text, lines, tree, cells=cells), unread
        known = self._parsed.get(walked.absolute)
        if known is not None:
            return replace(known, path=path, modules=()), ()
        text = decode(data, path)
        tree = parse(text, path)
        return SourceFile(path, absolute, text, tuple(text.split("\n")), tree), ()

    def _with_imports(self, first: SourceFile) -> tuple[SourceFile, ...]:
        ways = roots(str(first.absolute), self.cwd, False)
        files, _, _ = gather(first, ways, self.cwd, shown, most=_MOST, load=self._load)
        return (first, *(self._same(file) for file in files[1:]))

    def _load(self, path: str, display: str, name: str) -> SourceFile:
        known = self._parsed.get(path)
        if known is None:
            if os.path.getsize(path) > 500_000:
                raise ScriptError(f"{display} is too large to be followed.")
            text = decode(self.bytes_of(path), display)
            tree = parse(text, display)
            known = SourceFile(display, Path(path), text, tuple(text.split("\n")), tree)
            _keep(self._parsed, path, known)
        return replace(known, path=display, modules=(name,))

    def _same(self, file: SourceFile) -> SourceFile:
        """One object for one file under the same names, so that its index is made once."""
        key = (str(file.absolute), file.modules)
        known = self._named.get(key)
        if known is None or known.tree is not file.tree:
            _keep(self._named, key, file)
            known = file
        return known


def _mentions(data: bytes) -> bool:
    """Whether torch may play a part."""
    if b"torch" in data:
        return True
    return any(part in data for part in _PARTS) and _MENTIONS.search(data) is not None


def _keep(store: OrderedDict[Any, SourceFile], key: object, value: SourceFile) -> None:
    store[key] = value
    if len(store) > _KEPT:
        store.popitem(last=False)
