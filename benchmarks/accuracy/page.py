"""The scores as tables: for the terminal, and as docs/accuracy.md."""

from __future__ import annotations

import platform
import statistics
from collections import defaultdict
from collections.abc import Sequence
from importlib.metadata import version

from accuracy.repairs import Mended, Repairs
from accuracy.scores import Judged, Scores, false_alarms, reliability, share

EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
TARGETS = {"cause at rank 1": 0.90, "in the first three": 0.97, "right line": 0.90}


def terminal(scores: Scores, repairs: Repairs | None = None) -> str:
    """The tables without prose."""
    parts = [
        _repairs(repairs),
        _summary(scores),
        _right(scores),
        _by_mistake(scores),
        _misses(scores),
    ]
    if scores.failed:
        parts.append("\n".join(f"FAILED {name}: {why}" for name, why in scores.failed))
    return "\n\n".join(part for part in parts if part)


def markdown(scores: Scores, repairs: Repairs | None = None) -> str:
    """The page of the documentation."""
    blocks = [
        ("Scores", _summary(scores)),
        ("Right scripts", _right(scores)),
        ("Confidence", _confidence(scores)),
        ("By grade", _by_grade(scores)),
        ("By mistake", _by_mistake(scores)),
        ("What it missed", _misses(scores)),
        ("Repairs", _REPAIRS + _repairs(repairs) if _repairs(repairs) else ""),
    ]
    body = "\n\n".join(f"## {head}\n\n{text}" for head, text in blocks if text)
    return f"{_INTRODUCTION.format(**_about(scores))}\n{body}\n"


_INTRODUCTION = """\
# How often is whytorch right?

This page is written by `python benchmarks/accuracy --minutes 0 --write docs/accuracy.md`; nobody
edits it. Mistakes are planted, by a program, into healthy scripts that differ in style, data and
architecture; whytorch then gets the script, and nothing else. A mutant counts only if its mistake
truly hurts (the median of 3 seeds lies outside all of the healthy script's 5, by more than they are
apart), or is harmful by nature (a false figure). Where the mistake is there and costs nothing, the
tool may say so but need not: those are kept apart as *harmless present*. A part of the scripts and
of the mutations was held back: never looked at while the checks were written.

{count} scripts judged, {waiting} not run; torch {torch}, Python {python}.
"""


def _about(scores: Scores) -> dict[str, object]:
    return {
        "count": len(scores.judged),
        "waiting": scores.waiting,
        "torch": version("torch").partition("+")[0],
        "python": platform.python_version(),
    }


def _summary(scores: Scores) -> str:
    rows = []
    for name, held_back in (("all", None), ("tuned on", False), ("held back", True)):
        counted = scores.of("hurts", "silent", held_back=held_back)
        if counted:
            rows.append([name, *_figures(counted)])
    for name, kind in (("pairs", "pair"), ("harmless present", "harmless")):
        if found := scores.of(kind):  # type: ignore[arg-type]
            rows.append([name, *_figures(found)])
    rows.append(["aim", "", "", *(_percent(v) for v in TARGETS.values()), ""])
    head = ["mutants", "scripts", "detected", *TARGETS, "seconds"]
    return _table(head, rows)


def _figures(judged: Sequence[Judged]) -> list[str]:
    return [
        str(len(judged)),
        _percent(share(judged, lambda j: j.detected)),
        _percent(share(judged, lambda j: j.first)),
        _percent(share(judged, lambda j: j.first_three)),
        _percent(share(judged, lambda j: j.line)),
        f"{statistics.median(j.said['seconds'] for j in judged):.1f}",
    ]


def _right(scores: Scores) -> str:
    rows = []
    right = scores.of("right")
    groups = {
        "bases": [j for j in right if "/" not in j.subject.base and not j.subject.held_back],
        "bases, held back": [j for j in right if j.subject.held_back],
        "look-alikes": [j for j in right if "/" in j.subject.base],
    }
    for name, judged in groups.items():
        if judged:
            alarms = false_alarms(judged) or 0.0
            rows.append([name, str(len(judged)), f"{alarms:.3f}"])
    table = _table(["right scripts", "scripts", "false alarms each (aim 0.05)"], rows)
    named = [
        f"- {j.subject.base}: {', '.join(f['id'] for f in j.complaints)}"
        for j in right
        if j.complaints
    ]
    return "\n".join([table, "", *named]).rstrip()


