"""The end of a diagnosis: the repairs are written as diffs, and the first is tried on a copy."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from whytorch import fixes, verify
from whytorch.catalog import Check
from whytorch.evidence.source import Source
from whytorch.records import Finding, Options, Outcome, Report, Verification

Judge = Callable[[Mapping[str, Verification]], Report]


Copy = Callable[[], tuple[Report, float]]  # the report of one rehearsal, and its seconds


class Copies:
    """Rehearses the script once more: repaired or as it is, with another seed.

    `begin(patched, run, folder)` gives what waits for one such run. Where others do the work
    (`ahead`), runs that will probably be asked for are begun before they are.
    """

    def __init__(
        self, begin: Callable[[Mapping[str, bytes], int, Path], Copy], at: Path, ahead: bool = False
    ) -> None:
        self._begin, self._at, self._count, self._ahead = begin, at, 0, ahead
        self._begun: dict[tuple[fixes.Repair | None, int], tuple[Path, Copy]] = {}
        self.finding = ""  # whose repair is tried

    def expect(self, repair: fixes.Repair | None, run: int) -> None:
        """This run may be asked for."""
        if self._ahead:
            self._of(repair, run)

    def _of(self, repair: fixes.Repair | None, run: int) -> tuple[Path, Copy]:
        if (repair, run) not in self._begun:
            self._count += 1
            patched = {str(f.absolute): f.after for f in repair.files} if repair else {}
            folder = self._at / f"mended-{self._count}"
            self._begun[repair, run] = (folder, self._begin(patched, run, folder))
        return self._begun[repair, run]

    def __call__(self, repair: fixes.Repair | None, run: int) -> Outcome:
        folder, copy = self._of(repair, run)
        del self._begun[repair, run]
        report, seconds = copy()
        about = {"finding": self.finding, "repaired": repair is not None, "run": run}
        with contextlib.suppress(OSError):  # only a picture needs it
            (folder / "copy.json").write_text(json.dumps(about), encoding="utf-8")
        return outcome(report, seconds)


def mend(
    report: Report,
    source: Source,
    checks: Sequence[Check],
    options: Options,
    judge: Judge,
    run: verify.Run,
    spent: float,
    tell: Callable[[Finding], None],
) -> tuple[Report, float | None]:
    """The report with diffs and proofs, and the seconds that the proofs took. `judge` makes the
    report anew in the light of proofs; `spent` is what the rehearsal took."""
    by_id = {check.id: check for check in checks}
    planned = fixes.planned(report.findings, by_id, source)
    tried = verify.try_repairs(
        planned, by_id, fixes.finder(source), outcome(report, spent), run, options.budget, tell
    )
    if tried.proofs:
        report = judge(tried.proofs)
        planned = fixes.planned(report.findings, by_id, source)
    notes = (*report.notes, *_notes(tried))
    return replace(report, findings=planned, notes=notes), tried.seconds


def _notes(tried: verify.Tried) -> Iterator[str]:
    """Which combination of repairs brought what, and what was left."""
    if tried.why_not:
        yield f"The repair was not tried: {tried.why_not}. A larger --budget leaves time."
    if len(tried.kept) > 1:
        steps = [f"{id} ({_step(tried.proofs[id])})" for id in tried.kept]
        yield f"Repairs tried one upon the other, each of which paid: {', then '.join(steps)}."
    nothing = [id for id, proof in tried.proofs.items() if not proof.kept]
    if tried.kept and nothing:
        yield f"Tried on top of that, and left out, for it brought nothing: {', '.join(nothing)}."
    if tried.gone:
        yield f"Gone with these repairs, without one of their own: {', '.join(tried.gone)}."
    if tried.untried:
        yield f"Not tried for want of time (--budget): {', '.join(tried.untried)}."


def _step(proof: Verification) -> str:
    """test accuracy 10 % -> 80 %."""
    if proof.after is None:
        return "nothing is worse"
    share = proof.higher_is_better
    values = [
        "crash" if v is None else f"{100 * v:.3g} %" if share else f"{v:.3g}"
        for v in (proof.before, proof.after)
    ]
    return f"{proof.metric} {' -> '.join(values)}"


def outcome(report: Report, seconds: float) -> Outcome:
    """What a promise compares, of one run's report."""
    run, metrics = report.run, report.run.metrics
    crashed = run.exit in ("crashed", "killed", "exited")
    finished = run.exit == "finished"
    return Outcome(
        crashed=crashed,
        finished=finished,
        steps=run.steps or 0,
        eval_accuracy=metrics.eval_accuracy,
        eval_samples=metrics.eval_samples or 0,
        train_accuracy=metrics.train_accuracy,
        train_samples=metrics.train_samples or 0,
        first_loss=metrics.first_loss,
        last_loss=metrics.last_loss,
        found=frozenset(f.id for f in report.findings if f.severity != "advice"),
        seconds=seconds,
        told="" if finished else _told(report, crashed),
    )


def _told(report: Report, crashed: bool) -> str:
    if not crashed:
        return "did not come to its end within its time"
    return f"crashed: {report.verdict.headline.removeprefix('Crash: ')}"
