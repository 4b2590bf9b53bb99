"""A library's complaint after the time-lapse cut an epoch is no crash of the script."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from whytorch.evidence.reading import _of_the_cut
from whytorch.evidence.recorder.crash import describe

SKLEARN = {"library": "sklearn", "during": "other", "type": "ValueError", "message": "one class"}
CUT = {"shortened_says": "to keep within 45 s: training pass ended early"}


def test_it_is_told_in_one_line() -> None:
    assert _of_the_cut(CUT, SKLEARN) == "sklearn raised ValueError: one class"


@pytest.mark.parametrize(
    ("end", "crash"),
    [
        ({}, SKLEARN),  # nothing was cut
        (CUT, {**SKLEARN, "library": None}),  # the script's own line raised it
        (CUT, {**SKLEARN, "during": "loss"}),
        (CUT, {}),
    ],
)
def test_every_other_crash_is_the_scripts(end: dict, crash: dict) -> None:
    assert _of_the_cut(end, crash) is None


def test_the_library_that_raised_is_known() -> None:
    from sklearn.metrics import roc_auc_score

    with pytest.raises(ValueError) as caught:
        roc_auc_score([0, 1], [[0.1, 0.2, 0.7]])
    assert describe(caught.value, None)["library"] == "sklearn"
    with pytest.raises(ZeroDivisionError) as own:
        print(1 / len(Path("a").suffix or SimpleNamespace().__dict__))
    assert describe(own.value, None)["library"] is None
