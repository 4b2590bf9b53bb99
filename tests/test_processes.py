"""What the processes of one watched training show beside each other: their pace and their data."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import warm
from msgspec.structs import replace

from whytorch import watching
from whytorch.checks.data_order._over_ranks import over_ranks
from whytorch.checks.distributed._straggler import straggler
from whytorch.evidence.facts import DataFlow, Distributed, Pace, Peer, Run, Share, WrappedNetwork
from whytorch.records import Report

START = """
import time
import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, Subset, TensorDataset

dist.init_process_group("gloo")
rank, processes = dist.get_rank(), dist.get_world_size()
torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
data = TensorDataset(images[:1200], labels[:1200])
network = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10))
model = DistributedDataParallel(network)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def step(x, y):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
SHARED = """
sampler = DistributedSampler(data)
loader = DataLoader(data, batch_size=25, sampler=sampler)
for epoch in range(2):
    sampler.set_epoch(epoch)
    for x, y in loader:
        step(x, y)
dist.destroy_process_group()
"""
# Each is a script of its own: what is right in it, or whom it is about.
SLOW_DATA = SHARED.replace(
    "sampler = ",
    """
class Slow(TensorDataset):
    def __getitem__(self, index):
        time.sleep(0.0015 * (rank == 1))
        return super().__getitem__(index)
data = Slow(images[:1200], labels[:1200])
sampler = """,
    1,
)
SLOW_WORK = SHARED.replace(
    "        step(x", "        time.sleep(0.03 * (rank == 1))\n        step(x"
)
THE_SAME = """
for epoch in range(2):
    for x, y in DataLoader(data, batch_size=50, shuffle=True):
        step(x, y)
dist.destroy_process_group()
"""
UNEVEN = """
part = Subset(data, range(0, 400) if rank == 0 else range(400, 1200))
loader = DataLoader(part, batch_size=50, shuffle=True)
for x, y in loader:
    step(x, y)
"""
JOINED = """
part = Subset(data, range(0, 400) if rank == 0 else range(400, 1200))
loader = DataLoader(part, batch_size=50, shuffle=True)
with model.join():
    for epoch in range(2):
        for x, y in loader:
            step(x, y)
dist.destroy_process_group()
"""
SORTED = """
order = labels[:1200].argsort()
part = Subset(data, order[rank * 1200 // processes : (rank + 1) * 1200 // processes].tolist())
for epoch in range(2):
    for x, y in DataLoader(part, batch_size=25, shuffle=True, drop_last=True):
        step(x, y)
dist.destroy_process_group()
"""
RESCALED = SHARED.replace(
    "sampler = ",
    "data = TensorDataset(images[:1200] * (1 + 15 * rank), labels[:1200])\nsampler = ",
    1,
)
# Rank 0 evaluates and saves alone, the data cannot be divided, and the last batches are uneven.
RIGHT = """
data = TensorDataset(images[:1203], labels[:1203])
sampler = DistributedSampler(data)
loader = DataLoader(data, batch_size=25, sampler=sampler)
for epoch in range(2):
    sampler.set_epoch(epoch)
    for x, y in loader:
        step(x, y)
    if rank == 0:
        network.eval()
        with torch.no_grad():
            for i in range(1203, 1797, 99):
                network(images[i : i + 99]).argmax(1) == labels[i : i + 99]
        network.train()
        torch.save(network.state_dict(), "best.pt")
        time.sleep(0.2)
    dist.barrier()
dist.destroy_process_group()
"""
SCRIPTS = {
    "slow data": SLOW_DATA, "slow work": SLOW_WORK, "the same": THE_SAME, "uneven": UNEVEN,
    "joined": JOINED, "sorted": SORTED, "rescaled": RESCALED, "right": RIGHT,
}  # fmt: skip


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory):
    """The report on one of the scripts in two processes; each runs once."""

    @cache
    def report(name: str) -> Report:
        folder = tmp_path_factory.mktemp("launch")
        (folder / "train.py").write_text(START + SCRIPTS[name])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(watching, "PATIENCE", 1.0)
            codes = warm.launch(folder / "train.py", folder / "home")
        told = [f.read_text() for f in sorted(folder.glob("output-*.txt"))]
        assert (codes == [0, 0]) is (name != "uneven"), (codes, told)
        (run,) = (folder / "home" / "runs").iterdir()
        return watching.judged(run)

    return report


def found(report: Report, id: str):
    return next((f for f in report.findings if f.id == id), None)


def test_a_rank_that_waits_for_its_data(seen) -> None:
    report = seen("slow data")
    (slow,) = [s for s in report.symptoms if s.id == "slow"]
    assert slow.measured["rank"] == 1
    assert slow.explained_by == ("input-pipeline-bound",)
    told = found(report, "input-pipeline-bound")
    assert told.severity == "warning" and "rank 1 waits" in told.says
    assert told.places[0].code.startswith("loader = DataLoader(")
    assert 30 < told.measured["late_ms"] < told.measured["step_ms"]


