"""One of several optimizers whose steps find no gradient at all: nothing leads back to its network.

The others learn, so that the run as a whole has gradients: a generator whose images are detached
before the judge sees them, an encoder called under no_grad.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from whytorch.checks._helpers import places
from whytorch.checks.loss import _cut
from whytorch.evidence.facts import OptimizerFacts, Run, Training
from whytorch.evidence.source import Call, Source
from whytorch.records import Finding, Fix, Place

ENOUGH = 20  # steps
_SHARE = 0.98  # of them; a closure's first may not be known
_WORDS = ("detach", "data", "item", "numpy", "tolist", "a new tensor", "no_grad around it")


def idle_optimizer(run: Run, training: Training | None, source: Source | None) -> Finding | None:
    """It steps all through the training, and never has anything to step by."""
    stepped = [o for o in training.optimizers if o.steps] if training is not None else []
    idle = [o for o in stepped if _is_idle(o)]
    if not idle or len(idle) == len(stepped) or source is None or not run.every_stage:
        return None
    one = max(idle, key=lambda o: o.steps)
    cut = _cut_before(one, source)
    if cut is None:
        return None  # it may hold what this phase of the training leaves alone
    held = _held(one, source)
    count = sum(group.parameters for group in one.groups)
    return Finding(
        says=f"{cut.says} cuts the loss off from {held or 'a network'}: at none of its {one.steps} "
        f"steps did {one.kind} find a gradient in the {count} weights and biases it holds, so that "
        f"{held or 'this network'} never learns",
        places=places(cut.place, one.step_place, one.place),
        severity="error",
        confidence=0.93,
        measured={"steps": one.steps, "steps_without_gradient": one.empty_steps,
                  "optimizer_tensors": count},
        explains=("weights-unchanged", "loss-not-decreasing", "underfitting", "loss-at-chance"),
        fix=Fix(cut.fix),
    )  # fmt: skip


def _is_idle(one: OptimizerFacts) -> bool:
    return one.steps >= ENOUGH and one.empty_steps >= _SHARE * one.steps


def _held(one: OptimizerFacts, source: Source) -> str | None:
    """The variable whose parameters() it was given."""
    call = source.call_at(one.place) if one.place else None
    given = (call.argument("params") or next(iter(call.args), None)) if call else None
    found = re.match(r"((?:self\.)?\w+)\.(?:named_)?parameters\(\)$", given.text) if given else None
    return found.group(1) if found else None


def _cut_before(one: OptimizerFacts, source: Source) -> _cut.Cut | None:
    """What cuts in front of the backward that comes before its step, or around the only calls of
    what it holds."""
    step = one.step_place
    backward = _backward_before(step, source) if step is not None else None
    if backward is not None:
        code = source.line(backward.path, backward.line) or ""
        cut = _cut.behind(source, backward, code, ())
        if cut is not None and cut.says in _WORDS:
            return cut
    return _around_calls(one, step, source) if step is not None else None


def _backward_before(step: Place, source: Source) -> Place | None:
    calls = source.calls_to("*.backward", "*.manual_backward")
    return max(_before(step, calls, source), key=lambda p: p.line, default=None)


def _around_calls(one: OptimizerFacts, step: Place, source: Source) -> _cut.Cut | None:
    """Where what it holds is called beside its step, gradients are off each time."""
    held = _held(one, source)
    calls = source.calls_written(held) if held else ()
    cuts = [_cut.no_grad_around(source, place) for place in _before(step, calls, source)]
    return cuts[-1] if cuts and all(cuts) else None


def _before(step: Place, calls: Sequence[Call], source: Source) -> list[Place]:
    """Of calls, those above the step in the same function."""
    around, path = source.enclosing_function(step), source.complete(step).path
    inside = around.qualname if around is not None else "<module>"
    return [
        c.place
        for c in calls
        if c.place.path == path and c.function == inside and c.place.line < step.line
    ]
