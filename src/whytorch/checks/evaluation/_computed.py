"""Where a printed figure is computed."""

from __future__ import annotations

import ast
import re

from whytorch.checks._places import same
from whytorch.checks.evaluation._figures import Figure
from whytorch.evidence.source import Source
from whytorch.records import Place

_WORDS = re.compile(r"""(['"]).*?\1""")
_COMPUTES = re.compile(r"[^/]/[^/]|mean\(|average\(")


def computed_at(figure: Figure, source: Source | None) -> Place | None:
    """In the line that prints it, where its name got its value, or where the function that went
    over the data divides."""
    where = figure.line.place
    if source is None or where is None:
        return where
    texts = [v.text for c in source.calls if same(c.place, where)
             for v in (*c.args, *c.keywords.values())]  # fmt: skip
    text = " ".join(map(_code_of, texts))
    if not text or _COMPUTES.search(text):
        return where
    return _assigned(text, where, source) or _in_the_pass(figure, source) or where


def _code_of(text: str) -> str:
    """An argument without the words in it: of f"{a}/{b}" the a and the b."""
    try:
        tree = ast.parse(f"({text})", mode="eval")
    except SyntaxError:
        return text
    if isinstance(tree.body, ast.JoinedStr):
        shown = [n.value for n in tree.body.values if isinstance(n, ast.FormattedValue)]
        return " , ".join(map(ast.unparse, shown))
    return "" if isinstance(tree.body, ast.Constant) else ast.unparse(tree)


def _assigned(text: str, where: Place, source: Source) -> Place | None:
    names = set(re.findall(r"[A-Za-z_]\w*", _WORDS.sub("", text)))
    made = [
        a
        for a in source.assignments
        if names & set(a.targets) and a.place.path == where.path and a.place.line <= where.line
        if a.value is not None
        if re.search(r"/|mean\(|sum\(", _WORDS.sub("", a.value.text))
        or "/=" in (_code(source, a.place) or "")
    ]
    divided = [a for a in made if "/" in (_code(source, a.place) or "")]
    return (divided or made)[-1].place if made else None


def _in_the_pass(figure: Figure, source: Source) -> Place | None:
    """The last division behind the network's call, in the function that made the pass."""
    called, printed = figure.of.place, figure.line.place
    if called is None or printed is None:
        return None
    return last_division(called, printed, source, losses=False)


def last_division(
    called: Place, printed: Place, source: Source, losses: bool = True
) -> Place | None:
    """The last division behind a network's call, in the function around it, if it prints nothing
    itself; with or without those of losses."""
    function, file = source.enclosing_function(called), source.file(called.path)
    if function is None or file is None or _inside(printed, function.place, source):
        return None
    last = function.place.end_line or called.line
    found = [
        node
        for node in ast.walk(file.tree)
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Return))
        and called.line <= node.lineno <= last
        and _divides(node, losses)
    ]
    if not found:
        return None
    return Place(path=called.path, line=max(found, key=lambda n: n.lineno).lineno)


def _inside(place: Place, around: Place, source: Source) -> bool:
    same_file = source.display(place.path) == source.display(around.path)
    return same_file and around.line <= place.line <= (around.end_line or around.line)


def _divides(statement: ast.AST, losses: bool) -> bool:
    """Whether something, unless asked for else than a loss, is divided or averaged in it."""
    if isinstance(statement, ast.AugAssign):
        told = losses or "loss" not in ast.unparse(statement.target)
        return isinstance(statement.op, ast.Div) and told
    return any(
        (
            isinstance(n, ast.BinOp)
            and isinstance(n.op, ast.Div)
            and (losses or "loss" not in ast.unparse(n))
        )
        or (isinstance(n, ast.Call) and re.search(r"\b(mean|average)$", ast.unparse(n.func)))
        for n in ast.walk(statement)
    )


def _code(source: Source, place: Place) -> str | None:
    """A line without what stands in quotes: a path divides nothing."""
    line = source.line(place.path, place.line)
    return None if line is None else _WORDS.sub("", line)
