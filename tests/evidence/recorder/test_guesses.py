"""What always giving the same answer costs, against its definition."""

from __future__ import annotations

import math

import pytest
import torch

from whytorch.evidence.recorder.guesses import Guess


def pooled(function: str, target: torch.Tensor, weighted: bool = False) -> float | None:
    guess = Guess(function)
    for part in target.split(20):
        guess.add(part, torch.zeros_like(part), weighted)
    return guess.value()


def test_squared_errors_cost_the_variance_of_each_output() -> None:
    y = torch.randn(400, 3) * torch.tensor([1.0, 2.0, 3.0]) + torch.tensor([0.0, 50.0, -9.0])
    assert pooled("mse_loss", y) == pytest.approx(y.var(0).mean().item(), rel=1e-4)


def test_yes_and_no_cost_the_entropy_of_their_shares() -> None:
    y = torch.zeros(400, 2)
    y[:40, 0] = 1
    y[:200, 1] = 1
    rare = -0.1 * math.log(0.1) - 0.9 * math.log(0.9)
    for function in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
        assert pooled(function, y) == pytest.approx((rare + math.log(2)) / 2)


@pytest.mark.parametrize("why", ["weighted", "another loss", "few samples", "always the same"])
def test_it_is_not_said_where_it_is_not_known(why: str) -> None:
    y = torch.ones(400, 2) if why == "always the same" else torch.rand(400, 2)
    function = "l1_loss" if why == "another loss" else "mse_loss"
    y = y[:30] if why == "few samples" else y
    assert pooled(function, y, weighted=why == "weighted") is None


def test_targets_of_other_shapes_than_the_outputs_are_left_alone() -> None:
    guess = Guess("mse_loss")
    guess.add(torch.rand(100), torch.rand(100, 1), False)
    assert guess.value() is None
