"""Tensors that need a gradient and get one, that no module knows and no optimizer holds."""

from __future__ import annotations

import ast
import math

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._mending import OPTIMIZERS, in_scope
from whytorch.checks._rewriting import assigned, calls_here, text
from whytorch.checks._weights import numbers
from whytorch.checks.training_loop._loop import optimizer_name
from whytorch.evidence.facts import Network, OptimizerFacts, Passes, Stray, Training
from whytorch.evidence.source import Assignment, Source
from whytorch.records import (
    AnyEdit,
    Finding,
    Fix,
    Place,
    ReplaceStatement,
    SetArgument,
    Severity,
)

LOOKS = 3  # backwards: what is made anew for each is found in one
FEW = 0.01  # of all weights


def decide(
    training: Training,
    network: Network | None,
    optimizer: OptimizerFacts,
    passes: Passes | None,
    source: Source | None,
) -> Finding | None:
    lost = [s for s in training.strays if _is_lost(s)]
    if not lost:
        return None
    lost.sort(key=lambda s: (a.place.line if (a := _made(s, source)) else 0, s.name or ""))
    made = [a for s in lost if (a := _made(s, source)) is not None]
    names = list(dict.fromkeys(_kept_as(s) for s in lost if s.name))
    named = _listed(names) if all(s.name for s in lost) else f"{len(lost)} tensors"
    it = "it" if len(lost) == 1 else "them"
    left_out = sum(math.prod(s.shape) for s in lost)
    says = f"{named} ({_listed([_size(s) for s in lost])}) with requires_grad got "
    says += f"gradients in {max(s.looks for s in lost)} of the backwards looked at, but "
    says += f"{optimizer.kind} does not hold {it}: nothing ever changes {it}"
    own = [s for s in lost if s.owner]
    if own:
        says += f"; parameters() of {own[0].owner} gives what is an nn.Parameter only"
        kind = "ParameterList" if "[" in (own[0].name or "") else "Parameter"
        change = f"make {named} nn.{kind}: {_kept_as(own[0])} = nn.{kind}(...)"
    else:
        change = f"give {optimizer_name(optimizer)} {_listed(names) if names else it} as well"
    return Finding(
        says=says,
        places=places(*dict.fromkeys(a.place for a in made), optimizer.place),
        severity=_severity(left_out, network, passes),
        confidence=0.9,
        measured={
            "parameters_left_out": left_out,
            "stray": names,
            "lists": [n for n in names if any(s.name != n and _kept_as(s) == n for s in lost)],
            "steps": optimizer.steps,
        },
        explains=("loss-not-decreasing", "loss-at-chance", "underfitting"),
        fix=Fix(change),
    )


def _is_lost(one: Stray) -> bool:
    return one.looks >= LOOKS and one.grad and not (one.moved or one.held or one.asked)


def _severity(left_out: int, network: Network | None, passes: Passes | None) -> Severity:
    if not learns_well(passes):
        return "error"
    total = numbers(network.parameters()) if network is not None else 0
    return "advice" if left_out < FEW * total else "warning"


def _size(one: Stray) -> str:
    return f"[{', '.join(map(str, one.shape))}]" if one.shape else "one number"


def _listed(names: list[str]) -> str:
    few = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
    return " and ".join([", ".join(few[:-1]), few[-1]]) if len(few) > 1 else few[0]


def _kept_as(one: Stray) -> str:
    """The name of the tensor, or of the list that it is in."""
    return (one.name or "").partition("[")[0]


def _made(one: Stray, source: Source | None) -> Assignment | None:
    """The one line that makes it."""
    found = [
        a
        for a in (source.assignments if source is not None else ())
        if _kept_as(one) in a.targets and not a.augmented and a.value is not None
    ]
    return found[0] if len(found) == 1 else None


def mended(finding: Finding, source: Source) -> list[AnyEdit]:
    """Attributes of a module become parameters; others are given to the optimizer."""
    names, lists = finding.measured["stray"], finding.measured.get("lists", [])
    says = finding.fix.says if finding.fix is not None else ""
    if says.startswith("make "):
        edits = [_parameter(place, source, names, lists) for place in finding.places[: len(names)]]
        return [e for e in edits if e is not None] if None not in edits else []
    for call in calls_here(finding, source, *OPTIMIZERS):
        given = call.argument("params") or next(iter(call.args), None)
        if given is None or not all(in_scope(source, call.place, n) for n in names):
            return []
        more = ", ".join(f"*{n}" if n in lists else n for n in names)
        new = f"[*{given.text}, {more}]"
        if given.text.startswith("[") and given.text.endswith("]"):
            new = f"{given.text[:-1]}, {more}]"
        return [SetArgument(call.place, (), call.last, "params", new, 0, anyhow=True)]
    return []


def _parameter(place: Place, source: Source, names: list[str], lists: list[str]) -> AnyEdit | None:
    made = assigned(source, place)
    if made is None or made[0] not in names:
        return None
    name, value = made
    as_written = text(source, place, value)
    given = ast.unparse(value) if "\n" in as_written else as_written
    code = f"{name} = torch.nn.Parameter{'List' if name in lists else ''}({given})"
    return ReplaceStatement(place, imports=("import torch",), code=code)
