"""The closer look: what an object is, which operation made a value, what a loop reaches."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from whytorch import script
from whytorch.evidence.source import read_source
from whytorch.evidence.source_data import loaders, splits, trained_on
from whytorch.evidence.source_look import Look, look
from whytorch.evidence.source_losses import loss_calls, only_network
from whytorch.evidence.source_nodes import children, walk
from whytorch.evidence.source_outcomes import outcomes
from whytorch.evidence.source_steps import reached, training_loops, words

Seen = Callable[[str], Look]

NETS = """
class Soft(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.end = nn.Softmax(dim=1)

    def forward(self, x):
        x = self.fc(x)
        return self.end(x)


class Either(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = self.fc(x)
        if self.training:
            return x
        return x.softmax(1)


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return F.relu(x), self.fc(x)


def soft(model, x):
    return torch.softmax(model(x), -1)
"""


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    def read(text: str) -> Look:
        path = tmp_path / "a.py"
        path.write_text(text, encoding="utf-8")
        return look(read_source(script.read(str(path))))

    return read


def of_result(seen: Look) -> tuple:
    """The value of the last assignment, with its block."""
    node, block = seen.project.indexes[0].assignments[-1]
    return block, node.value


@pytest.mark.parametrize(
    ("code", "ops"),
    [
        ("out = F.softmax(x, 1)", ["softmax"]),
        ("out = x.softmax(1).view(-1, 2).float()", ["softmax"]),
        ("out = torch.flatten(torch.log_softmax(x, 1))", ["log_softmax"]),
        ("net = Soft()\nout = net(x)", ["softmax"]),
        ("net = Soft().to(device)\nnet = nn.DataParallel(net)\ny = net(x)\nout = y", ["softmax"]),
        ("net = Either()\nout = net(x)", ["Linear", "softmax"]),
        ("net = nn.Sequential(nn.Linear(4, 2), nn.Softmax(1), nn.Flatten())\nout = net(x)",
         ["softmax"]),
        ("net = nn.Sequential(OrderedDict([('a', nn.Linear(4, 2))]))\nout = net(x)", ["Linear"]),
        ("net = nn.Sequential(*layers)\nout = net(x)", None),
        ("a, b = Pair()(x)\nout = b", ["Linear"]),
        ("net = Pair()\na, b = net(x)\nout = a", ["relu"]),
        ("_, out = torch.max(x, 1)\nout = out.float()", ["argmax"]),
        ("out = soft(net, x)", ["softmax"]),
        ("out = x if flag else F.relu(x)", None),
        ("out = F.relu(x) if flag else F.softmax(x, 1)", ["relu", "softmax"]),
        ("out = a + b", [""]),
        ("out = unknown(x)", None),
        ("net = Soft()\nif flag:\n    net = Either()\nout = net(x)", None),
    ],
)  # fmt: skip
def test_outcomes(code: str, ops: list[str] | None, seen: Seen) -> None:
    one = seen(f"{NETS}\n{code}\n")
    block, node = of_result(one)
    found = outcomes(one).of(block, node)
    assert (None if found is None else [o.op for o in found]) == ops


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("out = nn.Linear(1, 2).cuda()", "torch.nn.Linear"),
        ("def make():\n    return nn.Linear(1, 2)\n\n\nout = make().train()", "torch.nn.Linear"),
        ("net = Soft()\nnet.eval()\nout = net", "Soft"),
        ("out = torch.compile(Soft())", "Soft"),
        ("out = unknown", None),
    ],
)
def test_instances(code: str, name: str | None, seen: Seen) -> None:
    one = seen(f"{NETS}\n{code}\n")
    made = one.instance(*of_result(one))
    assert (made.name if made else None) == name


def test_losses(seen: Seen) -> None:
    one = seen(
        f"{NETS}\n"
        "criterion = nn.CrossEntropyLoss()\nnet = Soft()\n"
        "loss = criterion(net(x), y)\nloss = F.cross_entropy(x, target=y)\n"
        "loss = nn.CrossEntropyLoss()(a, b)\nother(a, b)\n"
    )
    found = loss_calls(one, "cross_entropy", "CrossEntropyLoss")
    assert sorted(call.node.lineno for call in found) == [39, 40, 41]
    assert only_network(one) is None  # there are three


def test_a_model_that_is_a_parameter_is_the_only_one_there_is(seen: Seen) -> None:
    net = NETS.split("class Either")[0]
    one = seen(f"{net}\ndef run(model, x, y):\n    loss = F.cross_entropy(model(x), y)\n")
    (call,) = loss_calls(one, "cross_entropy", "CrossEntropyLoss")
    assert [o.op for o in call.inputs or ()] == ["softmax"]


LOOP = """
class Trainer:
    def fit(self, loader):
        for x, y in loader:
            self.clear()
            loss = self.loss(x, y)
            loss.backward()
            self.optimizer.step()

    def clear(self):
        self.optimizer.zero_grad()
"""


def test_a_loop_reaches_the_methods_that_it_calls(seen: Seen) -> None:
    one = seen(LOOP)
    (loop,) = training_loops(one)
    assert one.text(loop.step.block, loop.optimizer) == "self.optimizer"
    assert "zero_grad" in words(reached(one, loop.backward.block, loop.node) or [])
    unknown = seen(LOOP.replace("def clear", "def other"))
    (loop,) = training_loops(unknown)
    assert reached(unknown, loop.backward.block, loop.node) is None


@pytest.mark.parametrize(
    "code",
    [
        "for x in data:\n    engine.backward(loss)\n    engine.step()\n",
        "for x in data:\n    loss.backward()\n    scheduler.step()\n",
        "loss.backward()\noptimizer.step()\n",
        "for x in data:\n    loss.backward()\nfor x in data:\n    optimizer.step()\n",
    ],
)
def test_what_is_no_training_loop(code: str, seen: Seen) -> None:
    assert training_loops(seen(code)) == []


def test_loaders(seen: Seen) -> None:
    one = seen(
        "a, b = random_split(data, [8, 2])\n"
        "first = DataLoader(a, 4, True)\nsecond = DataLoader(b, shuffle=False)\n"
        "third = DataLoader(b, sampler=s)\n"
        "for epoch in range(3):\n    for i, (x, y) in enumerate(tqdm(first)):\n"
        "        loss.backward()\n        optimizer.step()\n"
    )
    assert [loader.shuffled for loader in loaders(one)] == [True, False, None]
    assert {made.node.lineno for made in trained_on(one)} == {2}
    assert [names for _, _, names in splits(one, "random_split")] == [["a", "b"]]


def test_a_walk_finds_what_ast_walk_finds() -> None:
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8") + LOOP + NETS)
    left_out = (ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop)
    every = {id(n) for n in ast.walk(tree) if not isinstance(n, left_out)}
    assert {id(n) for n in walk(tree)} == every
    assert {id(n) for n in children(tree)} == {id(n) for n in tree.body}
