"""Class weights are written from the counts of the classes, where the script makes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_repairs import written

DROWNED = "weigh each class by 1 / its number of samples, so that all have one share"
EVEN = "torch.tensor([2.0, 0.667, 1.0])"


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        ("w = torch.tensor([1.0, 1.0, 150.0])", f"w = {EVEN}"),
        ("w = torch.tensor([1.0, 1.0, 150.0]).to(device)", f"w = {EVEN}.to(device)"),
        ("w = counts / counts.sum()", f"w = {EVEN}"),
        ("crit = nn.CrossEntropyLoss(weight=w ** 2)", f"crit = nn.CrossEntropyLoss(weight={EVEN})"),
        ("loss = F.cross_entropy(net(x), y, weight=w)",
         f"loss = F.cross_entropy(net(x), y, weight={EVEN})"),
    ],
)  # fmt: skip
def test_the_weights_become_those_of_the_counts(tmp_path: Path, line: str, mended: str) -> None:
    text = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n" + line + "\n"
    done = written(tmp_path, "class-weights-misused", text, [line], DROWNED,
                   class_counts=[20, 60, 40])  # fmt: skip
    assert done == [f"-{line}", f"+{mended}"]


def test_a_class_without_samples_is_left_to_a_person(tmp_path: Path) -> None:
    text = "import torch\nw = torch.tensor([1.0, 1.0])\n"
    assert not written(tmp_path, "class-weights-misused", text, ["w ="], DROWNED,
                       class_counts=[0, 60])  # fmt: skip
