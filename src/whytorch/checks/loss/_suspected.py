"""What the source proves about a loss and what it is given."""

from __future__ import annotations

import ast

from whytorch.evidence.source_look import Look, Site
from whytorch.evidence.source_losses import LossCall, loss_calls
from whytorch.evidence.source_outcomes import Outcome, layers, outcomes
from whytorch.evidence.source_scopes import Block
from whytorch.evidence.source_steps import training_loops

# Raw scores, and what surely is no logarithm of a probability.
_NO_LOGARITHM = {"Linear", "LazyLinear", "Conv2d", "softmax", "sigmoid", "Sigmoid", "relu", "ReLU"}
_NO_LOGARITHM |= {"tanh", "Tanh", "linear", "conv2d", "MaxPool2d", "AvgPool2d"}
_HAS_LOSS = ("cross_entropy", "CrossEntropyLoss", "nll_loss", "NLLLoss")
_BATCHED = {"Conv2d", "Conv1d", "Flatten", "BatchNorm1d", "BatchNorm2d", "MaxPool2d", "flatten"}
_NO_GRADIENT = {"argmax", "detach"}


def softmax_inputs(look: Look) -> list[tuple[LossCall, list[Outcome]]]:
    """Cross-entropies that are given a softmax on every way there is."""
    return [
        (call, call.inputs)
        for call in loss_calls(look, "cross_entropy", "CrossEntropyLoss")
        if call.inputs and all(one.op == "softmax" for one in call.inputs)
    ]


def without_logarithm(look: Look) -> list[tuple[LossCall, Outcome]]:
    """NLL losses that are given raw scores or probabilities on every way there is."""
    found = []
    for call in loss_calls(look, "nll_loss", "NLLLoss"):
        inputs = call.inputs or []
        if inputs and all(one.op in _NO_LOGARITHM for one in inputs):
            found.append((call, inputs[0]))
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


def cut_losses(look: Look) -> list[tuple[Site, ast.AST, Block]]:
    """Backwards of training loops that no graph leads back from, with what cuts it."""
    found: list[tuple[Site, ast.AST, Block]] = []
    for loop in training_loops(look):
        func = loop.backward.node.func
        assert isinstance(func, ast.Attribute)
        origin = look.trace(loop.backward.block, func.value, hops=1)
        node = origin.node if origin.exact else func.value
        made = _made_anew(look, origin.block, node) or _without_graph(look, loop.node, node)
        block = origin.block
        if made is None:
            call = next((c for c in _losses_in(look, loop.node) if c.node is node), None)
            made, block = _cut_input(look, loop.node, call) if call else (None, block)
        if made is not None:
            found.append((loop.backward, made, block))
    return found


def _cut_input(look: Look, loop: ast.AST, call: LossCall) -> tuple[ast.AST | None, Block]:
    """What cuts the input of a loss from the network: argmax, detach, a new tensor."""
    inputs = call.inputs or []
    if inputs and all(one.op in _NO_GRADIENT for one in inputs):
        return inputs[0].node, inputs[0].block
    origin = look.trace(call.block, call.given, hops=1)
    fresh = origin.exact and any(n is origin.node for n in look.calls_inside(loop))
    made = _made_anew(look, origin.block, origin.node) if fresh else None
    return _without_graph(look, loop, origin.node) or made, origin.block


def _without_graph(look: Look, loop: ast.AST, node: ast.AST) -> ast.AST | None:
    """The `with torch.no_grad():` of the loop in which an expression stands."""
    for one in look.inside(loop):
        if isinstance(one, ast.With) and any(inner is node for inner in look.inside(one)):
            calls = [item.context_expr for item in one.items]
            if any(isinstance(c, ast.Call) and _is_no_grad(c) for c in calls):
                return one
    return None


def _is_no_grad(call: ast.Call) -> bool:
    func = call.func
    return isinstance(func, ast.Attribute) and func.attr in ("no_grad", "inference_mode")


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
            origin = look.trace(block, node)
            if origin.exact and "detach" in look.text(origin.block, origin.node):
                return True
            ops = outcomes(look).of(block, node) or []
            if ops and all(one.op.lower().endswith(("loss", "entropy", "mean")) for one in ops):
                return True
    return False
