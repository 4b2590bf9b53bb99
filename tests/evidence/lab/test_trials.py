"""Each trial changes the one thing it names, on scripts and on benches set up by hand."""

from __future__ import annotations

import importlib
import time
from pathlib import Path

import pytest
import torch
from laboratory import bench_of, experiment
from torch import nn
from torch.nn import functional

from whytorch.evidence.lab.bench import Change, NotRebuilt
from whytorch.evidence.lab.experiments.batch_size import regrouped
from whytorch.evidence.lab.trial import compare

HEAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32).view(-1, 1, 8, 8) / 16
loader = DataLoader(TensorDataset(X, torch.tensor(y)), batch_size=32, shuffle=True)
"""

# Dropout as a function and as a module, both far too strong.
STIFLED = (
    HEAD
    + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.drop, self.fc = nn.Conv2d(1, 8, 3), nn.Dropout2d(0.9), nn.Linear(288, 10)

    def forward(self, x):
        x = self.drop(F.relu(self.conv(x)))
        return self.fc(F.dropout(x.view(-1, 288), 0.9, self.training))

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=0.001)
for images, labels in loader:
    optimizer.zero_grad()
    F.cross_entropy(net(images), labels).backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
"""
)

# A softmax before the cross-entropy, a sigmoid between the layers.
SQUASHED = (
    HEAD
    + """
net = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(72, 32), nn.Sigmoid(), nn.Linear(32, 10), nn.Softmax(dim=1),
)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()
for images, labels in loader:
    optimizer.zero_grad()
    criterion(net(images), labels).backward()
    optimizer.step()
"""
)

REASONS = {
    "momentum_scaled": "the optimizer has no momentum that can be set",
    "weight_decay_scaled": "the optimizer decays no weights",
    "dropout_scaled": "the network drops nothing in training",
    "clipping_off": "the script clips no gradients",
}


def script(tmp_path: Path, text: str, names: list[str], seconds: float = 60.0):
    target = tmp_path / "train.py"
    target.write_text(text)
    folder = tmp_path / "out"
    folder.mkdir()
    made = experiment(target, folder, names, seconds)
    assert made.bench.problem is None and not made.faults
    return made.facts


def test_what_stifles_a_script_is_taken_away_one_by_one(tmp_path: Path) -> None:
    names = ["dropout_scaled", "clipping_off", "weight_decay_scaled", "momentum_scaled"]
    facts = script(tmp_path, STIFLED, names)
    says = {name: [o.says for o in facts[name].changed] for name in names}
    assert says == {
        "dropout_scaled": ["no dropout", "half the dropout"],
        "clipping_off": ["gradients not clipped"],
        "weight_decay_scaled": ["no weight decay", "a tenth of the weight decay"],
        "momentum_scaled": ["momentum=0"],  # 0.9 is the script's own
    }
    dropout = facts["dropout_scaled"]
    none, half = dropout.changed
    assert none.end < half.end < dropout.own.end - dropout.noise
    assert dropout.repeated
    assert all(fact.comparable for fact in facts.values())


def test_what_squashes_a_script_is_taken_away(tmp_path: Path) -> None:
    names = [*REASONS, "last_activation_removed", "loss_swapped", "activations_swapped"]
    facts = script(tmp_path, SQUASHED, names)
    assert {name: facts[name] for name in REASONS} == REASONS
    last = facts["last_activation_removed"]
    assert last.changed[0].says == "no softmax at the end"
    assert last.comparable and last.repeated and last.changed[0].end < last.own.end - last.noise
    loss = facts["loss_swapped"]
    assert not loss.comparable
    assert loss.changed[0].end == last.changed[0].end  # the same by another way
    assert facts["activations_swapped"].changed[0].says == "ReLU in the place of sigmoid"


