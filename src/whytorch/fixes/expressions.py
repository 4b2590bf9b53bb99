"""Edits of expressions: one for another, and the items of lists."""

from __future__ import annotations

import ast

from whytorch import records as r
from whytorch.fixes.text import Refused, Splice, Text, last_name

_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Tuple)
_HOLDERS = (ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.keyword, ast.Expr, ast.If,
            ast.While)  # fmt: skip


def instead(whole: ast.expr, part: ast.expr, text: Text) -> Splice:
    """`part` in the place of `whole`, in parentheses where it needs them."""
    return _put(whole, text.of(part), part, text)


def in_place_of(edit: r.ReplaceExpression, text: Text) -> list[Splice]:
    """`edit.new` for what reads `edit.old`."""
    statement = text.statement(edit.place.line)
    wanted = _plain(edit.old)
    found = [
        node
        for node in ast.walk(statement)
        if isinstance(node, ast.expr)
        and not isinstance(getattr(node, "ctx", None), ast.Store)
        and ast.unparse(node) == wanted
        and _is_written(node, wanted, text)
    ]
    there = [node for node in found if node.lineno == edit.place.line]
    if not edit.every and len(found) > 1 and len(there) == 1:
        found = there
    if not found or (len(found) > 1 and not edit.every):
        many = "more than once" if found else "nowhere"
        raise Refused(f"{text.path}:{edit.place.line}: `{edit.old}` is written there {many}")
    new = ast.parse(edit.new, mode="eval").body
    return [_put(node, edit.new, new, text) for node in found]


def _plain(code: str) -> str:
    try:
        return ast.unparse(ast.parse(code.strip(), mode="eval").body)
    except SyntaxError:
        raise Refused(f"`{code}` is no expression") from None


def _is_written(node: ast.expr, wanted: str, text: Text) -> bool:
    """Whether the characters at its place are the expression (in older f-strings they are not)."""
    try:
        return ast.unparse(ast.parse(f"({text.of(node)})", mode="eval").body) == wanted
    except (SyntaxError, IndexError):
        return False


def _put(whole: ast.expr, kept: str, part: ast.expr, text: Text) -> Splice:
    parent = text.parents[whole]
    argument = isinstance(parent, ast.Call) and whole in parent.args
    held = isinstance(parent, _HOLDERS) or argument
    one_line = "\n" not in kept and "\r" not in kept
    bare = (isinstance(part, _ATOMS) or held) and (one_line or argument)
    return Splice(*text.span(whole), kept if bare else f"({kept})")


def _items(call: ast.expr, text: Text) -> list[ast.expr]:
    parent = text.parents[call]
    if isinstance(parent, ast.Call):
        return parent.args
    return parent.elts if isinstance(parent, (ast.List, ast.Tuple)) else []


def remove_item(edit: r.RemoveItem, text: Text) -> list[Splice]:
    call = text.call(edit.place.line, (edit.callee,), edit.place.column)
    items = _items(call, text)
    if call not in items:
        raise Refused(f"{text.path}:{call.lineno}: {edit.callee} stands in no list")
    at = items.index(call)
    if _own_lines(call, text):
        return _without_its_line(call, text)
    if len(items) > at + 1:
        start, end = text.span(call)[0], text.span(items[at + 1])[0]
    elif at:
        start, end = text.span(items[at - 1])[1], text.span(call)[1]
    else:
        start, end = text.span(call)
    if "#" in text.text[start:end].replace(text.of(call), ""):
        raise Refused(f"{text.path}:{call.lineno}: a comment stands beside it")
    return [Splice(start, end, "")]


def _own_lines(call: ast.expr, text: Text) -> bool:
    """Whether nothing else stands on the lines of an item, but a comma and a comment."""
    first, last = text.line_start(call.lineno), text.line_end(call.end_lineno or call.lineno)
    start, end = text.span(call)
    comma, _, _ = text.text[end:last].partition("#")
    return not text.text[first:start].strip() and comma.strip() in ("", ",")


def _without_its_line(call: ast.expr, text: Text) -> list[Splice]:
    first, following = text.line_start(call.lineno), (call.end_lineno or call.lineno) + 1
    return [Splice(first, text.line_start(following), "")]


def add_item(edit: r.AddItem, text: Text) -> list[Splice]:
    call = text.call(edit.place.line, (edit.callee,), edit.place.column)
    first = call.args[0] if len(call.args) == 1 else None
    items = first.elts if isinstance(first, (ast.List, ast.Tuple)) else call.args
    if call.keywords or any(isinstance(item, ast.Starred) for item in items):
        raise Refused(f"{text.path}:{call.lineno}: it is not plain what {edit.callee} is given")
    if edit.behind:
        named = [n for n in items if isinstance(n, ast.Call) and last_name(n.func) == edit.behind]
        if len(named) != 1:
            raise Refused(f"{text.path}:{call.lineno}: no one {edit.behind} stands there")
        items = items[: items.index(named[0]) + 1]
    if not items:
        raise Refused(f"{text.path}:{call.lineno}: {edit.callee} is given nothing")
    end = text.span(items[-1])[1]
    own_line = (
        items[-1].lineno > call.lineno
        and not text.text[text.line_start(items[-1].lineno) : text.span(items[-1])[0]].strip()
    )
    if own_line:
        line = text.lines[items[-1].lineno - 1]
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        return [Splice(end, end, f",{text.newline}{indent}{edit.code}")]
    return [Splice(end, end, f", {edit.code}")]
