"""An optimizer that stopped because its generator of parameters had been gone through before."""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.checks._places import same
from whytorch.evidence.facts import CrashFacts
from whytorch.evidence.source import Assignment, Source
from whytorch.records import Finding, Fix, Place

# What can be read once only; a list of parameters can be read again.
_GENERATOR = re.compile(r"parameters\(\)$|^filter\(|^map\(|^\(.* for .* in .*\)$", re.DOTALL)


def used_up(crash: CrashFacts, source: Source | None) -> list[Finding]:
    """`params = net.parameters()`, something that reads them, then the optimizer."""
    where = crash.frames[-1] if crash.frames else None
    if source is None or where is None:
        return []
    for call in source.calls:
        made = _made(call.args[0].text, where, source) if call.args else None
        if made is None or made.value is None or not same(call.place, where):
            continue
        name = call.args[0].text
        used = _used(name, made.place, where, source)
        if used is not None and _GENERATOR.search(made.value.text):
            return [
                Finding(
                    says=f"{name} is a generator, which can be gone through once: line {used} did "
                    "that, and nothing was left for the optimizer",
                    places=places(made.place, Place(where.path, used), where),
                    confidence=0.9,
                    explains=("crash",),
                    fix=Fix(f"write {name} = list({made.value.text})"),
                )
            ]
    return []


def _made(name: str, where: Place, source: Source) -> Assignment | None:
    """The last assignment of this name above the line."""
    before = [
        a
        for a in source.assignments
        if name in a.targets and a.place.path == where.path and a.place.line < where.line
    ]
    return before[-1] if before else None


def _used(name: str, made: Place, where: Place, source: Source) -> int | None:
    """The first line between that reads the name."""
    for number in range((made.end_line or made.line) + 1, where.line):
        code = (source.line(where.path, number) or "").partition("#")[0]
        if re.search(rf"\b{re.escape(name)}\b", code):
            return number
    return None
