"""What is known about the exception that ended a script."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import warm

from whytorch.evidence.facts import CrashFacts, Run

NETWORK = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(
            x.flatten(1)
        )


net = Net()
for batch in [{"image": torch.zeros(3, 5, dtype=torch.float64)}]:
    net(batch["image"])
"""


def crash_of(script: str, folder: Path) -> CrashFacts:
    path = folder / "train.py"
    path.write_text(script.lstrip("\n"), encoding="utf-8")
    run: Run = warm.evidence_of(path, folder)[Run]
    assert run.crash is not None and not run.faults, run
    return run.crash


def test_the_layer_that_raised_with_its_own_type_and_place(tmp_path: Path) -> None:
    layer = crash_of(NETWORK, tmp_path).layers[-1]
    assert (layer.name, layer.in_dtypes, layer.weight_dtype) == ("fc", ("float64",), "float32")
    assert (layer.in_devices, layer.weight_device) == (("cpu",), "cpu")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python knows lines only")
def test_the_expressions_that_raised(tmp_path: Path) -> None:
    crash = crash_of(NETWORK, tmp_path)
    assert crash.expressions == ("net(batch['image'])", "self.fc(x.flatten(1))")


def test_tensors_inside_a_batch_have_names(tmp_path: Path) -> None:
    script = 'import torch\nbatch = {"x": torch.ones(3, 5)}\npair = (torch.ones(2), 1)\n1 / 0\n'
    crash = crash_of(script, tmp_path)
    assert {t.name: t.shape for t in crash.tensors} == {"batch['x']": (3, 5), "pair[0]": (2,)}
    assert "ArithmeticError" in crash.bases
