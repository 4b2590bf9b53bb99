"""The networks that a source defines."""

from __future__ import annotations

from pathlib import Path

from whytorch import script
from whytorch.evidence.source import Source, read_source

TEXT = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 8, 3), nn.Linear(8 * 36, 10)
        self.act = nn.ReLU()
        self.act = nn.GELU()

    def forward(self, x):
        return self.fc(self.act(self.conv(x)).flatten(1))


class Data:
    def forward(self, x):
        return x
"""


def read(text: str, folder: Path) -> Source:
    path = folder / "train.py"
    path.write_text(text)
    return read_source(script.read(str(path)))


def test_layers_and_forward_of_a_network(tmp_path: Path) -> None:
    (net,) = read(TEXT, tmp_path).networks
    assert net.name == "Net" and net.forward is not None
    assert set(net.layers) == {"conv", "fc"}  # what is set twice may be either
    size = net.layers["fc"].argument("in_features")
    assert size is not None and size.constant == 288


def test_a_call_is_resolved_by_its_node(tmp_path: Path) -> None:
    (net,) = read(TEXT, tmp_path).networks
    assert {c.raw for c in net.calls} >= {"nn.Conv2d", "self.fc", "self.conv"}
    assert net.forward is not None
    assert net.call(net.forward) is None
