"""Which layers and parameters a run had: who made them, who knows them, who trains them."""

from __future__ import annotations

from pathlib import Path

import warm

from whytorch.evidence import reading
from whytorch.evidence.facts import LayerFacts, Network, Passes, Run

START = """\
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
x, y = torch.randn(200, 8), torch.randint(0, 3, (200,))


def train(model, *parameters, steps=8):
    opt = torch.optim.SGD(parameters or model.parameters(), lr=0.05)
    for i in range(steps):
        opt.zero_grad()
        F.cross_entropy(model(x[i * 10 : i * 10 + 10]), y[i * 10 : i * 10 + 10]).backward()
        opt.step()


"""
FIRST = START.count("\n") + 1


def evidence(script: str, folder: Path) -> dict[type, object]:
    path = folder / "train.py"
    path.write_text(START + script)
    rehearsed = warm.rehearse(path, folder)
    return {**reading.read_evidence(rehearsed), str: rehearsed.output}


def network(script: str, folder: Path) -> Network:
    found = evidence(script, folder)
    assert isinstance(found.get(Network), Network), found[str]
    return found[Network]  # type: ignore[return-value]


def layer(of: Network, name: str) -> LayerFacts:
    return next(x for x in of.layers if x.name == name)


def test_layers_of_an_installed_package_are_told_from_own_ones(tmp_path: Path) -> None:
    script = """\
from torchvision.models import resnet18

model = resnet18(num_classes=3)
model.fc = nn.Linear(512, 3)
x = torch.randn(200, 3, 16, 16)
train(model, steps=2)
"""
    seen = network(script, tmp_path)
    assert layer(seen, "conv1").from_library and layer(seen, "layer4.1.bn2").from_library
    assert not layer(seen, "fc").from_library
    assert layer(seen, "conv1").place.line == FIRST + 2
    assert layer(seen, "fc").place.line == FIRST + 3


def test_a_network_whose_forward_is_called_directly_is_seen_from_its_first_call(
    tmp_path: Path,
) -> None:
    script = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Sequential(nn.Linear(8, 6), nn.ReLU()), nn.Linear(6, 3)
    def forward(self, x):
        return self.head(self.body.forward(x))

net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05)
for i in range(8):
    opt.zero_grad()
    F.cross_entropy(net.forward(x[i * 10 : i * 10 + 10]), y[i * 10 : i * 10 + 10]).backward()
    opt.step()
net.eval()
with torch.no_grad():
    right = (net.forward(x[100:]).argmax(1) == y[100:]).sum()
"""
    found = evidence(script, tmp_path)
    seen, passes = found[Network], found[Passes]
    assert isinstance(seen, Network) and isinstance(passes, Passes)
    assert seen.kind == "Net" and seen.call_place and seen.call_place.line == FIRST + 11
    assert {x.name for x in seen.layers if x.calls} >= {"body.0", "body.1", "head"}
    assert [(p.phase, p.batches, p.counted) for p in passes.passes] == [
        ("train", 8, 80),
        ("eval", 1, 100),
    ]


def test_layers_in_a_list_are_unknown_each_by_itself(tmp_path: Path) -> None:
    script = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = [nn.Linear(8, 8) for _ in range(3)]
        self.out = nn.Linear(8, 3)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.out(x)


train(Net())
"""
    seen = network(script, tmp_path)
    hidden = [x for x in seen.layers if not x.registered]
    assert len(hidden) == 3 and {x.place.line for x in hidden} == {FIRST + 3}
    assert not any(x.created_in_forward for x in seen.layers)
    for one in hidden:
        assert [(p.in_optimizer, p.grad, p.changed) for p in one.parameters] == [
            (False, "nonzero", False)
        ] * 2
    assert all(p.in_optimizer and p.changed for p in layer(seen, "out").parameters)


def test_layers_made_in_forward_are_told_apart_by_size(tmp_path: Path) -> None:
    script = """\
class Net(nn.Module):
    def forward(self, x):
        for size in (8, 6):
            x = nn.Linear(x.shape[1], size)(x)
        return self.out(x)


net = Net()
net.out = nn.Linear(6, 3)
train(net)
"""
    fresh = [x for x in network(script, tmp_path).layers if x.created_in_forward]
    assert sorted(x.parameters[0].shape for x in fresh) == [(6, 8), (8, 8)]


def test_a_layer_built_once_in_forward_is_not_created_there_every_time(tmp_path: Path) -> None:
    script = """\
class Net(nn.Module):
    def forward(self, x):
        if not hasattr(self, "out"):
            self.out = nn.Linear(x.shape[1], 3)
        return self.out(x)


net = Net()
net.scale = nn.Parameter(torch.ones(1))
net(x)
train(net)
"""
    assert not any(x.created_in_forward for x in network(script, tmp_path).layers)


