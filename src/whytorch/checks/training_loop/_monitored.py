"""A callback is told what to monitor, and takes it in the wrong direction: an accuracy as if it
were better when it falls, mostly because mode="min" is what it takes when it is told nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from whytorch.evidence.source import Source
from whytorch.evidence.source_facts import Call, Function
from whytorch.records import Place

# Lightning's own: parameter names in order; both take "min" when told nothing.
_LIBRARIES = {
    "EarlyStopping": ("monitor", "min_delta", "patience", "verbose", "mode"),
    "ModelCheckpoint": ("dirpath", "filename", "monitor", "verbose", "save_last", "save_top_k",
                        "save_weights_only", "mode"),
}  # fmt: skip
_FROM = re.compile(r"(pytorch_)?lightning\.")
_WORD = re.compile(r"""[rbu]?(["'])([^"']*)\1""")
_DEFAULT = re.compile(r"""\bmode\s*(?::[^=,]+)?=\s*(["'])(min|max)\1""")
_LONGEST_HEAD = 20  # lines of a def and its parameters
_TURNED = re.compile(r"neg|minus|inverse|1-|one_minus", re.IGNORECASE)


class Monitored(Struct, frozen=True):
    name: str  # what is monitored
    up: bool  # counts as better when it rises
    callee: str
    place: Place
    said: bool  # the direction is written at the call


def monitored(source: Source) -> Iterator[Monitored]:
    makers = _makers(source)
    for call in source.calls:
        names, default = _library(call) or makers.get(call.name) or ((), None)
        name = _word(call, names, "monitor")
        given = _given(call, names, "mode")
        mode = _word(call, names, "mode") if given else default
        if name is None or mode not in ("min", "max") or _TURNED.search(name):
            continue
        yield Monitored(name, mode == "max", call.last, call.place, given)


def _library(call: Call) -> tuple[tuple[str, ...], str | None] | None:
    names = _LIBRARIES.get(call.last)
    return (names, "min") if names and _FROM.match(call.name) else None


def _makers(source: Source) -> dict[str, tuple[tuple[str, ...], str | None]]:
    """The script's own classes that are built with `monitor` and `mode`."""
    found = {}
    for one in source.classes:
        for made in source.functions:
            if made.in_class != one.qualname or made.name != "__init__":
                continue
            if made.place.path == one.place.path and {"monitor", "mode"} <= set(made.parameters):
                found[one.name] = (made.parameters[1:], _default(source, made))
    return found


def _default(source: Source, made: Function) -> str | None:
    head = ""
    for line in range(made.place.line, made.place.line + _LONGEST_HEAD):
        text = source.line(made.place.path, line) or ""
        head += text
        if text.split("#")[0].rstrip().endswith(":"):
            break
    match = _DEFAULT.search(head)
    return match[2] if match else None


def _given(call: Call, names: tuple[str, ...], name: str) -> bool:
    if "**" in call.keywords or any(a.text.startswith("*") for a in call.args):
        return True  # it may be: what it says is not known
    return name in call.keywords or (name in names and names.index(name) < len(call.args))


def _word(call: Call, names: tuple[str, ...], name: str) -> str | None:
    """A string that is written at the call."""
    value = call.keywords.get(name)
    if value is None and name in names and names.index(name) < len(call.args):
        value = call.args[names.index(name)]
    match = _WORD.fullmatch(value.text) if value is not None else None
    return match[2] if match else None
