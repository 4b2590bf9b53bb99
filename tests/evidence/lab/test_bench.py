"""The bench is the script: its first steps, run again, give the same losses to the last bit."""

from __future__ import annotations

from pathlib import Path

import pytest
from laboratory import experiment

HEALTHY = Path(__file__).parents[2] / "scripts" / "healthy"
# In as many styles as there are: plain tensors, trainers, mixing, warm restarts, two networks.
REBUILT = [
    "autoencoder", "digits_kfold", "digits_mixup", "digits_onecycle", "digits_plain_tensors",
    "digits_scale_inside", "digits_vit", "distillation", "frozen_bn_finetune",
    "log_softmax_then_ce", "multilabel_pairs", "swa_digits", "trainer_early_stopping",
    "triplet_embedding",
]  # fmt: skip


@pytest.mark.parametrize("name", REBUILT)
def test_the_first_steps_replay_to_the_last_bit(name: str, tmp_path: Path) -> None:
    made = experiment(HEALTHY / f"{name}.py", tmp_path)
    assert made.bench.problem is None
    assert made.bench.replayed == made.bench.exact == 5, made.bench.pairs
    assert len({recorded for recorded, _ in made.bench.pairs}) == 5  # weights moved in between
    assert not made.faults


def test_adversaries_are_not_rebuilt(tmp_path: Path) -> None:
    made = experiment(HEALTHY / "digits_gan.py", tmp_path, ["lr_sweep"])
    assert made.bench.problem is not None
    assert made.facts["lr_sweep"] == made.bench.problem
