"""A squared error towards one-hot rows becomes a cross-entropy of the class numbers."""

from __future__ import annotations

from pathlib import Path

from written_repairs import written

TEXT = """import torch.nn.functional as F


def loss_of(outputs, onehot):
    return F.mse_loss(outputs, onehot)
"""
ROWS = {"label_dtype": "float32", "label_shape": [50, 10], "output_shape": [50, 10]}


def test_raw_outputs(tmp_path: Path) -> None:
    says = "write F.cross_entropy(outputs, onehot.argmax(1)), with the class numbers"
    made = written(tmp_path, "mse-on-class-labels", TEXT, ["F.mse_loss"], says, **ROWS)
    assert made[1:] == ["+return F.cross_entropy(outputs, onehot.argmax(1))"]


def test_probabilities(tmp_path: Path) -> None:
    says = (
        "write F.cross_entropy on the outputs as they are before their softmax, or "
        "F.nll_loss(torch.log(outputs + 1e-8), onehot.argmax(1))"
    )
    made = written(tmp_path, "mse-on-class-labels", TEXT, ["F.mse_loss"], says, **ROWS)
    wanted = "+return F.nll_loss(torch.log(outputs + 1e-8), onehot.argmax(1))"
    assert made == ["+import torch", made[1], wanted]
