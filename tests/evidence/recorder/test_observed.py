"""What the recorder says about a script, against the truth computed beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import warm

from whytorch import pipeline
from whytorch.catalog import load_catalog
from whytorch.evidence import facts as f
from whytorch.evidence import reading
from whytorch.evidence.recorder.sink import Sink

CHECKS = load_catalog()
DATA = """
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, Subset
torch.manual_seed(0)
X, y = torch.randn(300, 1, 8, 8), torch.arange(300) % 3
X[torch.arange(300), 0, y] += 1.0
"""


def _evidence(folder: Path, text: str) -> dict[type, Any]:
    path = folder / "train.py"
    path.write_text(DATA + text)
    rehearsed = warm.rehearse(path, folder, budget=250.0)  # seconds: also of a busy machine
    made: dict[type, Any] = reading.read_evidence(rehearsed)
    assert made[f.Run].exit == "finished", rehearsed.output
    assert not made[f.Run].faults
    return made


def test_accuracy_and_scores_of_classes_are_those_of_torchmetrics(tmp_path: Path) -> None:
    text = """
from torchmetrics.classification import MulticlassF1Score, MulticlassPrecision, MulticlassRecall
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
opt = torch.optim.SGD(net.parameters(), 0.05)
for a, b in DataLoader(TensorDataset(X[:200], y[:200]), 20, shuffle=True):
    opt.zero_grad(); F.cross_entropy(net(a), b).backward(); opt.step()
net.eval()
kinds = (MulticlassPrecision, MulticlassRecall, MulticlassF1Score)
made = [kind(num_classes=3, average=None) for kind in kinds]
right = 0
with torch.no_grad():
    for a, b in DataLoader(TensorDataset(X[200:], y[200:]), 30):
        out = net(a).argmax(1)
        right += (out == b).sum().item()
        for m in made: m.update(out, b)
print("truth", right / 100, *torch.stack([m.compute() for m in made]).flatten().tolist())
"""
    evidence = _evidence(tmp_path, text)
    truth = evidence[f.Passes].printed[-1].numbers
    evaluation = evidence[f.Passes].of("eval")[-1]
    scores = evaluation.per_class()
    ours = [getattr(s, k) for k in ("precision", "recall", "f1") for s in scores]
    assert evaluation.accuracy == pytest.approx(truth[0])
    assert ours == pytest.approx(truth[1:], abs=1e-6)
    assert [s.support for s in scores] == [34, 33, 33] or sum(s.support for s in scores) == 100


@pytest.mark.parametrize(
    ("model", "target", "loss"),
    [
        ("nn.Linear(64, 3)", "y[i]", "F.cross_entropy(out, t)"),
        ("nn.Linear(64, 1)", "(y[i] == 0).float()[:, None]",
         "F.binary_cross_entropy_with_logits(out, t)"),
        ("nn.Sequential(nn.Linear(64, 1), nn.Sigmoid(), nn.Flatten(0))", "(y[i] == 0).float()",
         "F.binary_cross_entropy(out, t)"),
        ("nn.Sequential(nn.Linear(64, 3), nn.LogSoftmax(1))", "y[i]",
         "-out[range(len(t)), t].mean()"),
    ],
)  # fmt: skip
def test_accuracy_of_plain_batches_in_several_encodings(
    model: str, target: str, loss: str, tmp_path: Path
) -> None:
    text = f"""
net = nn.Sequential(nn.Flatten(), {model})
opt = torch.optim.Adam(net.parameters(), 1e-2)
for n in range(20):
    i = torch.randperm(300)[:60]
    out, t = net(X[i]), {target}
    right = (out.argmax(1) == t if out.ndim > 1 and out.shape[1] > 1
             else (out > (0.5 if out.min() >= 0 and out.max() <= 1 else 0)) == t.bool())
    opt.zero_grad(); ({loss}).backward(); opt.step()
    print(right.float().mean().item())
