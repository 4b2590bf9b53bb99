"""A closer look at a source, down to its syntax tree: for what `Source` has no question for.

A check's `suspect` starts from `look(source).sites(...)`, a lookup in a table, and goes on from
there: which object is called, which class it is an instance of, what stands inside a loop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from whytorch.evidence.source import Call, Source
from whytorch.evidence.source_flow import Flow
from whytorch.evidence.source_nodes import walk
from whytorch.evidence.source_parts import Origin
from whytorch.evidence.source_project import Project, function_name
from whytorch.evidence.source_scopes import Block, Scope
from whytorch.records import Place
from whytorch.script import SourceFile

FunctionDef = (ast.FunctionDef, ast.AsyncFunctionDef)
# Methods that give the same object back, moved or in another mode.
_SAME = {"to", "cuda", "cpu", "train", "eval", "double", "float", "half", "bfloat16", "apply"}
_SAME |= {"requires_grad_", "share_memory", "type", "xpu", "mps"}
_WRAPPERS = {"DataParallel", "DistributedDataParallel", "compile", "script", "prepare"}
_HOPS = 12


class Site(NamedTuple):
    """One call: its node, the block it stands in, and its resolved name."""

    node: ast.Call
    block: Block
    name: str


class Instance(NamedTuple):
    """An object and the call that makes it: `name` is that of its class, "torch.nn.Linear"."""

    name: str
    node: ast.Call
    block: Block


class Look:
    """See `look`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.project: Project = source._project
        self.names, self.table = self.project.names, self.project.table
        self._inner: dict[ast.AST, tuple[ast.AST, ...]] = {}
        self._reads: dict[ast.AST, frozenset[str]] = {}
        self._positions: dict[int, int] = {}
        self._instances: dict[tuple[Block, ast.expr], Instance | None] = {}

    @property
    def flow(self) -> Flow:
        return self.project.flow  # many a file has nothing that is worth following

    # --- calls ---------------------------------------------------------------------------

    def sites(self, *names: str) -> list[Site]:
        """The calls of these resolved names, as in `Source.calls_to`."""
        found = sorted({at for name in names for at in self.table.named(name)})
        return [Site(*self.table.calls[at], self.table.names[at]) for at in found]

    def call(self, node: ast.Call) -> Call | None:
        """The call as `Source.calls_to` tells it."""
        if not self._positions:
            self._positions = {id(one): at for at, (one, _) in enumerate(self.table.calls)}
        position = self._positions.get(id(node))
        return None if position is None else self.project.call(position)

    def name(self, block: Block, node: ast.expr) -> str:
        """The resolved name of an expression, as `Call.name` tells it."""
        return self.names.dotted(block, node)

    def place(self, block: Block, node: ast.AST) -> Place:
        return block.scope.index.text.place(node)

    def text(self, block: Block, node: ast.AST) -> str:
        """The expression as it is written, on one line."""
        return " ".join(block.scope.index.text.segment(node).split())

    def constant(self, block: Block, node: ast.expr) -> object:
        """The constant it is sure to be; None where that is open."""
        value = self.project.values.value(block, node)
        return value.constant if value.is_constant else None

    def argument(self, call: ast.Call, position: int, name: str) -> ast.expr | None:
        """An argument by keyword or position; None if it is not passed, or hidden behind a *."""
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
        before = call.args[: position + 1]
        if len(before) <= position or any(isinstance(one, ast.Starred) for one in before):
            return None
        return before[position]

    def inside(self, node: ast.AST) -> tuple[ast.AST, ...]:
        """Every node below this one, in no particular order."""
        if node not in self._inner:
            self._inner[node] = tuple(walk(node))
        return self._inner[node]

    def reads(self, file: SourceFile) -> frozenset[str]:
        """The names that a file does anything with but set them."""
        tree = file.tree
        if tree not in self._reads:
            names = (n for n in self.inside(tree) if n.__class__ is ast.Name)
            self._reads[tree] = frozenset(n.id for n in names if n.ctx.__class__ is not ast.Store)
        return self._reads[tree]

    def calls_inside(self, node: ast.AST) -> Iterator[ast.Call]:
        return (one for one in self.inside(node) if isinstance(one, ast.Call))

    # --- objects -------------------------------------------------------------------------

    def trace(self, block: Block, node: ast.expr, hops: int = 8) -> Origin:
        """The expression that made the value, as far back as is certain."""
        return self.flow.trace(block, node, hops)

    def instance(self, block: Block, node: ast.expr, hops: int = _HOPS) -> Instance | None:
        """What an expression is an instance of, if the source leaves no doubt."""
        key = (block, node)
        if key not in self._instances:
            self._instances[key] = None  # what is made of itself stays unknown
            self._instances[key] = self._instance(block, node, hops)
        return self._instances[key]

    def _instance(self, block: Block, node: ast.expr, hops: int) -> Instance | None:
        if hops <= 0:
            return None
        if not isinstance(node, ast.Call):
            origin = self.trace(block, node)
            if origin.exact and isinstance(origin.node, ast.Call):
                return self.instance(origin.block, origin.node, hops - 1)
            return None
        func = node.func
        last = func.attr if isinstance(func, ast.Attribute) else ""
        name = self.names.target(block, func)
        if name is None and last in _SAME and isinstance(func, ast.Attribute):
            return self.instance(block, func.value, hops - 1)
        if name is None:
            return None
        if name.rpartition(".")[2] in _WRAPPERS and node.args:
            return self.instance(block, node.args[0], hops - 1)
        scope = self.flow.scope(name)
        if scope is not None and scope.kind == "function":
            origin = self.trace(block, node)
            if origin.node is node or not isinstance(origin.node, ast.expr):
                return None
            return self.instance(origin.block, origin.node, hops - 1)
        return Instance(name, node, block)

    def class_of(self, made: Instance | None) -> Scope | None:
        """The project's own class of an instance."""
        scope = self.flow.scope(made.name) if made is not None else None
        return scope if scope is not None and scope.kind == "class" else None

    def is_module(self, scope: Scope, seen: frozenset[Scope] = frozenset()) -> bool:
        """Whether a class of the project is a torch module, through the project's own bases."""
        node = scope.node
        if not isinstance(node, ast.ClassDef) or scope in seen:
            return False
        around = Block(scope.parent or scope)
        for base in node.bases:
            name = self.names.dotted(around, base)
            if name in _MODULES or (name.startswith("torch.nn.") and "utils" not in name):
                return True
            own = self.flow.scope(name)
            if own is not None and self.is_module(own, seen | {scope}):
                return True
        return False

    def modules(self) -> Iterator[Scope]:
        """The project's own classes that are torch modules."""
        for index in self.project.indexes:
            for _, scope, _ in index.classes:
                if self.is_module(scope):
                    yield scope

    def method(self, scope: Scope, name: str) -> Scope | None:
        """A method of a class, or of the project's classes it inherits from."""
        seen: set[Scope] = set()
        waiting = [scope]
        while waiting:
            at = waiting.pop(0)
            if at in seen or at.kind != "class" or not isinstance(at.node, ast.ClassDef):
                continue
            seen.add(at)
            bound = at.bindings.get(name, [])
            if bound:
                single = len(bound) == 1 and bound[0].kind == "def"
                return bound[0].value if single else None
            around = Block(at.parent or at)
            bases = (self.flow.scope(self.names.target(around, b)) for b in at.node.bases)
            waiting += [base for base in bases if base is not None]
        return None

    def function(self, block: Block) -> Scope | None:
        """The innermost function with a name around a block."""
        at: Scope | None = block.scope
        while at is not None and not isinstance(at.node, FunctionDef):
            at = at.parent
        return at

    def function_name(self, block: Block) -> str:
        return function_name(block.scope)


_MODULES = {"torch.nn.Module", "pytorch_lightning.LightningModule", "lightning.LightningModule"}
_MODULES |= {"lightning.pytorch.LightningModule", "Module"}


def look(source: Source) -> Look:
    """The closer look at `source`, made once."""
    known = source.__dict__.get("_look")
    if known is None:
        known = source.__dict__["_look"] = Look(source)
    return known
