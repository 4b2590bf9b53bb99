"""Where the script sets initial weights itself."""

from __future__ import annotations

import re

from whytorch.evidence.source import Assignment, Call, Source
from whytorch.records import Place

_RANDOM = ("normal_", "uniform_", "trunc_normal_", "xavier_normal_", "xavier_uniform_",
           "kaiming_normal_", "kaiming_uniform_", "orthogonal_")  # fmt: skip
_CONSTANT = ("constant_", "zeros_", "ones_", "zero_", "fill_")
# `torch.empty(n).uniform_(-1, 1)` draws data, and sets no weight.
_MADE_HERE = re.compile(r"torch\.(empty|zeros|ones|full|tensor|rand|randn)(_like)?\(")
_SETTERS = (*_RANDOM, *_CONSTANT, "eye_", "dirac_", "copy_", "sparse_")


def init_place(source: Source, what: str, constant: bool | None = None) -> Place | None:
    """The line that sets initial values of `what` ("weight" or "bias"); the likeliest of several.

    `constant` says whether the values are all the same (True), spread (False), or either.
    """
    names = _SETTERS if constant is None else _CONSTANT if constant else _RANDOM
    calls = [c for c in source.calls if c.last in names and not _MADE_HERE.match(c.raw)]
    other = "bias" if what == "weight" else "weight"
    named = [c for c in calls if what in _text(c)]
    open_ = [c for c in calls if other not in _text(c)]
    found = next(iter(named or open_), None)
    if found is not None:
        return found.place
    made = next((a.place for a in source.assignments if _sets(a.targets, what)), None)
    if made is None and constant is not True:
        made = next((a.place for a in source.assignments if _draws(a)), None)
    return made


def zero_place(source: Source, what: str) -> Place | None:
    """The line that sets initial values of `what` to zero."""
    other = "bias" if what == "weight" else "weight"
    for call in source.calls:
        if call.last in _CONSTANT and other not in _text(call) and what in _text(call):
            value = call.args[-1].text if call.args else ""
            if call.last in ("zeros_", "zero_") or value in ("0", "0.0", "0."):
                return call.place
    return None


def _draws(one: Assignment) -> bool:
    """`p.data = torch.randn(p.shape) * 0.01`, of whatever parameter p is."""
    if one.value is None or not any(t.endswith(".data") for t in one.targets):
        return False
    return drawn_anew(one.value.text)


def drawn_anew(value: str) -> bool:
    """Whether random numbers are drawn in an expression."""
    return bool(re.search(r"\b(rand|randn|normal|uniform|standard_normal)(_like)?\(", value))


def _text(call: Call) -> str:
    return " ".join([call.raw, *(v.text for v in call.args)])


def _sets(targets: tuple[str, ...], what: str) -> bool:
    """`layer.weight = ...`, `layer.weight.data = ...`, `layer.bias[:] = ...`"""
    return any(f".{what}" in target for target in targets)
