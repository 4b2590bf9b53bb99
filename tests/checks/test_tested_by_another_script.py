"""One script trains and saves, another one loads and tests: the first has no need to evaluate."""

from __future__ import annotations

from pathlib import Path

import pytest
import warm

from whytorch.checks.evaluation import no_held_out_evaluation as check

TRAINS = check.BAD + '\ntorch.save(model.state_dict(), "out/digits.pth")\n'
TESTS = """
import torch
from net import Net

model = Net()
model.load_state_dict(torch.load("out/digits.pth"))
model.eval()
"""


@pytest.mark.parametrize(
    ("other", "spoken"),
    [
        (TESTS, False),
        (TESTS.replace("digits.pth", "letters.pth"), True),  # weights of something else
        ('print("digits.pth")\n', True),  # it loads nothing
    ],
)
def test_weights_that_another_script_loads(other: str, spoken: bool, tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(TRAINS.replace("torch.save", 'import os; os.makedirs("out"); torch.save'))
    (tmp_path / "test.py").write_text(other)
    report = warm.diagnose(path, tmp_path / "run")
    assert ("no-held-out-evaluation" in [f.id for f in report.findings]) is spoken
