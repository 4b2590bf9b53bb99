"""Evaluations that a shortened run did not come to: every 500 steps, every tenth epoch."""

from __future__ import annotations

import ast
import re

from whytorch.evidence.facts import Run
from whytorch.evidence.source import Source

_EVALUATES = re.compile(
    r"no_grad|inference_mode|eval|valid|test|predict|check_acc|\bval\b|_val\b|\bval_", re.IGNORECASE
)
UNREACHED = "the run was shortened, and the script evaluates only now and then"


def evaluates_later(run: Run, source: Source | None) -> bool:
    """Whether the run was shortened, and under an `if` of the script stands what may evaluate."""
    if not run.shortened or source is None:
        return False
    trees = [(file.tree, file.text) for file in source.files]
    bodies = {
        node.name: (ast.get_source_segment(text, node) or "").partition("\n")[2]
        for tree, text in trees
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    return any(
        _may_evaluate(statement, text, bodies)
        for tree, text in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "__name__" not in ast.dump(node.test)
        for statement in node.body
    )


def _may_evaluate(statement: ast.stmt, text: str, bodies: dict[str, str]) -> bool:
    """By its words, or by those of the script's own functions that it calls."""
    if _EVALUATES.search(ast.get_source_segment(text, statement) or ""):
        return True
    calls = [n.func for n in ast.walk(statement) if isinstance(n, ast.Call)]
    named = [f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls]
    return any(_EVALUATES.search(bodies.get(name, "")) is not None for name in named)
