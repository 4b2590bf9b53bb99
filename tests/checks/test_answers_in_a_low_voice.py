"""A mask may be right long before its loss is low: BatchNorm keeps the first answers timid."""

from __future__ import annotations

from pathlib import Path

import pytest
import warm

from whytorch.checks._lab import learned_badly
from whytorch.checks._learning import learning
from whytorch.evidence.facts import LossCalls, Passes, Run, Training
from whytorch.findings.symptoms import measure

MASKS = """
import torch
from torch import nn

torch.manual_seed(0)
middle = torch.rand(160, 2, 1, 1) * 12 + 2
grid = torch.stack(torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij"))
masks = ((grid - middle).square().sum(1, keepdim=True) < 9).float()
images = masks + 0.15 * torch.randn_like(masks)
net = nn.Sequential(
    nn.Conv2d(1, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 1, 1)
)
optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
for epoch in range(3):
    for rows in torch.randperm(160).split(8):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(net(images[rows]), masks[rows])
        loss.backward()
        optimizer.step()
"""


@pytest.mark.parametrize(("rate", "right"), [("3e-3", True), ("1e-7", False)])
def test_masks_that_are_right_were_learned(rate: str, right: bool, tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(MASKS.replace("RATE", rate))
    evidence = warm.evidence_of(path, tmp_path / "run", ())
    losses = evidence[LossCalls]
    (site,) = losses.sites
    assert site.answered is not None
    share, common = site.answered
    assert 0.85 < common < 0.95
    assert (share > common + 0.5 * (1 - common)) is right
    outcome = learning(evidence[Run], losses, evidence[Training], evidence[Passes])
    assert outcome.last_loss is not None and site.guess_loss is not None
    assert outcome.last_loss > 0.95 * site.guess_loss, "by its loss it is no better than a guess"
    assert learned_badly(outcome) is not right
    assert ("loss-at-chance" in [s.id for s in measure(evidence)]) is not right
