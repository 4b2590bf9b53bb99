"""Watching a training of several processes, started by a real torchrun over gloo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from whytorch import saved
from whytorch.evidence.facts import Distributed, Training
from whytorch.records import Report

SCRIPT = """
import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

dist.init_process_group("gloo")
torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
train_set = TensorDataset(images[:800], labels[:800])
sampler = DistributedSampler(train_set)
loader = DataLoader(train_set, batch_size=50, sampler=sampler)
model = DistributedDataParallel(nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(3):
    sampler.set_epoch(epoch)
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
if dist.get_rank() == 0:
    print("done")
dist.destroy_process_group()
"""


def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, processes: int) -> Report:
    monkeypatch.setenv("WHYTORCH_HOME", str(tmp_path / "home"))
    (tmp_path / "train.py").write_text(text)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node"]
    done = subprocess.run(
        [*launcher, str(processes), "-m", "whytorch", "watch", "train.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "done"
    runs = list((tmp_path / "home" / "runs").iterdir())
    assert len(runs) == 1, "the processes of one launch share a folder"
    assert len(list(runs[0].glob("rank-*"))) == processes - 1
    return saved.load(runs[0])


def test_replicas_that_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = watched(tmp_path, monkeypatch, SCRIPT, processes=2)
    assert [f.id for f in report.findings if f.area == "distributed"] == []
    assert "replicas-out-of-sync" in report.sound
    assert "sampler-epoch-not-set" in report.sound


def test_replicas_that_went_their_own_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = SCRIPT.replace("cross_entropy(model(x), y)", "cross_entropy(model.module(x), y)")
    report = watched(tmp_path, monkeypatch, past, processes=4)
    first = report.findings[0]
    assert first.id == "replicas-out-of-sync"
    assert "the weights of rank 1, 2, 3 are others than those of rank 0" in first.says
    assert len(set(first.measured["weights"])) == 4
    assert first.places[0].code is not None and "model.module(x)" in first.places[0].code


@pytest.mark.parametrize(
    ("steps", "weights", "finished", "apart"),
    [(10, 5.0, True, False), (10, 5.1, True, True), (9, 5.1, True, False), (10, 5.1, False, False)],
)
def test_only_what_ended_alike_is_compared(
    steps: int, weights: float, finished: bool, apart: bool
) -> None:
    from whytorch.checks.distributed.replicas_out_of_sync import decide
    from whytorch.evidence.facts import Peer, WrappedNetwork

    facts = Distributed(
        world_size=2, rank=0, place=None, weights=5.0,
        wrapped=(WrappedNetwork(None, "Net", calls=10),),
        peers=(Peer(rank=1, steps=steps, weights=weights, finished=finished),),
    )  # fmt: skip
    assert bool(decide(facts, Training(steps=10), None)) is apart
