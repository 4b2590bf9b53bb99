"""What the source proves about a loss and what it is given."""

from __future__ import annotations

import ast

from whytorch.evidence.source_look import Look, Site
from whytorch.evidence.source_losses import LossCall, loss_calls
from whytorch.evidence.source_outcomes import Outcome, layers, outcomes
from whytorch.evidence.source_parts import own_class
from whytorch.evidence.source_scopes import Block
from whytorch.evidence.source_steps import training_loops

# Raw scores, and what surely is no logarithm of a probability.
_NO_LOGARITHM = {"Linear", "LazyLinear", "Conv2d", "softmax", "sigmoid", "Sigmoid", "relu", "ReLU"}
_NO_LOGARITHM |= {"tanh", "Tanh", "linear", "conv2d", "MaxPool2d", "AvgPool2d"}
_HAS_LOSS = ("cross_entropy", "CrossEntropyLoss", "nll_loss", "NLLLoss")
_BATCHED = {"Conv2d", "Conv1d", "Flatten", "BatchNorm1d", "BatchNorm2d", "MaxPool2d", "flatten"}
_NO_GRADIENT = {"argmax", "round", "sign", "item", "tolist", "numpy"}


def softmax_inputs(look: Look) -> list[tuple[LossCall, list[Outcome]]]:
    """Cross-entropies that are given a softmax on every way there is."""
    return [
        (call, call.inputs)
        for call in loss_calls(look, "cross_entropy", "CrossEntropyLoss")
        if call.inputs and all(one.op == "softmax" for one in call.inputs)
    ]


def without_logarithm(look: Look) -> list[tuple[LossCall, str]]:
    """NLL losses that are given raw scores or probabilities on every way there is."""
    found = []
    for call in loss_calls(look, "nll_loss", "NLLLoss"):
        ops = {one.op for one in call.inputs or ()}
        if ops and ops <= _NO_LOGARITHM:
            found.append((call, sorted(ops)[0]))
    return found


def softmax_over_batch(look: Look) -> list[tuple[LossCall, Outcome]]:
    """Softmaxes over dimension 0 that end in a loss which counts the batch in dimension 0."""
    found = []
    for function, layer in (("nll_loss", "NLLLoss"), ("cross_entropy", "CrossEntropyLoss")):
        for call in loss_calls(look, function, layer):
            for one in call.inputs or ():
                if one.op in ("softmax", "log_softmax") and _dimension(look, one) == 0:
                    if _has_batches(look, one) and isinstance(call.given, (ast.Name, ast.Call)):
                        found.append((call, one))
    return found


def _dimension(look: Look, one: Outcome) -> object:
    """The dimension that a softmax is given; None if it is given none."""
    node = one.node
    if not isinstance(node, ast.Call):
        return None
    made_layer = look.name(one.block, node.func).rpartition(".")[2][:1].isupper()
    is_method = isinstance(node.func, ast.Attribute) and (
        look.names.target(one.block, node.func) is None
    )
    dim = look.argument(node, 0 if made_layer or is_method else 1, "dim")
    return None if dim is None else look.constant(one.block, dim)


def _has_batches(look: Look, one: Outcome) -> bool:
    """Whether what stands around the softmax is made for batches: layers that need them."""
    function = look.function(one.block)
    scope = function.parent if function is not None else None
    around: ast.AST | None = scope.node if scope is not None and scope.kind == "class" else None
    if around is None:
        parents = (node for node, _ in look.table.calls if one.node in (layers(node) or ()))
        around = next(parents, None)
    if around is None:
        return False
    for call in look.calls_inside(around):
        func = call.func
        last = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if last in _BATCHED:
            return True
        minus = call.args[0] if last in ("view", "reshape") and call.args else None
        if minus is not None and look.constant(one.block, minus) == -1:
            return True
    return False


