"""Which layer leaves fewest numbers of a sample: one that another is behind, not beside."""

from __future__ import annotations

from whytorch.checks.architecture.underfitting_capacity import _narrow
from whytorch.evidence.facts import LayerFacts, Network


def _linear(name: str, order: int, into: int, out: int) -> LayerFacts:
    return LayerFacts(
        name, "Linear", None, order, 9, {"in_features": into, "out_features": out}, (),
        in_shape=(32, into), out_shape=(32, out),
    )  # fmt: skip


def _network(*layers: LayerFacts) -> Network:
    return Network("Net", None, layers)


def test_a_box_beside_the_classes_is_no_bottleneck() -> None:
    body, box, kind = _linear("body", 0, 800, 48), _linear("box", 1, 48, 4), _linear("k", 2, 48, 10)
    assert _narrow(_network(body, box, kind), 10) is None


def test_a_layer_that_the_next_one_reads_is_one() -> None:
    found = _narrow(_network(_linear("body", 0, 800, 4), _linear("kind", 1, 4, 10)), 10)
    assert found is not None and (found[0].name, found[1]) == ("body", 4)
