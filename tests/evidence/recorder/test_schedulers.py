"""What learning rate schedulers do to the rate, and what a step does to the weights."""

from __future__ import annotations

from pathlib import Path

import warm

from whytorch.evidence import reading
from whytorch.evidence.facts import Training

START = """\
import torch
from torch import nn
from torch.optim import lr_scheduler as schedules

torch.manual_seed(0)
x, y = torch.randn(200, 8), torch.randint(0, 3, (200,))
model = nn.Linear(8, 3)


def step(opt, i):
    opt.zero_grad()
    nn.functional.cross_entropy(model(x[i:i + 10]), y[i:i + 10]).backward()
    opt.step()


"""


def training(body: str, folder: Path) -> Training:
    path = folder / "train.py"
    path.write_text(START + body, encoding="utf-8")
    found = reading.read_evidence(warm.rehearse(path, folder))[Training]
    assert isinstance(found, Training)
    return found


def test_the_rate_after_each_step_and_whose_it_is(tmp_path: Path) -> None:
    found = training(
        """\
unused = torch.optim.SGD(model.parameters(), lr=3.0)
opt = torch.optim.SGD(model.parameters(), lr=0.4)
halves = schedules.StepLR(opt, 1, 0.5)
other = schedules.ExponentialLR(unused, 0.9)
for i in range(3):
    step(opt, i)
    halves.step()
""",
        tmp_path,
    )
    first, second = found.schedulers
    assert (first.optimizer, second.optimizer) == (1, 0)
    assert (first.base_lr, first.first_lr, first.steps) == (0.4, 0.4, 3)
    assert first.lr_history == ((1, 0.2), (2, 0.1), (3, 0.05))
    assert (second.steps, second.lr_history, second.step_place) == (0, (), None)
    assert {s.optimizer for s in found.trace} == {1}


def test_the_top_of_one_cycle_is_its_base(tmp_path: Path) -> None:
    found = training(
        """\
opt = torch.optim.SGD(model.parameters(), lr=0.4)
cycle = schedules.OneCycleLR(opt, max_lr=0.5, total_steps=100)
step(opt, 0)
cycle.step()
""",
        tmp_path,
    )
    assert found.schedulers[0].base_lr == 0.5
    assert abs((found.schedulers[0].first_lr or 0) - 0.02) < 1e-9


def test_schedulers_inside_another_step_with_it(tmp_path: Path) -> None:
    found = training(
        """\
opt = torch.optim.SGD(model.parameters(), lr=0.4)
a = schedules.LinearLR(opt, 0.1, total_iters=2)
b = schedules.ExponentialLR(opt, 0.9)
both = schedules.SequentialLR(opt, [a, b], milestones=[2])
for i in range(4):
    step(opt, i)
    both.step()
""",
        tmp_path,
    )
    assert [(s.kind, s.steps, s.inside) for s in found.schedulers] == [
        ("LinearLR", 0, True),
        ("ExponentialLR", 0, True),
        ("SequentialLR", 4, False),
    ]


def test_what_a_plateau_was_given(tmp_path: Path) -> None:
    found = training(
        """\
opt = torch.optim.SGD(model.parameters(), lr=0.4)
plateau = schedules.ReduceLROnPlateau(opt, mode="max", patience=0)
for i in range(3):
    step(opt, i)
    plateau.step(torch.tensor(0.5))
""",
        tmp_path,
    )
    assert found.schedulers[0].mode == "max"
    assert [(step, value) for step, value, _ in found.schedulers[0].metrics] == [
        (1, 0.5),
        (2, 0.5),
        (3, 0.5),
    ]


def test_a_very_long_history_keeps_its_ends(tmp_path: Path) -> None:
    found = training(
        """\
opt = torch.optim.SGD(model.parameters(), lr=1.0)
falls = schedules.ExponentialLR(opt, 0.999)
step(opt, 0)
for _ in range(1500):
    falls.step()
""",
        tmp_path,
    )
    history = found.schedulers[0].lr_history
    assert len(history) <= 400
    assert abs(history[0][1] - 0.999) < 1e-9 and abs(history[-1][1] - 0.999**1500) < 1e-9


def test_decay_pulls_against_the_gradient(tmp_path: Path) -> None:
    body = """\
opt = torch.optim.{kind}(model.parameters(), lr=0.01, weight_decay={decay})
for i in range(6):
    step(opt, i)
"""
    for kind in ("SGD", "AdamW"):
        none, little, much = (
            training(body.format(kind=kind, decay=decay), tmp_path).trace[5]
            for decay in (0.0, 0.01, 1.0)
        )
        assert none.decay_pull is None
        assert little.decay_pull is not None and much.decay_pull is not None
        assert 0 < little.decay_pull < 0.1 and 20 * little.decay_pull < much.decay_pull
        assert none.weight_norm is not None and 0.3 < none.weight_norm < 3
