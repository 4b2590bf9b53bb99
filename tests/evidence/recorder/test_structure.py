"""What stands between the layers, and what of a network's outputs is learned from."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from test_networks import network


def test_layers_with_nothing_between_are_a_linear_network(tmp_path: Path) -> None:
    script = """\
train(nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.2), nn.BatchNorm1d(16), nn.Linear(16, 3)))
"""
    seen = network(script, tmp_path)
    assert seen.bending == 0 and seen.linear_pairs == (("0", "3"),)
    assert seen.operations["Addmm"] == 2


def test_a_relu_by_hand_bends(tmp_path: Path) -> None:
    script = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(8, 16), nn.Linear(16, 16), nn.Linear(16, 3)
    def forward(self, x):
        x = self.a(x)
        x = self.b(x * (x > 0))
        return self.c(F.relu_(x))
train(Net())
"""
    seen = network(script, tmp_path)
    assert seen.bending == 2 and not seen.linear_pairs


def test_gates_and_attention_bend_and_weights_do_not(tmp_path: Path) -> None:
    script = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(8, 16), nn.Linear(8, 16), nn.Linear(16, 3)
        self.scale = nn.Parameter(torch.ones(16))
    def forward(self, x):
        return self.c(self.a(x) * self.b(x) * self.scale)
train(Net())
"""
    seen = network(script, tmp_path)
    assert seen.bending == 1 and not seen.linear_pairs


def test_what_a_residual_connection_adds_is_no_linear_network(tmp_path: Path) -> None:
    script = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(8, 16), nn.Linear(16, 16), nn.Linear(16, 16)
        self.d = nn.Linear(16, 3)
    def forward(self, x):
        x = self.a(x)
        return self.d(x + self.c(F.{bend}(self.b(x))))
train(Net())
"""
    assert network(script.format(bend="gelu"), tmp_path).linear_pairs == (("a", "b"),)
    straight = network(script.format(bend="dropout"), tmp_path)
    assert ("c", "d") in straight.linear_pairs and ("b", "c") in straight.linear_pairs


def test_outputs_that_are_not_learned_from(tmp_path: Path) -> None:
    script = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head, self.aux = nn.Linear(8, 8), nn.Linear(8, 3), nn.Linear(8, 3)
        self.lost = nn.Linear(8, 8)
    def forward(self, x):
        x = self.body(x)
        self.lost(x)
        return self.head(torch.relu(x)), self.aux(x)
model = Net()
opt = torch.optim.SGD(model.parameters(), 0.1)
for i in range(4):
    out, aux = model(x)
    F.cross_entropy(aux, y).backward()
    opt.step()
"""
    seen = network(script, tmp_path)
    assert [o.reaches_loss for o in seen.outputs] == [False, True]
    assert seen.output_kind == "tuple"
    assert set(seen.returned) == {"body", "head", "aux"}
    assert not next(x for x in seen.layers if x.name == "lost").output_reaches_loss
