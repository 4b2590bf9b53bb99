"""The order of zero_grad, backward and step, as the recorder counts it from the gradients."""

from __future__ import annotations

from pathlib import Path

import pytest
import warm

from whytorch.evidence import reading
from whytorch.evidence.facts import Training

START = """\
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
x, y = torch.randn(1000, 8), torch.randint(0, 3, (1000,))
model = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3))
opt = torch.optim.SGD(model.parameters(), lr=0.05)


def batches(n=100):
    for i in range(n):
        rows = slice(i % 100 * 10, i % 100 * 10 + 10)
        yield i, x[rows], y[rows]


def loss_of(a, b):
    return F.cross_entropy(model(a), b)


"""
FIRST = START.count("\n") + 1  # line number of the first line of a loop below

SOUND = {
    "zero_grad before backward": """\
for _, a, b in batches():
    opt.zero_grad()
    loss_of(a, b).backward()
    opt.step()
""",
    "zero_grad after step, to zeros": """\
for _, a, b in batches():
    loss_of(a, b).backward()
    opt.step()
    opt.zero_grad(set_to_none=False)
""",
    "the model's zero_grad": """\
for _, a, b in batches():
    model.zero_grad()
    loss_of(a, b).backward()
    opt.step()
""",
    "cleared by hand": """\
for _, a, b in batches():
    for p in model.parameters():
        p.grad = None
    loss_of(a, b).backward()
    opt.step()
""",
    "accumulation": """\
for i, a, b in batches():
    (loss_of(a, b) / 4).backward()
    if i % 4 == 3:
        opt.step()
        opt.zero_grad()
""",
    "closures": """\
opt = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=3)
for _, a, b in batches(20):
    def closure():
        opt.zero_grad()
        loss = loss_of(a, b)
        loss.backward()
        return loss
    opt.step(closure)
""",
    "GradScaler": """\
scaler = torch.amp.GradScaler("cpu")
for _, a, b in batches():
    opt.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = loss_of(a, b)
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    scaler.step(opt)
    scaler.update()
""",
    "two optimizers, fused and foreach": """\
one = torch.optim.Adam(model[0].parameters(), lr=0.01, fused=True)
other = torch.optim.SGD(model[2].parameters(), lr=0.05, foreach=True)
for _, a, b in batches():
    one.zero_grad()
    other.zero_grad()
    loss_of(a, b).backward()
    one.step()
    other.step()
""",
    # The generator's backward leaves the discriminator gradients on top of used ones; they are
    # cleared before the discriminator's own backward. 400 steps: past the dense looks.
    "GAN": """\
G, D = nn.Linear(4, 8), nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
opt_g, opt_d = torch.optim.Adam(G.parameters(), 1e-3), torch.optim.Adam(D.parameters(), 1e-3)
for _, a, _ in batches(200):
    fake = G(torch.randn(10, 4))
    opt_d.zero_grad()
    (F.softplus(-D(a)) + F.softplus(D(fake.detach()))).mean().backward()
    opt_d.step()
    opt_g.zero_grad()
    F.softplus(-D(fake)).mean().backward()
    opt_g.step()
""",
}


def training(loop: str, folder: Path) -> Training:
    script = folder / "train.py"
    script.write_text(START + loop)
    rehearsed = warm.rehearse(script, folder)
    assert rehearsed.exit_code == 0, rehearsed.output
    found = reading.read_evidence(rehearsed)[Training]
    assert isinstance(found, Training)
    return found


@pytest.mark.parametrize("name", SOUND)
def test_sound_orders_are_counted_as_sound(name: str, tmp_path: Path) -> None:
    seen = training(SOUND[name], tmp_path)
    assert seen.steps and seen.clears
    assert (seen.stale_backwards, seen.stale_backwards_longest) == (0, 0)
    assert (seen.cleared_before_step, seen.steps_without_backward) == (0, 0)
    assert seen.steps_without_gradient == 0


def test_accumulation_is_told_by_backwards_per_step(tmp_path: Path) -> None:
    seen = training(SOUND["accumulation"], tmp_path)
    assert (seen.backwards, seen.steps, seen.backwards_per_step) == (100, 25, 4)


STEPS = "    loss_of(a, b).backward()\n    opt.step()\n"


def test_never_cleared(tmp_path: Path) -> None:
    seen = training("for _, a, b in batches():\n" + STEPS, tmp_path)
    assert (seen.steps, seen.stale_backwards, seen.stale_backwards_longest) == (100, 99, 99)
    assert seen.zero_grad_place is None


