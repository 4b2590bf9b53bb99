"""An activation is put between two layers of a Sequential, in the place of an Identity if there is
one."""

from __future__ import annotations

from pathlib import Path

import pytest

from whytorch import catalog, fixes, script
from whytorch.evidence.source import read_source
from whytorch.records import Finding, Fix, Place

CHECKS = {check.id: check for check in catalog.load_catalog()}


@pytest.mark.parametrize(
    ("made", "pairs", "wanted"),
    [
        ("nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))", ["0"],
         "nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))"),
        ("nn.Sequential(nn.Linear(4, 8), nn.Identity(), nn.Linear(8, 2))", ["body.0"],
         "nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))"),
        ("nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2))", ["0", "1"], None),
        ("nn.Sequential(*layers, nn.Linear(8, 2))", ["0"], None),
        ("Net(nn.Linear(4, 8), nn.Linear(8, 2))", ["0"], None),
    ],
)  # fmt: skip
def test_behind_a_layer(tmp_path: Path, made: str, pairs: list[str], wanted: str | None) -> None:
    target = tmp_path / "train.py"
    target.write_text(f"from torch import nn\nlayers = []\nnet = {made}\n")
    found = Finding(
        "linear", places=(Place(str(target), 3),), id="unsuitable-activation",
        measured={"pairs": [[one, "x"] for one in pairs]},
        fix=Fix("put nn.ReLU() between layer 0 (Linear) and layer 1 (Linear)"),
    )  # fmt: skip
    (planned,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    diff = (planned.fix.diff if planned.fix else None) or ""
    assert (f"+net = {wanted}\n" in diff) if wanted else not diff
