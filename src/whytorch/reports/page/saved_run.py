"""The facts of a saved run, read again from its folder; needs neither torch nor the source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from whytorch.evidence import reading
from whytorch.evidence.facts import StepFacts, Training, Trial
from whytorch.evidence.rehearsal import Rehearsed
from whytorch.records import Finding, Report

Facts = dict[type, Any]


class Trials(Struct, frozen=True):
    """Every experiment of the run that changed one thing."""

    made: tuple[Trial, ...]


class Mended(Struct, frozen=True):
    """The steps of each run that tried a repair: of copies with it, and of the script as it is."""

    before: tuple[tuple[StepFacts, ...], ...] = ()
    after: tuple[tuple[StepFacts, ...], ...] = ()


def tried(report: Report) -> Finding | None:
    """The finding whose repair was tried on a copy; of several, one that kept its promise."""
    known = [f for f in report.findings if f.verification is not None]
    kept = [f for f in known if f.verification is not None and f.verification.kept]
    return next(iter([*kept, *known]), None)


def facts_of(report: Report) -> Facts:
    """What the run's folder holds; the report alone where there is no folder or no record."""
    facts: Facts = {Report: report}
    folder = Path(report.saved) if report.saved else None
    if folder is None or not (folder / "record.jsonl").is_file():
        return facts
    seconds = report.run.seconds or 0.0
    rehearsed = Rehearsed(folder / "record.jsonl", 0, None, seconds, "")
    facts.update(reading.read_evidence(rehearsed, lambda path: Path(path).name))
    trials = tuple(fact for fact in facts.values() if isinstance(fact, Trial))
    if trials:
        facts[Trials] = Trials(trials)
    finding, training = tried(report), facts.get(Training)
    if finding is not None and training is not None:
        facts[Mended] = _mended(folder, finding.id, training.trace)
    return facts


def _mended(folder: Path, finding: str, own: tuple[StepFacts, ...]) -> Mended:
    before, after = [own], list[tuple[StepFacts, ...]]()
    for path in sorted(folder.glob("mended-*/copy.json")):
        try:
            copy: dict[str, Any] = msgspec.json.decode(path.read_bytes())
            steps = reading.read_lines(path.with_name("record.jsonl")).get("step", {})
            ordered = [steps[key] for key in sorted(steps, key=int)]
            trace = msgspec.convert(ordered, tuple[StepFacts, ...], strict=False)
        except (OSError, ValueError):
            continue
        if copy.get("finding") == finding:
            (after if copy.get("repaired") else before).append(trace)
    return Mended(tuple(before), tuple(after))