def test_a_replaced_head_is_a_new_layer(tmp_path: Path) -> None:
    script = """\
net = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3))
train(net)
net[2] = nn.Linear(8, 4)
train(net, *net[0].parameters())
"""
    head = layer(network(script, tmp_path), "2")
    assert head.settings["out_features"] == 4
    assert head.place.line == FIRST + 2
    assert [(p.in_optimizer, p.changed) for p in head.parameters] == [(False, False)] * 2


def test_weights_trained_in_another_network_are_not_fresh(tmp_path: Path) -> None:
    script = """\
body = nn.Sequential(nn.Linear(8, 8), nn.Tanh())
train(nn.Sequential(body, nn.Linear(8, 3)))
body.requires_grad_(False)
net = nn.Sequential(body, nn.Linear(8, 16), nn.Linear(16, 3))
train(net)
"""
    seen = network(script, tmp_path)
    assert seen.loaded
    assert [p.loaded for p in layer(seen, "0.0").parameters] == [True, True]
    assert not any(p.loaded for p in layer(seen, "1").parameters)


def test_what_a_crashed_backward_was_to_train(tmp_path: Path) -> None:
    script = """\
net = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3))
train(net, steps=15)
net.requires_grad_(False)
train(net)
"""
    seen = network(script, tmp_path)
    assert [p.trainable for p in seen.parameters()] == [False] * 4


def test_an_encoder_beside_the_network_is_seen(tmp_path: Path) -> None:
    script = """\
encoder, head = nn.Linear(8, 16), nn.Sequential(nn.Tanh(), nn.Linear(16, 3))
opt = torch.optim.SGD(head.parameters(), lr=0.1)
for i in range(8):
    opt.zero_grad()
    F.cross_entropy(head(encoder(x)), y).backward()
    opt.step()
"""
    seen = network(script, tmp_path)
    assert seen.kind == "Sequential" and len(seen.companions) == 1
    other = seen.companions[0]
    assert (other.kind, other.trainable, other.left_out) == ("Linear", 144, 144)
    assert other.train_mode is True and not other.from_library
    everything = script.replace("head.parameters()", "[*encoder.parameters(), *head.parameters()]")
    assert network(everything, tmp_path).companions[0].left_out == 0


def test_where_eval_was_called(tmp_path: Path) -> None:
    script = """\
net = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
net[1].eval()  # a single layer, on purpose
train(net)
net.eval()
train(net)
"""
    passes = evidence(script, tmp_path)[Passes]
    assert isinstance(passes, Passes)
    assert [(c.step, c.place.line) for c in passes.eval_calls] == [(8, FIRST + 3)]


def test_of_two_outputs_the_one_that_the_loss_takes_holds_the_scores(tmp_path: Path) -> None:
    script = """\
class Distance(nn.Module):  # a layer whose output is a single number
    def __init__(self):
        super().__init__()
        self.centers = nn.Parameter(torch.zeros(3, 4))
    def forward(self, features, target):
        return (features - self.centers[target]).pow(2).mean()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(8, 4), nn.Linear(4, 3)
    def forward(self, x):
        features = self.body(x)
        return features, self.head(F.relu(features))

net, distance = Net(), Distance()
opt = torch.optim.SGD([*net.parameters(), *distance.parameters()], lr=0.05)
for i in range(8):
    opt.zero_grad()
    features, scores = net(x[i * 10 : i * 10 + 10])
    target = y[i * 10 : i * 10 + 10]
    (F.cross_entropy(scores, target) + 0.1 * distance(features, target)).backward()
    opt.step()
net.eval()
with torch.no_grad():
    print((net(x[100:])[1].argmax(1) == y[100:]).sum().item())
"""
    found = evidence(script, tmp_path)
    run, passes = found[Run], found[Passes]
    assert isinstance(run, Run) and not run.faults
    assert isinstance(passes, Passes) and passes.passes[-1].counted == 100
    assert passes.passes[-1].correct == int(str(found[str]).split()[-1])


def test_a_layer_that_was_replaced_has_the_settings_of_the_new_one(tmp_path: Path) -> None:
    script = """\
model = nn.Sequential()
model.add_module("body", nn.Linear(8, 6))
model.add_module("head", nn.Linear(6, 2))
opt = torch.optim.SGD(model.parameters(), lr=0.05)
for i in range(20):  # long enough for closer looks to become rare
    opt.zero_grad()
    F.cross_entropy(model(x[i * 10 : i * 10 + 10]), y[i * 10 : i * 10 + 10] % 2).backward()
    opt.step()
model.head = nn.Linear(6, 3)
model.requires_grad_(False)
F.cross_entropy(model(x[:10]), y[:10]).backward()
"""
    head = layer(network(script, tmp_path), "head")
    assert head.settings["out_features"] == 3 and head.parameters[0].shape == (3, 6)
    assert head.place is not None and head.place.line == FIRST + 8
