"""Weights of all layers of a kind set to one number, and results changed behind autograd."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from whytorch.evidence.source_look import Look, Site
from whytorch.evidence.source_names import choose
from whytorch.evidence.source_parts import own_class
from whytorch.evidence.source_scopes import Block

# The functions of torch.nn.init and the methods of a tensor that give every element one number.
_CONSTANT = ("constant_", "zeros_", "ones_", "fill_", "zero_")
_LAYERS = {"Linear", "Conv1d", "Conv2d", "Conv3d"}


class Alike(NamedTuple):
    """A call that sets the weights of all layers of these kinds to one number."""

    site: Site
    kinds: tuple[str, ...]


def alike_weights(look: Look) -> Iterator[Alike]:
    """`if isinstance(m, nn.Linear): nn.init.constant_(m.weight, 0.1)`, for any layer m."""
    sites = look.sites(*(f"*.{name}" for name in _CONSTANT))
    if not sites:
        return
    guarded = list(_guards(look))
    for site in sites:
        owner = _weight_of(site)
        for guard, name, kinds in guarded:
            # Under a further condition it may be one layer only: the head, which may start at zero.
            if owner != name or _is_one_layer(look, kinds):
                continue
            if any(_is_call(statement, site) for statement in guard.body):
                yield Alike(site, kinds)
                break


def _is_one_layer(look: Look, kinds: tuple[str, ...]) -> bool:
    """Whether one layer of these kinds is made in all: its units are told apart by their labels."""
    made = look.sites(*(f"torch.nn.{kind}" for kind in kinds))
    many = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp)
    loops = [n for i in look.project.indexes for n in ast.walk(i.file.tree) if isinstance(n, many)]
    return len(made) == 1 and not any(made[0].node in ast.walk(n) for n in loops)


def _is_call(statement: ast.stmt, site: Site) -> bool:
    return isinstance(statement, ast.Expr) and statement.value is site.node


def _weight_of(site: Site) -> str | None:
    """`m` of constant_(m.weight, c), m.weight.fill_(c) and m.weight.data.fill_(c)."""
    func = site.node.func
    if site.name.startswith("torch.nn.init."):
        node = site.node.args[0] if site.node.args else None
    else:
        node = func.value if isinstance(func, ast.Attribute) else None
    if isinstance(node, ast.Attribute) and node.attr == "data":
        node = node.value
    if isinstance(node, ast.Attribute) and node.attr == "weight":
        return node.value.id if isinstance(node.value, ast.Name) else None
    return None


def _guards(look: Look) -> Iterator[tuple[ast.If, str, tuple[str, ...]]]:
    """`if isinstance(m, (nn.Conv2d, nn.Linear)):` and `if type(m) in (...)`, with m and kinds."""
    for index in look.project.indexes:
        if "isinstance(" not in index.file.text and "type(" not in index.file.text:
            continue
        asked = [n for n in look.inside(index.file.tree) if isinstance(n, ast.If)]
        narrowed = {id(inner) for one in asked for s in one.body for inner in look.inside(s)}
        for node in asked:
            found = _asked(node.test)
            if found is not None and set(found[1]) <= _LAYERS and id(node) not in narrowed:
                yield node, *found


def _asked(test: ast.expr) -> tuple[str, tuple[str, ...]] | None:
    given: list[ast.expr] = []
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Name):
        given = test.args if test.func.id == "isinstance" else []
    elif isinstance(test, ast.Compare) and isinstance(test.left, ast.Call):
        is_type = isinstance(test.left.func, ast.Name) and test.left.func.id == "type"
        given = [*test.left.args, *test.comparators] if is_type else []
    if len(given) != 2 or not isinstance(given[0], ast.Name):
        return None
    kinds = given[1].elts if isinstance(given[1], (ast.Tuple, ast.List)) else [given[1]]
    names = tuple(k.attr if isinstance(k, ast.Attribute) else getattr(k, "id", "") for k in kinds)
    return given[0].id, names


# --- in place ----------------------------------------------------------------------------------

# Backward needs the results of these themselves.
_KEPT_RESULT = {"sigmoid", "tanh", "softmax", "exp", "sqrt"}


class Changed(NamedTuple):
    """`gate += 0.5` where gate is the result of a function whose backward needs it."""

    block: Block
    node: ast.AugAssign
    name: str
    function: str


def changed_results(look: Look) -> Iterator[Changed]:
    """In-place arithmetic of a forward on what sigmoid and the like made of learned layers."""
    for index in look.project.indexes:
        for node, block in index.assignments:
            if not isinstance(node, ast.AugAssign) or not isinstance(node.target, ast.Name):
                continue
            function = look.function(block)
            owner = function.parent if function is not None else None
            if function is None or owner is None or owner.kind != "class":
                continue
            if not function.name.endswith(".forward") or not look.is_module(owner):
                continue
            name = node.target.id
            made = choose(look.names.bindings(block.scope, name), block, node.target)
            if made is None or made.kind != "value" or not isinstance(made.value, ast.Call):
                continue
            last = look.name(made.block, made.value.func).rpartition(".")[2]
            if last in _KEPT_RESULT and _is_learned(look, made.block, made.value):
                yield Changed(block, node, name, last)


def _is_learned(look: Look, block: Block, call: ast.Call) -> bool:
    """Whether a layer of the network that has weights is called right inside."""
    for inner in look.calls_inside(call):
        func = inner.func
        if isinstance(func, ast.Attribute) and own_class(block, func.value) is not None:
            layer = look.instance(block, func)
            if layer is not None and layer.name.rpartition(".")[2] in _LAYERS:
                return True
    return False
