"""What the recorder says of dropout, BatchNorm, samplers, scores and kept weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import warm

from whytorch.evidence import facts as f
from whytorch.evidence import reading

START = """
import copy, torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, SubsetRandomSampler, WeightedRandomSampler
torch.manual_seed(0)
X, y = torch.randn(300, 1, 8, 8), torch.arange(300) % 3
X[torch.arange(300), 0, y] += 1.0
data = TensorDataset(X, y)
def fit(net, loader, epochs=2):
    opt = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], 0.05)
    for _ in range(epochs):
        net.train()
        for a, b in loader:
            opt.zero_grad(); F.cross_entropy(net(a), b).backward(); opt.step()
def test(net, loader):
    net.eval()
    with torch.no_grad():
        return sum((net(a).argmax(1) == b).sum().item() for a, b in loader)
"""


def _evidence(folder: Path, text: str) -> dict[type, Any]:
    path = folder / "train.py"
    path.write_text(START + text)
    rehearsed = warm.rehearse(path, folder)
    made: dict[type, Any] = reading.read_evidence(rehearsed)
    assert made[f.Run].exit == "finished", rehearsed.output
    assert not made[f.Run].faults
    return made


def test_dropout_by_its_owner_and_phase(tmp_path: Path) -> None:
    text = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop, self.plain, self.fc = nn.Dropout(0.3), [nn.Dropout(0.2)], nn.Linear(64, 3)
    def forward(self, x):
        x = self.drop(x.flatten(1))
        x = F.dropout(x, 0.1)
        x = nn.Dropout(0.4)(x)
        x = self.plain[0](x)
        x = F.dropout(x, 0.25, self.training)
        return self.fc(x)
net = Net()
fit(net, DataLoader(data, 50)); test(net, DataLoader(data, 100))
"""
    found = {d.p: d for d in _evidence(tmp_path, text)[f.Network].dropouts}
    owners = {p: found[p].owner for p in sorted(found)}
    assert owners == {0.1: "function", 0.2: "stray", 0.25: "function", 0.3: "layer", 0.4: "fresh"}
    assert all(d.in_training for d in found.values())
    assert {p for p, d in found.items() if d.in_evaluation} == {0.1, 0.2, 0.4}
    assert found[0.1].eval_passes == (2,)


def test_attention_that_drops_in_evaluation(tmp_path: Path) -> None:
    text = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 3)
    def forward(self, x):
        x = x.squeeze(1)
        return self.fc(F.scaled_dot_product_attention(x, x, x, None, 0.5).flatten(1))
net = Net()
fit(net, DataLoader(data, 50)); test(net, DataLoader(data, 100))
"""
    (found,) = _evidence(tmp_path, text)[f.Network].dropouts
    assert (found.function, found.p) == ("scaled_dot_product_attention", 0.5)
    assert found.in_evaluation


NET = """
net = nn.Sequential(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6, momentum={momentum}), nn.ReLU(),
                    nn.Flatten(), nn.Linear(216, 3))
"""


@pytest.mark.parametrize(("momentum", "fits"), [(0.1, True), (None, True), (0.0, False)])
def test_stored_statistics_against_those_of_the_data(
    momentum: float | None, fits: bool, tmp_path: Path
) -> None:
    text = (
        NET.format(momentum=momentum)
        + """
fit(net, DataLoader(data, 50, shuffle=True), 10); test(net, DataLoader(data, 100))
"""
    )
    (norm,) = _evidence(tmp_path, text)[f.Network].norms
    assert norm.name == "1" and norm.momentum == momentum and norm.learns_statistics
    spreads = (norm.stale_spread, norm.eval_spread)
    assert all(s is not None and (s < 0.2 if fits else s > 0.5) for s in spreads)
    assert norm.untouched is (not fits)


def test_drift_is_measured_from_the_moment_of_freezing(tmp_path: Path) -> None:
    text = (
        NET.format(momentum=0.1)
        + """
loader = DataLoader(data, 50, shuffle=True)
fit(net, loader, 10)
before = copy.deepcopy(net[1])
for p in net[:2].parameters():
    p.requires_grad_(False)
