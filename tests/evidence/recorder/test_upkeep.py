"""What the recorder sees around the steps: micro-batches, clips, scaling, graphs, weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import warm

from whytorch.evidence.facts import Checkpoints, Distributed, Run, Training, Upkeep

START = """\
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = torch.randn(400, 8), torch.randint(0, 3, (400,))
model = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3))
opt = torch.optim.SGD(model.parameters(), lr=0.05)
loader = DataLoader(TensorDataset(x, y), batch_size=10)


def clip():
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)


"""


def seen(tmp_path: Path, loop: str, kind: type) -> object:
    script = tmp_path / "train.py"
    script.write_text(START + loop, encoding="utf-8")
    evidence = warm.evidence_of(script, tmp_path)
    assert evidence[Run].exit == "finished" and not evidence[Run].faults
    return evidence.get(kind)


@pytest.fixture
def upkeep(tmp_path: Path, request: pytest.FixtureRequest) -> Upkeep:
    found = seen(tmp_path, request.param, Upkeep)
    assert isinstance(found, Upkeep)
    return found


ACCUMULATED = """\
for i, (a, b) in enumerate(loader):
    loss = F.cross_entropy(model(a), b)
    (loss / 4).backward()
    if i % 4 == 3:
        opt.step()
        opt.zero_grad()
"""


@pytest.mark.parametrize("upkeep", [ACCUMULATED], indirect=True)
def test_batches_between_two_steps(upkeep: Upkeep) -> None:
    micro = upkeep.micro
    assert micro is not None
    assert (micro.per_step, micro.discarded, micro.after_last_step) == ({"4": 10}, 0, 0)
    assert micro.ratio == pytest.approx(0.25)


CLEARED = ACCUMULATED.replace("    loss =", "    opt.zero_grad()\n    loss =")


@pytest.mark.parametrize("upkeep", [CLEARED], indirect=True)
def test_gradients_cleared_unused(upkeep: Upkeep) -> None:
    assert upkeep.micro is not None and upkeep.micro.discarded == 30


TWO_LOSSES = """\
for a, b in loader:
    opt.zero_grad()
    F.cross_entropy(model(a), b).backward()
    F.cross_entropy(model(a + 0.1), b).backward()
    opt.step()
"""


@pytest.mark.parametrize("upkeep", [TWO_LOSSES], indirect=True)
def test_two_losses_of_a_batch_are_no_accumulation(upkeep: Upkeep) -> None:
    assert upkeep.micro is not None and not upkeep.micro.per_step.get("2")


CLIPS = """\
for a, b in loader:
    opt.zero_grad()
    F.cross_entropy(model(a), b).backward()
    {before}
    opt.step()
    {after}
"""


@pytest.mark.parametrize(
    ("before", "after", "late"), [("clip()", "pass", 0), ("pass", "clip()", 40)]
)
def test_clips_by_their_moment(tmp_path: Path, before: str, after: str, late: int) -> None:
    found = seen(tmp_path, CLIPS.format(before=before, after=after), Upkeep)
    assert isinstance(found, Upkeep)
    (clips,) = found.clips
    assert (clips.calls, clips.late, clips.limit, clips.kind) == (40, late, 1.0, "norm")
    assert clips.norm_before is not None and clips.norm_before > 0


SCALED = """\
scaler = torch.amp.GradScaler("cpu")
for a, b in loader:
    opt.zero_grad()
    scaler.scale(F.cross_entropy(model(a), b)).backward()
    {unscale}
    clip()
    {step}
    scaler.update()
"""


def test_clips_on_scaled_gradients(tmp_path: Path) -> None:
    found = seen(tmp_path, SCALED.format(unscale="pass", step="scaler.step(opt)"), Upkeep)
    assert isinstance(found, Upkeep) and found.scaling is not None
    assert found.clips[0].scaled == 40 and found.clips[0].scale == 65536
    assert (found.scaling.steps, found.scaling.bare_steps) == (40, 0)


def test_unscaled_gradients_and_steps_past_the_scaler(tmp_path: Path) -> None:
    right = SCALED.format(unscale="scaler.unscale_(opt)", step="scaler.step(opt)")
    found = seen(tmp_path, right, Upkeep)
    assert isinstance(found, Upkeep) and found.clips[0].scaled == 0
    bare = SCALED.format(unscale="pass", step="opt.step()").replace("    scaler.update()\n", "")
    found = seen(tmp_path, bare, Upkeep)
    assert isinstance(found, Upkeep) and found.scaling is not None
    assert found.scaling.bare_steps == 40


GRAPHS = """\
total, kept = 0, []
for epoch in range(2):
    for a, b in loader:
        opt.zero_grad()
        loss = F.cross_entropy(model(a), b)
        loss.backward()
        opt.step()
        {keep}
