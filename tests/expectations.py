"""What a script of the corpus expects, as its own comments say (see tests/scripts/README.md)."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from whytorch.records import Finding, Report

MARKER = "# <- here"


@dataclass(frozen=True)
class Expected:
    """`id` is None for a healthy script; `lines` are those that carry the marker."""

    path: Path
    id: str | None
    also: frozenset[str]
    lines: frozenset[int]
    args: tuple[str, ...]
    needs_data: bool
    module: str | None = None  # run it with -m


def read(path: Path) -> Expected:
    """The expectations in the comments of a script."""
    text = path.read_text(encoding="utf-8")
    header: dict[str, str] = {}
    for line in text.splitlines()[:12]:
        if line.startswith("#") and ":" in line:
            key, _, value = line.lstrip("# ").partition(":")
            header.setdefault(key.strip(), value.strip())
    wanted = header.get("expect", "nothing")
    also = {a.strip() for a in header.get("also", "").split(",") if a.strip()}
    marked = {n for n, line in enumerate(text.splitlines(), 1) if line.rstrip().endswith(MARKER)}
    return Expected(
        path=path,
        id=None if wanted == "nothing" else wanted.split()[0],
        also=frozenset(also),
        lines=frozenset(marked),
        args=tuple(shlex.split(header.get("args", ""))),
        needs_data=header.get("data") == "shared",
        module=header.get("module"),
    )


def complaints(report: Report, also: frozenset[str] = frozenset()) -> list[Finding]:
    """The errors and warnings of a report, less those that are allowed."""
    return [f for f in report.findings if f.severity != "advice" and f.id not in also]


def assert_as_expected(report: Report, expected: Expected) -> None:
    """Healthy: no error, no warning. Broken: the mistake first, on a marked line."""
    shown = "\n".join(
        f"{f.rank} {f.severity} {f.id}: {f.says} {[str(p) for p in f.places]}"
        for f in report.findings
    )
    if report.run.exit == "crashed":
        shown += "\n" + "\n".join(s.says for s in report.symptoms if s.id == "crash")
    assert not [note for note in report.notes if "failed inside whytorch" in note], report.notes
    if expected.id is None:
        assert not complaints(report, expected.also), shown
        assert report.run.exit == "finished", shown
        assert report.verdict.kind == "nothing-found", report.verdict.headline
        return
    reasons = [f"{n.id}: {n.reason}" for n in report.not_judged if n.id == expected.id]
    assert report.findings, f"nothing found; {reasons}"
    first = report.findings[0]
    assert first.id == expected.id, shown + f"\n{reasons}"
    assert first.severity != "advice", shown
    assert report.verdict.finding == expected.id and report.verdict.kind == "mistake"
    if expected.lines:
        assert first.places and first.places[0].line in expected.lines, shown
