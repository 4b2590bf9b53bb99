"""Gradients that are cleared once an epoch are cleared before each backward."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_repairs import written

LOOP = """\
for epoch in range(3):
    opt.zero_grad()
    for x, y in loader:
        loss = f(model(x), y)
        {backward}
        opt.step()
"""


@pytest.mark.parametrize(
    ("backward", "wanted"),
    [
        ("loss.backward()", ["+opt.zero_grad()"]),
        ("loss.backward(); other.backward()", []),  # which of the two is the first?
    ],
)
def test_where_the_step_is_shown(tmp_path: Path, backward: str, wanted: list[str]) -> None:
    text = "import torch\nopt = torch.optim.Adam(model.parameters())\n" + LOOP
    says = "write opt.zero_grad() right before loss.backward() (and not once an epoch)"
    at = ["opt.zero_grad()", "opt.step()"]
    assert (
        written(tmp_path, "missing-zero-grad", text.format(backward=backward), at, says) == wanted
    )
