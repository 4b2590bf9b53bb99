"""What the source of a network proves: layers nobody registers, and layers made anew each call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from whytorch.evidence.source_look import Look
from whytorch.evidence.source_nodes import children
from whytorch.evidence.source_parts import own_class
from whytorch.evidence.source_scopes import Block, Scope
from whytorch.evidence.source_steps import all_words

# Layers of torch.nn with weights of their own.
_WEIGHTED = {
    "Linear", "Bilinear", "LazyLinear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d",
    "ConvTranspose2d", "ConvTranspose3d", "LazyConv2d", "BatchNorm1d", "BatchNorm2d",
    "BatchNorm3d", "LayerNorm", "GroupNorm", "Embedding", "LSTM", "GRU", "RNN", "LSTMCell",
    "GRUCell", "MultiheadAttention", "TransformerEncoderLayer",
}  # fmt: skip
# What only looks at a list. Any other use of it may register its layers.
_LOOKS = {"len", "enumerate", "zip", "range", "reversed", "iter", "print", "list", "tuple"}
# Ways of registering, of giving weights by hand, and of keeping layers apart on purpose.
_BY_HAND = {"add_module", "register_module", "setattr", "add_param_group", "__setattr__"}
_SETS_WEIGHTS = {"weight", "bias", "data", "load_state_dict", "parameters", "init", "copy_"}


class Kept(NamedTuple):
    """`self.name = [layers]`: the statement, its class, and what it holds."""

    scope: Scope
    block: Block
    node: ast.AST
    name: str
    container: ast.expr
    layer: str


def unregistered(look: Look) -> Iterator[Kept]:
    """Lists and dicts of layers that the network keeps and calls, and that nothing registers."""
    for index in look.project.indexes:
        for target, value, node, block in index.stores:
            if not isinstance(target, ast.Attribute) or value is None:
                continue
            layer = _layers_in(look, block, value) or _appended(look, target.attr, value)
            scope = own_class(block, target.value) if layer else None
            if layer is None or scope is None or not look.is_module(scope):
                continue
            if not all_words(look) & _BY_HAND and _only_called(look, scope, target.attr, node):
                yield Kept(scope, block, node, target.attr, value, layer)


def _layers_in(look: Look, block: Block, value: ast.expr) -> str | None:
    """The layer that a list or dict written here is filled with; None if it holds anything else."""
    if isinstance(value, (ast.List, ast.Tuple)):
        kinds = [_weighted(look, block, element) for element in value.elts]
    elif isinstance(value, ast.Dict):
        kinds = [_weighted(look, block, element) for element in value.values]
    elif isinstance(value, ast.ListComp):
        kinds = [_weighted(look, block, value.elt)]
    elif isinstance(value, ast.DictComp):
        kinds = [_weighted(look, block, value.value)]
    else:
        return None
    known = [kind for kind in kinds if kind is not None]
    return known[0] if known else None


def _appended(look: Look, name: str, value: ast.expr) -> str | None:
    """The layer that is appended to `self.name = []`."""
    if not isinstance(value, ast.List) or value.elts:
        return None
    for site in look.sites("*.append"):
        func = site.node.func
        held = func.value if isinstance(func, ast.Attribute) else None
        if isinstance(held, ast.Attribute) and held.attr == name and site.node.args:
            kind = _weighted(look, site.block, site.node.args[0])
            if kind is not None:
                return kind
    return None


def _weighted(look: Look, block: Block, node: ast.expr) -> str | None:
    """The kind of a layer with weights that is made right here; of a Sequential, the first's."""
    if not isinstance(node, ast.Call):
        return None
    name = look.names.target(block, node.func) or ""
    before, _, last = name.rpartition(".")
    if before == "torch.nn" and last in _WEIGHTED:
        return last
    if name == "torch.nn.Sequential":
        inner = (_weighted(look, block, element) for element in node.args)
        return next((kind for kind in inner if kind), None)
    own = look.flow.scope(name)
    if own is not None and own.kind == "class" and look.is_module(own) and _learns(look, own):
        return own.qualname
    return None


def _learns(look: Look, scope: Scope) -> bool:
    """Whether a module of the project makes weights: a resampling or an activation has none."""
    for call in look.calls_inside(scope.node):
        func = call.func
        last = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if last in _WEIGHTED or last == "Parameter":
            return True
    return False


