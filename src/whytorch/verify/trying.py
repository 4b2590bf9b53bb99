"""Which repairs are tried, within which time: greedily, each on top of those that paid."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from whytorch.catalog import Check
from whytorch.fixes import Refused, Repair, repair
from whytorch.records import Finding, Outcome, Verification
from whytorch.verify.proof import Run, Side, proven

RUNS = 3  # that the first proof takes besides the diagnosis; each further one two, or one
MISSES = 2  # repairs one after another that bring nothing: then it ends


class Tried(Struct, frozen=True):
    """What came of it: by id of the finding. `seconds` is None where nothing was tried; `kept` are
    the ids of the repairs that paid together, in their order; `gone` what went away with them."""

    proofs: dict[str, Verification]
    seconds: float | None = None
    why_not: str = ""
    kept: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()  # for want of time


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
    """Repair upon repair, until nothing more is gained. `before`: the diagnosis itself.

    A copy that crashes or takes too long may do so at the next mistake: then the next repair is
    tried together with this one, and alone only if that does not pay either.
    """
    waiting = [f for f in findings if f.fix is not None and f.fix.edits and checks[f.id].promise]
    if not waiting:
        return Tried({})
    if not affordable(before.seconds, budget):
        return Tried({}, None, f"one rehearsal takes {before.seconds:.0f} of {budget:.0f} s")
    greedy, started, misses = _Greedy(checks, find, before, run), time.monotonic(), 0
    while waiting and misses < MISSES:
        if greedy.proofs and time.monotonic() - started + before.seconds * 2 > budget:
            break
        finding = waiting.pop(0)
        if greedy.explains(finding):
            continue
        tell(finding)
        misses = 0 if greedy.add(finding) else misses + 1
    return Tried(
        greedy.proofs,
        time.monotonic() - started,
        kept=tuple(f.id for f in greedy.kept),
        gone=tuple(greedy.gone),
        untried=tuple(f.id for f in waiting) if misses < MISSES else (),
    )


class _Greedy:
    """The repairs that paid so far, and what the script comes to with them."""

    def __init__(
        self,
        checks: Mapping[str, Check],
        find: Callable[[str], Path | None],
        before: Outcome,
        run: Run,
    ) -> None:
        self._checks, self._find, self._run = checks, find, run
        self._now = Side(None, run, before)
        self.kept: list[Finding] = []
        self.stopped: Finding | None = None  # the last one whose copy did not come to its end
        self.gone: list[str] = []
        self.proofs: dict[str, Verification] = {}

    def explains(self, finding: Finding) -> bool:
        """Whether it went away with the repairs that are kept."""
        went = bool(self.kept) and self._now[0].finished and finding.id not in self._now[0].found
        self.gone += [finding.id] * went
        return went

    def add(self, finding: Finding) -> bool:
        """Try it with all that is kept; together with the one that stopped before, if there is."""
        stopped, self.stopped = self.stopped, None
        if stopped is not None and self._try(stopped, finding):
            return True
        if self._try(finding):
            return True
        if self.proofs.get(finding.id) is not None and self.proofs[finding.id].says:
            self.stopped = finding
        return False

    def _try(self, *more: Finding) -> bool:
        made = self._made(*self.kept, *more)
        promise = self._checks[more[-1].id].promise
        if made is None or promise is None:
            return False
        new = Side(made, self._run)
        proof = proven(more[-1].id, promise, self._now, new)
        if len(more) == 1 or proof.kept:
            self.proofs.update(dict.fromkeys((f.id for f in more), proof))
        if proof.kept:
            self.kept += more
            self._now = new
        return proof.kept

    def _made(self, *findings: Finding) -> Repair | None:
        try:
            return repair([f.fix.edits for f in findings if f.fix is not None], self._find)
        except Refused:
            return None