def test_a_rank_that_works_slowly_is_a_symptom_and_no_reason(seen) -> None:
    report = seen("slow work")
    (slow,) = [s for s in report.symptoms if s.id == "slow"]
    assert slow.says.startswith("rank 1 makes the others wait: ")
    assert slow.measured["own_ms"] > 30 > slow.measured["others_ms"]
    assert slow.explained_by == ()
    assert found(report, "input-pipeline-bound") is None
    assert report.verdict.kind != "unknown-cause"


def test_processes_that_all_get_the_same(seen) -> None:
    told = found(seen("the same"), "sampler-misused")
    assert told.severity == "warning"
    assert "all 2 processes train on the same batches" in told.says
    assert "DataLoader(data" in told.places[0].code


def test_uneven_inputs_that_left_a_rank_alone(seen) -> None:
    report = seen("uneven")
    told = found(report, "sampler-misused")
    assert told.severity == "error"
    assert "8 a pass in rank 0, 16 in rank 1" in told.says
    assert told.places[0].code.startswith("loader = DataLoader(part")


def test_shares_of_other_classes_under_batchnorm(seen) -> None:
    told = found(seen("sorted"), "batchnorm-per-device")
    assert "rank 0 trains on class" in told.says and "rank 1 on class" in told.says
    assert told.measured["share_of_other_classes"] > 0.8


def test_a_rank_with_other_images(seen) -> None:
    (note,) = [n for n in seen("rescaled").notes if n.startswith("Rank ")]
    assert "trained on other numbers than rank" in note


@pytest.mark.parametrize("name", ["right", "joined"])
def test_right_trainings_of_several_processes(seen, name: str) -> None:
    report = seen(name)
    assert [f.id for f in report.findings if f.severity != "advice"] == []
    assert [s.id for s in report.symptoms] == []
    assert not [n for n in report.notes if n.startswith("Rank ")]


# --- what the facts alone decide -------------------------------------------------------------

CLOSED = "RuntimeError: [gloo/transport/tcp/pair.cc:525] Connection closed by peer"


def group(*told: Peer, averaged: int | None = None) -> Distributed:
    wrapped = WrappedNetwork(None, "Net", calls=40, processes=averaged or len(told))
    return Distributed(
        world_size=len(told), rank=0, place=None, wrapped=(wrapped,), own=told[0], peers=told[1:]
    )


def peer(rank: int, steps: int = 40, crash: str | None = None, **share: Any) -> Peer:
    return Peer(rank, steps, crash=crash, finished=crash is None, share=Share(**share))


@pytest.mark.parametrize(
    ("short", "long", "alone"),
    [
        ((40, None), (40, CLOSED), True),
        ((40, None), (40, None), False),  # inside join(), or cut to the shortest by hand
        ((40, None), (40, "OutOfMemoryError: CUDA out of memory"), False),
        ((33, None), (33, CLOSED), False),  # the other one was killed in the middle of its pass
    ],
)
def test_unequal_batches_are_to_blame_only_where_one_was_left_alone(
    short: tuple[int, str | None], long: tuple[int, str | None], alone: bool
) -> None:
    told = group(peer(0, *short, batches=20), peer(1, *long, batches=30))
    assert (over_ranks(told) is not None) is alone


@pytest.mark.parametrize(
    ("contents", "averaged", "same"),
    [
        (tuple(range(20)), None, True),
        (tuple(range(9)), None, False),  # too few to tell
        ((7,) * 20, None, False),  # one batch, over and over, to try whether it can be learned
        (tuple(range(20)), 1, False),  # parts of one network: they have to see the same
    ],
)
def test_equal_batches(contents: tuple[int, ...], averaged: int | None, same: bool) -> None:
    told = group(peer(0, contents=contents), peer(1, contents=contents), averaged=averaged)
    assert (over_ranks(told) is not None) is same


def test_a_process_that_was_not_seen_is_no_reason() -> None:
    told = group(peer(0, contents=tuple(range(20))), peer(1, contents=tuple(range(20))))
    assert over_ranks(replace(told, world_size=3)) is None


def test_classes_numbered_by_each_process_for_itself() -> None:
    from whytorch.checks.labels.class_index_mismatch import decide

    one, other = {"cat": 0, "dog": 1}, {"dog": 0, "fox": 1}
    told = group(peer(0, numbers=one), peer(1, numbers=other))
    (moved,) = decide(DataFlow(), Run(exit="finished", exit_code=0), None, None, None, told)
    assert "'dog' is 0 there and 1 here" in moved.says
    alike = group(peer(0, numbers=one), peer(1, numbers={"dog": 1}))
    assert decide(DataFlow(), Run(exit="finished", exit_code=0), None, None, None, alike) == []


@pytest.mark.parametrize(
    ("data", "slow"),
    [((0.001, 0.02), True), ((0.001, 0.004), False), ((0.02, 0.02), False)],
)
def test_only_one_process_that_is_late_is_slow(data: tuple[float, float], slow: bool) -> None:
    told = [
        Peer(rank, 40, pace=Pace(steps=40, step=0.03, data=seconds, ahead=seconds + 0.01))
        for rank, seconds in enumerate(data)
    ]
    assert (straggler(group(*told)) is not None) is slow
    few = [replace(p, pace=Pace(5, 0.03, 0.001 + p.rank, 0.01)) for p in told]
    assert straggler(group(*few)) is None, "five steps are warming up"
