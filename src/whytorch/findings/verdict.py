"""The first line of the answer."""

from __future__ import annotations

from collections.abc import Sequence

from whytorch.evidence.facts import Run
from whytorch.findings import expectation
from whytorch.findings.crashes import Answer, ended_itself
from whytorch.records import Finding, Symptom, Verdict, VerdictKind

# What a training that was cut short may show because of the cut alone.
TAKES_TIME = (
    "loss-not-decreasing", "loss-at-chance", "loss-oscillates", "underfitting",
    "same-class-predicted", "evaluation-far-below-training",
)  # fmt: skip
_NOT_BEGUN = ("loss-not-decreasing", "loss-at-chance")
_SPEED = ("slow",)  # never a reason why results are not as expected
# Of a shortened run: fewer show how the training is built, not how it goes. As many as what is said
# of rates asks for.
FEW_STEPS = 40
_NEEDED = ("ModuleNotFoundError", "ImportError", "FileNotFoundError", "URLError", "HTTPError")


def decide(
    run: Run,
    findings: Sequence[Finding],
    symptoms: Sequence[Symptom],
    judged: int,
    crash: Answer | None = None,
) -> Verdict:
    """What the report says first. `judged` counts the checks that had evidence from the run;
    `crash` is what is known about a crash that no check explains."""
    serious = [f for f in findings if f.severity != "advice"]
    first = findings[0].id if findings else None
    if run.crash is not None:
        told = next((f for f in serious if "crash" in f.explains), None)
        if told is not None:
            return Verdict("mistake", f"Crash: {_in_one_line(told)}", told.id)
        if crash is not None:
            kind: VerdictKind = "unknown-cause"
            if serious:
                kind = "mistake"
            elif run.crash.type in _NEEDED:
                kind = "not-judged"
            return Verdict(kind, f"Crash: {_told(crash)}", first)
    if serious:
        return Verdict("mistake", f"Most likely: {_headline(serious[0])}", findings[0].id)
    unseen = _why_not_judged(run)
    if unseen is not None:
        return Verdict("not-judged", f"Could not be judged: {unseen}", first)
    cut = (*_SPEED, *(TAKES_TIME if run.shortened else ()))
    open_symptoms = [s for s in symptoms if not s.explained_by and s.id not in cut]
    if open_symptoms:
        worst = open_symptoms[0]
        place = f", {worst.place}" if worst.place else ""
        return Verdict("unknown-cause", f"Cause unknown: {worst.says}{place}", first)
    if not judged:
        return Verdict("not-judged", "Could not be judged: nothing was observed", first)
    if findings:
        advice = f"No mistake found{_little(run)}. Advice: {_headline(findings[0])}"
        return Verdict("nothing-found", advice, first)
    said = f"No mistake found in {judged} checks{_early(run, symptoms) or _little(run)}"
    return Verdict("nothing-found", said, None)


def _little(run: Run) -> str:
    """What to know of a verdict on a training that was hardly seen."""
    if not run.steps and run.backwards:
        return "; no optimizer took a step: what steps show was not judged"
    if not run.shortened or run.steps >= FEW_STEPS:
        return ""
    return f", after {run.steps} step{'s' * (run.steps != 1)} of training (see --budget)"


def _early(run: Run, symptoms: Sequence[Symptom]) -> str:
    """What to know of one that has not begun to learn when it was cut."""
    held = any(s.id in _NOT_BEGUN and not s.explained_by for s in symptoms)
    if not run.shortened or not held:
        return ""
    return f"; after {run.steps} steps the loss is where it began: too early to tell (see --budget)"


def expecting(decided: Verdict, answer: expectation.Answer | None) -> Verdict:
    """The verdict in the light of what the user expected. A mistake stays the first line, and what
    could not be judged stays so."""
    if answer is None or decided.kind not in ("nothing-found", "unknown-cause"):
        return decided
    kind = answer.kind or decided.kind
    if answer.state == "unmet":
        kind = "unknown-cause"
    return Verdict(kind, answer.headline, decided.finding)


def _told(crash: Answer) -> str:
    place = f", {crash.place}" if crash.place is not None else ""
    return f"{crash.happened}: {crash.write}{place}"


def _in_one_line(finding: Finding) -> str:
    """What happened and what to write, for a mistake that made the script crash."""
    happened = finding.says.partition(". ")[0].rstrip(".")
    fix = f": {finding.fix.says.rstrip('.')}" if finding.fix is not None else ""
    place = f", {finding.places[0]}" if finding.places else ""
    return f"{happened}{fix}{place}"


def _headline(finding: Finding) -> str:
    title = finding.title
    first = title.partition(" ")[0]
    if first[1:].islower() or first == "A":  # NLLLoss and BatchNorm stay as they are
        title = title[0].lower() + title[1:]
    return f"{title}, {finding.places[0]}" if finding.places else title


def _why_not_judged(run: Run) -> str | None:
    """Why a run shows nothing about training; None if it does."""
    crash = run.crash
    if crash is not None and crash.type in _NEEDED:
        place = f" ({crash.frames[-1]})" if crash.frames else ""
        when = f"after {run.steps} steps" if run.steps else "before training"
        return f"the script stopped {when}: {_needs(crash.type, crash.message)}{place}"
    if crash is not None or run.backwards or run.steps:
        return None
    if run.exit == "killed":
        return "the script's process was killed before it trained (out of memory?)"
    if run.exit in ("timeout", "stopped"):
        return "the time given was up before the first training step was over (see --budget)"
    if run.exit == "running":
        return "the training has not begun yet"
    if run.exit == "interrupted":
        return "interrupted before the script trained"
    if run.exit == "no-torch":
        return (
            f"torch cannot be imported ({run.message}); install it beside whytorch, then try again"
        )
    if run.exit == "exited" and (told := ended_itself(run)):
        return told
    if run.exit == "exited" and run.message:
        return f"the script ended itself before it trained: {run.message}"
    if run.exit == "exited":
        return f"the script ended itself with exit code {run.exit_code} before it trained"
    if not run.imported_torch:
        return "the script does not use torch"
    if run.processes is not None:
        return (
            "what the script trains in processes that it starts itself is not seen "
            f"({run.processes}); have it train in the first process to have it judged"
        )
    if run.functional is not None:
        return (
            "what the script trains by gradients of torch.func is not seen "
            f"({run.functional}); have loss.backward() take them to have it judged"
        )
    return "the script never trained: no backward and no optimizer step in the whole run"


def _needs(kind: str, message: str) -> str:
    text = " ".join(message.split())
    if kind == "ModuleNotFoundError":
        return f"it needs a module that is not installed: {text}"
    if kind == "FileNotFoundError":
        return f"it needs a file that is not there: {text}"
    return f"{kind}: {text[:200]}"
