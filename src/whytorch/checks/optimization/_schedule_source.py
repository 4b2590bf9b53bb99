"""What the source alone proves of a scheduler: nothing steps it, or every batch does by mistake."""

from __future__ import annotations

import re

from whytorch.evidence.source import Call, Loop, Source
from whytorch.records import Finding, Fix

_KINDS = ("StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "OneCycleLR",
          "ReduceLROnPlateau", "CosineAnnealingWarmRestarts", "LinearLR",
          "PolynomialLR")  # fmt: skip
# By this factor a batch, a rate is at a thousandth after 66 batches; per-batch decays are 0.999.
FAST = 0.9


def written(source: Source) -> list[Finding]:
    found = []
    for call in source.calls_to(*(f"torch.optim.lr_scheduler.{kind}" for kind in _KINDS)):
        names = source.names_assigned_at(call.place)
        if len(names) == 1:
            finding = _each_batch(call, names[0], source) or _unused(call, names[0], source)
            found += [finding] if finding is not None else []
    return found


# --- never stepped ------------------------------------------------------------------------------


def _unused(call: Call, name: str, source: Source) -> Finding | None:
    """Its name is never read again, beside a loop that trains."""
    if not name.isidentifier() or _read_again(name, source) or not _trains(call, source):
        return None
    return Finding(
        says=f"{name} is made and never stepped: no other line names it",
        places=(call.place,),
        severity="warning",
        confidence=0.75,
        grade="suspected",
        explains=("underfitting",),
        fix=Fix(f"call {name}.step() after optimizer.step(), once an epoch"),
    )


def _read_again(name: str, source: Source) -> bool:
    word = re.compile(rf"\b{re.escape(name)}\b")
    text = "\n".join(line.partition("#")[0] for file in source.files for line in file.lines)
    return len(word.findall(text)) > 1 or "locals()" in text or "globals()" in text


def _trains(call: Call, source: Source) -> bool:
    """Whether the same function goes on to backward and step, in a loop."""
    after = {
        c.raw.rpartition(".")[2]
        for c in source.calls
        if c.function == call.function
        and c.place.path == call.place.path
        and c.place.line > call.place.line
        and c.loop_depth > call.loop_depth
    }
    return {"backward", "step"} <= after


# --- every batch --------------------------------------------------------------------------------


def _each_batch(call: Call, name: str, source: Source) -> Finding | None:
    """Its numbers count epochs, and it steps where the batches are."""
    steps = [
        c
        for c in source.calls
        if c.raw == f"{name}.step" and c.function == call.function and c.loop_depth >= 2
    ]
    if call.loop_depth or len(steps) != 1 or steps[0].place.path != call.place.path:
        return None
    step = steps[0]
    around = [x for x in source.loops if _inside(step, x) and x.function == step.function]
    if len(around) < 2 or not _trains_in(around[-1], source):
        return None
    epochs = _rounds(around[-2], source)
    counts = _counts_epochs(call, epochs)
    if not counts:
        return None
    return Finding(
        says=f"{name} steps after every batch, and {counts}",
        places=(step.place, call.place),
        confidence=0.75,
        grade="suspected",
        explains=("loss-not-decreasing", "underfitting"),
        fix=Fix(f"write {name}.step() behind the loop over the batches, once an epoch"),
    )


def _inside(call: Call, loop: Loop) -> bool:
    last = loop.place.end_line or loop.place.line
    return call.place.path == loop.place.path and loop.place.line < call.place.line <= last


def _trains_in(loop: Loop, source: Source) -> bool:
    """Whether backward is called in this very loop, which does not count rounds itself."""
    if loop.kind != "for" or loop.iterable.startswith("range("):
        return False
    return any(
        c.raw.endswith(".backward") and c.loop_depth == loop.depth + 1 and _inside(c, loop)
        for c in source.calls
    )


def _rounds(loop: Loop, source: Source) -> int | None:
    """Of a loop over range(10), range(1, 11) or range(epochs)."""
    found = re.fullmatch(r"range\((?:\d+,\s*)?(\w+)(?:\s*\+\s*1)?\)", loop.iterable)
    if found is None:
        return None
    if found[1].isdigit():
        return int(found[1])
    values = [a.value for a in source.assignments if a.targets == (found[1],)]
    value = values[0].constant if len(values) == 1 and values[0] is not None else None
    return value if isinstance(value, int) else None


def _counts_epochs(call: Call, epochs: int | None) -> str:
    """Why its numbers can't count batches, in words; empty if they can."""
    gamma = _number(call, "gamma", 0.1)
    if call.last == "ExponentialLR" and gamma is not None and gamma <= FAST:
        return f"each step multiplies the rate by {gamma:g}"
    if epochs is None or epochs < 3 or gamma is None or gamma > FAST:
        return ""
    size = _number(call, "step_size", None)
    if call.last == "StepLR" and size is not None and size <= epochs:
        return f"step_size={size:g} of {epochs} epochs passes in {size:g} batches"
    given = call.argument("milestones")
    last = given.constant if given is not None and given.is_constant else None
    if call.last == "MultiStepLR" and isinstance(last, tuple) and last:
        if all(isinstance(m, int) for m in last) and max(last) <= epochs:
            return f"the milestones, the last of them {max(last)}, count epochs"
    return ""


def _number(call: Call, name: str, default: float | None) -> float | None:
    given = call.argument(name)
    if given is None:
        return default
    value = given.constant
    return float(value) if isinstance(value, (int, float)) and given.is_constant else None
