"""Losses that are computed for training, batch after batch, in a run that never asks for a
gradient: `backward` is missing, or stands where no batch comes by."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks.training_loop._loop import optimizer_name, trains_network
from whytorch.evidence.facts import LossCalls, Passes, Training
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

ENOUGH = 20  # batches; a trial of shapes, or a look at the first loss, takes a few


def never_propagated(
    training: Training, passes: Passes | None, losses: LossCalls | None, source: Source | None
) -> Finding | None:
    """An evaluation alone is made in another mode, or without an optimizer, or without gradients
    (networks that are only evaluated need none)."""
    if training.steps or training.backwards or training.manual_updates or losses is None:
        return None
    holds = [o for o in training.optimizers if trains_network(o)]
    meant = [p for p in passes.passes if p.train_mode and p.grad_enabled] if passes else []
    batches = sum(p.batches for p in meant)
    sites = [s for s in losses.sites if s.calls >= ENOUGH and s.connected and s.place is not None]
    if not holds or not sites or batches < ENOUGH:
        return None
    site, stands = max(sites, key=lambda s: s.calls), _backward(source)
    step = f"{optimizer_name(holds[-1])}.step()"
    says = (
        f"the loss of {batches} batches was computed in training mode, with gradients on, and no "
    )
    says += "backward and no step came after any: the weights are those the network began with"
    fix = f"write loss.backward() and {step} behind the loss"
    if stands is not None:
        says += f"; backward stands in line {stands.line}, where no batch came by"
        fix = f"look at the condition in front of line {stands.line}: it is never true"
    return Finding(
        says=says,
        places=places(stands, site.place),
        severity="error",
        confidence=0.93,
        measured={"batches": batches, "backwards": 0, "steps": 0},
        explains=("weights-unchanged", "loss-not-decreasing", "loss-at-chance",
                  "same-class-predicted", "underfitting"),
        fix=Fix(fix),
    )  # fmt: skip


def _backward(source: Source | None) -> Place | None:
    calls = source.calls if source is not None else ()
    return next((c.place for c in calls if c.raw.rpartition(".")[2] == "backward"), None)
