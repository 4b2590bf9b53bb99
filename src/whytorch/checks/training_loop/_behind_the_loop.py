"""Backward and step that stand behind the loop over the batches: each pass computes the loss of all
its batches, with their graphs, and learns from the last one only."""

from __future__ import annotations

import ast
from itertools import pairwise

from whytorch.checks._helpers import places
from whytorch.checks._mending import called_at
from whytorch.checks.training_loop._loop import loss_name, optimizer_name
from whytorch.evidence.facts import LossCalls, Passes, PassFacts, Training
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.evidence.source_nodes import walk
from whytorch.records import AnyEdit, Finding, Fix, InsertAfter, Place, Remove

ENOUGH = 8  # batches that nothing was learned from
FEWEST = 3  # of them in a pass


def once_a_pass(
    training: Training, passes: Passes | None, losses: LossCalls | None
) -> Finding | None:
    pairs = _pairs(passes) if passes is not None else []
    unused = sum(before.batches for before, _ in pairs)
    if unused < ENOUGH or losses is None:
        return None
    before, last = pairs[0]
    if not _one_loss_each(training, losses, before, unused):
        return None
    loss, stepped = loss_name(training), next((o for o in training.optimizers if o.steps), None)
    step = f"{optimizer_name(stepped)}.step()"
    return Finding(
        says=f"the loss of {before.batches + last.batches} batches is computed in each pass, but "
        f"backward and step come once, behind them all: {training.steps} steps were made, "
        f"each from the last batch alone, and {unused} batches were learned nothing from",
        places=places(training.backward_place, training.step_place, last.place),
        severity="error",
        confidence=0.95,
        measured={"batches": unused + len(pairs), "steps": training.steps, "unused": unused},
        explains=("loss-not-decreasing", "underfitting", "loss-at-chance", "same-class-predicted"),
        fix=Fix(f"move {loss}.backward() and {step} into the loop over the batches: indent them"),
    )


def _pairs(passes: Passes) -> list[tuple[PassFacts, PassFacts]]:
    """For every training pass: the batches of its loader before, without a backward, and the one
    batch with one. Empty unless all training passes are like that."""
    trained = [p for p in passes.passes if p.phase == "train"]
    by_index = {p.index: p for p in passes.passes}
    pairs = [(by_index.get(p.index - 1), p) for p in trained]
    return (
        [(before, last) for before, last in pairs if before is not None]
        if pairs and all(before is not None and _one_pass(before, last) for before, last in pairs)
        else []
    )


def _one_pass(before: PassFacts, last: PassFacts) -> bool:
    same = before.phase == "eval" and before.loader == last.loader and before.place == last.place
    whole = before.batches + last.batches == last.planned_batches
    return (
        same
        and last.loader is not None
        and (whole and last.batches == 1 and last.steps <= 1 and before.batches >= FEWEST)
        and (before.grad_enabled is True and before.train_mode == last.train_mode)
        and bool(before.outputs_used)
        and not (before.shortened or last.shortened)
    )


def _one_loss_each(training: Training, losses: LossCalls, before: PassFacts, unused: int) -> bool:
    """Whether a loss was computed for each batch, and a backward does not go through as many: not
    through their sum, which is the gradient of all of them."""
    return 0 < training.roots_losses < before.batches and any(
        s.calls >= unused and s.connected for s in losses.training()
    )


def indented(finding: Finding, source: Source) -> list[AnyEdit]:
    """Both statements go behind the last one of the loop that stands right before the first."""
    backward, step = (called_at(finding, source, name) for name in ("backward", "step"))
    if backward is None or step is None or backward.place.line >= step.place.line:
        return []
    end = _end_of_the_loop(source, backward.place)
    if end is None:
        return []
    both = f"{backward.written}\n{step.written}"
    return [Remove(backward.place), Remove(step.place), InsertAfter(end, code=both)]


def _end_of_the_loop(source: Source, at: Place) -> Place | None:
    seen = look(source)
    for site in seen.sites("*.backward"):
        if seen.place(site.block, site.node).line != at.line:
            continue
        for node in walk(site.block.scope.node):
            body = getattr(node, "body", None)
            for before, one in pairwise(body) if isinstance(body, list) else ():
                if one.lineno == at.line and isinstance(before, (ast.For, ast.While)):
                    return seen.place(site.block, before.body[-1])
    return None