"""
    evidence = _evidence(tmp_path, text)
    printed = [p.numbers[0] for p in evidence[f.Passes].printed]
    trace = evidence[f.Training].trace
    if "range" not in loss:
        assert [s.accuracy for s in trace] == pytest.approx(printed)
    assert len(trace) == 20


def test_two_evaluations_in_one_line_are_two_passes(tmp_path: Path) -> None:
    text = """
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
opt = torch.optim.Adam(net.parameters(), 1e-2)
def accuracy(a, b):
    with torch.no_grad():
        right = [net(part).argmax(1) == t for part, t in zip(a.split(50), b.split(50))]
    return torch.cat(right).float().mean().item()
for n in range(3):
    for i in torch.randperm(200).split(50):
        opt.zero_grad(); F.cross_entropy(net(X[i]), y[i]).backward(); opt.step()
    print(accuracy(X[:200], y[:200]), accuracy(X[200:300], y[200:300]))
"""
    passes = _evidence(tmp_path, text)[f.Passes]
    seen = [(p.samples, p.batches, p.seen_in_training) for p in passes.of("eval")]
    assert seen == [(200, 4, 1.0), (100, 2, 0.0)] * 3
    printed = [n for line in passes.printed for n in line.numbers]
    assert [p.accuracy for p in passes.of("eval")] == pytest.approx(printed)


def test_order_layers_and_saturation(tmp_path: Path) -> None:
    text = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.second = nn.Linear(16, 3)
        self.first = nn.Linear(64, 16)
        self.unused = nn.Linear(2, 2)
    def forward(self, x):
        return self.second(torch.tanh(100 * self.first(x.flatten(1))))
net = Net()
opt = torch.optim.SGD(net.parameters(), 0.01)
for n in range(5):
    opt.zero_grad(); F.cross_entropy(net(X), y).backward(); opt.step()
"""
    evidence = _evidence(tmp_path, text)
    network = evidence[f.Network]
    called = [x.name for x in network.layers if x.order >= 0]
    assert called == ["first", "second"]
    reached = {p.name: p.reaches_loss for p in network.parameters()}
    assert reached["first.weight"] is True
    assert reached["unused.weight"] is False
    (tanh,) = evidence[f.Activations].saturation
    assert tanh.share_at_start > 0.9
    assert evidence[f.Training].trace[0].update_ratio is not None


def test_indices_labels_and_overlap_through_subsets(tmp_path: Path) -> None:
    text = """
whole = TensorDataset(X, y)
train = Subset(Subset(whole, range(100, 300)), range(0, 150))
again = Subset(TensorDataset(X.clone(), y.clone()), range(90, 110))
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
opt = torch.optim.SGD(net.parameters(), 0.01)
for a, b in DataLoader(train, 50):
    opt.zero_grad(); F.cross_entropy(net(a), b).backward(); opt.step()
with torch.no_grad():
    for a, b in DataLoader(again, 10): F.cross_entropy(net(a), b)
"""
    evidence = _evidence(tmp_path, text)
    first, second = evidence[f.DataFlow].loaders
    assert first.draws[0].indices == tuple(range(100, 250))
    assert first.draws[0].labels == tuple(i % 3 for i in range(100, 250))
    assert first.phases == ("train",)
    assert first.dataset.source == second.dataset.source
    assert evidence[f.Passes].of("eval")[0].seen_in_training == pytest.approx(0.5)


