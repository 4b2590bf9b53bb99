"""How each kind of edit becomes splices of one file's text, or is refused with a reason."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from whytorch import records as r
from whytorch.fixes.expressions import add_item, in_place_of, instead, remove_item
from whytorch.fixes.text import Refused, Splice, Text, last_name


def splices(edit: r.AnyEdit, text: Text) -> list[Splice]:
    """What the edit changes in `text`. Raises `Refused` where it does not fit."""
    made = _OPERATORS[type(edit)](edit, text)
    return [*made, *(s for line in edit.imports for s in _import(line, text))]


def _insert_before(edit: r.InsertBefore, text: Text) -> list[Splice]:
    statement = text.statement(edit.place.line)
    text.alone(statement)
    start = text.line_start(text.first_line(statement))
    return [Splice(start, start, _lines(edit.code, text.indent(statement), text) + text.newline)]


def _insert_after(edit: r.InsertAfter, text: Text) -> list[Splice]:
    statement = text.statement(edit.place.line)
    text.alone(statement)
    end = text.line_end(statement.end_lineno or statement.lineno)
    return [Splice(end, end, text.newline + _lines(edit.code, text.indent(statement), text))]


def _lines(code: str, indent: str, text: Text) -> str:
    return text.newline.join(indent + line if line else "" for line in code.split("\n"))


def _move(edit: r.Move, text: Text) -> list[Splice]:
    statement, target = text.statement(edit.place.line), text.statement(edit.after.line)
    text.alone(statement)
    block = _block(statement, text)
    if block is not _block(target, text) or len(block) < 2:
        raise Refused(f"{text.path}:{edit.place.line}: it stands in another block than its target")
    last = statement.end_lineno or statement.lineno
    start, end = text.line_start(statement.lineno), text.line_end(last)
    following = text.line_start(last + 1) if last < len(text.lines) else end
    behind = r.InsertAfter(edit.after, code=text.text[start:end].strip(" \t"))
    return [Splice(start, following, ""), *_insert_after(behind, text)]


def _block(statement: ast.stmt, text: Text) -> list[ast.stmt]:
    for _, value in ast.iter_fields(text.parents[statement]):
        if isinstance(value, list) and statement in value:
            return value
    raise Refused(f"{text.path}:{statement.lineno}: it stands in no block")


def _add_parentheses(edit: r.AddParentheses, text: Text) -> list[Splice]:
    statement = text.statement(edit.place.line)
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Attribute):
        raise Refused(f"{text.path}:{edit.place.line}: no bare name of a method stands there")
    end = text.span(statement.value)[1]
    return [Splice(end, end, "()")]


def _replace_statement(edit: r.ReplaceStatement, text: Text) -> list[Splice]:
    statement = text.statement(edit.place.line)
    return [Splice(*text.span(statement), edit.code)]


def _remove(edit: r.Remove, text: Text) -> list[Splice]:
    statement = text.statement(edit.place.line)
    text.alone(statement)
    if len(_block(statement, text)) == 1:
        return [Splice(*text.span(statement), "pass")]
    first, last = text.first_line(statement), statement.end_lineno or statement.lineno
    if first > 1:
        return [Splice(text.line_end(first - 1), text.line_end(last), "")]
    return [Splice(0, text.line_start(last + 1) if last < len(text.lines) else len(text.text), "")]


def _set_argument(edit: r.SetArgument, text: Text) -> list[Splice]:
    call = text.call(edit.place.line, (edit.callee,), edit.place.column)
    value = _argument(call, edit)
    if value is not None:
        elsewhere = isinstance(value, (ast.Attribute, ast.Subscript)) and _is_read(value)
        if (elsewhere or not edit.anyhow) and not _is_literal(value):
            where = f"{text.path}:{call.lineno}"
            raise Refused(f"{where}: {edit.name} is given by `{text.of(value)}`, not written there")
        return [Splice(*text.span(value), edit.value)]
    if any(k.arg is None for k in call.keywords):
        raise Refused(f"{text.path}:{call.lineno}: {edit.name} may be among its **arguments")
    at, between = text.before_closing(call)
    return [Splice(at, at, f"{between}{edit.name}={edit.value}")]


def _is_read(value: ast.expr) -> bool:
    """`args.lr`, `config["lr"]`: kept somewhere else; `list(parameters)[-2:]` is made here."""
    while isinstance(value, (ast.Attribute, ast.Subscript)):
        value = value.value
    return isinstance(value, ast.Name)


def _is_literal(value: ast.expr) -> bool:
    """Written out: a number, or arithmetic on numbers such as 16 * 5 * 5."""
    plain = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
    return all(isinstance(node, plain) for node in ast.walk(value))


def _argument(call: ast.Call, edit: r.SetArgument) -> ast.expr | None:
    named = next((k.value for k in call.keywords if k.arg == edit.name), None)
    before = call.args[: (edit.position or 0) + 1]
    if any(isinstance(a, ast.Starred) for a in before):
        raise Refused(f"line {call.lineno}: {edit.name} may be among its *arguments")
    if named is None and edit.position is not None and edit.position < len(call.args):
        return call.args[edit.position]
    return named


def _replace_constant(edit: r.ReplaceConstant, text: Text) -> list[Splice]:
    statement = text.statement(edit.place.line)
    last = edit.place.end_line or max(edit.place.line, statement.end_lineno or 0)
    found: list[Any] = [
        node
        for node in ast.walk(statement)
        if _number(node) == edit.old and getattr(node, "lineno", last) <= last
    ]
    here = [node for node in found if node.lineno == edit.place.line]
    found = here if len(here) == 1 else found
    if len(found) != 1:
        many = "more than once" if found else "nowhere"
        raise Refused(f"{text.path}:{edit.place.line}: {edit.old:g} is written there {many}")
    return [Splice(*text.span(found[0]), edit.new)]


def _number(node: ast.AST) -> float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return -inner if inner else None
    plain = isinstance(node, ast.Constant) and type(node.value) in (int, float)
    return node.value if plain else None  # type: ignore[attr-defined]


def _unwrap(edit: r.Unwrap, text: Text) -> list[Splice]:
    call = text.call(edit.place.line, edit.callees, edit.place.column)
    if last_name(call.func)[:1].isupper():
        outer = text.parents[call]
        if isinstance(outer, ast.Call) and outer.func is call:
            return [instead(outer, _first_argument(outer, text), text)]
        return [_without_layer(call, text)]
    if _is_method(call, text):
        assert isinstance(call.func, ast.Attribute)
        return [instead(call, call.func.value, text)]
    return [instead(call, _first_argument(call, text), text)]


def _is_method(call: ast.Call, text: Text) -> bool:
    """x.softmax(1), where F.softmax(x, 1) and self.softmax(x) are given what they work on."""
    given = [*call.args, *(k.value for k in call.keywords)]
    imported = {name for name, _ in _bound(text)}
    if not isinstance(call.func, ast.Attribute) or _root(call.func) in imported:
        return False
    return all(_is_literal(value) for value in given)


def _first_argument(call: ast.Call, text: Text) -> ast.expr:
    given = [*call.args, *(k.value for k in call.keywords if k.arg == "input")]
    if not given or isinstance(given[0], ast.Starred):
        raise Refused(f"{text.path}:{call.lineno}: it is not plain what it is given")
    return given[0]


def _without_layer(call: ast.Call, text: Text) -> Splice:
    """A layer in a list of layers goes away; elsewhere an Identity takes its place."""
    parent = text.parents[call]
    items: list[ast.expr] = []
    if isinstance(parent, ast.Call) and last_name(parent.func) == "Sequential":
        items = parent.args
    elif isinstance(parent, (ast.List, ast.Tuple)):
        items = parent.elts
    if call in items and items[-1] is call and len(items) > 1:
        start, end = text.span(items[-2])[1], text.span(call)[1]
        if set(text.text[start : text.span(call)[0]]) <= set(", \t\r\n"):
            return Splice(start, end, "")
    if not isinstance(call.func, ast.Attribute):
        raise Refused(f"{text.path}:{call.lineno}: the layer is not called by its module's name")
    return Splice(*text.span(call), f"{text.of(call.func.value)}.Identity()")


def _rename_call(edit: r.RenameCall, text: Text) -> list[Splice]:
    call = text.call(edit.place.line, edit.callees, edit.place.column)
    start, end = text.span(call.func)
    if isinstance(call.func, ast.Attribute):
        return [Splice(end - len(call.func.attr), end, edit.new)]
    old = last_name(call.func)
    module = next((module for name, module in _bound(text) if name == old), None)
    if not module:
        raise Refused(f"{text.path}:{call.lineno}: it is not plain where {old} comes from")
    return [Splice(start, end, edit.new), *_import(f"from {module} import {edit.new}", text)]


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _bound(text: Text) -> list[tuple[str, str]]:
    """(name, module it comes from) of what the file imports."""
    found = []
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Import):
            found += [((a.asname or a.name).partition(".")[0], "") for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            found += [(a.asname or a.name, origin) for a in node.names]
    return found


def _import(line: str, text: Text) -> list[Splice]:
    """An import behind the last one at the top of the file; none where it is there already."""
    there = {ast.unparse(node) for node in text.tree.body}
    if line in there or line.rpartition(" ")[2] in {name for name, _ in _bound(text)}:
        return []
    imports = [n for n in text.tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    if not imports:
        raise Refused(f"{text.path}: it has no imports to which `{line}` could be added")
    end = text.line_end(imports[-1].end_lineno or imports[-1].lineno)
    return [Splice(end, end, text.newline + line)]


_OPERATORS: dict[type, Callable[[Any, Text], list[Splice]]] = {
    r.InsertBefore: _insert_before,
    r.InsertAfter: _insert_after,
    r.Move: _move,
    r.AddParentheses: _add_parentheses,
    r.ReplaceStatement: _replace_statement,
    r.Remove: _remove,
    r.SetArgument: _set_argument,
    r.ReplaceExpression: in_place_of,
    r.RemoveItem: remove_item,
    r.AddItem: add_item,
    r.ReplaceConstant: _replace_constant,
    r.Unwrap: _unwrap,
    r.RenameCall: _rename_call,
}
