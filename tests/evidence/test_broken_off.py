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


PASS = {"shortened": True, "samples": 960, "dataset_length": 10_000}


@pytest.mark.parametrize(
    "message",
    [
        "The size of tensor a (960) must match the size of tensor b (10000) at non-singleton "
        "dimension 0",
        "operands could not be broadcast together with shapes (960,) (10000,) ",
        "Length of values (960) does not match length of index (10000)",
    ],
)
def test_predictions_of_a_cut_pass_meet_all_labels(message: str) -> None:
    crash = {**SKLEARN, "library": None, "message": message}
    told = _of_the_cut(CUT, crash, [{"shortened": False, "samples": 64}, PASS])
    assert told is not None and "960" in told


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "The size of tensor a (960) must match the size of tensor b (1000)"),
        ({}, "mat1 and mat2 shapes cannot be multiplied (960x10000 and 5x10)"),
        ({"shortened": False}, "The size of tensor a (960) must match b (10000)"),
        ({"samples": 10_000}, "The size of tensor a (960) must match b (10000)"),
    ],
)
def test_other_sizes_are_the_scripts(changes: dict, message: str) -> None:
    crash = {**SKLEARN, "library": None, "message": message}
    assert _of_the_cut(CUT, crash, [{**PASS, **changes}]) is None


def test_the_library_that_raised_is_known() -> None:
    from sklearn.metrics import roc_auc_score

    with pytest.raises(ValueError) as caught:
        roc_auc_score([0, 1], [[0.1, 0.2, 0.7]])
    assert describe(caught.value, None)["library"] == "sklearn"
    with pytest.raises(ZeroDivisionError) as own:
        print(1 / len(Path("a").suffix or SimpleNamespace().__dict__))
    assert describe(own.value, None)["library"] is None
