"""Initial values that the script sets itself go away, however the statement is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from whytorch import catalog, fixes, script
from whytorch.evidence.source import read_source
from whytorch.records import Finding, Fix, Place

CHECKS = {check.id: check for check in catalog.load_catalog()}


@pytest.mark.parametrize(
    ("line", "goes"),
    [
        ("nn.init.constant_(m.weight, 0.1)", True),
        ("[p.data.fill_(0.01) for p in m.parameters()]", True),
        ("m.weight.data = torch.ones(3, 3)", True),
        ("m.weight.data[:] = 0.1", True),
        ("m.weight = nn.Parameter(torch.ones(3, 3))", False),  # the layer needs one
        ("print(m.weight)", False),
        ("names = [p.name for p in m.parameters()]", False),
    ],
)
def test_the_statement_goes_away(tmp_path: Path, line: str, goes: bool) -> None:
    target = tmp_path / "train.py"
    target.write_text(f"import torch\nfrom torch import nn\nm = nn.Linear(3, 3)\n{line}\nx = 1\n")
    found = Finding(
        "alike", places=(Place(str(target), 4),), fix=Fix("leave torch's own initial weights"),
        id="poor-initialization",
    )  # fmt: skip
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    assert made.fix is not None
    assert (f"-{line}\n" in (made.fix.diff or "")) == goes
