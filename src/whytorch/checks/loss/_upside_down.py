"""What is to fall rises: a score of overlap (Dice, Jaccard) that is minimized as it is, a loss that
backward starts from with a minus, or an optimizer that climbs."""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.checks.training_loop._loop import loss_made, loss_name
from whytorch.evidence.facts import LossCalls, LossSite, Training
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

ENOUGH = 3  # backwards
ROSE = 1.5  # times its first value
_FALL = ("cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
         "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")  # fmt: skip
_LIKELY = "its logarithm is no likelihood; the likelihood that a focal loss weighs by is exp(-ce)"
LOST = 0.5  # of the share of the mask that was predicted at first is left


def minimized(training: Training, losses: LossCalls, source: Source | None) -> Finding | None:
    slope = training.mask_slope
    if slope is None or slope.falling or slope.rising < ENOUGH:
        return None
    beside = any(s.propagated and s.function != "hand-written" for s in losses.training())
    # Beside another loss it may be a penalty for what lies outside, unless that loss asks for the
    # very same mask; alone it takes the whole prediction away.
    meant = slope.of_target < slope.rising if beside else slope.last > LOST * slope.first
    if meant:
        return None
    made = loss_made(training, source)
    where, written = made if made is not None else (None, "score")
    right = _own_term_turned(written, source) if beside else f"1 - {written}"
    fix = f"write {loss_name(training)} = {right}"
    if right is None:
        fix = "write 1 - score in place of the score that is added to the loss"
    return Finding(
        title="Score minimized in place of its loss",
        says="the loss rises with what the prediction has in common with its mask, in all "
        f"{slope.rising} backwards looked at: the score itself is minimized; of the mask "
        f"{slope.first:.0%} was predicted at first, and {slope.last:.1%} in the end",
        places=places(where, training.backward_place),
        severity="error",
        confidence=0.92,
        measured={"rising": slope.rising, "overlap_first": slope.first, "overlap_last": slope.last},
        explains=("underfitting", "same-class-predicted", "loss-at-chance"),
        fix=Fix(fix),
    )


def _own_term_turned(written: str, source: Source | None) -> str | None:
    """`bce(x, y) + (1 - dice(x, y))` of `bce(x, y) + dice(x, y)`, where one of the terms alone is
    a function of the script's own."""
    own = {f.name for f in source.functions} if source is not None else set()
    node = ast.parse(written, mode="eval").body
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return None
    terms = [ast.unparse(node.left), ast.unparse(node.right)]
    mine = [i for i, t in enumerate((node.left, node.right)) if _called(t) in own]
    if len(mine) != 1:
        return None
    terms[mine[0]] = f"(1 - {terms[mine[0]]})"
    return " + ".join(terms)


def _called(node: ast.expr) -> str | None:
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return node.func.id if called else None  # type: ignore[attr-defined]


def climbs(training: Training, losses: LossCalls, source: Source | None) -> Finding | None:
    """One loss, one optimizer, and each step goes up. Of several losses, networks may be set
    against each other, or samples be unlearned on purpose."""
    sites = losses.training()
    stepped = [o for o in training.optimizers if o.steps >= ENOUGH]
    if len(sites) != 1 or len(stepped) != 1:
        return None
    site, up = sites[0], any(g.maximize for g in stepped[0].groups)
    known = site.calls >= ENOUGH and site.function in _FALL
    turned = training.roots_against or (0 if site.rises_with else site.falls_with)
    if not known or up == (turned >= ENOUGH) or not _rose(site):
        return None
    if up:
        says = f"{stepped[0].kind} was built with maximize=True: each step makes {site.function} "
        where, fix = stepped[0].place, "leave out maximize=True"
    elif not training.roots_against:
        says = f"what backward starts from falls where {site.function} rises, in all {turned} "
        says += "backwards looked at: each step makes the loss of the single samples "
        where, fix = site.place, f"make the loss rise with {site.function}: {_LIKELY}"
    else:
        says = f"backward starts from what rises where {site.function} falls (its negative, or 1 - "
        says += f"loss), in all {training.roots_against} looked at: each step makes the loss "
        where, fix = _without_minus(training, source)
    reached = f"{site.last_value:.4g}" if site.last_value is not None else "no number"
    return Finding(
        title="Loss maximized instead of minimized",
        says=f"{says}larger; it went from {site.first_value:.4g} to {reached}",
        places=places(where, training.backward_place, site.place),
        severity="error",
        confidence=0.95,
        measured={"first": site.first_value, "last": site.last_value, "maximize": up},
        explains=("loss-not-decreasing", "underfitting", "same-class-predicted", "loss-at-chance",
                  "non-finite-loss", "exploding-gradients"),
        fix=Fix(fix),
    )  # fmt: skip


def _without_minus(training: Training, source: Source | None) -> tuple[Place | None, str]:
    """Where the loss is turned round, and what to write."""
    name, made = loss_name(training), loss_made(training, source)
    if made is not None and made[1].startswith("-"):
        return made[0], f"write {name} = {made[1][1:]}"
    less = made is not None and isinstance(ast.parse(made[1], mode="eval").body, ast.BinOp)
    where = made[0] if made is not None and less else training.backward_place
    return where, f"write {name}.backward() of the loss itself, without the minus"


def _rose(site: LossSite) -> bool:
    if site.first_value is None:
        return False
    return site.last_value is None or site.last_value > ROSE * site.first_value > 0
