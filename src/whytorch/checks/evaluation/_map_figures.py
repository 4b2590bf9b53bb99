"""Printed overlaps (IoU) of an evaluation of pixels that are not those of its classes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._computed import computed_at
from whytorch.checks.evaluation._figures import Figure, labelled
from whytorch.evidence.facts import MapScores, Passes, PassFacts, PrintedLine
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import dotted, targets_of
from whytorch.records import Finding, Fix, Place, Severity

_NAMED = re.compile(r"iou|jaccard|intersection.over.union", re.IGNORECASE)
# Of one class, of another threshold, of boxes or borders, of another time.
_OTHERS = re.compile(
    r"loss|train|best|max|min|class|box|bound|edge|thresh|@|dice|ema|\btta|std|fore|back|object|"
    r"lesion|tumou?r|epochs?\b",
    re.IGNORECASE,
)
MISLEADING = 0.1  # of a mean that others may take so on purpose
WRONG = 0.03  # of what is no overlap at all
ENOUGH_DIGITS = 6  # over all lines
ENOUGH_LINES = 2
_GROUPS = ("image", "batch", "whole")
# What a script may rightly call its mean overlap.
_RIGHT = ("there", "labelled", "there no ground", "labelled no ground", "weighted", "pooled",
          "any object")  # fmt: skip


class _Slip(Struct, frozen=True):
    names: tuple[str, ...]
    groups: tuple[str, ...]
    says: str
    fix: str
    severity: Severity = "error"


_EACH = "for each class c: ((predicted == c) & (labels == c)).sum() / ((predicted == c) | (labels "
_EACH += "== c)).sum(), and then the mean over the classes"
_SLIPS = (
    _Slip(("bits",), _GROUPS, "it is taken from the numbers of the classes, bit by bit: 3 & 1 is "
          "1, so that pixels of another class count as found in part", _EACH),
    _Slip(("products",), _GROUPS, "the numbers of the classes are multiplied and added as if they "
          "were 0 and 1, so that class 3 weighs as much as nine pixels of class 1", _EACH),
    _Slip(("pixels",), _GROUPS, "it is the share of pixels that are right, not an overlap: of a "
          "large ground it is high whatever becomes of the rest", _EACH),
    _Slip(("as 1", "as 1 no ground"), ("image", "batch"),
          "a class that is neither in {group} nor predicted there counts as a full overlap, though "
          "nothing was found", "add up intersections and unions of each class over all images, and "
          "divide once at the end", "warning"),
    _Slip(("as 0", "as 0 no ground"), ("image", "batch"),
          "a class that is neither in {group} nor predicted there counts as 0, though nothing was "
          "missed", "add up intersections and unions of each class over all images, and divide "
          "once at the end", "warning"),
)  # fmt: skip


def decide(passes: Passes, source: Source | None) -> list[Finding]:
    """A series of printed overlaps that are all the same other quantity, or all 0."""
    series: dict[tuple[Place | None, int], list[Figure]] = {}
    for line in passes.printed:
        for figure in _figures(line, passes):
            series.setdefault((line.place, figure.slot), []).append(figure)
    for shown in series.values():
        found = _judge(shown, source)
        if found is not None:
            return [found]
    return []


def _figures(line: PrintedLine, passes: Passes) -> Iterator[Figure]:
    if line.place is None or not _NAMED.search(line.text):
        return
    of = _pass_of(line, passes)
    if of is None or of.maps is None:
        return
    for slot, match, label in labelled(line.text):
        words = label[-24:]
        if _NAMED.search(words) and not _OTHERS.search(words) and "." in match.group():
            yield Figure(line, slot, match.group(), label, of)


def _pass_of(line: PrintedLine, passes: Passes) -> PassFacts | None:
    """The last pass before the line, if it is a whole evaluation, and of no other network."""
    before = [p for p in (*passes.passes, *passes.others) if p.index <= line.after_pass]
    one = max(before, key=lambda p: p.index, default=None)
    if one is None or one not in passes.passes or one.phase != "eval":
        return None
    return None if one.shortened or one.interleaved else one


def _maps(figure: Figure) -> MapScores:
    assert figure.of.maps is not None
    return figure.of.maps


def _judge(shown: list[Figure], source: Source | None) -> Finding | None:
    wrong = [f for f in shown if not _is_right(f)]
    different = {f.token: f.digits for f in wrong}
    if all(f.value == 0 for f in shown):
        sure = [f for f in wrong if min(_maps(f).overlaps, default=0.0) >= MISLEADING]
        if len(sure) < ENOUGH_LINES or shown[-1] not in sure:
            return None
        return _finding(shown, source, "nothing counts as found: the masks are compared in a way "
                        "that never holds (two masks of True and False add up to True, never to 2)",
                        "write (predicted == c) & (labels == c) for what both have, | for what "
                        "either has", "error")  # fmt: skip
    if sum(different.values()) < ENOUGH_DIGITS or shown[-1] not in wrong:
        return None
    for slip in _SLIPS:
        for group in slip.groups:
            for name in slip.names:
                if _is_all(shown, f"{group} {name}") and _misleads(shown[-1], slip):
                    told = {"image": "an image", "batch": "a batch"}.get(group, "the data")
                    says = slip.says.format(group=told)
                    return _finding(shown, source, says, slip.fix, slip.severity)
    return None


def _rights(maps: MapScores) -> list[float]:
    means = [maps.means.get(f"{g} {n}") for g in _GROUPS for n in _RIGHT]
    every = sum(maps.overlaps) / len(maps.confusion)  # classes that never come count as 0
    return [*(m for m in means if m is not None), *maps.overlaps, every]


def _is_right(figure: Figure) -> bool:
    return any(map(figure.shows, _rights(_maps(figure))))


def _is_all(shown: list[Figure], name: str) -> bool:
    values = [_maps(f).means.get(name) for f in shown]
    return all(v is not None and f.shows(v) for f, v in zip(shown, values, strict=True))


def _misleads(figure: Figure, slip: _Slip) -> bool:
    """Whether it is far from whatever might be meant by a mean overlap."""
    maps = _maps(figure)
    means = [maps.means.get(f"{g} {n}") for g in _GROUPS for n in ("there", "there no ground")]
    share = figure.value / 100 if figure.value > 1 else figure.value
    least = WRONG if slip.severity == "error" else MISLEADING
    return all(abs(share - m) >= least for m in means if m is not None)


def _finding(
    shown: list[Figure], source: Source | None, says: str, fix: str, severity: Severity
) -> Finding:
    last = shown[-1]
    maps = _maps(last)
    truth = maps.means.get("whole there", 0.0)
    each = ", ".join(f"{v:.2f}" for v in maps.overlaps[:8])
    return Finding(
        says=f"{last.name or 'IoU'!r} is printed as {last.token}, in {len(shown)} lines, and over "
        f"all {last.of.samples} images the classes overlap by {each}, {truth:.4f} in the mean: "
        f"{says}",
        places=places(_computed(last, source), last.line.place),
        severity=severity,
        confidence=0.9,
        measured={"printed": last.value, "mean_overlap": truth, "lines": len(shown)},
        explains=("printed-metric-differs-from-measured",),
        fix=Fix(fix),
    )


def _computed(figure: Figure, source: Source | None) -> Place | None:
    """Where an intersection gets its value, if that is one place; else where the figure does."""
    around = source.around if source is not None else None
    found = [
        index.text.place(node)
        for index in (around.project.indexes if around is not None else ())
        for node in ast.walk(index.file.tree)
        if isinstance(node, (ast.Assign, ast.AugAssign))
        and any("inter" in dotted(t).lower() for t in targets_of(node))
    ]
    return found[0] if len(found) == 1 else computed_at(figure, source)
