"""What the tests of the source reader ask of a source."""

from __future__ import annotations

from typing import Any

from whytorch.evidence.source import Call, Source
from whytorch.records import Place


def names(source: Source) -> list[str]:
    return [call.name for call in source.calls]


def one(source: Source, name: str) -> Call:
    (call,) = source.calls_to(name)
    return call


def constants(call: Call) -> dict[str, Any]:
    return {key: value.constant for key, value in call.keywords.items() if value.is_constant}


def line_of(source: Source, text: str) -> int:
    (line,) = [n for n, code in enumerate(source.files[0].lines, 1) if text in code]
    return line


def at(source: Source, text: str) -> Place:
    return Place("train.py", line_of(source, text))
