"""What a backward starts from, and which losses no backward goes through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import warm

from whytorch.evidence.facts import LossCalls, LossSite, Run, Training

START = """import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
x, y = torch.randn(12, 4), torch.randn(12)
net = nn.Linear(4, 1)
other = nn.Linear(4, 1)
opt = torch.optim.SGD([*net.parameters(), *other.parameters()], lr=0.01)
for step in range(8):
    opt.zero_grad()
    out = net(x).squeeze(1)
"""


def observed(body: str, folder: Path) -> dict[type, Any]:
    path = folder / "train.py"
    text = "".join(f"    {line}\n" for line in body.strip().splitlines())
    path.write_text(f"{START}{text}    opt.step()\n", encoding="utf-8")
    evidence = warm.evidence_of(path, folder)
    assert evidence[Run].exit == "finished" and not evidence[Run].faults, evidence[Run]
    return evidence


def site(evidence: dict[type, Any], function: str) -> LossSite:
    (found,) = [s for s in evidence[LossCalls].sites if s.function == function]
    return found


def test_a_loss_that_is_propagated(tmp_path: Path) -> None:
    evidence = observed("loss = F.mse_loss(out, y)\nloss.backward()", tmp_path)
    assert site(evidence, "mse_loss").propagated >= 6 and site(evidence, "mse_loss").dropped == 0
    assert evidence[Training].roots_alone == 0


def test_a_loss_that_is_a_part_of_a_sum_is_propagated(tmp_path: Path) -> None:
    body = "loss = F.mse_loss(out, y)\ntotal = loss + out.abs().mean()\ntotal.backward()"
    assert site(observed(body, tmp_path), "mse_loss").dropped == 0


def test_a_loss_that_is_only_computed(tmp_path: Path) -> None:
    evidence = observed("loss = F.mse_loss(out, y)\nout.mean().backward()", tmp_path)
    assert site(evidence, "mse_loss").propagated == 0
    assert site(evidence, "mse_loss").dropped >= 6
    training: Training = evidence[Training]
    assert training.roots_alone == training.roots_looked_at > 0


def test_a_loss_of_a_second_network_leads_to_parameters_of_its_own(tmp_path: Path) -> None:
    body = "extra = F.l1_loss(other(x).squeeze(1), y)\nloss = F.mse_loss(out, y)\nloss.backward()"
    assert site(observed(body, tmp_path), "l1_loss").only_behind == 2


@pytest.mark.parametrize(
    ("body", "spread"),
    [
        ("((out - y.unsqueeze(1)) ** 2).mean().backward()", ((12,), (12, 12))),
        ("(y - net(x)).abs().mean().backward()", ((12, 1), (12, 12))),
        ("((out - y) ** 2).mean().backward()", None),
        ("d = out.unsqueeze(1) - out.unsqueeze(0)\nd.abs().mean().backward()", None),
        ("(out.exp().unsqueeze(0) * torch.ones(12, 12).tril()).sum().backward()", None),
    ],
)
def test_outputs_spread_over_labels(body: str, spread: Any, tmp_path: Path) -> None:
    assert site(observed(body, tmp_path), "hand-written").spread == spread


TWO = """import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(12, 4), torch.arange(12) % 3
rows = torch.eye(3)[y]
net = nn.Linear(4, 3)
opt = torch.optim.SGD(net.parameters(), lr=0.01)
for step in range(4):
    opt.zero_grad()
    out = net(x)
    loss = {}
    loss.backward()
    opt.step()
"""


@pytest.mark.parametrize(
    ("loss", "kind", "shape", "one_hot"),
    [
        ("((out - rows) ** 2).mean()", "squared", (12, 3), True),
        ("(rows - out.softmax(1)).pow(2).sum() / 12", "squared", (12, 3), True),
        ("torch.square(out.sigmoid() - rows).mean()", "squared", (12, 3), True),
        ("(out - rows).abs().mean()", "absolute", (12, 3), True),
        ("((out - y.view(-1, 1)) ** 2).mean()", "squared", (12, 1), None),
        ("((out - x[:, :3]) ** 2).mean()", "squared", (12, 3), False),
        ("-(rows * out.log_softmax(1)).sum(1).mean()", None, (), None),
    ],
)
def test_the_targets_of_a_loss_by_hand(
    loss: str, kind: Any, shape: Any, one_hot: Any, tmp_path: Path
) -> None:
    path = tmp_path / "train.py"
    path.write_text(TWO.format(loss), encoding="utf-8")
    evidence = warm.evidence_of(path, tmp_path)
    assert not evidence[Run].faults
    found = site(evidence, "hand-written")
    assert found.by_hand == kind
    if kind:
        assert (found.input_shape, found.target_shape) == ((12, 3), shape)
        assert found.target_one_hot is one_hot
