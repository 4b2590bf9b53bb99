"""Training and evaluation mode as the source shows them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from whytorch.evidence.source_look import Instance, Look, Site
from whytorch.evidence.source_scopes import Block
from whytorch.evidence.source_steps import (
    TrainingLoop,
    all_words,
    called,
    reached,
    training_loops,
    words,
)

# Layers for which the mode makes a difference.
_MINDS = ("BatchNorm", "Dropout", "dropout", "AlphaDropout", "SyncBatchNorm")
# Somebody has thought about modes, in a way that this reading does not follow.
_OWN_WAYS = {"train_mode", "eval_mode", "set_mode", "set_train", "set_eval", "update_bn",
             "AveragedModel", "swa_model", "ema", "monte_carlo", "mc_dropout"}  # fmt: skip


class Stayed(NamedTuple):
    """The switch to evaluation mode, and the loop that trains on without switching back."""

    block: Block
    node: ast.Call
    model: str
    loop: TrainingLoop


def stays_in_evaluation(look: Look) -> Stayed | None:
    """An evaluation within a training after which nothing restores training mode."""
    evals = [s for s in (*look.sites("*.eval"), *look.sites("*.train")) if _switches_off(s)]
    if not evals or not _minds(look) or _sets_mode(look):
        return None
    for loop in training_loops(look):
        if _freezes(look) and _switched_for(look, loop, evals):
            continue
        for block, around in _rounds(look, loop):
            nodes = reached(look, block, around)
            if nodes is None:
                continue
            inside = {id(n) for n in nodes}
            if id(loop.backward.node) not in inside or _restores(nodes):
                continue
            for site in evals:
                if id(site.node) in inside and _is_trained(look, site, loop):
                    func = site.node.func
                    assert isinstance(func, ast.Attribute)
                    return Stayed(site.block, site.node, look.text(site.block, func.value), loop)
    return None


def _freezes(look: Look) -> bool:
    """Whether something of the program is kept from learning."""
    for index in look.project.indexes:
        for target, value, _, _ in index.stores:
            if isinstance(target, ast.Attribute) and target.attr == "requires_grad":
                if isinstance(value, ast.Constant) and value.value is False:
                    return True
    return any(
        isinstance(given, ast.Constant) and given.value is False
        for site in look.sites("*.requires_grad_")
        for given in (*site.node.args, *(k.value for k in site.node.keywords))
    )


def _switched_for(look: Look, loop: TrainingLoop, evals: list[Site]) -> bool:
    """Whether the statements right before the batches switch to evaluation mode: they mean the
    training that follows. With something frozen that is how its statistics are left alone."""
    switches = {id(site.node) for site in evals}
    for index in look.project.indexes:
        for node in look.inside(index.file.tree):
            for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
                if isinstance(body, list) and loop.node in body:
                    return any(
                        isinstance(one, ast.Expr) and id(one.value) in switches
                        for one in _just_before(body, body.index(loop.node))
                    )
    return False


def _just_before(body: list[ast.stmt], at: int) -> Iterator[ast.stmt]:
    """The statements before this one, as far back as the next one that has a body of its own."""
    for one in reversed(body[:at]):
        if hasattr(one, "body"):
            return
        yield one


def _rounds(look: Look, loop: TrainingLoop) -> Iterator[tuple[Block, ast.AST]]:
    """The loops around a training: its own, and those from which its function is called."""
    block = loop.backward.block
    for around in block.loops:
        yield block, around
    function = look.function(block)
    if function is None:
        return
    for site in look.sites(f"*.{function.name.rpartition('.')[2]}"):
        if site.block.loops and called(look, site.block, site.node) is function:
            for around in site.block.loops:
                yield site.block, around


def _switches_off(site: Site) -> bool:
    """`model.eval()` or `model.train(False)`."""
    func, args = site.node.func, site.node.args
    if not isinstance(func, ast.Attribute) or site.node.keywords:
        return False
    if func.attr == "eval":
        return not args
    return len(args) == 1 and isinstance(args[0], ast.Constant) and args[0].value is False


def _restores(nodes: list[ast.AST]) -> bool:
    """Whether anything switches training mode on, in whatever way."""
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in _OWN_WAYS:
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            off = node.args and isinstance(node.args[0], ast.Constant) and not node.args[0].value
            if node.func.attr == "train" and not off:
                return True
    return False


def _minds(look: Look) -> bool:
    """Whether any layer is made for which the mode makes a difference."""
    return any(
        last.startswith(_MINDS) and any(_acts(look, *look.table.calls[at]) for at in positions)
        for last, positions in look.table._by_last.items()
    )


def _acts(look: Look, node: ast.Call, block: Block) -> bool:
    """False for a dropout of nothing, and for a BatchNorm that keeps no statistics."""
    if "BatchNorm" in _last(node):
        tracks = look.argument(node, 4, "track_running_stats")
        return tracks is None or look.constant(block, tracks) is not False
    if "ropout" not in _last(node):
        return True
    p = look.argument(node, 1 if _last(node).islower() else 0, "p")
    return p is None or look.constant(block, p) != 0


def _sets_mode(look: Look) -> bool:
    """`model.training = False`"""
    return any(
        isinstance(target, ast.Attribute) and target.attr == "training"
        for index in look.project.indexes
        for target, _, _, _ in index.stores
    )


def _is_trained(look: Look, site: Site, loop: TrainingLoop) -> bool:
    """Whether the switched network is the one that the loop's optimizer trains."""
    func = site.node.func
    assert isinstance(func, ast.Attribute)
    trained = trained_by(look, loop)
    switched = look.instance(site.block, func.value)
    if trained is not None and switched is not None:
        return trained.node is switched.node
    names = {_last(node) for node in look.inside(loop.node) if isinstance(node, ast.Call)}
    return _last(func.value) in names and _last(func.value) != ""


