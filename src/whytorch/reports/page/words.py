"""The page's plain words for grades, severities and how a run ended."""

from __future__ import annotations

from whytorch.records import Finding, Report, Verification
from whytorch.reports.page.picture import percent

KIND = {
    "mistake": "Mistake found",
    "nothing-found": "Nothing found",
    "expectation-unrealistic": "Expectation out of reach",
    "unknown-cause": "Cause unknown",
    "not-judged": "Not judged",
}
TONE = {
    "mistake": "error",
    "nothing-found": "good",
    "expectation-unrealistic": "warning",
    "unknown-cause": "warning",
    "not-judged": "warning",
}
SEVERITY = {
    "error": "it explains the bad result",
    "warning": "it does harm, or hides it",
    "advice": "worth knowing",
}
GRADE = {
    "suspected": "Suspected: the source says so; the run did not get far enough to show it.",
    "observed": "Observed: the numbers come from the run.",
    "confirmed": "Confirmed: an experiment changed just this, and the outcome changed, twice.",
    "fixed": "Proven: a repaired copy of the script ran and did what was promised.",
}
EXIT = {
    "finished": "it ran to its end",
    "crashed": "it crashed",
    "exited": "it ended itself with an error code",
    "stopped": "the rehearsal ended it when its time was used up",
    "killed": "it was killed from outside",
    "timeout": "it was ended when its time was up",
    "interrupted": "it was interrupted",
    "no-torch": "torch could not be imported",
    "running": "and it goes on",
}
_SURE = ((0.95, "almost certain"), (0.85, "very likely"), (0.7, "likely"), (0.5, "probable"))


def sentence(text: str) -> str:
    """With a capital letter, where it begins with a word, and a full stop."""
    text = text.strip()
    first = text.split(" ", 1)[0]
    if first.isalpha() and first.islower():
        text = text[0].upper() + text[1:]
    return text if not text or text[-1] in ".!?:)" else text + "."


def confidence(finding: Finding) -> str:
    """Of findings with this number, so many are right."""
    words = next((w for least, w in _SURE if finding.confidence >= least), "a guess")
    return f"{words} ({percent(round(finding.confidence, 2))})"


def proof(tried: Verification) -> str:
    """What the repaired copy did against the script as it is, in a sentence."""
    share = tried.metric.endswith("accuracy")

    def said(value: float | None) -> str:
        if value is None:
            return "no number"
        return percent(value) if share else f"{value:.4g}"

    times = {1: "once", 2: "twice"}.get(tried.runs, f"{tried.runs} times")
    if tried.kept and tried.before is None and tried.after is None:
        return f"A repaired copy ran {times}: what was found is gone."
    text = f"A repaired copy ran {times}: {tried.metric} {said(tried.before)} → {said(tried.after)}"
    if tried.noise is not None:
        text += f"; differences up to {said(tried.noise)} are noise"
    if tried.kept:
        return text + "."
    return f"{text}. The repair did not keep its promise" + (
        f": {tried.says}." if tried.says else "."
    )


def took(report: Report) -> tuple[tuple[str, str], ...]:
    """What took how long."""
    seconds = report.seconds
    rooms = (
        ("reading the source", seconds.source),
        ("running the script", seconds.rehearsal),
        ("experiments", seconds.lab),
        ("trying the repair", seconds.verify),
        ("all", seconds.total),
    )
    return tuple((name, f"{value:.1f} s") for name, value in rooms if value is not None)
