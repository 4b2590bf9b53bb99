"""A loss that is computed and kept nowhere gets its backward where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_repairs import written

LOOP = """\
import torch
criterion = torch.nn.CrossEntropyLoss()
for x, y in loader:
    optimizer.zero_grad()
    {loss}
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        ("criterion(model(x), y)",
         ["-criterion(model(x), y)", "+criterion(model(x), y).backward()"]),
        ("loss = criterion(model(x), y)", ["+loss.backward()"]),
        ("losses.append(criterion(model(x), y))", []),  # what append gives back is None
        ("total += criterion(model(x), y).item()", []),
    ],
)  # fmt: skip
def test_where_the_loss_goes(tmp_path: Path, loss: str, wanted: list[str]) -> None:
    at = ["optimizer.step()", "criterion("]
    says = "write loss.backward() before optimizer.step()"
    assert written(tmp_path, "missing-backward", LOOP.format(loss=loss), at, says) == wanted
