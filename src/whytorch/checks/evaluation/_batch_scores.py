"""F1 scores, precisions and recalls that are means over batches, and not those of the samples."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._computed import computed_at
from whytorch.checks.evaluation._figures import Figure, labelled
from whytorch.evidence.facts import Passes, PassFacts, PrintedLine
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

_NAMED = re.compile(r"f1|f-?score|f-?measure|prec(?:ision)?|rec(?:all)?(?![a-z])", re.IGNORECASE)
_OTHERS = re.compile(r"loss|acc|auc|train|batch|avg|average|mean|best|class\s*\d", re.IGNORECASE)
MISLEADING = 0.03
FAR = 0.1
ENOUGH_DIGITS = 6  # over all lines: two figures of three digits are no chance


def decide(passes: Passes, source: Source | None) -> list[Finding]:
    """A series of printed scores that is a mean over batches in each of its lines."""
    series: dict[tuple[Place | None, str], list[tuple[str, Figure]]] = {}
    for line in passes.printed:
        for measure, figure in _figures(line, passes):
            series.setdefault((line.place, figure.label.strip()), []).append((measure, figure))
    for shown in series.values():
        found = _judge(shown[0][0], [f for _, f in shown], source)
        if found is not None:
            return [found]
    return []


def _figures(line: PrintedLine, passes: Passes) -> Iterator[tuple[str, Figure]]:
    for slot, match, label in labelled(line.text):
        named = list(_NAMED.finditer(label[-24:]))
        of = _pass_of(line, passes)
        if named and of is not None and not _OTHERS.search(label[-24:]):
            word = named[-1].group().lower()
            measure = {"p": "precision", "r": "recall"}.get(word[0], "f1")
            yield measure, Figure(line, slot, match.group(), label, of)


def _pass_of(line: PrintedLine, passes: Passes) -> PassFacts | None:
    before = [p for p in passes.passes if p.index <= line.after_pass and not p.interleaved]
    one = before[-1] if before else None
    fits = one is not None and one.phase == "eval" and not one.shortened and one.batches > 1
    return one if fits and one is not None and one.batch_scores and one.confusion else None


class _Mean(Struct, frozen=True):
    name: str  # "f1 macro by samples"
    value: float
    truth: float


def _judge(measure: str, shown: list[Figure], source: Source | None) -> Finding | None:
    different = {f.token: f.digits for f in shown}
    if sum(different.values()) < ENOUGH_DIGITS or any(_is_true(measure, f) for f in shown):
        return None
    for kind in ("macro", "weighted", "binary"):
        for end in ("", " by samples"):
            means = [_mean(f"{measure} {kind}", end, f) for f in shown]
            fitting = [m for m, f in zip(means, shown, strict=True) if m and f.shows(m.value)]
            if len(fitting) == len(shown) and abs(fitting[-1].value - fitting[-1].truth) >= (
                MISLEADING
            ):
                return _finding(shown, fitting[-1], source)
    return None


def _mean(name: str, end: str, figure: Figure) -> _Mean | None:
    value = (figure.of.batch_scores or {}).get(name + end)
    truth = _true(figure.of).get(name)
    return _Mean(name, value, truth) if value is not None and truth is not None else None


def _true(one: PassFacts) -> dict[str, float]:
    """The scores over all samples, by the names that those over batches have."""
    classes = one.per_class()
    named = [sum(row[c.index] for row in one.confusion or ()) for c in classes]
    there = [c for c, n in zip(classes, named, strict=True) if c.support or n]
    total = sum(c.support for c in there)
    found = {}
    for measure in ("f1", "precision", "recall") if total else ():
        values = {c.index: float(getattr(c, measure)) for c in there}
        found[measure + " macro"] = sum(values.values()) / len(there)
        found[measure + " weighted"] = sum(values[c.index] * c.support for c in there) / total
        if 1 in values:
            found[measure + " binary"] = values[1]
    return found


def _is_true(measure: str, figure: Figure) -> bool:
    """Whether it is the score of all samples in any way of averaging, or of one class."""
    one = figure.of
    values = [v for name, v in _true(one).items() if name.startswith(measure)]
    values += [float(getattr(c, measure)) for c in one.per_class()]
    return any(map(figure.shows, [*values, one.accuracy or 0.0]))


def _finding(shown: list[Figure], mean: _Mean, source: Source | None) -> Finding:
    last = shown[-1]
    label = last.name or mean.name
    size = (last.of.counted or 0) / last.of.batches
    return Finding(
        says=f"{label!r} is printed as {last.token}, the mean over {last.of.batches} batches of "
        f"about {size:.0f} samples; over all {last.of.counted} samples the {mean.name} is "
        f"{mean.truth:.4g}: a batch lacks classes, and its score is not that of the whole",
        places=places(computed_at(last, source), last.line.place),
        severity="error" if abs(mean.value - mean.truth) >= FAR else "warning",
        confidence=0.9,
        measured={"printed": last.value, "over_all_samples": mean.truth,
                  "mean_over_batches": mean.value, "batches": last.of.batches,
                  "lines": len(shown)},
        explains=("printed-metric-differs-from-measured",),
        fix=Fix("collect predictions and labels of all batches, and compute the score once, from "
                "all of them; or add up a confusion matrix"),
    )  # fmt: skip
