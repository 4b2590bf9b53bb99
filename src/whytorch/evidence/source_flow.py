"""From the use of a value back to the expression that made it, where the source leaves no doubt."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cached_property

from whytorch.evidence.source_arguments import option_for
from whytorch.evidence.source_names import CallTable, Names
from whytorch.evidence.source_parts import (
    Origin,
    argument_of,
    block_around,
    called_name,
    default_of,
    element_of,
    entry_of,
    field_of,
    is_none,
    keeps_arguments,
    key_of,
    last_name,
    own_class,
    without_field,
)
from whytorch.evidence.source_scopes import Binding, Block, FileIndex, Scope

_HOPS = 8
_RECORDS = {"Namespace", "SimpleNamespace", "dict", "EasyDict", "Munch", "AttrDict", "DotMap"}
_CHANGING = ("update", "append", "extend", "insert", "pop", "remove", "clear", "setdefault")
_FIELD_CLASSES = ("dataclass", "NamedTuple", "BaseModel")


class Flow:
    """Follows names, parameters, attributes and items, a few hops, across files."""

    def __init__(
        self, names: Names, table: CallTable, indexes: list[FileIndex], args: Sequence[str]
    ) -> None:
        self.names, self.table, self._args = names, table, args
        self._scopes: dict[str, Scope] = {}  # functions and classes of the project
        for index in indexes:
            inner = [scope for _, scope in index.functions]
            for scope in [*inner, *(scope for _, scope, _ in index.classes)]:
                self._scopes.setdefault(scope.name, scope)
        self._owned: dict[tuple[Scope, str], list[Origin]] = {}
        self._set_outside: set[str] = set()  # attributes set on anything but self
        self._set_items: set[tuple[str, object]] = set()
        for index in indexes:
            for target, value, node, block in index.stores:
                self._remember(target, value, node, block)
        for method in _CHANGING:
            for position in table.named(f"*.{method}"):
                func = table.calls[position][0].func
                if isinstance(func, ast.Attribute):
                    self._set_items.add((last_name(func.value), ...))
        self._changed = {name for name, _ in self._set_items}  # dicts and lists, by name

    def trace(self, block: Block, node: ast.expr, hops: int = _HOPS) -> Origin:
        """The expression that made the value of `node`, as far back as is certain."""
        origin = Origin(node, block)
        while hops > 0 and origin.exact:
            hops -= 1
            before = self._step(origin.block, origin.node, hops)
            if before is None:
                break
            origin = before
        return origin

    def scope(self, name: str | None) -> Scope | None:
        """The project's own function or class of this resolved name."""
        return self._scopes.get(name) if name else None

    def _step(self, block: Block, node: ast.expr, hops: int) -> Origin | None:
        if isinstance(node, ast.Name):
            return self._bound(self.names.binding(block, node.id, node), node.id, hops)
        if isinstance(node, ast.Attribute):
            return self._attribute(block, node, hops)
        if isinstance(node, ast.Subscript):
            return self._item(block, node, hops)
        if isinstance(node, ast.Call):
            function = self.scope(self.names.target(block, node.func))
            returns = function.index.returns.get(function, []) if function else []
            value, inside = returns[0] if len(returns) == 1 else (None, block)
            return Origin(value, inside, value) if value is not None else None
        return None

    def _bound(self, binding: Binding | None, name: str, hops: int) -> Origin | None:
        if binding is None:
            return None
        if binding.kind == "value":
            if isinstance(binding.value, ast.List) and name in self._changed:
                return None
            return Origin(binding.value, binding.block, binding.anchor)
        if binding.kind == "import":
            there = self.names.definition(self.names.canonical(binding.value))
            return self._bound(there, name, hops - 1) if hops > 0 else None
        if binding.kind == "parameter":
            return self._parameter(binding.value, name)
        if binding.kind == "item":
            value, position = binding.value
            made = self.trace(binding.block, value, hops)
            if called_name(made.node) == "parse_known_args" and position == 0:
                return Origin(made.node, made.block, binding.anchor)
            return _part(made, element_of(made.node, position))
        return None

    # --- parameters ----------------------------------------------------------------------

    def _parameter(self, function: Scope, name: str) -> Origin | None:
        """What the only caller passes, or the default that no caller replaces."""
        node = function.node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        callers = self._callers(function)
        if not callers and self._args:  # a command line tool may pass the script's arguments
            return None
        if function.name in self._handed_on or not all(map(keeps_arguments, node.decorator_list)):
            return None
        passed = [self.passed(position, function, name) for position in callers]
        given = [origin for origin in passed if origin is not None]
        if not given:
            default = default_of(node.args, name)
            # A default stands outside the function: names in it are the definer's.
            return Origin(default, block_around(function), default) if default else None
        if len(callers) > 1 or not given[0].exact:
            return None
        return given[0]

    @cached_property
    def _handed_on(self) -> set[str | None]:
        """Functions passed to others (a thread, a sweep), which may call them with anything."""
        return {
            self.names.target(block, value)
            for call, block in self.table.calls
            for value in (*call.args, *(keyword.value for keyword in call.keywords))
            if isinstance(value, (ast.Name, ast.Attribute))
        }

    def _callers(self, function: Scope) -> list[int]:
        owner, name = function.parent, function.name
        if owner is None or owner.kind != "class":
            return self.table.named(name)
        if name.endswith(".__init__"):
            return self.table.named(name.removesuffix(".__init__"))
        return self.table.named(name) + self.table.named("." + name.rpartition(".")[2])

    def passed_to(self, position: int, callee: Scope, name: str) -> Origin | None:
        """The expression a call passes to the project's own function or class."""
        if callee.kind == "function":
            return self.passed(position, callee, name)
        built = self._scopes.get(f"{callee.name}.__init__")
        if built is not None:
            return self.passed(position, built, name)
        return argument_of(*self.table.calls[position], name, self._fields(callee))

    def passed(self, position: int, function: Scope, name: str) -> Origin | None:
        """The expression a call passes for a parameter; inexact behind * or **."""
        call, block = self.table.calls[position]
        node = function.node
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
        if function.parent is not None and function.parent.kind == "class":
            static = any(last_name(d) == "staticmethod" for d in node.decorator_list)
            names = names if static else names[1:]
        return argument_of(call, block, name, names)

    # --- attributes and items ------------------------------------------------------------

    def _attribute(self, block: Block, node: ast.Attribute, hops: int) -> Origin | None:
        if node.attr in self._set_outside:  # changed somewhere, nobody knows when
            return None
        target = self.names.target(block, node)
        there = self.names.definition(target) if target else None
        if there is not None:
            return self._bound(there, node.attr, hops)
        own = own_class(block, node.value)
        if own is not None:
            return self._of_class(own, node.attr)
        base = self.trace(block, node.value, hops)
        if not base.exact:
            return None
        if isinstance(base.node, ast.Call):
            return self._of_instance(base.node, base.block, node.attr)
        scope = self.scope(self.names.target(base.block, base.node))
        return self._of_class(scope, node.attr) if scope and scope.kind == "class" else None

    def _of_instance(self, call: ast.Call, block: Block, name: str) -> Origin | None:
        """An attribute of what a call makes: parsed arguments, a namespace, the user's class."""
        last = called_name(call)
        if last in ("parse_args", "parse_known_args"):
            if call.keywords or call.args:  # not the script's own arguments
                return None
            found = option_for(self.table, name)
            return Origin(found[0], found[1], found[0]) if found else None
        scope = self.scope(self.names.target(block, call.func))
        if scope is not None and scope.kind == "class":
            fields = self._fields(scope)
            given = argument_of(call, block, name, fields) if fields else None
            if given is not None:
                return given if given.exact else None
            return self._of_class(scope, name)
        return field_of(call, block, name) if last in _RECORDS else None

    def _of_class(self, scope: Scope, name: str) -> Origin | None:
        """The one assignment of `self.name`, or else of `name` in the body of the class."""
        seen: set[Scope] = set()
        while scope.kind == "class" and scope not in seen:
            seen.add(scope)
            owned = self._owned.get((scope, name), [])
            told = [o for o in owned if not is_none(o.node)] or owned
            if told:
                sure = len(told) == 1 and told[0].exact
                changed = isinstance(told[0].node, ast.List) and name in self._changed
                return told[0] if sure and not changed else None
            bound = scope.bindings.get(name, [])
            if bound:
                made = self._bound(bound[0], name, 1) if len(bound) == 1 else None
                return without_field(made) if made else None
            assert isinstance(scope.node, ast.ClassDef)
            outside = block_around(scope)
            bases = [self.scope(self.names.target(outside, base)) for base in scope.node.bases]
            scope = next((base for base in bases if base), scope)
        return None

    def _fields(self, scope: Scope) -> list[str]:
        """Fields of a dataclass or the like, in the order of its constructor."""
        node = scope.node
        assert isinstance(node, ast.ClassDef)
        marks = [last_name(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]
        if "__init__" in scope.bindings or not any(
            mark in _FIELD_CLASSES for mark in (*marks, *map(last_name, node.bases))
        ):
            return []
        annotated = (s.target for s in node.body if isinstance(s, ast.AnnAssign))
        return [target.id for target in annotated if isinstance(target, ast.Name)]

    def _item(self, block: Block, node: ast.Subscript, hops: int) -> Origin | None:
        base = self.trace(block, node.value, hops)
        name = last_name(node.value)
        key = key_of(node.slice)
        if not base.exact or (name, key) in self._set_items or (name, ...) in self._set_items:
            return None
        if isinstance(base.node, ast.Dict):
            known = key is not None
            return _part(base, entry_of(base.node, key)) if known else base._replace(exact=False)
        if isinstance(key, int):
            return _part(base, element_of(base.node, key))
        if isinstance(base.node, ast.Call) and called_name(base.node) in _RECORDS:
            return field_of(base.node, base.block, str(key))
        return None

    def _remember(
        self, target: ast.expr, value: ast.expr | None, node: ast.AST, block: Block
    ) -> None:
        if isinstance(target, ast.Subscript):
            key = key_of(target.slice)  # an index may be meant by another: x[1] is x[-1]
            self._set_items.add((last_name(target.value), key if isinstance(key, str) else ...))
        elif isinstance(target, ast.Attribute):
            own = own_class(block, target.value)
            if own is None:
                self._set_outside.add(target.attr)
            else:
                origin = Origin(value or target, block, node, exact=value is not None)
                self._owned.setdefault((own, target.attr), []).append(origin)


def _part(whole: Origin, part: ast.expr | None) -> Origin | None:
    return Origin(part, whole.block, part) if part is not None and whole.exact else None
