"""The network on the page: what each layer sees, its table and its drawing."""

from __future__ import annotations

from page_facts import NETWORK, PASSES, layer

from whytorch.evidence.facts import (
    Network,
    Passes,
)
from whytorch.reports.page import network


def test_receptive_fields_follow_branches_by_their_shapes() -> None:
    image, half = (1, 3, 16, 16), (1, 8, 8, 8)
    layers = (
        layer("stem", 0, image, (1, 8, 16, 16), kernel_size=[3, 3], stride=[1, 1]),
        layer("down", 1, (1, 8, 16, 16), half, kernel_size=[3, 3], stride=[2, 2]),
        layer("branch", 2, (1, 8, 16, 16), half, kernel_size=[1, 1], stride=[2, 2]),
        layer("end", 3, half, half, kernel_size=[3, 3], stride=[1, 1]),
    )
    assert network.receptive_fields(layers) == {"stem": 3, "down": 5, "branch": 3, "end": 7}


def test_a_layer_given_what_no_layer_gave_is_left_open() -> None:
    layers = (
        layer("a", 0, (1, 1, 8, 8), (1, 2, 8, 8), kernel_size=[3, 3]),
        layer("b", 1, (1, 5, 8, 8), (1, 2, 8, 8), kernel_size=[3, 3]),
    )
    assert network.receptive_fields(layers) == {"a": 3}


def test_the_networks_table_and_drawing() -> None:
    shown = network.show({Network: NETWORK, Passes: PASSES})
    assert shown is not None and shown.drawing is None  # no layer with weights, no pooling
    assert [(row.name, row.shapes, row.sees) for row in shown.rows] == [
        ("a", "1×8×8 → 2×8×8", "3"),
        ("b", "2×4×4 → 4×4×4", "8"),
    ]
    assert network.show({}) is None
