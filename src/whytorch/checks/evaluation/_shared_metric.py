"""One metric object that a Lightning module logs in training and in validation alike."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.checks._helpers import places
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import dotted
from whytorch.evidence.source_networks import NetworkClass
from whytorch.records import Finding, Fix

_HELD_OUT = ("validation_step", "test_step")


def decide(source: Source | None) -> list[Finding]:
    """Lightning computes and resets what it is given as an object at the end of each phase, and a
    validation stands within the epoch: each figure holds the batches of both. A value computed from
    a batch, `self.log("acc", self.acc(output, y))`, is nothing of the kind."""
    for one in source.networks if source is not None else ():
        steps = {s.name: s for s in one.node.body if isinstance(s, ast.FunctionDef)}
        trained = dict(_logged(steps.get("training_step"), one))
        for name in _HELD_OUT:
            for metric, node in _logged(steps.get(name), one):
                if metric in trained:
                    return [_finding(one, metric, trained[metric], node, name)]
    return []


def _logged(step: ast.FunctionDef | None, one: NetworkClass) -> Iterator[tuple[str, ast.Call]]:
    """(attribute, call) of the torchmetrics objects that a step hands to self.log."""
    for node in ast.walk(step) if step is not None else ():
        if not isinstance(node, ast.Call) or dotted(node.func) != "self.log":
            continue
        for value in (*node.args[1:2], *(k.value for k in node.keywords if k.arg == "value")):
            name = dotted(value).removeprefix("self.") if dotted(value).startswith("self.") else ""
            made = one.layers.get(name)
            if made is not None and made.name.startswith("torchmetrics."):
                yield name, node


def _finding(
    one: NetworkClass, metric: str, trained: ast.Call, held_out: ast.Call, step: str
) -> Finding:
    phase = step.removesuffix("_step")
    return Finding(
        says=f"self.{metric} is one object, and training_step and {step} both add to it and log "
        f"it: what it is computed from at the end of a phase holds batches of both, and what "
        "remains of an epoch's training is reset with it",
        places=places(one.place(held_out), one.place(trained), one.layers[metric].place),
        severity="error",
        confidence=0.9,
        measured={"phases": ["train", phase]},
        explains=("printed-metric-differs-from-measured",),
        fix=Fix(f"make one for each phase in __init__: self.train_{metric} and "
                f"self.{phase}_{metric}, and log each in its own step"),
    )  # fmt: skip
