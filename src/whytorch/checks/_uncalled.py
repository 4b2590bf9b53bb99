"""A method that the source names and does not call: `model.eval` on a line of its own.

Such a line does nothing, and looks right: where a run shows that the method was never called, it
is the line to look at.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from whytorch.evidence.source import Source
from whytorch.evidence.source_look import Look, look
from whytorch.evidence.source_scopes import Block
from whytorch.records import Fix, Place


def mentions(look: Look, method: str) -> Iterator[tuple[Block, ast.Attribute]]:
    """Every `owner.method` that is a statement of its own: its parentheses were forgotten."""
    end = re.compile(rf"\.{method}[ \t]*(;.*|#.*)?$", re.MULTILINE)
    for index in look.project.indexes:
        if f".{method}" in index.file.text and end.search(index.file.text):
            for node in look.inside(index.file.tree):
                value = node.value if isinstance(node, ast.Expr) else None
                if isinstance(value, ast.Attribute) and value.attr == method:
                    yield Block(index.scope), value


def uncalled(source: Source | None, method: str) -> tuple[Place, Fix] | None:
    """The first such line, and how to mend it. `scheduler.step` is none of an optimizer's."""
    seen = look(source) if source is not None else None
    for block, node in mentions(seen, method) if seen is not None else ():
        assert seen is not None
        text = seen.text(block, node)
        if method != "step" or "sched" not in text.lower():
            return seen.place(block, node), Fix(f"write {text}() with its parentheses")
    return None
