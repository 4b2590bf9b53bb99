"""Attributes that look like requires_grad, and frozen weights that a step moves all the same."""

from __future__ import annotations

from pathlib import Path

import warm

from whytorch.evidence import reading
from whytorch.evidence.facts import Misnamed, Network

SCRIPT = """\
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(200, 8), torch.randint(0, 3, (200,))
model = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3))
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
{before}
for i in range(20):
    opt.zero_grad(set_to_none=False)
    nn.functional.cross_entropy(model(x), y).backward()
    opt.step()
    {after}
"""


def network(folder: Path, before: str = "", after: str = "pass") -> Network:
    path = folder / "train.py"
    path.write_text(SCRIPT.format(before=before, after=after), encoding="utf-8")
    found = reading.read_evidence(warm.rehearse(path, folder))[Network]
    assert isinstance(found, Network)
    return found


def test_attributes_that_nobody_reads(tmp_path: Path) -> None:
    before = "model[0].requires_grad = False\nmodel[2].weight.require_grad = False\n"
    before += "model.retain_grad = model.required = False"
    assert network(tmp_path, before).misnamed == (
        Misnamed("module", "0", "requires_grad", False),
        Misnamed("parameter", "2.weight", "require_grad", False),
    )


def test_where_parameters_are_gone_through_by_name(tmp_path: Path) -> None:
    found = network(tmp_path, "for name, p in model.named_parameters():\n    pass")
    assert [place.line for place in found.walks] == [8]
    assert not found.misnamed and not found.frozen_but_moved


def test_a_gradient_that_is_left_goes_on_moving_what_is_frozen(tmp_path: Path) -> None:
    found = network(tmp_path, after="model[0].requires_grad_(False) if i == 3 else None")
    assert set(found.frozen_but_moved) == {"0.weight", "0.bias"}


def test_frozen_without_gradient_stays(tmp_path: Path) -> None:
    assert not network(tmp_path, before="model[0].requires_grad_(False)").frozen_but_moved
