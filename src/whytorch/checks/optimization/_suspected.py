"""What the source proves about the parameters that an optimizer was given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from whytorch.evidence.source_look import Look, Site
from whytorch.evidence.source_scopes import Block
from whytorch.evidence.source_steps import all_words, training_loops

_BUILT = {"Linear", "LazyLinear", "Conv1d", "Conv2d", "Conv3d", "Sequential", "BatchNorm2d"}
_LATER = {"add_param_group", "param_groups"}


class Replaced(NamedTuple):
    """`model.fc = nn.Linear(...)` behind the optimizer that has taken the model's parameters."""

    block: Block
    node: ast.AST
    target: str
    optimizer: Site
    taken: str


def replaced_layers(look: Look) -> Iterator[Replaced]:
    """Layers put into a model after its optimizer was made, and trained with that one."""
    every = _optimizers(look)
    made = [s for s in every if _source_of(look, s) is not None]
    if not made or all_words(look) & _LATER:
        return
    loops = training_loops(look)
    for index in look.project.indexes:
        for target, value, node, block in index.stores:
            if not isinstance(target, ast.Attribute) or not isinstance(value, ast.Call):
                continue
            name = look.names.target(block, value.func) or ""
            if not name.startswith("torch.nn.") or name.rpartition(".")[2] not in _BUILT:
                continue
            before = [s for s in made if _is_behind(look, s, target, node, block)]
            again = [s for s in every if s not in before and s.block.scope is block.scope]
            used = any(_uses(look, loop.optimizer, loop.step.block, s)
                       for loop in loops for s in before)  # fmt: skip
            if before and used and not again:
                text = look.text(block, target)
                yield Replaced(block, node, text, before[-1], _source_of(look, before[-1]) or "")


def _optimizers(look: Look) -> list[Site]:
    names = {n for n in look.table.names if n.startswith("torch.optim.") and "sched" not in n}
    return look.sites(*names) if names else []


def _source_of(look: Look, site: Site) -> str | None:
    """`model` of `Adam(model.parameters())`."""
    given = look.argument(site.node, 0, "params")
    func = given.func if isinstance(given, ast.Call) else None
    if isinstance(func, ast.Attribute) and func.attr == "parameters":
        return look.text(site.block, func.value)
    return None


def _is_behind(look: Look, site: Site, target: ast.Attribute, node: ast.AST, block: Block) -> bool:
    """Whether the layer is put, in the same run of statements, into what the optimizer took."""
    if site.block is not block or getattr(node, "lineno", 0) <= site.node.lineno:
        return False
    owner = look.text(block, target.value)
    taken = _source_of(look, site) or ""
    if owner != taken and not owner.startswith(f"{taken}."):
        return False
    return not _assigned_between(look, block, taken, site.node.lineno, getattr(node, "lineno", 0))


def _assigned_between(look: Look, block: Block, name: str, first: int, last: int) -> bool:
    """Whether the model's name got another model in between."""
    bindings = look.names.bindings(block.scope, name.partition(".")[0])
    return any(first < b.end[0] < last for b in bindings)


def _uses(look: Look, optimizer: ast.expr, block: Block, site: Site) -> bool:
    made = look.instance(block, optimizer)
    return made is not None and made.node is site.node