def test_widths_and_batches_of_a_script(tmp_path: Path) -> None:
    names = ["more_capacity", "less_capacity", "batch_size", "strides_reduced", "batch_norm_added"]
    facts = script(tmp_path, SQUASHED, names)
    assert not [fact for fact in facts.values() if isinstance(fact, str)]
    sizes = {o.says: o.steps for o in facts["batch_size"].changed}
    own = facts["batch_size"].own.steps
    assert sizes == {
        "batches of 8": 4 * own, "batches of 16": 2 * own,
        "batches of 64": own // 2, "batches of 128": own // 4,
    }  # fmt: skip
    assert [o.says for o in facts["more_capacity"].changed] == [
        "twice as wide", "one more hidden layer",
    ]  # fmt: skip
    assert [o.says for o in facts["strides_reduced"].changed] == ["first stride taken back"]


# --- benches set up by hand ----------------------------------------------------------------------


def batches(targets=lambda y: y, many=4, size=8):
    torch.manual_seed(0)
    drawn = [torch.randint(0, 3, (size,)) for _ in range(many)]
    return [
        (functional.one_hot(y, 3).float() @ torch.eye(3, 12), targets(y)) for y in drawn
    ]  # classes that are told apart by their first three numbers


def measured(name, bench):
    module = importlib.import_module(f"whytorch.evidence.lab.experiments.{name}")
    bench.length = 20
    return module.measure(bench, 60.0)


def mlp(*ends: nn.Module, out: int = 3) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, out), *ends)


def one_hot(y):
    return functional.one_hot(y, 3).float()


def first_class(y):
    return (y == 0).float()[:, None]


@pytest.mark.parametrize(
    ("network", "targets", "loss"),
    [
        (mlp(nn.Sigmoid()), one_hot, functional.mse_loss),
        (mlp(nn.Softmax(1)), one_hot, functional.binary_cross_entropy),
        (mlp(nn.Sigmoid(), out=1), first_class, functional.mse_loss),
        (mlp(), lambda y: y, functional.multi_margin_loss),
    ],
)
def test_cross_entropy_learns_where_other_losses_are_used(network, targets, loss):
    trial = measured("loss_swapped", bench_of(network, batches(targets), loss))
    assert trial["comparable"] is False
    (changed,) = trial["changed"]
    assert changed["end"] < changed["start"]


@pytest.mark.parametrize(
    ("network", "targets", "loss", "why"),
    [
        (mlp(), lambda y: y, functional.cross_entropy, "is cross-entropy"),
        (mlp(nn.LogSoftmax(1)), lambda y: y, functional.nll_loss, "is cross-entropy"),
        (mlp(nn.Sigmoid(), out=1), first_class, functional.binary_cross_entropy, "is cross-entr"),
        (mlp(out=1), lambda y: y.float()[:, None] * 1.5, functional.mse_loss, "not 0 and 1"),
        (mlp(), lambda y: one_hot(y) + 1.0, functional.mse_loss, "one class each"),
    ],
)
def test_cross_entropy_is_not_put_where_it_is_or_means_nothing(network, targets, loss, why):
    with pytest.raises(NotRebuilt, match=why):
        measured("loss_swapped", bench_of(network, batches(targets), loss))


@pytest.mark.parametrize(
    ("network", "targets", "loss", "why"),
    [
        (mlp(), lambda y: y, functional.cross_entropy, "does not end in"),
        (mlp(nn.LogSoftmax(1)), lambda y: y, functional.nll_loss, "needs what log_softmax"),
        (mlp(nn.Sigmoid()), one_hot, functional.binary_cross_entropy, "needs what sigmoid"),
    ],
)
def test_an_activation_that_the_loss_needs_stays(network, targets, loss, why):
    with pytest.raises(NotRebuilt, match=why):
        measured("last_activation_removed", bench_of(network, batches(targets), loss))


def test_momentum_set_by_hand_reaches_the_optimizer():
    network = mlp()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.5, nesterov=True)
    trial = measured(
        "momentum_scaled", bench_of(network, batches(), nn.CrossEntropyLoss(), optimizer)
    )
    none, usual = trial["changed"]
    assert [none["says"], usual["says"]] == ["momentum=0", "momentum=0.9"]
    assert usual["end"] < trial["own"]["end"] < none["end"]


