"""A comparison of two runs, as text for a person and as JSON for programs.

The first line is the answer. Then what differs, the most important first, then where the
measurements part, and what changed in the source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from whytorch import version
from whytorch.records import Comparison, Finding, Report
from whytorch.reports._text import clean, sentence
from whytorch.reports._words import counted
from whytorch.reports.json import finding_plain, place_plain, plain

SCHEMA = 1
DIFF_LINES = 40
MOST = 12  # differences that are shown


def text(compared: Comparison, encoding: str = "utf-8") -> str:
    """Lines; nothing in them is obeyed by a terminal."""
    return "".join(f"{clean(line, encoding)}\n" for line in _lines(compared))


def _lines(compared: Comparison) -> Iterator[str]:
    yield sentence(compared.headline)
    for title, found in (("worse", compared.only_bad), ("better", compared.only_good)):
        if found:
            yield from ("", f"Found in the {title} run alone")
            yield from (f"   - {_finding(f)}" for f in found)
    if compared.differences:
        yield from ("", "They differ in (better → worse)")
    for number, one in enumerate(compared.differences[:MOST], 1):
        where = f", {one.place}" if one.place is not None else ""
        yield f"{number:>4}. {sentence(one.says)}{sentence(where)}"
    if (more := len(compared.differences) - MOST) > 0:
        yield f"      and {more} more, all in --format json"
    yield from ("", *_measured(compared))
    yield from _source(compared.source)


def _finding(finding: Finding) -> str:
    where = f", {finding.places[0]}" if finding.places else ""
    return sentence(f"{finding.severity} {finding.id}: {finding.says}{where}")


def _measured(compared: Comparison) -> Iterator[str]:
    yield f"Measured    {sentence(compared.measured)}"
    if compared.parted is not None:
        step, good, bad = compared.parted
        when = "the very first step" if step == 0 else f"step {step + 1}"
        told = f"{_number(good)} → {_number(bad)}"
        alike = f"; the {counted(compared.same_steps, 'step')} before are the same to the last bit"
        yield f"Losses      part at {when}: {told}{alike if compared.same_steps else ''}"
    elif compared.same_steps:
        alike = counted(compared.same_steps, "step")
        yield f"Losses      the same to the last bit in all {alike} that both have"


def _source(diff: str | None) -> Iterator[str]:
    if diff is None:
        yield "Source      was not kept with these runs"
        return
    lines = diff.split("\n")[:-1]
    if not lines:
        yield "Source      the same"
        return
    yield "Source"
    yield from (f"    {line}" for line in lines[:DIFF_LINES])
    if (more := len(lines) - DIFF_LINES) > 0:
        yield f"    and {counted(more, 'more line')}"


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.6g}"


def to_json(compared: Comparison) -> str:
    """One JSON object, indented, in ASCII; unknown values are null."""
    parted = None
    if compared.parted is not None:
        parted = dict(zip(("step", "good", "bad"), compared.parted, strict=True))
    told = {
        "schema": SCHEMA,
        "tool": {"name": "whytorch", "version": version.installed()},
        "headline": compared.headline,
        "worse": compared.worse,
        "measured": compared.measured,
        "good": _run(compared.good),
        "bad": _run(compared.bad),
        "differences": [
            {
                "rank": rank,
                "aspect": one.aspect,
                "what": one.what,
                "good": one.good,
                "bad": one.bad,
                "says": one.says,
                "matters": one.matters,
                "place": None if one.place is None else place_plain(one.place),
            }
            for rank, one in enumerate(compared.differences, 1)
        ],
        "only_bad": [finding_plain(f) for f in compared.only_bad],
        "only_good": [finding_plain(f) for f in compared.only_good],
        "losses": {"same_steps": compared.same_steps, "parted": parted},
        "source": compared.source,
    }
    return json.dumps(plain(told), indent=2, allow_nan=False) + "\n"


def _run(report: Report) -> dict[str, Any]:
    metrics = report.run.metrics
    return {
        "saved": report.saved,
        "script": report.script.path,
        "args": report.script.args,
        "headline": report.verdict.headline,
        "train_accuracy": metrics.train_accuracy,
        "eval_accuracy": metrics.eval_accuracy,
        "first_loss": metrics.first_loss,
        "last_loss": metrics.last_loss,
    }
