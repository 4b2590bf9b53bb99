"""Trainings of two processes come to the same, to the last bit, whether they are watched or not."""

from __future__ import annotations

from pathlib import Path

import pytest
import warm

from whytorch import watching

START = """
import hashlib
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

dist.init_process_group("gloo")
torch.manual_seed(dist.get_rank())
generator = torch.Generator().manual_seed(0)
images = torch.randn(256, 3, 8, 8, generator=generator)
data = TensorDataset(images, (images.mean((1, 2, 3)) > 0).long())
sampler = DistributedSampler(data)
network = nn.Sequential(
    nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.2), nn.Flatten(),
    nn.Linear(8 * 36, 2),
)
"""
END = """
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for epoch in range(3):
    sampler.set_epoch(epoch)
    for x, y in DataLoader(data, batch_size=16, sampler=sampler):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(epoch, loss.item())
digest = hashlib.sha256()
for name, value in model.state_dict().items():
    whole = value.full_tensor() if hasattr(value, "full_tensor") else value
    digest.update(whole.numpy().tobytes())
digest.update(torch.get_rng_state().numpy().tobytes())
print(digest.hexdigest())
dist.destroy_process_group()
"""
MODELS = {
    "DistributedDataParallel": "model = DistributedDataParallel(network)",
    "FullyShardedDataParallel": """
from torch.distributed.fsdp import FullyShardedDataParallel
model = FullyShardedDataParallel(network, device_id=torch.device("cpu"))
""",
    "fully_shard": """
from torch.distributed.fsdp import fully_shard
mesh = init_device_mesh("cpu", (2,))
fully_shard(network[5], mesh=mesh)
model = fully_shard(network, mesh=mesh)
""",
    "fully_shard and activation checkpoints": """
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.distributed.fsdp import fully_shard
network[0] = checkpoint_wrapper(network[0])
model = fully_shard(network, mesh=init_device_mesh("cpu", (2,)))
""",
}


@pytest.mark.parametrize("how", MODELS)
def test_the_same_weights_random_state_and_output(tmp_path: Path, how: str) -> None:
    pytest.importorskip("torch.distributed.fsdp", reason="this torch has no FSDP")
    from torch.distributed import fsdp

    if "fully_shard" in how and not hasattr(fsdp, "fully_shard"):
        pytest.skip("this torch has no fully_shard")
    script = tmp_path / "train.py"
    script.write_text(START + MODELS[how] + END)
    printed = {}
    for home in (None, tmp_path / "home"):
        assert warm.launch(script, home) == [0, 0], (tmp_path / "output-0.txt").read_text()
        printed[home] = [(tmp_path / f"output-{rank}.txt").read_text() for rank in range(2)]
    bare, watched = printed.values()
    assert len(bare[0].split()[-1]) == 64
    assert watched == bare
    (run,) = (tmp_path / "home" / "runs").iterdir()
    report = watching.judged(run)
    assert report.run.steps == 24
    assert [f.id for f in report.findings if f.area == "distributed"] == []
    assert [n for n in report.notes if "failed inside" in n] == []
