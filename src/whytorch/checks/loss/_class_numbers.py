"""Squared errors against the numbers of classes, as far as the source proves them to be that."""

from __future__ import annotations

import ast

from whytorch.evidence.source_look import Look
from whytorch.evidence.source_losses import LossCall, loss_calls
from whytorch.evidence.source_outcomes import Outcome
from whytorch.evidence.source_scopes import Block

_KEPT = {"float", "long", "to", "cuda", "double", "type", "view", "unsqueeze", "squeeze"}


def squared_errors(look: Look) -> list[LossCall]:
    """MSE losses between several scores and labels that the batch holds as they are."""
    calls = loss_calls(look, "mse_loss", "MSELoss")
    if not calls or not _compares_predicted_classes(look):
        return []
    return [
        call
        for call in calls
        if call.inputs
        and all((_width(look, one) or 0) > 1 for one in call.inputs)
        and _comes_with_the_batch(look, call.block, call.target)
    ]


def _width(look: Look, one: Outcome) -> int | None:
    """How many numbers a linear layer gives; None if that is open, or another layer is last."""
    if one.op != "Linear" or not isinstance(one.node, ast.Call):
        return None
    width = look.argument(one.node, 1, "out_features")
    value = look.constant(one.block, width) if width is not None else None
    return value if isinstance(value, int) else None


def _comes_with_the_batch(look: Look, block: Block, target: ast.expr) -> bool:
    """A loop's own variable, only cast or moved: not made one-hot, not computed."""
    node = target
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in _KEPT:
            return False
        node = node.func.value
    if not isinstance(node, ast.Name):
        return False
    for _ in range(4):  # y = y.to(device)
        binding = look.names.binding(block, node.id, node)
        if binding is None:
            return False
        if binding.kind == "other":
            loops = (ast.For, ast.AsyncFor)
            return any(isinstance(loop, loops) and _binds(loop, node.id) for loop in block.loops)
        value = binding.value if binding.kind == "value" else None
        while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            if value.func.attr not in _KEPT:
                return False
            value = value.func.value
        if not isinstance(value, ast.Name):
            return False
        node, block = value, binding.block
    return False


def _binds(loop: ast.For | ast.AsyncFor, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(loop.target))


def _compares_predicted_classes(look: Look) -> bool:
    """`model(x).argmax(1) == labels`: the labels are numbers of classes, not one-hot rows."""
    for index in look.project.indexes:
        if "argmax" not in index.file.text and ".max(" not in index.file.text:
            continue
        for node in look.inside(index.file.tree):
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                sides = (node.left, node.comparators[0])
                if isinstance(node.ops[0], ast.Eq) and _is_argmax(sides[0]):
                    if isinstance(sides[1], (ast.Name, ast.Subscript)):
                        return True
    return False


def _is_argmax(node: ast.expr) -> bool:
    func = node.func if isinstance(node, ast.Call) else None
    return isinstance(func, ast.Attribute) and func.attr == "argmax"
