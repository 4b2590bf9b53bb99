"""One step for all batches that there are goes into the loop; of one for a few it is the clear."""

from __future__ import annotations

from pathlib import Path

import warm

SCRIPT = """\
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(8):
    for k, i in enumerate(torch.randperm(1200).split(50)):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[i]), y[i]).backward()
        if (k + 1) % EVERY == 0:
            opt.step()
with torch.no_grad():
    print("test accuracy", (net(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
"""


def advice(folder: Path, every: int) -> str:
    path = folder / "train.py"
    path.write_text(SCRIPT.replace("EVERY", str(every)))
    first = warm.diagnose(path, folder).findings[0]
    assert first.id == "gradient-accumulation-misused" and first.fix is not None
    return first.fix.says


def test_a_step_for_all_batches_goes_into_their_loop(tmp_path: Path) -> None:
    assert advice(tmp_path, 24).startswith("move opt.step() into the loop over the batches")


def test_of_a_step_for_some_the_clear_goes_behind_it(tmp_path: Path) -> None:
    assert advice(tmp_path, 4).startswith("move opt.zero_grad() to where opt.step() is")
