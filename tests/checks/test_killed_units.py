"""A rate whose measured steps are moderate: what it did to the units tells what they missed."""

from __future__ import annotations

import pytest

from whytorch.checks._learning import Learning
from whytorch.checks.optimization.learning_rate_too_high import _severity

# Measured: CIFAR-10, four layers, SGD at 1.0 with momentum 0.9; 122 of 128 units died.
AT_CHANCE = Learning(
    steps=493, train_skill=0.0, eval_skill=0.0, train_accuracy=0.096, eval_accuracy=0.1,
    chance_loss=2.303, first_loss=2.297, last_loss=2.37, highest_loss=2.6, broke_at=None,
    largest_update=0.043,
)  # fmt: skip


@pytest.mark.parametrize(("thrown_off", "severity"), [(True, "error"), (False, None)])
def test_units_that_died_while_the_signal_grew_are_the_rates_doing(
    thrown_off: bool, severity: str | None
) -> None:
    assert _severity(AT_CHANCE, thrown_off) == severity
