"""A network whose own weights are float16 and are trained: `model.half()`, without autocast."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning
from whytorch.evidence.facts import LossCalls, Training
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place


def of_half_weights(
    training: Training | None, losses: LossCalls | None, outcome: Learning, source: Source | None
) -> Finding | None:
    """Where it did harm only: who keeps weights in float32 beside these knows what to do."""
    sites = [s for s in losses.training() if s.calls] if losses is not None else []
    half = [s for s in sites if s.input_dtype == "float16" and not s.raised]
    if training is None or not training.steps or training.autocast_dtypes or not half:
        return None
    if not outcome.failed or len(half) < len(sites):
        return None
    stepped = next((o.kind for o in training.optimizers if o.steps), "the optimizer")
    return Finding(
        title="Weights of float16 without autocast",
        says="the network computes in float16 without autocast: its weights are float16, too, "
        f"where a small step of {stepped} is rounded away, and what divides by a root of tiny "
        f"squares (Adam's eps of 1e-8 is 0 there) gives no number{outcome.reached()}",
        places=places(_made_half(source), half[0].place),
        severity="error",
        confidence=0.9,
        measured={"steps": training.steps, "loss_calls": half[0].calls},
        explains=("non-finite-loss", "loss-not-decreasing", "same-class-predicted", "underfitting",
                  "loss-at-chance", "weights-unchanged"),
        fix=Fix("leave the weights in float32, without .half(): torch.autocast computes in float16 "
                "or bfloat16 what can be, and GradScaler keeps small gradients"),
    )  # fmt: skip


def _made_half(source: Source | None) -> Place | None:
    """The first line that makes something float16: the network comes before its inputs."""
    for call in source.calls if source is not None else ():
        given = [a.text for a in call.args]
        if call.raw.endswith(".half") or any(g in ("torch.float16", "torch.half") for g in given):
            return call.place
    return None