def test_the_record_is_bounded_and_its_last_lines_fit(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    sink = Sink(path, limit=700_000)
    for number in range(20_000):
        sink.write("step", str(number), {"text": "x" * 100})
    sink.write("crash", "", {"type": "ValueError"})
    sink.write("end", "", {"exit": "crashed"})
    sink.close()
    assert path.stat().st_size < 700_000
    subjects = reading.read_lines(path)
    assert subjects["end"][""] == {"exit": "crashed"}
    assert subjects["crash"]


def test_a_record_cut_anywhere_is_readable(tmp_path: Path) -> None:
    whole = tmp_path / "record.jsonl"
    sink = Sink(whole)
    for number in range(40):
        sink.write("step", str(number), {"index": number, "loss": 1.5, "text": "ä\n"})
    sink.close()
    data = whole.read_bytes()
    cut = tmp_path / "cut.jsonl"
    for end in range(0, len(data), 7):
        cut.write_bytes(data[:end])
        steps = reading.read_lines(cut).get("step", {})
        assert len(steps) == data[:end].count(b"\n") or len(steps) == data[:end].count(b"\n") + 1


@pytest.mark.parametrize(
    "loss",
    [
        "F.mse_loss(out, a.flatten(1)[:, :5])",
        "F.binary_cross_entropy_with_logits(out, a.flatten(1)[:, :5].sigmoid())",
        "F.triplet_margin_loss(out, out.roll(3, 0), out.roll(1, 0))",
        "F.mse_loss(out[:, :1], b[:, None].float())",
    ],
)
def test_what_names_no_class_has_no_accuracy(loss: str, tmp_path: Path) -> None:
    """The loader gives labels, and nothing in the script holds the output for classes."""
    text = f"""
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 5))
opt = torch.optim.SGD(net.parameters(), 0.05)
for a, b in DataLoader(TensorDataset(X[:200], y[:200]), 20):
    out = net(a)
    opt.zero_grad(); {loss}.backward(); opt.step()
net.eval()
with torch.no_grad():
    for a, b in DataLoader(TensorDataset(X[200:], y[200:]), 20):
        out = net(a)
        print({loss}.item())
"""
    for one in _evidence(tmp_path, text)[f.Passes].passes:
        assert (one.counted, one.correct, one.accuracy, one.confusion) == (None,) * 4


def test_a_comparison_names_classes_where_the_loss_is_written_by_hand(tmp_path: Path) -> None:
    text = """
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
opt = torch.optim.SGD(net.parameters(), 0.05)
for a, b in DataLoader(TensorDataset(X[:200], y[:200]), 20):
    loss = -net(a).log_softmax(1)[torch.arange(len(b)), b].mean()
    opt.zero_grad(); loss.backward(); opt.step()
right = 0
with torch.no_grad():
    for a, b in DataLoader(TensorDataset(X[200:], y[200:]), 20):
        right += (net(a).argmax(1) == b).sum().item()
print("truth", right)
"""
    evidence = _evidence(tmp_path, text)
    trained, tested = evidence[f.Passes].passes
    assert (trained.counted, tested.counted) == (200, 100)
    assert tested.correct == evidence[f.Passes].printed[-1].numbers[0]


@pytest.mark.parametrize(("width", "counted"), [(7, None), (3, 100)])
def test_features_for_a_search_are_no_scores(
    width: int, counted: int | None, tmp_path: Path
) -> None:
    """After training, the network gives what its head was given; neighbours are counted then."""
    text = f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(64, {width}), nn.Linear({width}, 3)

    def forward(self, x):
        features = self.body(x.flatten(1))
        return (self.head(features), features) if self.training else features

net = Net()
opt = torch.optim.SGD(net.parameters(), 0.05)
for a, b in DataLoader(TensorDataset(X[:200], y[:200]), 20):
    scores, features = net(a)
    opt.zero_grad(); F.cross_entropy(scores, b).backward(); opt.step()
net.eval()
kept, labels = [], []
with torch.no_grad():
    for a, b in DataLoader(TensorDataset(X[200:], y[200:]), 20):
        kept.append(F.normalize(net(a)))
        labels.extend(b.tolist())
print(torch.cdist(torch.cat(kept), torch.cat(kept)).shape)
"""
    trained, searched = _evidence(tmp_path, text)[f.Passes].passes
    assert (trained.counted, searched.counted) == (200, counted)


@pytest.mark.parametrize("moved", ["a", "a.double().float()", "a + 0.01 * net.training", "a * 2"])
def test_a_loader_that_fetches_one_batch_ahead(moved: str, tmp_path: Path) -> None:
    """As those of accelerate and Lightning: at each call the next batch was delivered already."""
    text = f"""
def ahead(loader):
    batches = iter(loader)
    waiting = next(batches)
    for batch in batches:
        yield waiting
        waiting = batch
    yield waiting

net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
opt = torch.optim.SGD(net.parameters(), 0.05)
train, test = (DataLoader(TensorDataset(X[i], y[i]), 20) for i in (slice(205), slice(205, 300)))
for epoch in range(2):
    net.train()
    for a, b in ahead(train):
        opt.zero_grad(); F.cross_entropy(net({moved}), b).backward(); opt.step()
    net.eval()
    right = 0
    for a, b in ahead(test):
        with torch.no_grad():
            right += sum((net({moved}).argmax(1)).numpy() == b.numpy())
    print("truth", right)
"""
    evidence = _evidence(tmp_path, text)
    passes = evidence[f.Passes].passes
    assert [(p.phase, p.loader, p.batches) for p in passes] == [
        ("train", 0, 11), ("eval", 1, 5), ("train", 0, 11), ("eval", 1, 5)
    ]  # fmt: skip
    assert evidence[f.Run].epochs == 2
    assert passes[-1].correct == evidence[f.Passes].printed[-1].numbers[0]


def test_networks_that_train_together_share_their_epochs(tmp_path: Path) -> None:
    text = """
body, head = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU()), nn.Linear(8, 3)
opts = [torch.optim.SGD(m.parameters(), 0.05) for m in (body, head)]
for epoch in range(3):
    for a, b in DataLoader(TensorDataset(X, y), 50, shuffle=True):
        loss = F.cross_entropy(head(body(a)), b)
        for o in opts: o.zero_grad()
        loss.backward()
        for o in opts: o.step()
