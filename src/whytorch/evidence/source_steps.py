"""Training loops as the source shows them: a backward, what steps and clears around it.

Everything here prefers to see too much: a call that nobody can look into may do what is missing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from whytorch.evidence.source_look import Look, Site
from whytorch.evidence.source_parts import own_class
from whytorch.evidence.source_scopes import Block, Scope

# How people call their optimizers; asked only where the source does not show what an object is.
_OPTIMIZER_NAMED = re.compile(r"optim|^opt[A-Z_\d]?|_opt$|^solver$", re.IGNORECASE)
_SCHEDULER_NAMED = re.compile(r"sched|warmup|^lr_", re.IGNORECASE)
_LAYER_NAMED = re.compile(r"model|net|criterion|loss|encoder|decoder|log|print", re.IGNORECASE)
_DEPTH = 4  # functions that call functions


class TrainingLoop(NamedTuple):
    """The innermost loop that holds both a backward and a step of an optimizer."""

    node: ast.AST
    backward: Site
    step: Site
    optimizer: ast.expr


def training_loops(look: Look) -> list[TrainingLoop]:
    """Each backward with the step that follows it in the same loop of the same function."""
    known = look.__dict__.get("_training_loops")
    if known is None:
        known = look.__dict__["_training_loops"] = _training_loops(look)
    return known


def _training_loops(look: Look) -> list[TrainingLoop]:
    steps = [(site, optimizer_stepped(look, site)) for site in look.sites("*.step")]
    found = []
    for backward in backwards(look):
        for loop in reversed(backward.block.loops):
            inside = set(map(id, look.calls_inside(loop)))
            near = [(s, o) for s, o in steps if o is not None and id(s.node) in inside]
            if near:
                step, optimizer = near[0]
                assert optimizer is not None
                found.append(TrainingLoop(loop, backward, step, optimizer))
                break
    return found


def backwards(look: Look) -> list[Site]:
    """`loss.backward()`; not `engine.backward(loss)`, which may do more than that."""
    found = []
    for site in look.sites("*.backward"):
        func = site.node.func
        own = isinstance(func, ast.Attribute) and look.name(site.block, func.value) != "super"
        if (
            own
            and not site.node.args
            and not isinstance(getattr(func, "value", None), ast.Constant)
        ):
            found.append(site)
    return found


def _is_super(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Name) and called.id == "super"


def optimizer_stepped(look: Look, site: Site) -> ast.expr | None:
    """The optimizer in `optimizer.step()` or `scaler.step(optimizer)`; None for anything else."""
    func, args = site.node.func, site.node.args
    if not isinstance(func, ast.Attribute) or site.node.keywords:
        return None
    if not args:
        return func.value if is_optimizer(look, site.block, func.value) else None
    if len(args) == 1 and "scaler" in look.text(site.block, func.value).lower():
        return args[0]
    return None


def is_optimizer(look: Look, block: Block, node: ast.expr) -> bool:
    """Whether an expression is one of torch's optimizers, as far as the source can tell."""
    made = look.instance(block, node)
    if made is not None:
        return made.name.startswith("torch.optim.") and "lr_scheduler" not in made.name
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return False
    last = node.attr if isinstance(node, ast.Attribute) else node.id
    return bool(_OPTIMIZER_NAMED.search(last)) and not _SCHEDULER_NAMED.search(last)


def is_scheduler(look: Look, block: Block, node: ast.expr) -> bool:
    """Whether an expression is a learning rate scheduler, as far as the source can tell."""
    made = look.instance(block, node)
    if made is not None:
        return made.name.startswith("torch.optim.lr_scheduler.")
    last = getattr(node, "attr", getattr(node, "id", ""))
    return bool(_SCHEDULER_NAMED.search(last))


