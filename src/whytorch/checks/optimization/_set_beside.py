"""Rates that the script writes where no step reads them: `optimizer.lr = 0.01`."""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning
from whytorch.checks._rewriting import told
from whytorch.checks.optimization._progress import short
from whytorch.evidence.facts import OptimizerFacts, Training
from whytorch.evidence.facts.training import Beside
from whytorch.evidence.source import Assignment, Source
from whytorch.records import AnyEdit, Finding, Fix, ReplaceExpression

_TITLE = "Learning rate set where no step reads it"
APART = 0.01  # relative: a copy of the true rate, kept to be shown, agrees with it


def set_beside(training: Training, outcome: Learning, source: Source | None) -> list[Finding]:
    found = (
        _judge(index, one, beside, training, outcome, source)
        for index, one in enumerate(training.optimizers)
        for beside in one.beside
        if beside.setting == "lr"
    )
    return [f for f in found if f is not None][:1]


def _judge(
    index: int,
    one: OptimizerFacts,
    beside: Beside,
    training: Training,
    outcome: Learning,
    source: Source | None,
) -> Finding | None:
    rates = [t.lr for t in training.trace if t.optimizer == index and t.lr is not None]
    # The rate at the last steps may be what a scheduler of the script's own made of it.
    if not rates or len(set(rates)) > 1 or _same(rates[-1], beside.value):
        return None
    says = f"the script sets {beside.written} of the {one.kind} to {short(beside.value)}, which no "
    says += f'step reads: the rate is param_groups[...]["lr"], and it stayed at {short(rates[-1])}'
    written = _written(beside, source)
    fix = "set it in each group: for group in optimizer.param_groups: group['lr'] = ..."
    if written is not None:
        fix = f"write {_rewritten(written.targets[0], beside)} there"
    return Finding(
        title=_TITLE,
        says=says + outcome.reached(),
        places=places(written.place if written is not None else None, one.place),
        severity="error" if outcome.failed else "warning",
        confidence=0.9,
        measured={"set_to": beside.value, "lr": rates[-1], "steps": one.steps},
        explains=("loss-not-decreasing", "loss-at-chance", "underfitting", "same-class-predicted"),
        fix=Fix(fix),
    )


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= APART * max(abs(one), abs(other))


def _written(beside: Beside, source: Source | None) -> Assignment | None:
    """The one assignment that can have written it."""
    end = re.escape(beside.written).replace('"', "[\"']") + "$"
    found = [
        a
        for a in (source.assignments if source is not None else ())
        if len(a.targets) == 1 and re.search(end, a.targets[0]) and not _own(a.targets[0])
    ]
    return found[0] if len(found) == 1 else None


def _own(target: str) -> bool:
    return target.startswith("self.") and target.count(".") == 1


def _rewritten(target: str, beside: Beside) -> str:
    before = target[: len(target) - len(beside.written)]
    return f'{before}["lr"]' if beside.written[0] == "[" else f'{before}.param_groups[0]["lr"]'


def suspected(source: Source) -> list[Finding]:
    """What the source alone proves, where no line sets the rate that is read."""
    if any(re.search(r"""\[["']lr["']\]$""", t) for a in source.assignments for t in a.targets):
        return []
    return [
        Finding(
            title=_TITLE,
            says=f"nothing reads {a.targets[0]}: an optimizer's rate is "
            'param_groups[...]["lr"], and it stays as it is',
            places=(a.place,),
            severity="warning",
            confidence=0.8,
            grade="suspected",
            explains=("underfitting",),
            fix=Fix("set it in each group: for group in optimizer.param_groups: group['lr'] = ..."),
        )
        for a in source.assignments
        if len(a.targets) == 1 and _reads_nobody(a, source)
    ]


def _reads_nobody(one: Assignment, source: Source) -> bool:
    target = one.targets[0]
    if re.search(r"""param_groups?(\[\w+\])?\[["']learning_?rate["']\]$""", target):
        return True
    owner, _, name = target.rpartition(".")
    return name in ("lr", "learning_rate") and any(
        owner in source.names_assigned_at(c.place)
        for c in source.calls
        if re.fullmatch(r"torch\.optim\.[A-Z]\w+", c.name) and c.place.path == one.place.path
    )


def rewrites(finding: Finding, source: Source) -> list[AnyEdit]:
    """The assignment, to the group's own entry."""
    new = re.fullmatch(r'write (.+\["lr"\]) there', told(finding))
    wanted = [a for a in source.assignments if finding.places and a.place == finding.places[0]]
    if new is None or len(wanted) != 1 or len(wanted[0].targets) != 1:
        return []
    return [ReplaceExpression(finding.places[0], old=wanted[0].targets[0], new=new[1])]
