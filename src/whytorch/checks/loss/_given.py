"""The calls of a loss in the source, functional or of a module, and what each is given first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from whytorch.evidence.source_look import Look
from whytorch.evidence.source_scopes import Block


class Given(NamedTuple):
    """A loss call: where it stands, and its input."""

    call: ast.Call
    block: Block
    input: ast.expr


def calls_of(look: Look, function: str, module: str) -> Iterator[Given]:
    """The calls of torch's `function`, and of objects that are surely a `module` of torch."""
    names = [f"torch.nn.functional.{function}", f"torch.{function}"]
    for site in look.sites(*names):
        if given := look.argument(site.node, 0, "input"):
            yield Given(site.node, site.block, given)
    made = look.sites(f"torch.nn.{module}", f"torch.nn.modules.loss.{module}")
    if not made:
        return
    mine = {id(site.node) for site in made}
    for node, block in look.table.calls:
        if len(node.args) + len(node.keywords) != 2 or not _is_object(node.func):
            continue
        instance = look.instance(block, node.func)
        if instance is not None and id(instance.node) in mine:
            if given := look.argument(node, 0, "input"):
                yield Given(node, block, given)


def _is_object(func: ast.expr) -> bool:
    """criterion(...), self.criterion(...), nn.BCELoss()(...)"""
    return isinstance(func, (ast.Name, ast.Attribute, ast.Call))
