"""A held-out part that is prepared as the training part is: nothing of that is taken out."""

from __future__ import annotations

from pathlib import Path

from written_repairs import written

TEXT = """\
import torch
x_train = torch.FloatTensor(x_train).unsqueeze(1) / 16
x_test = torch.FloatTensor(x_test).unsqueeze(1) / {}
"""


def repaired(folder: Path, divisor: int) -> list[str]:
    says = "scale evaluation images as training images are"
    at = ["x_test = torch"]
    return written(folder, "train-test-normalization-mismatch", TEXT.format(divisor), at, says)


def test_the_same_line_in_both_parts_stays(tmp_path: Path) -> None:
    assert repaired(tmp_path, 16) == []


def test_another_one_becomes_that_of_training(tmp_path: Path) -> None:
    assert repaired(tmp_path, 255) == [
        "-x_test = torch.FloatTensor(x_test).unsqueeze(1) / 255",
        "+x_test = torch.FloatTensor(x_test).unsqueeze(1) / 16",
    ]