def _only_called(look: Look, scope: Scope, name: str, stored: ast.AST) -> bool:
    """Whether the class calls what the attribute holds, and nobody does anything else with it."""
    called = False
    parents = _parents(look, scope)
    for index in look.project.indexes:
        for node in look.inside(index.file.tree):
            if not isinstance(node, ast.Attribute) or node.attr != name:
                continue
            parent = parents.get(node)
            if parent is None:  # used outside of the class
                return False
            if isinstance(node.ctx, ast.Store):
                if parent is not stored:
                    return False
                continue
            if isinstance(parent, ast.Call) and node in parent.args:
                func = parent.func
                if not isinstance(func, ast.Name) or func.id not in _LOOKS:
                    return False
                called = called or _is_iterated(parents, parent)
            elif isinstance(parent, ast.Subscript):
                above = parents.get(parent)
                if isinstance(above, ast.Call) and above.func is parent:
                    called = True
                elif not isinstance(above, (ast.Assign, ast.Subscript)):
                    return False
            elif isinstance(parent, (ast.For, ast.comprehension)):
                called = True
            elif isinstance(parent, ast.Attribute) and parent.attr in ("append", "items", "values"):
                above = parents.get(parent)
                called = called or (isinstance(above, ast.Call) and _is_iterated(parents, above))
            else:
                return False
    return called


def _is_iterated(parents: dict[ast.AST, ast.AST], call: ast.Call) -> bool:
    """`for i, layer in enumerate(self.layers)`, also through several such calls."""
    at: ast.AST | None = call
    while isinstance(at, ast.Call):
        at = parents.get(at)
    return isinstance(at, (ast.For, ast.comprehension))


def _parents(look: Look, scope: Scope) -> dict[ast.AST, ast.AST]:
    return {child: node for node in look.inside(scope.node) for child in children(node)}


class Made(NamedTuple):
    """A layer that a forward makes at each call."""

    block: Block
    node: ast.Call
    layer: str
    name: str | None  # the variable or attribute it is kept in


def made_in_forward(look: Look) -> Iterator[Made]:
    """Layers with weights that a forward makes unconditionally and calls itself."""
    if not any(last in look.table._by_last for last in _WEIGHTED):
        return
    for scope in look.modules():
        forward = look.method(scope, "forward")
        if forward is None or forward.parent is not scope:
            continue
        for node, block in forward.index.calls:
            if block.scope is not forward or block.parent is not None:
                continue  # under a condition it may be made but once
            name = look.names.target(block, node.func) or ""
            before, _, last = name.rpartition(".")
            if before == "torch.nn" and last in _WEIGHTED and not _is_plain(look, block, node):
                kept = _used_as_layer(look, forward, node)
                if kept is not None:
                    yield Made(block, node, last, kept or None)


def _is_plain(look: Look, block: Block, node: ast.Call) -> bool:
    """A normalization without weights, such as nn.LayerNorm(n, elementwise_affine=False)."""
    affine = {"affine", "elementwise_affine"}
    return any(k.arg in affine and look.constant(block, k.value) is False for k in node.keywords)


def _used_as_layer(look: Look, forward: Scope, node: ast.Call) -> str | None:
    """How the forward calls the new layer: "" at once, or by this name; None if it does more."""
    name = ""
    uses = 0
    for other in look.inside(forward.node):
        if isinstance(other, ast.Call) and other.func is node:
            return ""
        if isinstance(other, ast.Assign) and _without_moves(other.value) is node:
            target = other.targets[0]
            if len(other.targets) > 1 or not isinstance(target, (ast.Name, ast.Attribute)):
                return None
            name = ast.unparse(target)
        if isinstance(other, ast.Call) and isinstance(other.func, ast.Call):
            if _without_moves(other.func) is node:
                return ""
    if not name:
        return None
    for other in look.inside(forward.node):
        if isinstance(other, ast.Call) and ast.unparse(other.func) == name:
            uses += 1
        if isinstance(other, ast.Attribute) and other.attr in _SETS_WEIGHTS:
            if ast.unparse(other).startswith(name):
                return None  # a filter whose weights are set by hand
        if isinstance(other, (ast.Call, ast.Return)) and _hands_on(other, name):
            return None
    return name if uses else None


def _hands_on(node: ast.Call | ast.Return, name: str) -> bool:
    given = node.args if isinstance(node, ast.Call) else [node.value]
    return any(isinstance(g, ast.expr) and ast.unparse(g) == name for g in given)


def _without_moves(node: ast.expr) -> ast.expr:
    """`nn.Linear(2, 3)` of `nn.Linear(2, 3).to(device)`."""
    while (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("to", "cuda", "cpu", "float", "double")
    ):
        node = node.func.value
    return node