def test_gradients_that_were_clipped_to_nothing_move_the_weights():
    clip = (nn.utils.clip_grad_norm_, (1e-9,), {})
    bench = bench_of(mlp(), batches(), nn.CrossEntropyLoss(), clips=[clip])
    trial = measured("clipping_off", bench)
    assert trial["changed"][0]["end"] < trial["own"]["end"] - trial["noise"]


def test_weight_decay_of_each_group_is_scaled_by_itself():
    network = mlp()
    groups = [
        {"params": network[0].parameters(), "weight_decay": 0.5},
        {"params": network[2].parameters(), "weight_decay": 0.0},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    bench = bench_of(network, batches(), nn.CrossEntropyLoss(), optimizer)
    change = Change(settings={"weight_decay": lambda own: own / 10})
    copies = bench.networks(change)
    (made,) = bench.optimizers(copies, change)
    bench._set(made, bench.steps[0], change)
    assert [g["weight_decay"] for g in made.param_groups] == [0.05, 0.0]


def test_a_change_that_the_time_does_not_suffice_for_is_no_outcome():
    def slow(network):
        network.register_forward_pre_hook(lambda m, args: time.sleep(0.3))
        return network

    bench = bench_of(mlp(), batches(), nn.CrossEntropyLoss())
    bench.length = 20
    changes = [Change("slow", network=slow), Change("quick")]
    trial = compare(bench, changes, seconds=2.0)
    assert [o["says"] for o in trial["changed"]] == ["quick"]
    with pytest.raises(NotRebuilt, match="time did not suffice"):
        compare(bench, changes[:1], seconds=2.0)


def test_batches_keep_every_sample_and_what_clips():
    x, y = torch.arange(10.0)[:, None], torch.arange(10)
    found = regrouped(x, y, 4)
    assert [b.tolist() for _, b in found] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    network = mlp()
    clip = (nn.utils.clip_grad_norm_, (1e-9,), {})
    trial = measured(
        "batch_size", bench_of(network, batches(), nn.CrossEntropyLoss(), clips=[clip])
    )
    assert [o["steps"] for o in trial["changed"]] == [80, 40, 10, 5]
    for outcome in trial["changed"]:  # gradients of next to nothing move nothing
        assert outcome["end"] == pytest.approx(outcome["start"], rel=0.2)


def test_a_network_that_is_the_same_in_evaluation_is_needed():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(12, 8), nn.Linear(8, 3)

        def forward(self, x):
            x = self.one(x)
            return self.two(torch.tanh(torch.relu(x) if self.training else x))

    bench = bench_of(Odd(), batches(), nn.CrossEntropyLoss())
    with pytest.raises(NotRebuilt, match="in evaluation than in training"):
        measured("activations_swapped", bench)


def test_initialized_and_capacity_run():
    for name, changes in (("initialized", 2), ("less_capacity", 1), ("more_capacity", 2)):
        trial = measured(name, bench_of(mlp(), batches(), nn.CrossEntropyLoss()))
        assert len(trial["changed"]) == changes
        assert all(o["end"] is not None and o["steps"] == 20 for o in trial["changed"])


# Two folds, a network and an optimizer each; the first convolution never learns.
FOLDS = (
    HEAD
    + """
data = TensorDataset(X, torch.tensor(y))
for fold in range(2):
    rest = torch.utils.data.Subset(data, [i for i in range(len(X)) if i % 2 != fold])
    net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
    net[0].requires_grad_(False)
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=3e-3)
    for images, labels in DataLoader(rest, batch_size=20, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(net(images), labels).backward()
        optimizer.step()
"""
)


def test_frozen_layers_learn_and_other_folds_do_not_hide_it(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(FOLDS)
    trial = experiment(path, tmp_path, ["unfrozen"]).facts["unfrozen"]
    assert not isinstance(trial, str), trial
    assert trial.own.end < trial.own.start / 2  # more steps than one fold has, all of them its
    assert trial.changed[0].end < trial.own.end - 2 * trial.noise


def test_nothing_is_unfrozen_where_nothing_is_frozen(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(FOLDS.replace("net[0].requires_grad_(False)", ""))
    assert (
        "no weight of the network is frozen"
        in experiment(path, tmp_path, ["unfrozen"]).facts["unfrozen"]
    )
