"""Mistakes in what is reported: false figures harm though nothing in the training shows them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from accuracy.editing import Code, Mutant, plants
from accuracy.mutations._parts import number


@plants("metric-miscomputed", silent=True)
def divided_by_the_batches(code: Code) -> Iterator[Mutant]:
    """Right predictions of all samples over something else than their number."""
    for operation in code.all(ast.BinOp):
        text = code.segment(operation)
        if isinstance(operation.op, ast.Div) and "correct" in code.segment(operation.left):
            right = code.segment(operation.right)
            statement = code.statement(operation)
            if "loss" in text or number(operation.right):
                continue
            edit = code.replace(operation.right, f"({right} * 0.8)")
            yield code.mutant(edit, at=[operation, *range(statement.lineno, statement.lineno + 3)])


@plants("metric-miscomputed", silent=True, held_back=True)
def only_the_last_batch_counted(code: Code) -> Iterator[Mutant]:
    for statement in code.all(ast.AugAssign):
        name = code.segment(statement.target)
        if isinstance(statement.op, ast.Add) and name in ("correct", "good", "right", "hits"):
            edit = code.replace(statement, f"{name} = {code.segment(statement.value)}")
            loop = code.loop(statement)
            marks = [statement, *range(statement.lineno, statement.lineno + 14)]
            if loop is not None:
                yield code.mutant(edit, at=marks)


@plants("predictions-in-other-order", silent=True)
def labels_of_the_test_set_reversed(code: Code) -> Iterator[Mutant]:
    for call in code.calls("classification_report", "accuracy_score", "confusion_matrix"):
        if call.args:
            new = f"list({code.segment(call.args[0])})[::-1]"
            yield code.mutant(code.replace(call.args[0], new), at=[call])
