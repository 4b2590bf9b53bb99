"""A scheduler's step where it belongs: behind the epoch, behind each step of the optimizer."""

from __future__ import annotations

import re

from whytorch.checks._mending import called_at, in_scope, owner
from whytorch.checks._moved import moved_behind, only_step
from whytorch.checks._places import loops_around
from whytorch.checks._rewriting import told
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, InsertAfter


def moved(finding: Finding, source: Source) -> list[AnyEdit]:
    says, call = told(finding), called_at(finding, source, "step")
    if often := re.match(r"call its step\(\) once an? (epoch|batch)", says):
        return _stepped(finding, source, often[1])
    if call is None:
        return []
    if "once an epoch, behind the loop over the batches" in says:
        around = loops_around(source, call.place)
        alone = len(around) == 1 and call.function != "<module>"  # a function for each epoch
        if len(around) > 1 or alone:
            return moved_behind(source, call, around[-1].place)
    elif "after every optimizer.step(), inside the loop over the batches" in says:
        step = only_step(source, owner(call))
        if step is not None and not (
            loops_around(source, call.place)[1:] and step.function == call.function
        ):
            return moved_behind(source, call, step.place)
    return []


def _stepped(finding: Finding, source: Source, often: str) -> list[AnyEdit]:
    """`schedule.step()` where nothing steps it."""
    names = source.names_assigned_at(finding.places[0]) if finding.places else ()
    step = only_step(source, names[0]) if len(names) == 1 else None
    if step is None:
        return []
    around = loops_around(source, step.place)
    alone = len(around) == 1 and step.function != "<module>"
    if often == "epoch" and not (around[1:] or alone):
        return []
    after = step.place if often == "batch" else around[-1].place
    if not in_scope(source, after, names[0]):
        return []
    return [InsertAfter(after, code=f"{names[0]}.step()")]
