"""What a repair writes for a finding made up by a test: no script is run."""

from __future__ import annotations

from pathlib import Path

from whytorch import catalog, fixes, script
from whytorch.evidence.source import read_source
from whytorch.records import Finding, Fix, Place

CHECKS = {check.id: check for check in catalog.load_catalog()}


def written(
    folder: Path,
    id: str,
    text: str,
    at: list[str],
    says: str,
    finding: str = "x",
    **measured: object,
) -> list[str]:
    """The lines that the repair takes away and writes, each with its sign.

    `at`: what stands in the lines of the finding's places; `says`: its change; `finding`: what it
    says itself."""
    target = folder / "train.py"
    target.write_text(text)
    lines = text.split("\n")
    found = Finding(
        finding, id=id, measured=dict(measured), fix=Fix(says),
        places=tuple(
            Place(str(target), next(n for n, t in enumerate(lines, 1) if w in t)) for w in at
        ),
    )  # fmt: skip
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    diff = (made.fix.diff if made.fix else None) or ""
    kept = [t for t in diff.split("\n") if t[:1] in ("+", "-") and t[:3] not in ("+++", "---")]
    return [t[0] + t[1:].strip() for t in kept if t[1:].strip()]
