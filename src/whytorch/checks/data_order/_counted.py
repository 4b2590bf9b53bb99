"""How the weights of a sampler came about, as far as the source tells."""

from __future__ import annotations

import re

from whytorch.evidence.source import Call, Source
from whytorch.records import Place

_COUNTED = re.compile(r"(?:np|numpy|torch)\.bincount\([\w.\[\]]+(?:\.numpy\(\))?\)")
_LOOKED_UP = re.compile(r"\[|\bfor\b|repeat|expand|index_select|gather|take|map\(")
_NAMES = re.compile(
    r"(?<![\w.])[A-Za-z_]\w*(?![\w(.])|(?<![\w.])[A-Za-z_]\w*(?=\.(?:float|double|sum|max)\b)"
)


def given(call: Call, name: str, position: int) -> str | None:
    """An argument as it is written."""
    value = call.keywords.get(name) or (call.args[position] if position < len(call.args) else None)
    return value.text if value is not None else None


def made_from_counts(source: Source, name: str, before: Place) -> Place | None:
    """Follow plain arithmetic (1 / counts, counts.float(), sum / counts) back to a count."""
    first = None
    for _ in range(5):
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            return None
        made = [
            a
            for a in source.assignments
            if name in a.targets and a.place.path == before.path and a.place.line <= before.line
        ]
        if len(made) != 1 or made[0].value is None or made[0].augmented:
            return None
        text, first = made[0].value.text, first or made[0].place
        if _COUNTED.fullmatch(text):
            return first
        if _LOOKED_UP.search(text):
            return None
        names = set(_NAMES.findall(text)) - {"torch", "np", "numpy", "float"}
        if len(names) != 1:
            return None
        name = names.pop()
    return None
