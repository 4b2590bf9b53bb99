"""The time-lapse, on a clock of the test's own: what fits runs whole, what doesn't is reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from whytorch.evidence import lapse
from whytorch.evidence.engines import Engine
from whytorch.evidence.lapse import Lapse, RehearsalOver


@dataclass
class World:
    """A training that takes `step` seconds a step and `look` a batch of evaluation."""

    budget: float = 60.0
    now: float = 0.0
    seen: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lapse = Lapse(self.budget, clock=lambda: self.now)
        phases = SimpleNamespace(cut_short=lambda: None)
        self.lapse.recorder = SimpleNamespace(steps=0, on=True, phases=phases)

    def train(self, seconds: float) -> None:
        self.now += seconds
        self.lapse.recorder.steps += 1
        self.lapse.tick()

    def batches(self, length: int) -> Any:
        """What a DataLoader of `length` batches does."""
        draw = SimpleNamespace()
        for n in range(length):
            if not self.lapse.may_go_on(draw, n, {"batches": length}):
                return
            yield n

    def run(self, epochs: int, train: int, evaluate: int, step: float, look: float = 0.01) -> None:
        for _ in self.lapse.loop(range(epochs)):
            count = 0
            for _ in self.lapse.loop(self.batches(train)):
                self.train(step)
                count += 1
            self.seen.append(("train", count))
            count = 0
            for _ in self.lapse.loop(self.batches(evaluate)):
                self.now += look
                count += 1
            self.seen.append(("eval", count))


def test_what_fits_runs_whole() -> None:
    world = World()
    world.run(epochs=3, train=100, evaluate=20, step=0.1)
    assert world.seen == [("train", 100), ("eval", 20)] * 3
    assert world.lapse.says() == ""


def test_a_long_training_reaches_everything_within_its_budget() -> None:
    world = World()
    world.run(epochs=90, train=500, evaluate=50, step=0.1)
    assert world.now < world.budget * 0.85, "time is left for a final test"
    trained = [n for kind, n in world.seen if kind == "train"]
    evaluated = [n for kind, n in world.seen if kind == "eval"]
    assert len(trained) >= 3
    assert trained[0] > 100, "the first pass gets most"
    assert min(trained) >= 2
    assert evaluated[0] == 50, "an evaluation that fits is whole"
    assert "training pass ended early" in world.lapse.says()


def test_the_loops_say_how_long_the_training_would_have_been() -> None:
    world = World()
    world.run(epochs=90, train=500, evaluate=50, step=0.1)
    assert world.lapse.planned_steps == 90 * 500
    assert world.lapse.cut_training
    evaluated = World(budget=20)
    evaluated.run(epochs=2, train=50, evaluate=10_000, step=0.01)
    assert evaluated.lapse.cut and not evaluated.lapse.cut_training


def test_how_long_it_would_have_been_is_unknown_where_the_loops_do_not_tell() -> None:
    again = World()
    for _ in range(3):  # a `while` of the script, or a function that it calls again
        again.run(epochs=2, train=500, evaluate=2, step=0.1)
    assert again.lapse.planned_steps is None
    endless = World()
    for _ in endless.lapse.loop(iter(range(5))):  # nobody knows how many
        endless.run(epochs=2, train=500, evaluate=2, step=0.1)
    assert endless.lapse.planned_steps is None
    one = World(budget=10)
    one.run(epochs=1, train=100_000, evaluate=10, step=0.05)
    assert one.lapse.planned_steps is None, "what lies around a single pass is not seen"


def test_one_endless_pass_ends_early() -> None:
    world = World(budget=10)
    world.run(epochs=1, train=100_000, evaluate=10, step=0.05)
    assert world.seen[0][1] < 200
    assert world.seen[1] == ("eval", 10)


def test_a_long_evaluation_is_cut_too() -> None:
    world = World(budget=10)
    world.run(epochs=2, train=10, evaluate=10_000, step=0.01, look=0.05)
    assert [kind for kind, _ in world.seen] == ["train", "eval"] * 2
    assert world.seen[1][1] < 100
    assert world.now < 10


def test_loops_over_ranges_and_generators_are_cut_as_well() -> None:
    world = World(budget=10)

    def generator() -> Any:
        yield from world.lapse.loop(range(10_000))

    for _ in world.lapse.loop(range(50)):
        for _ in world.lapse.loop(generator()):
            world.train(0.05)
    assert world.now < 10
    assert world.lapse.recorder.steps > 20


def test_loops_without_training_are_left_alone() -> None:
    world = World(budget=1)
    for _ in world.lapse.loop(range(1000)):
        world.now += 1.0
    assert world.now == 1000


def test_a_loop_that_cannot_be_cut_ends_with_the_budget() -> None:
    world = World(budget=10)
    with pytest.raises(RehearsalOver) as over:
        while True:
            world.train(0.5)
    assert over.value.reason == "budget"
    assert 10 < world.now < 15
    assert "stopped before its end" in world.lapse.says()


def test_breaking_out_of_loops_leaves_no_trace() -> None:
    world = World()
    for _ in world.lapse.loop(range(5)):
        for n in world.lapse.loop(range(10)):
            world.train(0.1)
            if n == 3:
                break
    assert world.lapse.loops == []
    assert world.lapse.recorder.steps == 20


def test_the_last_batches_of_a_pass_that_nearly_fits_are_not_lost() -> None:
    world = World(budget=60)
    world.run(epochs=1, train=550, evaluate=10, step=0.1)
    assert world.seen[0] == ("train", 550)


def test_the_epochs_of_a_framework_end_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its loop is in an installed package: it is asked to stop while there is time for the rest."""
    world, asked, epoch, owner = World(budget=60.0), [], 0, object()
    ending = lambda: asked.append(world.now)  # noqa: E731
    monkeypatch.setattr(lapse, "engine_around", lambda: Engine(owner, 100, epoch, ending))
    while epoch < 100 and not asked:
        epoch += 1
        for _ in world.batches(50):
            world.train(0.1)
    assert len(asked) == 1 and 40 < asked[0] < 60
    assert epoch > 5
    assert "training epochs ended early" in world.lapse.says()


def test_a_framework_that_minds_is_told_which_batch_is_its_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lightning validates and steps its schedulers only behind what it takes for the last batch."""
    world, told, cut, owner = World(budget=60.0), [], [], object()
    world.lapse.recorder.data = SimpleNamespace(cut=cut.append)
    seen = 0
    for epoch in range(1, 4):
        engine = Engine(owner, 300, epoch, lambda: None, told.append)
        monkeypatch.setattr(lapse, "engine_around", lambda engine=engine: engine)
        for number, _ in enumerate(world.batches(1000), 1):
            world.train(0.1)
            seen += 1
            if told and number >= told[-1]:
                break
    assert len(cut) >= 3 and told[0] == max(told) < 1000
    assert seen <= 3 * told[0]


def test_a_framework_whose_training_fits_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    world, asked, owner = World(budget=60.0), [], object()
    for epoch in range(1, 11):
        engine = Engine(owner, 10, epoch, lambda: asked.append(world.now))
        monkeypatch.setattr(lapse, "engine_around", lambda engine=engine: engine)
        for _ in world.batches(50):
            world.train(0.1)
    assert not asked and world.lapse.recorder.steps == 500
    assert world.lapse.says() == ""