"""
    evidence = _evidence(tmp_path, text)
    assert (evidence[f.Run].epochs, evidence[f.Training].steps) == (3, 36)


BY_HAND = """
w = [(torch.randn(64, 32) * {scale}).requires_grad_(), torch.zeros(32, requires_grad=True)]
w += [(torch.randn(32, 3) * {scale}).requires_grad_(), torch.zeros(3, requires_grad=True)]
losses = []
for epoch in range(8):
    for rows in torch.randperm(300).split(30):
        h = torch.relu(X[rows].flatten(1) @ w[0] + w[1])
        loss = F.cross_entropy(h @ w[2] + w[3], y[rows])
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            for p in w:
                p -= {rate} * p.grad
                p.grad = None
print("losses", losses[0], losses[-1])
"""


def test_a_training_of_bare_tensors_has_a_course(tmp_path: Path) -> None:
    evidence = _evidence(tmp_path, BY_HAND.format(scale=0.2, rate=0.2))
    training, truth = evidence[f.Training], evidence[f.Passes].printed[-1].numbers
    assert training.steps == 0 and training.updates == 80 and training.hand_steps > 50
    assert [s.index for s in training.course] == list(range(80))
    ends = [training.course[0].loss, training.course[-1].loss]
    assert ends == pytest.approx(truth, rel=1e-6)
    assert pipeline.judge(evidence, CHECKS).verdict.kind == "nothing-found"


def test_a_training_of_bare_tensors_that_stays_at_guessing_is_no_sound_one(tmp_path: Path) -> None:
    report = pipeline.judge(_evidence(tmp_path, BY_HAND.format(scale=0.2, rate=1e-6)), CHECKS)
    assert report.verdict.kind == "unknown-cause" and report.run.steps == 80
    assert "loss-not-decreasing" in [s.id for s in report.symptoms]


def test_an_attack_is_no_training(tmp_path: Path) -> None:
    text = """
net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3)).requires_grad_(False)
for a, b in zip(X.split(20), y.split(20)):
    delta = torch.zeros_like(a, requires_grad=True)
    for _ in range(10):
        F.cross_entropy(net(a + delta), b).backward()
        delta.data = (delta.data + 0.1 * delta.grad.sign()).clamp(-0.3, 0.3)
        delta.grad.zero_()
"""
    training = _evidence(tmp_path, text)[f.Training]
    assert training.hand_steps > 10 and training.updates == 0 and not training.course
