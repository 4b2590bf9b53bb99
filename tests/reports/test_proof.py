"""What is said of a repaired copy that was run."""

from __future__ import annotations

import pytest

from whytorch.records import Verification
from whytorch.reports import _words
from whytorch.reports.page import words


@pytest.mark.parametrize(
    ("tried", "line", "sentence"),
    [
        (
            Verification("test accuracy", True, 0.11, 0.97, 0.01, 2, True),
            "with it, twice: test accuracy 11 % -> 97 % (noise 1 %)",
            "A repaired copy ran twice: test accuracy 11\u00a0% → 97\u00a0%; "
            "differences up to 1\u00a0% are noise.",
        ),
        (  # a crash before the first figure, and a script that prints none afterwards
            Verification("training loss", False, None, None, 0.0, 2, True),
            "with it, twice: what was found is gone",
            "A repaired copy ran twice: what was found is gone.",
        ),
        (
            Verification("training loss", False, None, 0.25, None, 1, True),
            "with it, once: training loss none -> 0.25",
            "A repaired copy ran once: training loss no number → 0.25.",
        ),
        (
            Verification("training loss", False, None, None, None, 1, False, "it crashed"),
            "with it, once: training loss none -> none: the repair did not keep its promise; "
            "it crashed",
            "A repaired copy ran once: training loss no number → no number. "
            "The repair did not keep its promise: it crashed.",
        ),
    ],
)  # fmt: skip
def test_a_proof(tried: Verification, line: str, sentence: str) -> None:
    assert _words.proof(tried, "->") == line
    assert words.proof(tried) == sentence
