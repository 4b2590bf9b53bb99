"""Printed scores above 1 of a kind that cannot be: overlaps, areas, precisions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._computed import computed_at
from whytorch.checks.evaluation._figures import Figure
from whytorch.evidence.facts import Passes, PassFacts, PrintedLine
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

_NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?:[eE][-+]?\d+)?(?![\w.]*\w)")
_NAMED = re.compile(r"iou\b|dice|jaccard|f1|f-?score|auc|precision|recall", re.IGNORECASE)
_OTHERS = re.compile(r"loss|sum|total|%|percent|\bpct|best", re.IGNORECASE)
# 100, 1e2, "%%" and "{:.1%}" and "85 %"; the % of "..." % (values) is another.
_HUNDRED = re.compile(
    r"(?<![\w.])1(?:00(?:\.0*)?|e2)(?!\w)|%%|%\}|[}\w ]%\s?[\"'\\,|)]|percent", re.IGNORECASE
)


def decide(passes: Passes, source: Source | None) -> list[Finding]:
    """Of a script that nowhere makes a percentage."""
    if source is None or any(_HUNDRED.search(f.text) for f in source.files):
        return []
    series: dict[tuple[Place | None, str], list[Figure]] = {}
    for line in passes.printed:
        for figure in _figures(line, passes):
            series.setdefault((line.place, figure.label.strip()), []).append(figure)
    for shown in series.values():
        if all(1 < f.value <= f.of.samples for f in shown):
            return [_finding(shown, source)]
    return []


def _figures(line: PrintedLine, passes: Passes) -> Iterator[Figure]:
    end = 0
    for slot, match in enumerate(_NUMBER.finditer(line.text)):
        label, end = line.text[end : match.start()], match.end()
        words = label[-24:]
        of = _pass_of(line, passes)
        if of is not None and _NAMED.search(words) and not _OTHERS.search(words):
            yield Figure(line, slot, match.group(), label, of)


def _pass_of(line: PrintedLine, passes: Passes) -> PassFacts | None:
    before = [p for p in passes.passes if p.index <= line.after_pass]
    return before[-1] if before and before[-1].batches > 1 else None


def _finding(shown: list[Figure], source: Source) -> Finding:
    last = shown[-1]
    label = last.name
    batches = last.of.batches
    by = f"divided by the {batches} batches of that pass it is {last.value / batches:.4g}"
    if last.value > batches:
        by = f"divided by the {last.of.samples} samples of that pass it is "
        by += f"{last.value / last.of.samples:.4g}"
    return Finding(
        says=f"{label!r} is printed as {last.token}, in {len(shown)} lines above 1, where the most "
        f"is 1: a sum that nothing divides ({by}), or masks and labels that are not 0 and 1",
        places=places(computed_at(last, source), last.line.place),
        severity="error",
        confidence=0.85,
        measured={"printed": last.value, "lines": len(shown), "batches": batches,
                  "samples": last.of.samples},
        explains=("printed-metric-differs-from-measured",),
        fix=Fix("divide the sum by the number of batches that were added up, or add up "
                "intersections and unions over all batches and divide once"),
    )  # fmt: skip
