"""What one file binds, calls and assigns, before any name is resolved."""

from __future__ import annotations

import ast
from typing import Any

from whytorch.evidence.source_text import Text
from whytorch.script import SourceFile

AssignmentNode = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Scope:
    """A module, function, class or comprehension, with the names bound in it."""

    __slots__ = ("bindings", "elsewhere", "index", "kind", "node", "parent", "qualname")

    def __init__(
        self, kind: str, qualname: str, node: ast.AST, parent: Scope | None, index: FileIndex
    ) -> None:
        self.kind, self.qualname, self.node, self.parent, self.index = (
            kind, qualname, node, parent, index,
        )  # fmt: skip
        self.bindings: dict[str, list[Binding]] = {}
        self.elsewhere: dict[str, Scope] = {}  # names declared global or nonlocal
        index.scopes.append(self)

    @property
    def name(self) -> str:
        """The resolved name of a class or function of the project: "Net", "models.Net"."""
        module = self.index.module
        return f"{module}.{self.qualname}" if module else self.qualname


class Block:
    """Statements that run one after the other; a child may run never, once or often."""

    __slots__ = ("depth", "loops", "parent", "scope")

    def __init__(
        self, scope: Scope, parent: Block | None = None, loop: ast.AST | None = None
    ) -> None:
        self.scope, self.parent = scope, parent
        self.loops: tuple[ast.AST, ...] = parent.loops if parent else ()
        if loop is not None:
            self.loops = (*self.loops, loop)
        self.depth: int = len(self.loops)


class Binding:
    """One place where a name gets its value.

    kind: "import" (value: dotted name), "value" (value: expression), "item" (value: expression
    and index into it), "def" and "class" (value: their scope), "parameter" (value: the function's
    scope), "other" (a loop's target, a with's, an augmented assignment, ...). The anchor ends
    where the name has its value.
    """

    __slots__ = ("anchor", "block", "kind", "value")

    def __init__(self, kind: str, value: Any, anchor: ast.AST, block: Block) -> None:
        self.kind, self.value, self.anchor, self.block = kind, value, anchor, block

    @property
    def end(self) -> tuple[int, int]:
        """Line and column from which on the name has this value."""
        anchor: Any = self.anchor
        return (anchor.end_lineno, anchor.end_col_offset)


class FileIndex:
    """What `source_index` collects of a file, each list in the order of the source."""

    def __init__(self, file: SourceFile, is_script: bool) -> None:
        self.file = file
        self.text = Text(file)
        self.module = "" if is_script else next(iter(file.modules), "")
        self.scopes: list[Scope] = []  # all of the file
        self.scope = Scope("module", "", file.tree, None, self)
        self.calls: list[tuple[ast.Call, Block]] = []
        self.functions: list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, Scope]] = []
        self.classes: list[tuple[ast.ClassDef, Scope, Block]] = []
        self.loops: list[tuple[ast.For | ast.AsyncFor | ast.While, Block]] = []
        self.imports: list[tuple[str, str, ast.stmt]] = []  # name, alias
        self.stars: list[str] = []  # modules whose names are all imported
        self.assignments: list[tuple[AssignmentNode, Block]] = []
        # Assignments to attributes and items: target, value, statement.
        self.stores: list[tuple[ast.expr, ast.expr | None, ast.AST, Block]] = []
        self.returns: dict[Scope, list[tuple[ast.expr | None, Block]]] = {}

    def release(self) -> None:
        """Let go of everything: scopes, names and this refer to each other in circles."""
        for scope in self.scopes:
            scope.bindings.clear()
        self.__dict__.clear()
