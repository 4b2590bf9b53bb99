"""What several formats say in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from whytorch.findings.verdict import TAKES_TIME
from whytorch.records import Report, RunSummary, Symptom, Verification
from whytorch.reports._text import sentence

GRADE = {
    "suspected": "suspected, not proven",
    "observed": "observed in the run",
    "confirmed": "confirmed by an experiment",
    "fixed": "proven by a repaired copy",
}
EXIT = {
    "crashed": "then it crashed",
    "exited": "then it exited",
    "stopped": "then the rehearsal ended it",
    "killed": "then it was killed",
    "timeout": "then its time was up",
    "interrupted": "then it was interrupted",
    "running": "and goes on",
}


def explained_crash(report: Report) -> bool:
    """Whether the first line says why the script stopped, and what to write, without a finding."""
    return report.verdict.headline.startswith("Crash: ")


def unexplained(symptom: Symptom, report: Report) -> str:
    """What is said of a symptom that no finding explains."""
    if symptom.id == "crash" and explained_crash(report):
        return "the first line says what to do"
    early = symptom.id in TAKES_TIME and report.run.time_lapse.shortened
    if early and report.verdict.kind != "unknown-cause":
        return "too early to tell in a shortened run"
    return "no cause found"


def told_by_epochs(run: RunSummary) -> bool:
    """Networks that take turns, batch by batch and without a loader, begin a pass at every step."""
    epochs = run.epochs or 0
    return epochs == 1 or (epochs > 1 and (run.steps or 0) >= 2 * epochs)


def run_parts(report: Report, arrow: str) -> Iterator[str]:
    """What the run came to: steps, losses, accuracies, how it ended."""
    run, metrics = report.run, report.run.metrics
    if run.steps is not None:
        epochs = f" in {counted(run.epochs or 0, 'epoch')}" if told_by_epochs(run) else ""
        yield f"{counted(run.steps, 'step')}{epochs}"
    if metrics.first_loss is not None or metrics.last_loss is not None:
        yield f"loss {_number(metrics.first_loss)} {arrow} {_number(metrics.last_loss)}"
    accuracies = ((metrics.train_accuracy, "training"), (metrics.eval_accuracy, "evaluation"))
    known = [f"{100 * value:.1f} % in {phase}" for value, phase in accuracies if value is not None]
    if known:
        yield f"true accuracy {', '.join(known)}"
    if run.exit in EXIT:
        yield EXIT[run.exit]


def proof(tried: Verification, arrow: str) -> str:
    """What the repaired copy did: with it, twice: test accuracy 11 % -> 97 % (noise 1 %)."""
    share = tried.metric.endswith("accuracy")
    before, after, noise = (
        _percent(x) if share else _number(x) for x in (tried.before, tried.after, tried.noise)
    )
    times = {1: "once", 2: "twice"}.get(tried.runs, counted(tried.runs, "time"))
    change = f"with it, {times}: {tried.metric} {before} {arrow} {after}"
    if tried.kept and tried.before is None and tried.after is None:
        return f"with it, {times}: what was found is gone"
    said = f"; {tried.says}" if tried.says else ""
    kept = "" if tried.kept else f": the repair did not keep its promise{said}"
    return change + (f" (noise {noise})" if tried.noise is not None else "") + kept


def grouped(report: Report) -> list[tuple[str, list[str]]]:
    """Each reason why something was not judged with its checks, the reason of most checks first."""
    groups: dict[str, list[str]] = {}
    for item in report.not_judged:
        groups.setdefault(sentence(item.reason), []).append(item.id)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.3g} %"


def counted(count: int, noun: str) -> str:
    """1 step, 2 steps."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
