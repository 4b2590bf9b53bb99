"""What takes its batches by next() gets all of them, however little time there is."""

from __future__ import annotations

from pathlib import Path

import warm

SCRIPT = """
import time
import torch
from torch import nn
from torch.utils.data import DataLoader

class Slow(torch.utils.data.Dataset):
    def __len__(self):
        return 400

    def __getitem__(self, i):
        time.sleep(0.002)
        return torch.randn(4), i % 2

model = nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(Slow(), batch_size=10)
for epoch in range(3):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    batches, right = iter(loader), 0
    with torch.no_grad():
        for _ in range(len(loader)):
            x, y = next(batches)
            right += (model(x).argmax(1) == y).sum().item()
    print("accuracy", right / 400)
"""


def test_a_counted_loop_is_not_cut_off_from_its_batches(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    report = warm.diagnose(script, tmp_path / "run", budget=3.0, lab=False)
    assert report.run.time_lapse.shortened
    assert report.run.exit == "finished", report.run.exit


LINES = {
    "x = next(batches)": True,
    "x = batches.__next__()": True,
    "x = next(batches, None)": False,
    "for x in batches: pass": False,
    "try: x = next(batches)\nexcept StopIteration: pass": False,
    "try: x = next(batches)\nexcept KeyError: pass": True,
}


def test_lines_that_count_on_the_next_batch(tmp_path: Path) -> None:
    from whytorch.evidence.recorder import unguarded

    for n, (code, counts) in enumerate(LINES.items()):
        path = tmp_path / f"{n}.py"
        path.write_text(code + "\n")
        assert bool(unguarded._unguarded(str(path))) is counts, code
