"""Batches that the first epoch uses up are made anew within the loop over the epochs."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_repairs import written

TRAINING = """\
import torch
batches = {value}
for epoch in range(9):
    for a, b in batches:
        learn(a, b)
"""
SAYS = "make it anew for each epoch: write batches = ... within the loop"
FOUND = "batches is made once, in front of the loop: and in the 8 after it no batch was left"


@pytest.mark.parametrize("value", ["zip(x.split(9), y.split(9))", "iter(loader)"])
def test_the_line_moves_into_the_loop(tmp_path: Path, value: str) -> None:
    lines = written(tmp_path, "sampler-misused", TRAINING.format(value=value),
                    ["batches = ", "for epoch"], SAYS, FOUND)  # fmt: skip
    assert lines == [f"-batches = {value}", f"+batches = {value}"]
