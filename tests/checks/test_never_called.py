"""A layer that each block builds and none calls."""

from __future__ import annotations

from whytorch.checks._learning import Learning
from whytorch.checks.architecture._never_called import never_called
from whytorch.evidence.facts import LayerFacts, Network, ParameterFacts
from whytorch.records import Place

OUTCOME = Learning(100, 0.9, 0.9, 0.9, 0.9, None, None, None, None, None, None)


def _layer(name: str, line: int, calls: int, library: bool = False) -> LayerFacts:
    used = calls > 0
    weight = ParameterFacts(
        name=f"{name}.weight",
        shape=(4, 4),
        trainable=True,
        in_optimizer=True,
        loaded=False,
        grad="nonzero" if used else "none",
        changed=used,
    )
    place = Place(path="model.py", line=line)
    order = 0 if used else -1
    return LayerFacts(
        name, "Linear", place, order, calls, {}, parameters=(weight,), from_library=library
    )


def _found(*layers: LayerFacts) -> list[tuple[str, int]]:
    network = Network(kind="Net", place=None, layers=layers)
    return [(f.severity, f.places[0].line) for f in never_called(network, OUTCOME)]


def test_a_layer_that_is_idle_in_every_block_is_advice() -> None:
    blocks = [_layer(f"{i}.{n}", line, calls) for i in "01" for n, line, calls in
              (("fc1", 3, 9), ("fc2", 4, 0))]  # fmt: skip
    assert _found(*blocks) == [("advice", 4)]


def test_one_that_some_block_calls_is_none() -> None:
    assert not _found(_layer("0.fc", 3, 9), _layer("1.fc", 3, 0))


def test_one_left_over_alone_or_of_a_library_is_none() -> None:
    assert not _found(_layer("fc1", 3, 9), _layer("fc2", 4, 0))
    assert not _found(_layer("0.fc", 3, 0, True), _layer("1.fc", 3, 0, True))
