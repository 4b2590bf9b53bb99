"""Calls of torch's losses in a source, and which operations made what they are given."""

from __future__ import annotations

import ast
from typing import NamedTuple

from whytorch.evidence.source_look import Look
from whytorch.evidence.source_outcomes import Outcome, outcomes
from whytorch.evidence.source_parts import own_class
from whytorch.evidence.source_scopes import Block, Scope


class LossCall(NamedTuple):
    """`loss(input, target)`. `inputs`: what may have made the first one, None if not known."""

    node: ast.Call
    block: Block
    given: ast.expr
    target: ast.expr
    inputs: list[Outcome] | None


def loss_calls(look: Look, function: str, layer: str) -> list[LossCall]:
    """The calls of one loss: `cross_entropy(...)` and those of a `CrossEntropyLoss()`."""
    known = look.__dict__.setdefault("_loss_calls", {})
    if function not in known:
        known[function] = _loss_calls(look, function, layer)
    return known[function]


def _loss_calls(look: Look, function: str, layer: str) -> list[LossCall]:
    found = [(site.node, site.block) for site in look.sites(f"torch.nn.functional.{function}")]
    if look.sites(f"torch.nn.{layer}", f"torch.nn.modules.loss.{layer}"):
        for node, block in look.table.calls:
            if len(node.args) + len(node.keywords) == 2 and _may_be_object(look, block, node.func):
                made = look.instance(block, node.func)
                if made is not None and made.name.rpartition(".")[2] == layer:
                    found.append((node, block))
    calls = []
    for node, block in found:
        given, target = look.argument(node, 0, "input"), look.argument(node, 1, "target")
        if given is not None and target is not None:
            calls.append(LossCall(node, block, given, target, inputs_of(look, block, given)))
    return calls


def inputs_of(look: Look, block: Block, given: ast.expr) -> list[Outcome] | None:
    """What made a loss's input; where the model is a parameter, that of the only network."""
    known = outcomes(look).of(block, given)
    if known is not None:
        return known
    origin = look.trace(block, given)
    call = origin.node
    if not origin.exact or not isinstance(call, ast.Call) or not _is_open(look, origin.block, call):
        return None
    only = only_network(look)
    forward = look.method(only, "forward") if only is not None else None
    return outcomes(look).returned(forward) if forward is not None else None


def only_network(look: Look) -> Scope | None:
    """The one network of the program that is no part of another; None if there are several."""
    if "_only" not in look.__dict__:
        modules = list(look.modules())
        parts = set()
        for node, block in look.table.calls:
            scope = look.flow.scope(look.names.target(block, node.func))
            at: Scope | None = block.scope
            while scope is not None and at is not None:
                if at in modules and at is not scope:
                    parts.add(scope)
                at = at.parent
        bases = {
            look.flow.scope(look.names.target(Block(m.parent or m), base))
            for m in modules
            if isinstance(m.node, ast.ClassDef)
            for base in m.node.bases
        }
        roots = [m for m in modules if m not in parts and m not in bases]
        look.__dict__["_only"] = roots[0] if len(roots) == 1 else None
    return look.__dict__["_only"]


def _is_open(look: Look, block: Block, call: ast.Call) -> bool:
    """Whether the called object comes from outside what the source shows: `model(x)`."""
    func = call.func
    if isinstance(func, ast.Attribute):
        return own_class(block, func.value) is not None and func.attr in ("model", "net", "network")
    if not isinstance(func, ast.Name):
        return False
    bindings = look.names.bindings(block.scope, func.id)
    return not bindings or all(b.kind == "parameter" for b in bindings)


def _may_be_object(look: Look, block: Block, func: ast.expr) -> bool:
    """Not a function or class that the source names: `criterion`, `self.loss`, `Loss()`."""
    if isinstance(func, ast.Call):
        return True
    return isinstance(func, (ast.Name, ast.Attribute)) and (look.names.target(block, func) is None)