"""


@pytest.mark.parametrize(
    ("keep", "names"),
    [("total += loss", ("total",)), ("kept.append(loss)", ("kept",)), ("total += loss.item()", ())],
)
def test_who_holds_old_graphs(tmp_path: Path, keep: str, names: tuple[str, ...]) -> None:
    found = seen(tmp_path, GRAPHS.format(keep=keep), Upkeep)
    assert isinstance(found, Upkeep)
    assert [g.names for g in found.graphs] == ([names] if names else [])


@pytest.mark.parametrize("upkeep", [ACCUMULATED], indirect=True)
def test_waits_are_measured(upkeep: Upkeep) -> None:
    (wait,) = upkeep.waits
    assert wait.batches == 39 and wait.wait > 0 and wait.work > 0


TOGETHER = """\
import time
from itertools import islice
batches = iter(loader)
while four := list(islice(batches, 4)):
    for a, b in four:
        time.sleep(0.01)
        F.cross_entropy(model(a), b).backward()
    opt.step()
    opt.zero_grad()
"""
SUMS = """\
for a, b in loader:
    hot = F.one_hot(b, 3).float()
    each = F.binary_cross_entropy_with_logits(model(a), hot, reduction="none")
    opt.zero_grad()
    (each.sum(1).mean() / (1 if len(told) < 9 else 3)).backward()
    opt.step()
    told.append(0)
"""


@pytest.mark.parametrize("upkeep", [TOGETHER], indirect=True)
def test_of_batches_asked_for_together_each_has_its_share_of_the_work(upkeep: Upkeep) -> None:
    (wait,) = upkeep.waits
    assert wait.batches == 39 and wait.work > 0.009 > wait.wait


def test_the_loss_of_a_step_is_one_measure_through_the_whole_run(tmp_path: Path) -> None:
    training = seen(tmp_path, "told = []\n" + SUMS, Training)
    assert isinstance(training, Training)
    losses = [s.loss for s in training.course if s.loss is not None]
    assert len(losses) > 20 and max(losses) < 1.2  # a mean of each; their sums are about 2


WEIGHTS = """\
kept = None
for i, (a, b) in enumerate(loader):
    opt.zero_grad()
    F.cross_entropy(model(a), b).backward()
    opt.step()
    if i == 9:
        kept = {taken}
model.load_state_dict(kept, strict={strict})
"""


@pytest.mark.parametrize(
    ("taken", "kept"),
    [
        ("model.state_dict()", 1),
        ("copy.copy(model.state_dict())", 1),
        ("copy.deepcopy(model.state_dict())", 0),
        ("{k: v.clone() for k, v in model.state_dict().items()}", 0),
    ],
)
def test_weights_set_aside(tmp_path: Path, taken: str, kept: int) -> None:
    found = seen(tmp_path, WEIGHTS.format(taken=taken, strict=True), Checkpoints)
    assert isinstance(found, Checkpoints)
    assert len(found.kept) == kept
    assert all(k.used == "loaded" and k.steps_between == 30 for k in found.kept)
    (loaded,) = found.loaded
    assert (loaded.matched, loaded.expected, loaded.raised) == (4, 4, False)


def test_names_that_match_nothing(tmp_path: Path) -> None:
    taken = "{'module.' + k: v.clone() for k, v in model.state_dict().items()}"
    found = seen(tmp_path, WEIGHTS.format(taken=taken, strict=False), Checkpoints)
    assert isinstance(found, Checkpoints)
    (loaded,) = found.loaded
    assert (loaded.matched, loaded.expected, loaded.given) == (0, 4, 4)
    assert loaded.unexpected[0].startswith("module.")


RANKS = """\
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data.distributed import DistributedSampler

dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
sampler = DistributedSampler(loader.dataset)
loader = DataLoader(loader.dataset, batch_size=4, sampler=sampler)
wrapped = DistributedDataParallel(nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6)))
opt = torch.optim.SGD(wrapped.parameters(), lr=0.05)
for epoch in range(3):
    {told}
    for a, b in loader:
        F.cross_entropy({called}(a), b % 3).backward()
        opt.step()
dist.all_reduce(torch.zeros(1))
dist.destroy_process_group()
"""


@pytest.mark.parametrize(
    ("told", "epochs"), [("pass", 1), ("sampler.set_epoch(epoch)", 3)], ids=["untold", "told"]
)
def test_samplers_and_wrapped_networks(tmp_path: Path, told: str, epochs: int) -> None:
    found = seen(tmp_path, RANKS.format(told=told, called="wrapped"), Distributed)
    assert isinstance(found, Distributed)
    (sampler,), (network,) = found.samplers, found.wrapped
    assert (sampler.passes, sampler.epochs, sampler.trained) == (3, epochs, True)
    assert (network.calls, network.raw_calls, network.batchnorms) == (300, 0, 1)
    assert network.largest_batch == 4 and found.collectives == {"all_reduce": 1}


def test_calls_past_the_wrapper(tmp_path: Path) -> None:
    found = seen(tmp_path, RANKS.format(told="pass", called="wrapped.module"), Distributed)
    assert isinstance(found, Distributed)
    assert (found.wrapped[0].calls, found.wrapped[0].raw_calls) == (0, 300)
