"""Loads two runs and says where they part."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from whytorch import saved
from whytorch.comparing.traits import Trait, traits
from whytorch.evidence import reading
from whytorch.evidence.facts import Training
from whytorch.evidence.rehearsal import Rehearsed
from whytorch.records import Comparison, Difference, Finding, Report

ENOUGH = 0.3  # `matters` from which a difference may be called the likely reason
_SAME = 0.02  # of a number, or of the inputs' spread: what repeats of one script differ by


def compare(good: str | Path, bad: str | Path) -> Comparison:
    """Why is the run `bad` worse than the run `good`?

    Raises OSError or ValueError if one of them is no saved run.
    """
    reports = [saved.load(run) for run in (good, bad)]
    evidence = [_evidence(run, report) for run, report in zip((good, bad), reports, strict=True)]
    differences = _differences(*map(traits, evidence))
    only_bad, only_good = _only(*reports), _only(*reversed(reports))
    same, parted = _parted(*evidence)
    worse, measured = _worse(*reports)
    return Comparison(
        good=reports[0],
        bad=reports[1],
        headline=_headline(reports[1], worse, measured, only_bad, differences),
        worse=worse,
        measured=measured,
        differences=differences,
        only_bad=only_bad,
        only_good=only_good,
        parted=parted,
        same_steps=same,
        source=_source(*(saved.sources(run) for run in (good, bad))),
    )


def _evidence(run: str | Path, report: Report) -> Mapping[type, Any]:
    folder = Path(run)
    folder = folder if folder.is_dir() else folder.parent
    record = folder / "record.jsonl"
    if not record.is_file():
        raise ValueError(f"{folder} holds no record of the run, so it cannot be compared")
    rehearsed = Rehearsed(record, 0, None, report.seconds.rehearsal or 0.0, "")
    # Paths as in the report; its script is known by the name that it was given.
    known = {str(Path(p).absolute()): p for p in saved.sources(run)}
    return reading.read_evidence(rehearsed, lambda path: known.get(path, Path(path).name))


# --- what differs ------------------------------------------------------------------------------


def _differences(good: dict[str, Trait], bad: dict[str, Trait]) -> tuple[Difference, ...]:
    found = []
    for name in dict.fromkeys((*good, *bad)):
        one, other = good.get(name), bad.get(name)
        if one is None or other is None:
            continue  # not seen in one of the runs (it crashed before, say): nothing is known
        size = _size(one.value, other.value)
        if size > 0:
            says = f"{name}: {_shown(one.value, other.value)}"
            matters, place = round(one.matters * size, 3), other.place or one.place
            found.append(Difference(one.aspect, name, one.value, other.value, says, matters, place))
    return tuple(sorted(found, key=lambda d: -d.matters))


def _size(one: Any, other: Any) -> float:
    """0: the same; 1: a factor of ten or more, or another thing altogether."""
    if one == other:
        return 0.0
    if isinstance(one, tuple) and isinstance(other, tuple) and _floats(one) and _floats(other):
        (mean, std), (mean2, std2) = one, other  # of the inputs
        spread = max(abs(std), abs(std2), 1e-12)
        apart = abs(mean - mean2) / spread + abs(math.log10(max(std, 1e-12) / max(std2, 1e-12)))
        return 0.0 if apart < _SAME else min(1.0, apart)
    if _number(one) and _number(other):
        if one == 0 or other == 0 or (one < 0) != (other < 0):
            return 1.0
        apart = abs(math.log10(abs(one) / abs(other)))
        return min(1.0, max(apart, 0.05))
    return 1.0


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _floats(value: tuple[Any, ...]) -> bool:
    return len(value) == 2 and all(isinstance(v, float) for v in value)


def _shown(good: Any, bad: Any) -> str:
    if isinstance(good, tuple) and isinstance(bad, tuple) and _floats(good) and _floats(bad):
        return f"mean {good[0]:.4g}, std {good[1]:.4g} → mean {bad[0]:.4g}, std {bad[1]:.4g}"
    if isinstance(good, tuple) and isinstance(bad, tuple) and max(len(good), len(bad)) > 2:
        gone, come = [x for x in good if x not in bad], [x for x in bad if x not in good]
        if gone or come:
            return f"{_one(tuple(gone))} → {_one(tuple(come))}"
    return f"{_one(good)} → {_one(bad)}"


def _one(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        few = ", ".join(str(x) for x in value[:4]) + (" ..." if len(value) > 4 else "")
        return few or "none"
    if isinstance(value, dict):
        return ", ".join(f"{k}={v}" for k, v in value.items()) or "none"
    return str(value)


def _only(good: Report, bad: Report) -> tuple[Finding, ...]:
    """Errors and warnings of `bad` that `good` does not have."""
    known = {f.id for f in good.findings if f.severity != "advice"}
    return tuple(f for f in bad.findings if f.severity != "advice" and f.id not in known)


def _parted(
    good: Mapping[type, Any], bad: Mapping[type, Any]
) -> tuple[int, tuple[int, float | None, float | None] | None]:
    """How many first steps have the same losses, and the first one that does not."""
    losses = [{s.index: s.loss for s in (e.get(Training) or Training()).trace} for e in (good, bad)]
    same = 0
    for one, other in zip_longest(*(sorted(x.items()) for x in losses)):
        if one is None or other is None:
            return same, None
        if one != other:
            return same, (other[0], one[1], other[1]) if one[0] == other[0] else None
        same += 1
    return same, None


def _source(good: Mapping[str, str], bad: Mapping[str, str]) -> str | None:
    """What changed, file by file; the scripts are compared whatever they are called."""
    if not good or not bad:
        return None
    (path, text), (path2, text2) = next(iter(good.items())), next(iter(bad.items()))
    pairs = [(path, text, path2, text2)]
    pairs += [(p, good[p], p, bad[p]) for p in good if p in bad and p not in (path, path2)]
    return "".join(
        line if line.endswith("\n") else f"{line}\n"
        for one, old, other, new in pairs
        for line in difflib.unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), one, other, n=1
        )
    )


# --- what it comes to --------------------------------------------------------------------------


def _worse(good: Report, bad: Report) -> tuple[bool | None, str]:
    """Whether the second is worse, and by what it is told."""
    one, other = good.run.metrics, bad.run.metrics
    ends = ("crashed", "killed")
    if (good.run.exit in ends) != (bad.run.exit in ends):
        return bad.run.exit in ends, f"{good.run.exit} → {bad.run.exit}"
    for name, attribute in (("evaluation", "eval_accuracy"), ("training", "train_accuracy")):
        a, b = getattr(one, attribute), getattr(other, attribute)
        if a is not None and b is not None:
            return b < a, f"{name} accuracy {100 * a:.1f} % → {100 * b:.1f} %"
    if one.last_loss is not None and other.last_loss is not None:
        told = f"last training loss {one.last_loss:.4g} → {other.last_loss:.4g}"
        return other.last_loss > one.last_loss, told
    return None, "nothing was measured in both"


def _headline(
    bad: Report,
    worse: bool | None,
    measured: str,
    only_bad: tuple[Finding, ...],
    differences: tuple[Difference, ...],
) -> str:
    if worse is False:
        return f"It is not worse: {measured}"
    if bad.run.exit == "crashed" and bad.verdict.kind != "nothing-found":
        return bad.verdict.headline
    if only_bad:
        first = only_bad[0]
        title = first.title[:1].lower() + first.title[1:]
        where = f", {first.places[0]}" if first.places else ""
        return f"Most likely: {title}{where}, found in this run alone ({measured})"
    if differences and differences[0].matters >= ENOUGH:
        first_one = differences[0]
        where = f", {first_one.place}" if first_one.place else ""
        return f"Most likely: {first_one.says}{where} ({measured})"
    return f"Nothing that matters differs in what was recorded ({measured})"
