"""A faulty script, its repair, and the same script diagnosed again: the mistake has to be gone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import warm

from whytorch import catalog, fixes, pipeline
from whytorch.evidence.source import Source
from whytorch.records import Finding, Report

CHECKS = {check.id: check for check in catalog.load_catalog()}


def diagnosed(path: Path, folder: Path, args: Sequence[str] = ()) -> tuple[Report, Source]:
    """The report with repairs as they are planned, and the source that they edit."""
    folder.mkdir(exist_ok=True)
    evidence = warm.evidence_of(path, folder, args)
    report = pipeline.judge(evidence, catalog.load_catalog())
    return report, evidence[Source]


def planned(report: Report, source: Source) -> list[Finding]:
    return list(fixes.planned(report.findings, CHECKS, source))


def repair_of(id: str, report: Report, source: Source) -> fixes.Repair | None:
    """What the findings of this mistake repair; None where it takes a person."""
    mine = [f.fix.edits for f in planned(report, source) if f.id == id and f.fix is not None]
    edits = [one for one in mine if one]
    return fixes.repair(edits, fixes.finder(source)) if edits else None


def assert_gone(
    id: str, made: fixes.Repair, path: Path, folder: Path, args: Sequence[str] = ()
) -> None:
    """With the repair in it the script comes to its end, and the mistake is not found any more."""
    assert [file.absolute for file in made.files] == [path]
    path.write_bytes(made.files[0].after)
    report, _ = diagnosed(path, folder, args)
    assert report.run.exit == "finished", made.diff
    assert id not in {f.id for f in report.findings if f.severity != "advice"}, made.diff
