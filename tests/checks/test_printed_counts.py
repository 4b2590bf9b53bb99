"""Which printed numbers are taken for accuracies: a count beside what it is a part of is none."""

from __future__ import annotations

import pytest

from whytorch.checks.evaluation._figures import figures
from whytorch.evidence.facts import Passes, PassFacts, PrintedLine
from whytorch.records import Place

EVALUATION = PassFacts(
    0, "eval", None, None, batches=5, samples=500, planned_batches=5, shortened=False, steps=0,
    first_step=200, grad_enabled=False, train_mode=False, outputs_used=True, correct=188,
    counted=500,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("right: 188 of 500", []),
        ("hits 188 out of 500 images", []),
        ("correct 188/500", []),
        ("accuracy: 37.6 of 500 images", ["37.6"]),
        ("test accuracy: 37.6", ["37.6"]),
    ],
)
def test_a_count_of_so_many_is_no_accuracy(text: str, tokens: list[str]) -> None:
    line = PrintedLine(text, Place("train.py", 9), (188.0,), after_pass=0, step=200)
    found = figures(Passes((EVALUATION,), (line,)))
    assert [f.token for shown in found.values() for f in shown] == tokens
