"""Which repairs are tried, within which time: the first finding's, then the next one's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from whytorch.catalog import Check
from whytorch.fixes import Refused, repair
from whytorch.records import Finding, Outcome, Verification
from whytorch.verify.proof import Run, verification

RUNS = 3  # that a proof takes besides the diagnosis
MOST = 2  # repairs that are tried


class Tried(Struct, frozen=True):
    """What came of it: by id of the finding. `seconds` is None where nothing was tried."""

    proofs: dict[str, Verification]
    seconds: float | None = None
    why_not: str = ""


def affordable(spent: float, budget: float) -> bool:
    """Whether a proof fits into the time that the script was given, once more."""
    return spent * RUNS <= budget


def try_repairs(
    findings: Sequence[Finding],
    checks: Mapping[str, Check],
    find: Callable[[str], Path | None],
    before: Outcome,
    run: Run,
    budget: float,
    tell: Callable[[Finding], None],
) -> Tried:
    """Repair after repair until one keeps its promise. `before`: the diagnosis itself."""
    candidates = [f for f in findings if f.fix is not None and f.fix.edits]
    if not candidates:
        return Tried({})
    if not affordable(before.seconds, budget):
        return Tried({}, None, f"one rehearsal takes {before.seconds:.0f} of {budget:.0f} s")
    started = time.monotonic()
    proofs: dict[str, Verification] = {}
    for finding in candidates[:MOST]:
        promise, fix = checks[finding.id].promise, finding.fix
        if promise is None or fix is None:
            continue
        tell(finding)
        try:
            made = repair([fix.edits], find)
        except Refused:
            continue
        proof = verification(finding.id, promise, made, before, run)
        proofs[finding.id] = proof
        if proof.kept or time.monotonic() - started + before.seconds * RUNS > budget:
            break
    return Tried(proofs, time.monotonic() - started)
