"""A class of pixels that ignore_index or a weight of 0 passes over: pointed out, never blamed."""

from __future__ import annotations

import pytest

from whytorch.checks.loss._ignored import ignored
from whytorch.evidence.facts import LossSite


def _site(index: int, shape: tuple[int, ...], counts: dict[str, int]) -> LossSite:
    options = {"ignore_index": index}
    return LossSite("cross_entropy", None, "train", 50, None, shape, options=options,
                    target_counts=counts)  # fmt: skip


def test_a_common_class_that_is_passed_over_is_pointed_out() -> None:
    found = ignored(_site(0, (8, 3, 28, 28), {"0": 900, "1": 60, "2": 40}))
    assert found is not None and found.severity == "advice"
    assert "90% of the pixels" in found.says


@pytest.mark.parametrize(
    ("index", "shape", "counts"),
    [
        (255, (8, 3, 28, 28), {"0": 900, "1": 60, "255": 40}),  # no output for it
        (-100, (8, 3, 28, 28), {"0": 900, "1": 100}),
        (0, (8, 300), {"0": 500, "7": 500}),  # padding of a sentence
        (2, (8, 3, 28, 28), {"0": 900, "1": 100}),  # nothing is passed over
    ],
)
def test_what_nobody_labelled_is_passed_over_in_silence(
    index: int, shape: tuple[int, ...], counts: dict[str, int]
) -> None:
    assert ignored(_site(index, shape, counts)) is None


@pytest.mark.parametrize(
    ("weights", "spoken"),
    [([0.0, 0.2, 0.2], True), ([0.1, 0.2, 0.2], False), ([0.2, 0.0, 0.2], False)],
)
def test_a_weight_of_nothing_passes_over_a_class_as_well(
    weights: list[float], spoken: bool
) -> None:
    counts = {"0": 900, "1": 30, "2": 70}
    site = LossSite("nll_loss", None, "train", 50, None, (8, 3, 28, 28),
                    options={"weight": weights}, target_counts=counts)  # fmt: skip
    found = ignored(site)
    assert (found is not None) is spoken
    assert found is None or ("class weight of 0" in found.says and found.severity == "advice")
