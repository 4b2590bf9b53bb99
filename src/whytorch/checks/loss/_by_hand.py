"""Where in the source a loss written by hand is computed, once a run has seen what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from whytorch.checks.loss._cut import _statements
from whytorch.evidence.source import Function, Source
from whytorch.records import Place

_MINUS = re.compile(r"(?<![eE(,=\[*/+\-])\s*-\s*(?![>\d.]*\s*[),\]])|\bsub\(|\bpow\(|\*\*")
_CALLED = re.compile(r"(?<![\w])([A-Za-z_][\w.]*)\(")


def line_of(source: Source | None, backward: Place | None) -> Place | None:
    """The statement with the difference, behind the tensor that a backward starts from: in the same
    function, or in the project's function or loss class that it calls."""
    if source is None or backward is None:
        return None
    code = source.line(backward.path, backward.line) or ""
    for place, text in _statements(source, backward, code):
        if _MINUS.search(text) and not text.strip().startswith(("def ", "for ")):
            return place
        for function in _functions(source, text):
            if inside := _in_body(source, function):
                return inside
    return None


def _functions(source: Source, text: str) -> Iterator[Function]:
    """The project's functions, and forwards of its classes, that an expression calls by name."""
    for name in _CALLED.findall(text):
        last = name.rpartition(".")[2]
        kinds = {last} | {
            made.group(1)
            for a in source.assignments
            if a.value is not None and name in a.targets
            if (made := re.match(r"(?:[\w.]*\.)?([A-Z]\w*)\(", a.value.text))
        }
        for function in source.functions:
            if function.qualname == last or function.qualname in {f"{k}.forward" for k in kinds}:
                yield function


def _in_body(source: Source, function: Function) -> Place | None:
    """The first line of a function that takes a difference."""
    first, last = function.place.line, function.place.end_line or function.place.line
    for number in range(first + 1, last + 1):
        text = (source.line(function.place.path, number) or "").partition("#")[0]
        if _MINUS.search(text):
            return Place(function.place.path, number)
    return None
