"""A process that was watched goes on as if it had not been."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.utils.data import Dataset, TensorDataset

from whytorch.evidence.recorder import Recorder


class Plain(Dataset):  # type: ignore[type-arg]
    pass


@pytest.mark.parametrize("times", [1, 2])
def test_data_sets_can_be_made_when_the_watch_is_over(tmp_path: Path, times: int) -> None:
    for number in range(times):
        recorder = Recorder(tmp_path / f"record-{number}.jsonl")
        recorder.install()
        assert len(TensorDataset(torch.zeros(2))) == 2
        recorder.uninstall()
    assert len(TensorDataset(torch.zeros(3))) == 3
    assert isinstance(Plain(), Plain)
    with pytest.raises(TypeError, match="takes no arguments"):
        Plain(1)  # type: ignore[call-arg]
