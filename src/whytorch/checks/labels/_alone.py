"""Where the source puts one thing into a random order that nothing else gets.

Looser than `_pairing`: it does not follow what is paired with what, and serves to find the line
once the run has shown that images and labels do not belong together.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.checks._rewriting import at, statement, text
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Functions, inside
from whytorch.evidence.source_look import look
from whytorch.evidence.source_scopes import Block
from whytorch.records import AnyEdit, Place, ReplaceExpression

_ORDERS = ("permutation", "randperm")


def reordered_alone(source: Source | None) -> Place | None:
    """The last list shuffled in place, else the only use of a permutation that has a name."""
    if source is None or not source.calls_to("*.shuffle", "*.permutation", "*.randperm"):
        return None
    seen = look(source)
    for index in seen.project.indexes:
        scopes = [index.file.tree, *(n for n in ast.walk(index.file.tree) if _is_function(n))]
        for search in (_shuffled, _used_once):
            found = [node for scope in scopes for node in search(scope)]
            if found:
                last = max(found, key=lambda node: getattr(node, "lineno", 0))
                return seen.place(Block(index.scope), last)
    return None


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, Functions)


def _last(node: ast.AST) -> str:
    func = node.func if isinstance(node, ast.Call) else None
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _shuffled(scope: ast.AST) -> Iterator[ast.AST]:
    """`random.shuffle(labels)`: of a list of pairs it is no harm, and that is seen in the run."""
    for node in inside(scope):
        if isinstance(node, ast.Call) and _last(node) == "shuffle" and len(node.args) == 1:
            if isinstance(node.args[0], (ast.Name, ast.Attribute)):
                yield node


def _used_once(scope: ast.AST) -> Iterator[ast.AST]:
    """`order = permutation(n)`, and then `images[order]` and no other mention of `order`."""
    nodes = list(inside(scope))
    for node in nodes:
        if not isinstance(node, ast.Assign) or _last(node.value) not in _ORDERS:
            continue
        target = node.targets[0]
        name = target.id if isinstance(target, ast.Name) else ""
        reads = [n for n in nodes if isinstance(n, ast.Name) and n.id == name and _reads(n)]
        uses = [n for n in nodes if isinstance(n, ast.Subscript) and n.slice in reads]
        if name and len(reads) == len(uses) == 1:
            yield uses[0]


def _reads(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def permuted(source: Source, place: Place | None) -> list[AnyEdit]:
    """`labels` for `labels[torch.randperm(len(labels))]`, handed on with images that keep their
    order: a loader that shuffles moves both."""
    node = statement(source, place) if place is not None else None
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)] if node is not None else []
    found = [
        part
        for call in calls
        for part in (*call.args, *(k.value for k in call.keywords))
        if isinstance(part, ast.Subscript) and _last(part.slice) in _ORDERS
    ]
    if place is None or len(found) != 1:
        return []
    old, new = text(source, place, found[0]), text(source, place, found[0].value)
    return [ReplaceExpression(at(place, found[0]), old=old, new=new)]