def cut_losses(look: Look) -> list[tuple[Site, ast.expr, Block]]:
    """Backwards of training loops on a tensor made anew from numbers, with the line that does."""
    found = []
    for loop in training_loops(look):
        func = loop.backward.node.func
        assert isinstance(func, ast.Attribute)
        origin = look.trace(loop.backward.block, func.value, hops=1)
        node = origin.node if origin.exact else func.value
        made = _made_anew(look, origin.block, node)
        if made is not None:
            found.append((loop.backward, made, origin.block))
            continue
        for call in _losses_in(look, loop.node):
            ops = {one.op for one in call.inputs or ()}
            loss = look.trace(loop.backward.block, func.value, hops=1).node
            if ops and ops <= _NO_GRADIENT and loss is call.node and call.inputs:
                found.append((loop.backward, call.inputs[0].node, call.inputs[0].block))
    return found


def _losses_in(look: Look, loop: ast.AST) -> list[LossCall]:
    inside = {id(call) for call in look.calls_inside(loop)}
    found = []
    for function, layer in (
        ("cross_entropy", "CrossEntropyLoss"), ("mse_loss", "MSELoss"), ("l1_loss", "L1Loss"),
    ):  # fmt: skip
        found += [c for c in loss_calls(look, function, layer) if id(c.node) in inside]
    return found


def _made_anew(look: Look, block: Block, node: ast.expr) -> ast.expr | None:
    """`torch.tensor(loss.item(), requires_grad=True)` and its like: no graph leads back."""
    inner = node
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
        if inner.func.attr in ("requires_grad_", "to", "cuda", "float", "clone"):
            inner = inner.func.value
            continue
        break
    if not isinstance(inner, ast.Call):
        is_data = isinstance(inner, ast.Attribute) and inner.attr == "data"
        return node if is_data and inner is not node else None
    name = look.name(block, inner.func)
    last = name.rpartition(".")[2]
    if name in ("torch.tensor", "torch.Tensor", "torch.FloatTensor", "torch.from_numpy"):
        return node if _from_a_tensor(look, block, inner) else None
    if last == "Variable" and name.startswith("torch."):
        mentioned = [n for n in look.inside(inner) if isinstance(n, ast.Attribute)]
        return node if any(n.attr in ("data", "item", "detach") for n in mentioned) else None
    return node if last == "detach" and inner is not node else None


def _from_a_tensor(look: Look, block: Block, call: ast.Call) -> bool:
    """Whether a new tensor is filled from another one's numbers, and not from a constant."""
    for node in look.inside(call):
        if isinstance(node, ast.Attribute) and node.attr in ("item", "data", "detach", "numpy"):
            return True
        if node is not call and isinstance(node, ast.Name):
            ops = outcomes(look).of(block, node) or []
            if ops and all(one.op.lower().endswith(("loss", "entropy", "mean")) for one in ops):
                return True
    return False


def squared_error_inputs(look: Look) -> list[LossCall]:
    """Squared errors between the scores of a classifier and labels, as far as that is certain."""
    found = []
    for call in loss_calls(look, "mse_loss", "MSELoss"):
        scores = [one for one in call.inputs or () if one.op in ("Linear", "softmax")]
        if not scores or len(scores) != len(call.inputs or ()):
            continue
        if all((_width(look, one) or 0) > 1 for one in scores) and _are_classes(look, call):
            found.append(call)
    return found


def _width(look: Look, one: Outcome) -> int | None:
    """How many numbers a linear layer gives; None if that is open."""
    if one.op != "Linear" or not isinstance(one.node, ast.Call):
        return None
    width = look.argument(one.node, 1, "out_features")
    value = look.constant(one.block, width) if width is not None else None
    return value if isinstance(value, int) else None


def _are_classes(look: Look, call: LossCall) -> bool:
    """Whether the same scores are compared with the same labels by argmax somewhere."""
    function = look.function(call.block)
    if function is None and own_class(call.block, call.given) is not None:
        return False
    target = call.target
    if not isinstance(target, ast.Name):
        return False
    for node in (n for i in look.project.indexes for n in look.inside(i.file.tree)):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
            sides = [node.left, *node.comparators]
            if any(_is_argmax(side) for side in sides):
                return True
    return False


def _is_argmax(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and (
        isinstance(node.func, ast.Attribute) and node.func.attr == "argmax"
    )