def _by_mistake(scores: Scores) -> str:
    groups: dict[str, list[Judged]] = defaultdict(list)
    for judged in scores.of("hurts", "silent"):
        groups[judged.subject.planted[0]].append(judged)
    harmless: dict[str, int] = defaultdict(int)
    for judged in scores.of("harmless"):
        harmless[judged.subject.planted[0]] += 1
    rows = [
        [id, *_figures(groups[id])[:-1], str(harmless[id])]
        if groups[id]
        else [id, "0", "", "", "", "", str(harmless[id])]
        for id in sorted({*groups, *harmless})
    ]
    return _table(["mistake", "scripts", "detected", "rank 1", "first 3", "line", "harmless"], rows)


def _by_grade(scores: Scores) -> str:
    groups: dict[str, list[bool]] = defaultdict(list)
    for judged in scores.of("hurts", "silent", "right"):
        for finding in judged.complaints:
            groups[finding["grade"]].append(finding["id"] in judged.subject.planted)
    rows = [[g, str(len(v)), _percent(sum(v) / len(v))] for g, v in sorted(groups.items())]
    return _table(["grade", "errors and warnings", "of them planted"], rows)


def _confidence(scores: Scores) -> str:
    rows = []
    for name, held_back in (("tuned on", False), ("held back", True)):
        judged = scores.of("hurts", "silent", "right", held_back=held_back)
        for low, high, count, right in reliability(judged, EDGES):
            if count:
                stated = f"{low:.1f} to {min(high, 1):.1f}"
                rows.append([name, stated, str(count), _percent(right / count)])
    return _table(["scripts", "stated confidence", "errors and warnings", "of them right"], rows)


def _misses(scores: Scores) -> str:
    missed = [j for j in scores.of("hurts", "silent") if not j.first]
    lines = []
    for judged in sorted(missed, key=lambda j: (j.subject.planted, j.subject.name)):
        said = ", ".join(f["id"] for f in judged.complaints[:3]) or judged.said["verdict"]
        place = "later" if judged.detected else "not named"
        lines.append([judged.subject.planted[0], judged.subject.name, place, said])
    return _table(["planted", "script", "it was", "said instead"], lines) if lines else ""


_REPAIRS = """\
What whytorch writes into the script, run by itself: every edit of an error or a warning, as
`whytorch fix --write --unsafe-fixes` does without the runs that prove it, twice in a row. Counted
are mutants that hurt; *reached* means 95 % of the median of the healthy script's results, or of its
result with the mended copy's seed: no repair makes more of a seed than the healthy script does.
Beside it stand as many random edits of the same kinds.

"""


def _repairs(repairs: Repairs | None) -> str:
    if repairs is None or not (repairs.fixable or repairs.pairs or repairs.right):
        return ""
    rows = [
        _mended("a machine can mend it", repairs.fixable, 0.90),
        _mended("of them, held back", [m for m in repairs.fixable if m.subject.held_back], None),
        _mended("it takes a person", repairs.by_hand, None),
        _mended("pairs", repairs.pairs, 0.80),
    ]
    head = ["mutants", "scripts", "edited", "reached", "aim", "random edits reached"]
    table = _table(head, [row for row in rows if row])
    edited = ", ".join(repairs.edited) or "none"
    lines = [table, "", f"Right scripts that were edited: {edited} of {repairs.right}.", ""]
    short = sorted(
        (m for m in (*repairs.fixable, *repairs.pairs) if not m.reached),
        key=lambda m: (m.subject.planted, m.subject.name),
    )
    failed = [
        [" + ".join(m.subject.planted), m.subject.name, ", ".join(m.wrote) or "nothing",
         _percent(m.share) if m.share is not None else "no result"]
        for m in short
    ]  # fmt: skip
    return "\n".join(
        [*lines, _table(["planted", "script", "repaired", "came to"], failed)]
    ).rstrip()


def _mended(name: str, ones: Sequence[Mended], aim: float | None) -> list[str]:
    if not ones:
        return []
    return [
        name,
        str(len(ones)),
        _percent(sum(bool(m.wrote) for m in ones) / len(ones)),
        _percent(sum(m.reached for m in ones) / len(ones)),
        _percent(aim),
        _percent(sum(m.random_reached for m in ones) / len(ones)),
    ]


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up, so that it can be read in a terminal as well."""
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            c.ljust(w) if i == 0 else c.rjust(w)
            for i, (c, w) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = "|" + "|".join("-" * (w + 1) + ("-" if i == 0 else ":") for i, w in enumerate(widths))
    return "\n".join([line(head), rule + "|", *(line(row) for row in rows)])