def _last(node: ast.AST) -> str:
    at = node.func if isinstance(node, ast.Call) else node
    return at.attr if isinstance(at, ast.Attribute) else getattr(at, "id", "")


def trained_by(look: Look, loop: TrainingLoop) -> Instance | None:
    """The network whose parameters the loop's optimizer was given, if that is all it was given."""
    made = look.instance(loop.step.block, loop.optimizer)
    given = look.argument(made.node, 0, "params") if made is not None else None
    func = given.func if isinstance(given, ast.Call) else None
    if made is None or not isinstance(func, ast.Attribute) or func.attr != "parameters":
        return None
    return look.instance(made.block, func.value)


class Evaluated(NamedTuple):
    """A call of a network without gradients, in a program that never leaves training mode."""

    block: Block
    node: ast.Call
    layer: str


def evaluated_in_training_mode(look: Look) -> Evaluated | None:
    """The first evaluation of a network that minds, where nobody ever switches its mode."""
    mentioned = all_words(look)
    if mentioned & _OWN_WAYS or "load_state_dict" in mentioned:
        return None
    if "eval" in mentioned and "eval" in _not_alone(look):
        return None
    if not _minds(look) or _sets_mode(look):
        return None
    trained = [t for loop in training_loops(look) if (t := trained_by(look, loop)) is not None]
    if not trained or any(_switches_off(s) for s in look.sites("*.train")):
        return None
    quiet = {id(n) for part in without_gradients(look) for n in look.inside(part)}
    repeated = {id(n) for p in _sampling(look) for n in look.inside(p)}
    for node, block in look.table.calls:
        if id(node) not in quiet or id(node) in repeated or not node.args:
            continue
        model = look.instance(block, node.func)
        if model is not None and any(model.node is one.node for one in trained):
            layer = _minding_layer(look, model)
            if layer is not None:
                return Evaluated(block, node, layer)
    return None


def _not_alone(look: Look) -> set[str]:
    """The words of the program but for statements like `model.eval`, which does nothing."""
    nodes = [n for index in look.project.indexes for n in look.inside(index.file.tree)]
    alone = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
    return words(n for n in nodes if id(n) not in alone)


def without_gradients(look: Look) -> Iterator[ast.AST]:
    """`with torch.no_grad():` and functions decorated with it."""
    for index in look.project.indexes:
        for node in look.inside(index.file.tree):
            if isinstance(node, ast.With):
                if any(_is_no_grad(item.context_expr) for item in node.items):
                    yield node
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if any(_is_no_grad(one) for one in node.decorator_list):
                    yield node


def _is_no_grad(node: ast.expr) -> bool:
    return _last(node) in ("no_grad", "inference_mode")


def _sampling(look: Look) -> Iterator[ast.AST]:
    """Loops and stacks over range(n): a network asked again and again for its spread."""
    for index in look.project.indexes:
        for node in look.inside(index.file.tree):
            if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
                source = node.generators[0].iter
                if isinstance(source, ast.Call) and _last(source) == "range":
                    yield node


def _minding_layer(look: Look, model: Instance) -> str | None:
    """A layer of the network that works otherwise in training mode."""
    scope = look.class_of(model)
    around: ast.AST = scope.node if scope is not None else model.node
    for call in look.calls_inside(around):
        if _last(call).startswith(_MINDS) and _acts(look, call, model.block):
            return _last(call)
    return None
