"""A node of the syntax tree with what stands around it: its statement, its loops, its function."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.evidence.source_nodes import children
from whytorch.evidence.source_project import Project
from whytorch.evidence.source_scopes import Block, FileIndex
from whytorch.records import Place

Loops = (ast.For, ast.AsyncFor, ast.While)
Functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_BODIES = ("body", "orelse", "finalbody", "handlers")


class Spot:
    """One node, and the way up from it. `block` is known for calls."""

    __slots__ = ("block", "index", "name", "node", "tree")

    def __init__(
        self, tree: Tree, node: ast.AST, name: str = "", block: Block | None = None
    ) -> None:
        self.tree, self.node, self.name, self.block = tree, node, name, block
        self.index = tree.index

    @property
    def call(self) -> ast.Call:
        assert isinstance(self.node, ast.Call)
        return self.node

    def up(self) -> Iterator[ast.AST]:
        """The nodes around it, innermost first."""
        return self.tree.up(self.node)

    def loops(self) -> list[ast.For | ast.AsyncFor | ast.While]:
        """The loops around it in its own function, innermost first."""
        found = []
        for node in self.up():
            if isinstance(node, Functions):
                break
            if isinstance(node, Loops):
                found.append(node)
        return found

    def function(self) -> ast.AST:
        """The innermost function around it, or the module."""
        return next((n for n in self.up() if isinstance(n, Functions)), self.index.file.tree)

    def statement(self) -> ast.stmt:
        """The innermost statement that it is part of."""
        around = (self.node, *self.up())
        return next(n for n in around if isinstance(n, ast.stmt))

    def place(self) -> Place:
        return self.index.text.place(self.node)

    def at(self, node: ast.AST) -> Spot:
        """Another node of the same file."""
        return Spot(self.tree, node)

    def text(self, node: ast.AST) -> str:
        return self.index.text.segment(node)


class Tree:
    """One file's nodes with their parents."""

    def __init__(self, index: FileIndex) -> None:
        self.index = index
        self.parents: dict[ast.AST, ast.AST] = {}
        stack: list[ast.AST] = [index.file.tree]
        while stack:
            node = stack.pop()
            below = children(node)
            self.parents.update(dict.fromkeys(below, node))
            stack += below

    def up(self, node: ast.AST) -> Iterator[ast.AST]:
        at = self.parents.get(node)
        while at is not None:
            yield at
            at = self.parents.get(at)


class Around:
    """Finds calls in a project by their resolved names, each with what stands around it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._trees: dict[FileIndex, Tree] = {}

    def tree(self, index: FileIndex) -> Tree:
        if index not in self._trees:
            self._trees[index] = Tree(index)
        return self._trees[index]

    def has(self, *names: str) -> bool:
        """Whether anything is called so; costs nothing."""
        return any(self.project.table.named(name) for name in names)

    def calls(self, *names: str) -> list[Spot]:
        """Calls of these names, in the order of the source; "*.step" is every name that ends so."""
        table = self.project.table
        found = {position for name in names for position in table.named(name)}
        spots = []
        for position in sorted(found):
            node, block = table.calls[position]
            tree = self.tree(block.scope.index)
            spots.append(Spot(tree, node, table.names[position], block))
        return spots

    def made(self, spot: Spot, node: ast.expr) -> ast.expr:
        """The expression that made the value of `node` in the block of a call."""
        if spot.block is None:
            return node
        return self.project.flow.trace(spot.block, node).node

    def name_of(self, spot: Spot, node: ast.expr) -> str:
        """The resolved dotted name of an expression seen from a call; empty if there is none."""
        return self.project.names.dotted(spot.block, node) if spot.block is not None else ""


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, functions and classes defined there left out."""
    stack = [node]
    while stack:
        at = stack.pop()
        for child in children(at):
            yield child
            if not isinstance(child, (*Functions, ast.ClassDef)):
                stack.append(child)


def bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements directly in a compound statement."""
    for name in _BODIES:
        body = getattr(node, name, None)
        if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
            yield body


def dotted(node: ast.AST | None) -> str:
    """`self.best` for a name or an attribute of one; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def method(node: ast.AST) -> tuple[str, str]:
    """("loss", "backward") for `loss.backward()`; empty strings for anything else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return dotted(node.func.value), node.func.attr
    return "", ""


def targets_of(statement: ast.AST) -> list[ast.expr]:
    """What a statement binds, a tuple's parts one by one."""
    if isinstance(statement, ast.Assign):
        waiting = list(statement.targets)
    elif isinstance(statement, (ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.For)):
        waiting = [statement.target]
    else:
        return []
    found: list[ast.expr] = []
    while waiting:
        target = waiting.pop(0)
        if isinstance(target, (ast.Tuple, ast.List)):
            waiting[:0] = target.elts
        else:
            found.append(target.value if isinstance(target, ast.Starred) else target)
    return found
