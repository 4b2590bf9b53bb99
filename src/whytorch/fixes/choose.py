"""Which of a report's fixes may be written, and what keeps the others out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from whytorch.fixes.apply import Refused, Repair, repair
from whytorch.records import Finding, Report, Touched


class Chosen(Struct, frozen=True):
    """The repair of the chosen findings together (None: there is none), and by whom not, and why:
    (id, reason)."""

    repair: Repair | None
    findings: tuple[Finding, ...]
    left_out: tuple[tuple[str, str], ...]
    diagnosed: tuple[Touched, ...]


def choose(report: Report, unsafe: bool = False) -> Chosen:
    """Safe ones that kept their promise; with `unsafe` also those that may change what a right
    script does, and those that were not tried. Never one that did not keep it."""
    chosen: list[Finding] = []
    left_out: list[tuple[str, str]] = []
    made: Repair | None = None
    files = {t.path: Path(t.absolute) for f in report.findings if f.fix for t in f.fix.touched}
    for finding in report.findings:
        if finding.fix is None or not finding.fix.edits:
            continue
        why = _keeps_out(finding, unsafe)
        if why is None:
            try:
                made = repair([_edits(f) for f in (*chosen, finding)], files.get)
                chosen.append(finding)
            except Refused as refused:
                why = str(refused)
        if why is not None:
            left_out.append((finding.id, why))
    diagnosed = tuple(t for f in chosen if f.fix for t in f.fix.touched)
    return Chosen(made, tuple(chosen), tuple(left_out), diagnosed)


def _edits(finding: Finding) -> Sequence:
    return finding.fix.edits if finding.fix is not None else ()


def _keeps_out(finding: Finding, unsafe: bool) -> str | None:
    proof = finding.verification
    if proof is not None and not proof.kept:
        return "the repair was tried and did not keep its promise"
    if unsafe:
        return None
    if finding.fix is not None and finding.fix.unsafe:
        return f"{finding.fix.unsafe} (--unsafe-fixes writes it all the same)"
    if proof is None:
        return "it was not tried on a copy (--unsafe-fixes writes it all the same)"
    return None
