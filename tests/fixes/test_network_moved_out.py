"""A network built anew in each epoch: its lines, and its optimizer's, go in front of the loop."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_repairs import written

from whytorch import catalog, fixes, script
from whytorch.evidence.source import read_source
from whytorch.records import Finding, Fix, Place

CHECKS = {check.id: check for check in catalog.load_catalog()}
SCRIPT = """\
import torch
from torch import nn

for epoch in range(3):
    net = nn.Linear(8, {width})
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    for x, y in loader:
        adam.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        adam.step()
"""
MOVED = """\
import torch
from torch import nn

net = nn.Linear(8, 4)
adam = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(3):
    for x, y in loader:
"""


def mended(folder: Path, text: str) -> str | None:
    target = folder / "train.py"
    target.write_text(text)
    found = Finding(
        "10 networks were trained",
        places=(Place(str(target), 5), Place(str(target), 4)),
        id="model-recreated-while-training",
        fix=Fix("move the line that builds it, and the optimizer's, before line 4"),
    )
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    if made.fix is None or not made.fix.edits:
        return None
    return fixes.repair([made.fix.edits], folder.joinpath).files[0].after.decode()


def test_the_lines_stand_in_front_of_the_loop_in_their_order(tmp_path: Path) -> None:
    made = mended(tmp_path, SCRIPT.format(width=4))
    assert made is not None and made.startswith(MOVED)


@pytest.mark.parametrize("width", ["epoch + 1", "widths[epoch]"])
def test_what_the_loop_alone_knows_stays_in_it(tmp_path: Path, width: str) -> None:
    assert mended(tmp_path, SCRIPT.format(width=width)) is None


BUILT_BEFORE = """\
import torch
from torch import nn

def make():
    return nn.Linear(8, 4)

net = make()
adam = torch.optim.Adam(net.parameters(), lr=1e-3)
schedule = torch.optim.lr_scheduler.StepLR(adam, 1)
for epoch in range(3):
    net = make()
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    for x, y in loader:
        adam.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        adam.step()
    schedule.step()
"""


def test_what_is_built_before_the_loop_is_not_built_twice(tmp_path: Path) -> None:
    says = "move the line that builds it, and the optimizer's, before line 10"
    lines = ["    net = make()", "for epoch"]
    assert written(tmp_path, "model-recreated-while-training", BUILT_BEFORE, lines, says) == [
        "-net = make()",
        "-adam = torch.optim.Adam(net.parameters(), lr=1e-3)",
    ]