fit(net, DataLoader(TensorDataset(X + 2.0, y), 50, shuffle=True), 4)
shift = (net[1].running_mean - before.running_mean).abs() / (before.running_var + 1e-5).sqrt()
print("shift", shift.median().item())
"""
    )
    made = _evidence(tmp_path, text)
    (norm,) = made[f.Network].norms
    assert norm.learns_while_frozen and norm.trainable is False
    assert norm.drift_shift == pytest.approx(made[f.Passes].printed[-1].numbers[0], rel=0.3)


@pytest.mark.parametrize("frozen", ["net[1].weight", "net[1].weight, net[1].bias"])
def test_a_scale_fixed_from_the_start_is_no_frozen_layer(tmp_path: Path, frozen: str) -> None:
    """Trained from scratch: with a bias that learns, or without any statistics to lose."""
    text = f"""
net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(),
                    nn.Linear(144, 3))
for p in ({frozen},):
    p.requires_grad_(False)
fit(net, DataLoader(data, 50, shuffle=True), 10)
"""
    (norm,) = _evidence(tmp_path, text)[f.Network].norms
    assert norm.learns_statistics and not norm.learns_while_frozen and norm.trainable is False


def test_what_samplers_were_told(tmp_path: Path) -> None:
    text = """
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
fit(net, DataLoader(data, 50, sampler=WeightedRandomSampler([0.0, 1.0, 2.0], 100, True)))
fit(net, DataLoader(data, 50, sampler=SubsetRandomSampler([1, 2, 2, 5] * 20)))
fit(net, DataLoader(data, 50))
"""
    loaders = _evidence(tmp_path, text)[f.DataFlow].loaders
    weighted, subset, plain = (x.sampling for x in loaders)
    assert weighted is not None and subset is not None and plain is None
    assert (weighted.weights, weighted.zero_weights, weighted.equal_weights) == (3, 1, False)
    assert (weighted.draws, weighted.replacement) == (100, True)
    assert (subset.indices, subset.distinct_indices) == (80, 3)
    assert weighted.place is not None and weighted.place.line == 20 + 0


def test_what_scores_were_given(tmp_path: Path) -> None:
    text = """
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
fit(net, DataLoader(data, 50)); test(net, DataLoader(data, 100))
from sklearn.metrics import accuracy_score, classification_report
fit(net, DataLoader(data, 50), 1)
accuracy_score([0, 1, 2, 2], torch.tensor([0, 1, 1, 2]))
classification_report([0, 1, 1], [1, 0, 0], zero_division=0)
accuracy_score([[0, 1], [1, 1]], [[0, 1], [0, 1]])
"""
    scores = _evidence(tmp_path, text)[f.Passes].scores
    assert [(s.function, s.samples, s.equal) for s in scores] == [
        ("accuracy_score", 4, 3), ("classification_report", 3, 0),
    ]  # fmt: skip
    assert scores[0].true_counts == {"0": 1, "1": 1, "2": 2}
    assert scores[0].predicted_counts == {"0": 1, "1": 2, "2": 1}


def test_when_weights_were_set_aside_and_put_back(tmp_path: Path) -> None:
    text = """
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
held = DataLoader(data, 100)
fit(net, DataLoader(data, 50), 1); test(net, held)
best = copy.deepcopy(net.state_dict())
fit(net, DataLoader(data, 50), 1); test(net, held)
net.load_state_dict(best); test(net, held)
"""
    events = _evidence(tmp_path, text)[f.Passes].weights
    assert [(e.kind, e.after_pass, e.step) for e in events] == [("taken", 1, 6), ("loaded", 3, 12)]


def test_logits_read_as_probabilities(tmp_path: Path) -> None:
    text = """
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
opt = torch.optim.SGD(net.parameters(), 0.05)
two = DataLoader(TensorDataset(X, (y == 0).float()), 50)
for a, b in two:
    opt.zero_grad(); F.binary_cross_entropy_with_logits(net(a)[:, 0], b).backward(); opt.step()
half = rounded = right = 0
with torch.no_grad():
    for a, b in two:
        out = net(a)[:, 0]
        right += ((out > 0) == b.bool()).sum().item()
        half += ((out > 0.5) == b.bool()).sum().item(); rounded += (out.round() == b).sum().item()
print("truth", right, half, rounded)
"""
    made = _evidence(tmp_path, text)
    one = made[f.Passes].of("eval")[-1]
    assert one.otherwise_correct is not None
    found = (one.correct, one.otherwise_correct["above 0.5"], one.otherwise_correct["rounded"])
    assert found == made[f.Passes].printed[-1].numbers
