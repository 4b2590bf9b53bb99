"""A top-5 that is the top-1: the two shares of right answers are printed alike, line by line."""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._figures import labelled
from whytorch.evidence.facts import Passes, PrintedLine
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

_RANK = re.compile(r"(top[-_ ]?|@\s?|prec|acc)(\d+)(?!\.\d|\d|\s*%)", re.IGNORECASE)
_WORDS = {"1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "10": "ten"}
_MORE_IN_WORDS = re.compile(r"(?:two|three|four|five|ten)\W*$")
FEWEST = 3  # different values: two ranks that are alike at each of them are one
FULL = 99.0  # percent; from there on the first k may hold all that the first does


def decide(passes: Passes, source: Source | None) -> list[Finding]:
    """Where all right answers come first: a network that errs has the right one among the next
    few now and then."""
    series: dict[Place, list[tuple[float, float, str]]] = {}
    for line in passes.printed:
        pair = _pair(line)
        if pair is not None and line.place is not None:
            series.setdefault(line.place, []).append(pair)
    for place, shown in series.items():
        known = {one for one, _, _ in shown if 0 < one < (FULL if one > 1 else FULL / 100)}
        if len(known) >= FEWEST and all(one == more for one, more, _ in shown):
            return [_finding(place, shown, source)]
    return []


def _pair(line: PrintedLine) -> tuple[float, float, str] | None:
    """(top-1, top-k, the name of the latter) of a line that has one of each."""
    text = _RANK.sub(lambda m: f"{m[1]}{_WORDS.get(m[2], 'k')}", line.text)
    first, more = [], []
    for _, match, label in labelled(text):
        words = label[-12:]
        if re.search(r"one\W*$", words):
            first.append(float(match.group()))
        elif _MORE_IN_WORDS.search(words):
            more.append((float(match.group()), label.strip(" :|,;(")))
    if len(first) != 1 or len(more) != 1:
        return None
    return first[0], more[0][0], more[0][1]


def _finding(place: Place, shown: list[tuple[float, float, str]], source: Source | None) -> Finding:
    last = shown[-1]
    return Finding(
        says=f"top-1 and top-k are printed as one and the same number in all {len(shown)} lines, "
        f"at last {last[0]:g}: some wrong answers have the right one among the next few, so that "
        "one of the two is taken from the other",
        places=places(_updated(source), place),
        severity="error",
        confidence=0.9,
        measured={"printed": last[1], "lines": len(shown)},
        explains=("printed-metric-differs-from-measured",),
        fix=Fix("give the top-k meter the top-k figure: top5.update(prec5, n)"),
    )


def _updated(source: Source | None) -> Place | None:
    """Where something named after the first k is given what is named after the first one."""
    for call in source.calls if source is not None else ():
        given = " ".join(a.text for a in call.args[:1])
        if re.search(r"(?:top|acc|prec)_?(?:5|3|k)\b", call.raw) and re.search(
            r"(?:top|acc|prec)_?1\b", given
        ):
            return call.place
    return None
