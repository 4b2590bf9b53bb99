"""One torchmetrics object that a Lightning module logs in training and in validation."""

from __future__ import annotations

from pathlib import Path

import pytest

from whytorch import script
from whytorch.checks.evaluation._shared_metric import decide
from whytorch.evidence.source import read_source

MODULE = """
import lightning as L
import torchmetrics
from torch import nn
from torchmetrics.classification import MulticlassF1Score


class Digits(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(64, 10)
        self.acc = torchmetrics.Accuracy(task="multiclass", num_classes=10)
        self.other = MulticlassF1Score(10)

    def training_step(self, batch, _):
        x, y = batch
        out = self.net(x)
        {train}
        return nn.functional.cross_entropy(out, y)

    def {step}(self, batch, _):
        x, y = batch
        out = self.net(x)
        {held_out}
"""
OBJECT = 'self.acc(out, y); self.log("acc", self.acc)'
OTHER = 'self.other.update(out, y); self.log("f1", value=self.other)'
VALUE = 'self.log("acc", self.acc(out, y))'


def told(folder: Path, train: str, held_out: str, step: str = "validation_step") -> list[str]:
    path = folder / "train.py"
    path.write_text(MODULE.format(train=train, held_out=held_out, step=step))
    found = decide(read_source(script.read(str(path))))
    return [f"{f.places[0].line} {f.says}" for f in found]


@pytest.mark.parametrize("step", ["validation_step", "test_step"])
def test_it_is_named_at_the_line_of_the_evaluation(step: str, tmp_path: Path) -> None:
    (says,) = told(tmp_path, OBJECT, OBJECT, step)
    assert says.startswith("24 self.acc is one object, and training_step and " + step)
    (says,) = told(tmp_path, OTHER, OTHER, step)
    assert "self.other" in says


def test_values_of_batches_and_objects_of_their_own_are_right(tmp_path: Path) -> None:
    assert told(tmp_path, VALUE, VALUE) == []
    assert told(tmp_path, OBJECT, OTHER) == []
    assert told(tmp_path, VALUE, OBJECT) == []
    assert told(tmp_path, OBJECT, OBJECT, "predict_step") == []