def words(nodes: Iterable[ast.AST]) -> set[str]:
    """Every name and attribute that is mentioned."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add(node.name)
        elif isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
    return found


def all_words(look: Look) -> set[str]:
    """Every name and attribute in the whole program."""
    known = look.__dict__.get("_words")
    if known is None:
        trees = (look.inside(index.file.tree) for index in look.project.indexes)
        known = look.__dict__["_words"] = {word for nodes in trees for word in words(nodes)}
    return known


def reached(look: Look, block: Block, node: ast.AST, depth: int = _DEPTH) -> list[ast.AST] | None:
    """All nodes that run with `node`, through the project's own functions and methods.

    None if a method of `self` is called that the project does not show.
    """
    known = look.__dict__.setdefault("_reached", {})
    if (block, node, depth) not in known:
        known[block, node, depth] = _reached(look, block, node, depth)
    return known[block, node, depth]


def _reached(look: Look, block: Block, node: ast.AST, depth: int) -> list[ast.AST] | None:
    found: list[ast.AST] = []
    seen: set[ast.AST] = set()
    waiting = [(block, node, depth)]
    while waiting:
        at, part, left = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        nodes = look.inside(part)
        found += nodes
        for call in (n for n in nodes if isinstance(n, ast.Call)):
            function = called(look, at, call)
            if function is None and _is_own_method(at, call) and not _is_layer(look, at, call):
                return None
            if function is not None and left > 0 and function.node not in seen:
                waiting.append((Block(function), function.node, left - 1))
    return found


def called(look: Look, block: Block, call: ast.Call) -> Scope | None:
    """The project's own function or method that a call runs."""
    own = look.flow.scope(look.names.target(block, call.func))
    if own is not None:
        return own if own.kind == "function" else look.method(own, "__init__")
    if isinstance(call.func, ast.Attribute):
        scope = own_class(block, call.func.value)
        if scope is None:
            scope = look.class_of(look.instance(block, call.func.value))
        return look.method(scope, call.func.attr) if scope is not None else None
    scope = look.class_of(look.instance(block, call.func))
    return look.method(scope, "forward") if scope is not None else None


def handed_on(look: Look, block: Block, nodes: Iterable[ast.AST], names: set[str]) -> bool:
    """Whether one of these names is an argument of a call that the source does not show."""
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not any(isinstance(one, ast.Name) and one.id in names for one in given):
            continue
        name = look.name(block, node.func)
        if name.startswith(("torch.", "numpy.", "tqdm.")) or name in _HARMLESS:
            continue
        if name.startswith(".") and name[1:] in _HARMLESS_METHODS:
            continue
        if called(look, block, node) is None and not _is_criterion(look, block, node):
            return True
    return False


_HARMLESS = {"print", "len", "float", "int", "str", "isinstance", "range", "enumerate", "zip"}
_HARMLESS |= {"sum", "min", "max", "list", "tuple", "repr", "type", "id", "tqdm", "round", "abs"}
_HARMLESS_METHODS = {"append", "step", "item", "unscale_", "scale", "update", "write", "format"}
_HARMLESS_METHODS |= {"add_scalar", "set_postfix", "info", "debug", "to", "size", "load_state_dict"}


def _is_criterion(look: Look, block: Block, node: ast.Call) -> bool:
    made = look.instance(block, node.func)
    return made is not None and made.name.startswith("torch.nn.")


def _is_own_method(block: Block, call: ast.Call) -> bool:
    """`self.update(...)`, but not `self.optimizer.step()`."""
    return isinstance(call.func, ast.Attribute) and own_class(block, call.func.value) is not None


def _is_layer(look: Look, block: Block, call: ast.Call) -> bool:
    """`self.model(x)`: the object is made where the source shows it, or is named like one."""
    if look.instance(block, call.func) is not None:
        return True
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return bool(
        re.search(r"model|net|criterion|loss|encoder|decoder|log|print", name, re.IGNORECASE)
    )


def statements(node: ast.AST, look: Look) -> Iterator[list[ast.stmt]]:
    """Every list of statements at or below a node."""
    for inner in look.inside(node):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(inner, name, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield body
