"""One walk over a file's syntax tree: which names are bound where, and what is called.

Nothing is resolved here; `source_names` and its siblings do that, for what is asked.
The walk keeps its own stack: a valid file may be nested deeper than Python's recursion goes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from whytorch.evidence.source_binding import Binder
from whytorch.evidence.source_scopes import Binding, Block, FileIndex, FunctionNode, Scope
from whytorch.script import SourceFile


def index_file(file: SourceFile, is_script: bool = False) -> FileIndex:
    """What `file` binds, calls and assigns, in the order of the source."""
    index = FileIndex(file, is_script)
    _Walk(index).run()
    return index


class _Walk(Binder):
    def run(self) -> None:
        """Visits every node once; what each kind of node means is in `_HANDLERS`."""
        self._push(self.index.file.tree.body, Block(self.index.scope))
        stack, handlers = self._stack, _HANDLERS
        while stack:
            node, block = stack.pop()
            handler = handlers.get(node.__class__)
            if handler is None:
                self._children(node, block)
            else:
                handler(self, node, block)
        self.index.calls.sort(key=lambda call: (call[0].lineno, call[0].col_offset))
        for bindings in self._several:
            bindings.sort(key=lambda binding: binding.end)

    # --- statements ----------------------------------------------------------------------

    def _assign(self, node: ast.Assign, block: Block) -> None:
        self.index.assignments.append((node, block))
        for target in node.targets:
            self._store(target, node.value, node, block)
        self._push(node.value, block)

    def _annotated(self, node: ast.AnnAssign, block: Block) -> None:
        self.index.assignments.append((node, block))
        if node.value is not None:
            self._store(node.target, node.value, node, block)
        self._push([node.annotation, node.value], block)

    def _augmented(self, node: ast.AugAssign, block: Block) -> None:
        self.index.assignments.append((node, block))
        self._target(node.target, block, node)
        self._push(node.value, block)

    def _walrus(self, node: ast.NamedExpr, block: Block) -> None:
        self.index.assignments.append((node, block))
        outer = block.scope  # a comprehension lends its walrus to the function around it
        while outer.kind == "comprehension" and outer.parent:
            outer = outer.parent
        outer = outer.elsewhere.get(node.target.id, outer)
        self._add(outer, node.target.id, Binding("value", node.value, node, block))
        self._push(node.value, block)

    def _delete(self, node: ast.Delete, block: Block) -> None:
        for target in node.targets:
            self._target(target, block)

    def _for(self, node: ast.For | ast.AsyncFor, block: Block) -> None:
        self.index.loops.append((node, block))
        inner = Block(block.scope, block, node)
        self._target(node.target, inner)
        self._push(node.orelse, Block(block.scope, block))
        self._push(node.body, inner)
        self._push(node.iter, block)

    def _while(self, node: ast.While, block: Block) -> None:
        self.index.loops.append((node, block))
        inner = Block(block.scope, block, node)
        self._push(node.orelse, Block(block.scope, block))
        self._push(node.body, inner)
        self._push(node.test, inner)

    def _if(self, node: ast.If, block: Block) -> None:
        self._push(node.orelse, Block(block.scope, block))
        self._push(node.body, Block(block.scope, block))
        self._push(node.test, block)

    def _try(self, node: ast.Try, block: Block) -> None:
        self._push(node.finalbody, block)
        self._push(node.orelse, Block(block.scope, block))
        self._push(node.handlers, block)
        self._push(node.body, Block(block.scope, block))

    def _handler(self, node: ast.ExceptHandler, block: Block) -> None:
        inner = Block(block.scope, block)
        if node.name:
            self._bind(node.name, "other", None, node, inner)
        self._push(node.body, inner)
        self._push(node.type, block)

    def _with(self, node: ast.With | ast.AsyncWith, block: Block) -> None:
        self._push(node.body, block)
        for item in reversed(node.items):
            if item.optional_vars is not None:
                self._target(item.optional_vars, block)
            self._push(item.context_expr, block)

    def _case(self, node: Any, block: Block) -> None:
        inner = Block(block.scope, block)
        self._push(node.body, inner)
        self._push([node.pattern, node.guard], inner)

    def _capture(self, node: Any, block: Block) -> None:
        name = getattr(node, "rest", None) or getattr(node, "name", None)
        if isinstance(name, str):
            self._bind(name, "other", None, node, block)
        self._children(node, block)

    def _import(self, node: ast.Import, block: Block) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self.index.imports.append((alias.name, alias.asname or alias.name, node))
            self._bind(name, "import", alias.name if alias.asname else name, node, block)

    def _import_from(self, node: ast.ImportFrom, block: Block) -> None:
        base = self._absolute(node)
        for alias in node.names:
            name = f"{base}.{alias.name}" if base else alias.name
            bound = alias.asname or alias.name
            self.index.imports.append((name, bound, node))
            if bound == "*":
                self.index.stars.append(base)
            else:
                self._bind(bound, "import", name, node, block)

    def _elsewhere(self, node: ast.Global | ast.Nonlocal, block: Block) -> None:
        scope = block.scope
        for name in node.names:
            outer: Scope | None = (
                scope.parent if isinstance(node, ast.Nonlocal) else self.index.scope
            )
            while outer and outer is not self.index.scope:
                if outer.kind == "function" and name in outer.bindings:
                    break
                outer = outer.parent
            scope.elsewhere[name] = outer or self.index.scope

    def _return(self, node: ast.Return, block: Block) -> None:
        self.index.returns.setdefault(block.scope, []).append((node.value, block))
        self._push(node.value, block)

    def _alias(self, node: Any, block: Block) -> None:
        self._target(node.name, block)
        self._push(node.value, block)

    # --- scopes --------------------------------------------------------------------------

    def _function(self, node: FunctionNode, block: Block) -> None:
        qualname = block.scope.qualname
        if not isinstance(node, ast.Lambda):
            qualname = f"{qualname}.{node.name}" if qualname else node.name
        scope = Scope("function", qualname, node, block.scope, self.index)
        if not isinstance(node, ast.Lambda):
            self._bind(node.name, "def", scope, node, block)
        inner_block = Block(scope)
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        rest = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
        for argument in named:
            self._bind(argument.arg, "parameter", scope, argument, inner_block)
        for argument in rest:
            self._bind(argument.arg, "other", None, argument, inner_block)
        self._push(node.body, inner_block)
        self._push([argument.annotation for argument in (*named, *rest)], block)
        self._push([*arguments.defaults, *arguments.kw_defaults], block)
        if not isinstance(node, ast.Lambda):
            self.index.functions.append((node, scope))
            self._push(getattr(node, "type_params", None), inner_block)
            self._push(node.returns, block)
            self._push(node.decorator_list, block)

    def _class(self, node: ast.ClassDef, block: Block) -> None:
        qualname = f"{block.scope.qualname}.{node.name}" if block.scope.qualname else node.name
        scope = Scope("class", qualname, node, block.scope, self.index)
        self.index.classes.append((node, scope, block))
        self._bind(node.name, "class", scope, node, block)
        self._push(node.body, Block(scope, block))
        self._push(getattr(node, "type_params", None), Block(scope, block))
        self._push(node.keywords, block)
        self._push(node.bases, block)
        self._push(node.decorator_list, block)

    def _comprehension(self, node: Any, block: Block) -> None:
        scope = Scope("comprehension", block.scope.qualname, node, block.scope, self.index)
        inner = Block(scope, block)
        for generator in node.generators:
            self._target(generator.target, inner)
        for generator in reversed(node.generators):
            self._push(generator.ifs, inner)
            self._push(generator.iter, block if generator is node.generators[0] else inner)
        results = [getattr(node, name, None) for name in ("key", "value", "elt")]
        self._push(results, inner)

    # --- expressions: the most frequent, without detours -------------------------------------

    def _call(self, node: ast.Call, block: Block) -> None:
        self.index.calls.append((node, block))
        for keyword in reversed(node.keywords):
            self._push(keyword.value, block)
        self._push(node.args, block)
        self._push(node.func, block)

    def _expression(self, node: ast.Expr, block: Block) -> None:
        self._push(node.value, block)

    def _attribute(self, node: ast.Attribute, block: Block) -> None:
        inner = node.value
        while inner.__class__ is ast.Attribute:
            inner = inner.value
        self._push(inner, block)


_HANDLERS: dict[type, Callable[[_Walk, Any, Block], None]] = {
    ast.Call: _Walk._call,
    ast.Attribute: _Walk._attribute,
    ast.Expr: _Walk._expression,
    ast.Assign: _Walk._assign,
    ast.AnnAssign: _Walk._annotated,
    ast.AugAssign: _Walk._augmented,
    ast.NamedExpr: _Walk._walrus,
    ast.Delete: _Walk._delete,
    ast.For: _Walk._for,
    ast.AsyncFor: _Walk._for,
    ast.While: _Walk._while,
    ast.If: _Walk._if,
    ast.Try: _Walk._try,
    ast.ExceptHandler: _Walk._handler,
    ast.With: _Walk._with,
    ast.AsyncWith: _Walk._with,
    ast.match_case: _Walk._case,
    ast.MatchAs: _Walk._capture,
    ast.MatchStar: _Walk._capture,
    ast.MatchMapping: _Walk._capture,
    ast.Import: _Walk._import,
    ast.ImportFrom: _Walk._import_from,
    ast.Global: _Walk._elsewhere,
    ast.Nonlocal: _Walk._elsewhere,
    ast.Return: _Walk._return,
    ast.FunctionDef: _Walk._function,
    ast.AsyncFunctionDef: _Walk._function,
    ast.Lambda: _Walk._function,
    ast.ClassDef: _Walk._class,
    **dict.fromkeys(
        (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), _Walk._comprehension
    ),
}
for _name, _handler in {
    "TryStar": _Walk._try,  # Python 3.11
    "TypeVar": _Walk._capture,  # and these four: 3.12
    "ParamSpec": _Walk._capture,
    "TypeVarTuple": _Walk._capture,
    "TypeAlias": _Walk._alias,
}.items():
    if hasattr(ast, _name):
        _HANDLERS[getattr(ast, _name)] = _handler
