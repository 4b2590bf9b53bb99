"""A watched training is left alone for most of its steps, and what is recorded of it stays true."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from dressing import in_child
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from whytorch.evidence.recorder import Recorder, rest

BATCHES = 48
LOOKING = 0.5  # what it adds to a step that takes 1 second
BUDGET = 0.02  # in epochs of so few batches their first steps alone take 0.7 %


class Watched:
    """A recorder, a clock on which looking costs, and a training of two classes of points."""

    def __init__(self, recorder: Recorder, path: Path, clock: SimpleNamespace) -> None:
        self.recorder, self.path, self.clock = recorder, path, clock
        self.looked: list[bool] = []
        torch.manual_seed(0)
        x = torch.randn(8 * BATCHES, 6)
        self.x, self.y = x, (x.sum(1) > 0).long()
        self.loader = DataLoader(TensorDataset(self.x, self.y), batch_size=8, shuffle=True)
        self.held_out = DataLoader(TensorDataset(self.x[:100], self.y[:100]), batch_size=4)
        self.model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)

    def passes(self) -> None:
        """Time, of a step or of a batch of an evaluation."""
        self.looked.append(self.recorder.awake)
        self.clock.now += 1.0 + LOOKING * self.recorder.awake

    def step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self.optimizer.zero_grad()
        nn.functional.cross_entropy(self.model(x), y).backward()
        self.passes()
        self.optimizer.step()

    def epoch(self) -> None:
        for x, y in self.loader:
            self.step(x, y)

    def evaluate(self) -> float:
        right = 0
        with torch.no_grad():
            for x, y in self.held_out:
                right += int((self.model(x).argmax(1) == y).sum())
                self.passes()
        return right / len(self.held_out.dataset)  # type: ignore[arg-type]

    def record(self) -> dict[tuple[str, str], Any]:
        """The last line of each subject."""
        self.recorder.uninstall()
        assert not self.recorder.faults.seen
        lines = [json.loads(line) for line in self.path.read_text().splitlines()]
        return {(line["kind"], line["key"]): line["data"] for line in lines}


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Watched]]:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(rest, "FIRST", 60)
    monkeypatch.setattr(rest, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    recorders: list[Recorder] = []

    def begin(watches: bool = True) -> Watched:
        path = tmp_path / "record.jsonl"
        recorders.append(Recorder(path, watches=watches))
        recorders[-1].rest.budget = BUDGET
        recorders[-1].install()
        return Watched(recorders[-1], path, clock)

    yield begin
    for recorder in recorders:
        recorder.uninstall()


def passes_of(record: dict[tuple[str, str], Any], phase: str) -> list[dict[str, Any]]:
    found = [data for (kind, _), data in record.items() if kind == "pass"]
    return [one for one in found if one["phase"] == phase]


def test_looking_takes_no_more_than_its_budget(watched: Callable[..., Watched]) -> None:
    run = watched()
    for _ in range(40):
        run.epoch()
        run.evaluate()
    assert all(run.looked[: rest.FIRST // 2])
    later = run.looked[len(run.looked) // 3 :]
    spent, whole = LOOKING * sum(later), len(later) + LOOKING * sum(later)
    assert 0.25 * BUDGET < spent / whole < 1.1 * BUDGET


def test_counts_and_passes_are_those_of_the_whole_training(
    watched: Callable[..., Watched],
) -> None:
    run = watched()
    accuracies = []
    for _ in range(60):
        run.epoch()
        accuracies.append(run.evaluate())
    record = run.record()
    training = record["training", ""]
    assert training["steps"] == training["backwards"] == 60 * BATCHES
    assert training["stale_backwards"] == training["steps_without_backward"] == 0
    trained, evaluated = passes_of(record, "train"), passes_of(record, "eval")
    assert len(trained) == len(evaluated) == 60
    assert {one["batches"] for one in trained} == {one["steps"] for one in trained} == {BATCHES}
    assert {one["batches"] for one in evaluated} == {len(run.held_out)}
    assert sum(one["new_samples"] for one in trained) == len(run.x)
    whole = [n for n, one in enumerate(evaluated) if not one["shortened"]]
    assert len(whole) > 2  # the first one, and later ones as the budget allows
    for n in whole:
        assert evaluated[n]["correct"] / evaluated[n]["counted"] == accuracies[n]
    assert any(one["shortened"] for one in evaluated)
    assert all(one["shortened"] for one in trained[2:])


def test_what_is_wrong_keeps_it_awake(watched: Callable[..., Watched]) -> None:
    run = watched()
    run.optimizer.zero_grad = lambda: None  # type: ignore[method-assign,misc]
    for _ in range(10):
        run.epoch()
    assert all(run.looked)
    assert run.record()["training", ""]["stale_backwards_longest"] > 9 * BATCHES


def test_a_loss_that_is_no_number_is_seen_within_ten_steps(
    watched: Callable[..., Watched],
) -> None:
    run = watched()
    while not run.looked or run.looked[-1]:
        run.epoch()
    assert run.recorder.rest.left > 20
    with torch.no_grad():
        run.model[0].weight.fill_(float("nan"))
    for _ in range(10):
        run.step(run.x[:8], run.y[:8])
    assert run.looked[-1] and not run.recorder.gradients.last_finite


def test_accumulated_gradients_are_none_that_were_forgotten(
    watched: Callable[..., Watched],
) -> None:
    run = watched()
    for _ in range(30):
        for number, (x, y) in enumerate(run.loader):
            (nn.functional.cross_entropy(run.model(x), y) / 4).backward()
            if number % 4 == 3:
                run.passes()
                run.optimizer.step()
                run.optimizer.zero_grad()
    record = run.record()
    assert sum(run.looked) < len(run.looked) / 2
    assert record["training", ""]["stale_backwards"] == 0
    assert record["training", ""]["backwards_per_step"] == 4
    assert set(record["upkeep", ""]["micro"]["per_step"]) == {"4"}


def test_optimizers_that_take_turns_are_seen_as_often(watched: Callable[..., Watched]) -> None:
    run = watched()
    other = torch.optim.SGD(run.model.parameters(), lr=0.001)
    for number in range(1200):
        run.optimizer, other = other, run.optimizer
        run.step(*(part[8 * (number % BATCHES) :][:8] for part in (run.x, run.y)))
    record = run.record()
    assert record["optimizer", "0"]["steps"] == record["optimizer", "1"]["steps"] == 600
    assert record["training", ""]["steps_without_backward"] == 0
    assert sum(run.looked) < 600
    turns = [(one, two) for one, two in zip(run.looked[::2], run.looked[1::2], strict=True)]
    assert abs(sum(one for one, _ in turns) - sum(two for _, two in turns)) <= len(turns) / 50


def test_a_loop_that_fetches_ahead_makes_no_pass_of_its_own(
    watched: Callable[..., Watched],
) -> None:
    run = watched()
    for _ in range(30):
        ahead: list[Any] = []
        for batch in run.loader:
            ahead.append(batch)
            if len(ahead) > 2:
                run.step(*ahead.pop(0))
        for batch in ahead:
            run.step(*batch)
    trained = passes_of(run.record(), "train")
    assert sum(run.looked) < len(run.looked) / 2
    assert len(trained) == 30 and {one["loader"] for one in trained} == {0}


def test_an_evaluation_of_plain_tensors_is_seen(watched: Callable[..., Watched]) -> None:
    run = watched()
    for number in range(1000):
        run.step(*(part[8 * (number % BATCHES) :][:8] for part in (run.x, run.y)))
        if number % 100 == 99:
            with torch.no_grad():
                assert len(run.model(run.x).argmax(1)) == len(run.x)
    assert sum(run.looked) < 500
    evaluated = passes_of(run.record(), "eval")
    assert len(evaluated) > 5 and {one["samples"] for one in evaluated} == {len(run.x)}


def test_a_rehearsal_never_rests(watched: Callable[..., Watched]) -> None:
    run = watched(watches=False)
    for _ in range(5):
        run.epoch()
    assert all(run.looked)


def test_weights_are_the_same_to_the_last_bit(watched: Callable[..., Watched]) -> None:
    run = watched()
    for _ in range(8):
        run.epoch()
        run.evaluate()
    assert not all(run.looked)
    run.recorder.uninstall()
    bare = Watched(run.recorder, run.path, run.clock)
    for _ in range(8):
        bare.epoch()
        bare.evaluate()
    for mine, its in zip(run.model.parameters(), bare.model.parameters(), strict=True):
        assert torch.equal(mine, its)


def hooks_of(model: nn.Module) -> list[bool]:
    """Whether a call of these is one of ours at the moment."""
    functions = (nn.functional.cross_entropy, torch.relu, torch.Tensor.argmax)
    return [hasattr(one, "__wrapped__") for one in (*functions, type(model).__call__)]


def test_at_rest_a_step_calls_none_of_our_functions(watched: Callable[..., Watched]) -> None:
    run = watched()
    hooks = hooks_of(run.model)
    assert all(hooks)
    seen = []
    for _ in range(12):
        for x, y in run.loader:
            run.step(x, y)
            seen.append((run.recorder.awake, hooks_of(run.model)))
    resting = [hooks for awake, hooks in seen if not awake]
    assert all(hooks == [True] * 4 for awake, hooks in seen if awake)
    assert resting and all(hooks[:3] == [False] * 3 for hooks in resting)
    assert 0 < sum(hooks[3] for hooks in resting) < len(resting) / 2  # calls, in some rests
    run.recorder.uninstall()
    assert hooks_of(run.model) == [False] * 4


def test_an_evaluation_of_plain_tensors_after_a_pass_is_seen(
    watched: Callable[..., Watched],
) -> None:
    run = watched()
    for _ in range(30):
        run.epoch()
        with torch.no_grad():
            assert len(run.model(run.x).argmax(1)) == len(run.x)
    assert sum(run.looked) < len(run.looked) / 2
    evaluated = passes_of(run.record(), "eval")
    assert len(evaluated) > 5 and {one["samples"] for one in evaluated} == {len(run.x)}


def test_functions_that_the_script_put_in_stay(watched: Callable[..., Watched]) -> None:
    run = watched()
    before, calls = nn.functional.cross_entropy, []

    def counted(*args: Any, **kwargs: Any) -> torch.Tensor:
        calls.append(1)
        return before(*args, **kwargs)

    nn.functional.cross_entropy = counted
    try:
        for _ in range(6):
            run.epoch()
        assert not all(run.looked) and len(calls) == 6 * BATCHES
        run.recorder.uninstall()
        assert nn.functional.cross_entropy is counted
    finally:
        nn.functional.cross_entropy = before.__wrapped__  # type: ignore[attr-defined]


def test_a_compiled_network_keeps_the_functions_it_was_compiled_with(
    watched: Callable[..., Watched],
) -> None:
    def compiled() -> None:
        run = watched()
        torch.compile(lambda x: x + 1, backend="eager")(run.x)
        for _ in range(6):
            run.epoch()
            assert all(hooks_of(run.model))
        assert not all(run.looked)

    # Compiling asks for CUDA devices: no later fork of this process could have used one.
    assert in_child(compiled) is None