def test_never_cleared_with_accumulation_and_scaler(tmp_path: Path) -> None:
    loop = """\
scaler = torch.amp.GradScaler("cpu")
for i, a, b in batches():
    scaler.scale(loss_of(a, b)).backward()
    if i % 4 == 3:
        scaler.step(opt)
        scaler.update()
"""
    seen = training(loop, tmp_path)
    assert (seen.steps, seen.stale_backwards) == (25, 24)


def test_never_cleared_in_a_closure(tmp_path: Path) -> None:
    loop = SOUND["closures"].replace("        opt.zero_grad()\n", "")
    seen = training(loop, tmp_path)
    assert (seen.steps, seen.stale_backwards) == (20, 19)


BY_HAND = "[setattr(p, 'grad', None) for p in model.parameters()]"


@pytest.mark.parametrize("clear", ["opt.zero_grad()", "model.zero_grad()", BY_HAND])
def test_cleared_once_an_epoch(clear: str, tmp_path: Path) -> None:
    loop = f"for _ in range(3):\n    {clear}\n    for _, a, b in batches(47):\n"
    seen = training(loop + STEPS.replace("    ", "        "), tmp_path)
    # 3 epochs of 47 steps, past the dense looks: only the first step of each is clean.
    assert (seen.steps, seen.stale_backwards) == (141, 138)
    assert (seen.stale_backwards_longest, seen.clears) == (46, 3)


def test_one_of_two_optimizers_is_never_cleared(tmp_path: Path) -> None:
    loop = SOUND["two optimizers, fused and foreach"].replace("    other.zero_grad()\n", "")
    seen = training(loop, tmp_path)
    assert [(o.steps, o.stale_steps) for o in seen.optimizers] == [(0, 0), (100, 0), (100, 99)]


def test_cleared_between_backward_and_step(tmp_path: Path) -> None:
    loop = """\
for _, a, b in batches():
    opt.zero_grad()
    loss_of(a, b).backward()
    model.zero_grad()
    opt.step()
"""
    seen = training(loop, tmp_path)
    assert (seen.steps, seen.cleared_before_step) == (100, 100)
    assert seen.zero_grad_place is not None  # the clear that does the harm, not the first
    assert seen.zero_grad_place.line == FIRST + 3


def test_no_backward(tmp_path: Path) -> None:
    loop = "for _, a, b in batches():\n    opt.zero_grad()\n    loss_of(a, b)\n    opt.step()\n"
    seen = training(loop, tmp_path)
    assert (seen.backwards, seen.steps, seen.steps_without_backward) == (0, 100, 100)


def test_gradients_from_autograd_grad_are_gradients(tmp_path: Path) -> None:
    loop = """\
for _, a, b in batches():
    for p, g in zip(model.parameters(), torch.autograd.grad(loss_of(a, b), model.parameters())):
        p.grad = g
    opt.step()
"""
    seen = training(loop, tmp_path)
    assert (seen.backwards, seen.steps, seen.steps_without_gradient) == (0, 100, 0)
    assert seen.trace[0].grad_norm


def test_losses_of_a_validation_are_not_taken_for_those_of_the_next_step(tmp_path: Path) -> None:
    loop = """\
for epoch in range(2):
    for _, a, b in batches(20):
        opt.zero_grad()
        (loss_of(a, b) * 1000).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
    with torch.no_grad():
        for _, a, b in batches(20):
            loss_of(a, b)
"""
    losses = [step.loss for step in training(loop, tmp_path).trace]
    assert losses and all(loss is not None and loss < 10 for loss in losses)


def test_no_step(tmp_path: Path) -> None:
    loop = """\
scheduler = torch.optim.lr_scheduler.StepLR(opt, 10)
for _, a, b in batches():
    opt.zero_grad()
    loss_of(a, b).backward()
    scheduler.step()
"""
    seen = training(loop, tmp_path)
    assert (seen.backwards, seen.steps, seen.clears) == (100, 0, 100)
    assert seen.schedulers[0].steps == 100 and seen.schedulers[0].before_optimizer
    assert not seen.manual_updates


def test_updates_by_hand_are_no_missing_step(tmp_path: Path) -> None:
    loop = """\
for _, a, b in batches():
    loss_of(a, b).backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.05 * p.grad
            p.grad = None
"""
    seen = training(loop, tmp_path)
    assert (seen.steps, seen.manual_updates) == (0, True)
