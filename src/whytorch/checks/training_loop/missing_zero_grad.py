"""Gradients of earlier batches are never cleared.

What it looks for
    A backward that adds to gradients which an earlier step of the optimizer has already used, at
    most steps of the run. Read off the gradients themselves, so any way of clearing them counts.
    Without an optimizer: weights that moved from one backward to the next, their gradients kept.

Why it hurts
    backward() adds to the gradients that are there, so each step follows the sum of all batches
    so far. The steps grow, point at a past that no longer holds, and the loss swings.

How to fix it
    Call optimizer.zero_grad() once for each step: before loss.backward(), or after the step.

When it is fine
    Gradient accumulation: several backwards, then one step, then a clear. Gradients that another
    network's loss left behind, cleared before they are used (GANs).

References
    torch.optim.Optimizer.zero_grad; PyTorch recipe "Zeroing out gradients in a neural network".
"""

from __future__ import annotations

from whytorch.checks._helpers import accuracy, learns_well, places
from whytorch.checks._mending import called_at, forgotten_parentheses, in_scope, written
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import told
from whytorch.checks._uncalled import uncalled
from whytorch.checks.training_loop import _suspected
from whytorch.checks.training_loop._cleared_by_hand import cleared_behind
from whytorch.checks.training_loop._loop import loss_name, optimizer_name
from whytorch.evidence.facts import OptimizerFacts, Passes, Training
from whytorch.evidence.facts.experiments import GradientsCleared
from whytorch.evidence.source import Call, Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, InsertBefore, NotJudged, Place

# Of a right loop no step at all is stale. Clearing every second step, or once an epoch of two
# batches, makes half of the steps stale; a third leaves room for the first step after each clear.
STALE_SHARE = 1 / 3
FEWEST_STEPS = 3  # one stale step may be the last experiment of a notebook
_EXPLAINS = (
    "loss-oscillates", "loss-not-decreasing", "loss-at-chance", "non-finite-loss",
    "exploding-gradients", "same-class-predicted", "underfitting",
)  # fmt: skip

# What trying the repair on the bench is.
TRIALS = (GradientsCleared,)


def decide(
    training: Training, passes: Passes | None, source: Source | None
) -> list[Finding] | NotJudged:
    by_hand = training.hand_steps_stale
    if not training.steps and by_hand >= max(2.0, STALE_SHARE * training.hand_steps):
        return [_without_optimizer(training, passes)]
    if training.steps < FEWEST_STEPS:
        return NotJudged(f"needs {FEWEST_STEPS} optimizer steps; this run has {training.steps}")
    stale = [
        optimizer
        for optimizer in training.optimizers
        if optimizer.steps >= FEWEST_STEPS
        and optimizer.stale_steps >= max(2.0, STALE_SHARE * optimizer.steps)
    ]
    worst = max(stale, key=lambda o: o.stale_steps, default=None)
    return [_finding(worst, training, passes, source)] if worst is not None else []


def _without_optimizer(training: Training, passes: Passes | None) -> Finding:
    """The script moves its weights itself."""
    well = learns_well(passes)
    says = f"gradients are not cleared: {training.hand_steps_stale} of the first "
    says += f"{training.hand_steps} updates of the weights (by hand, without an optimizer) were "
    says += "followed by a backward that added to the gradients they had used"
    return Finding(
        says=says,
        places=places(training.backward_place),
        severity="warning" if well else "error",
        confidence=0.95,
        measured={
            "updates_by_hand": training.hand_steps,
            "updates_whose_gradients_stayed": training.hand_steps_stale,
        },
        explains=() if well else _EXPLAINS,
        fix=Fix("write p.grad = None for each parameter p, right after its update"),
    )


def _finding(
    optimizer: OptimizerFacts, training: Training, passes: Passes | None, source: Source | None
) -> Finding:
    never = optimizer.stale_steps >= optimizer.steps - 1
    several = sum(o.steps > 0 for o in training.optimizers) > 1
    name = optimizer_name(optimizer)
    if never:
        says = f"gradients are never cleared: all {optimizer.steps} steps of {optimizer.kind} "
        says += "but the first used the sum of every batch before them"
    else:
        says = f"gradients are cleared too rarely: {optimizer.stale_steps} of {optimizer.steps} "
        says += f"steps of {optimizer.kind} added to gradients that were already used, up to "
        says += f"{training.stale_backwards_longest} steps in a row"
    well = learns_well(passes)
    says += f"; accuracy came to {accuracy(passes):.0%} all the same" if well else ""
    backward = optimizer.step_place if several else training.backward_place
    named = uncalled(source, "zero_grad") if never else None
    late = None if never else _cleared_by_the_script(training.zero_grad_place, source)
    move = " (and not once an epoch)" if late else ""
    return Finding(
        says=says,
        places=places(named[0] if named else late, backward, training.step_place),
        severity="warning" if well else "error",
        confidence=0.95,
        measured={
            "steps": optimizer.steps,
            "steps_on_used_gradients": optimizer.stale_steps,
            "longest_run_steps": training.stale_backwards_longest,
            "zero_grad_calls": optimizer.zero_grad_calls,
            "learning_rate": optimizer.groups[0].lr if optimizer.groups else None,
        },
        explains=() if well else _EXPLAINS,
        fix=named[1]
        if named
        else Fix(f"write {name}.zero_grad() right before {loss_name(training)}.backward(){move}"),
    )  # fmt: skip


def _cleared_by_the_script(place: Place | None, source: Source | None) -> Place | None:
    """A framework may clear at its own times: Lightning does before each validation, and the
    script's line is then the one that started the training."""
    if place is None or source is None:
        return place
    here = source.calls_within(Place(place.path, place.line))
    return place if any(c.raw.rpartition(".")[2] == "zero_grad" for c in here) else None


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = []
    for loop in _suspected.never_cleared(seen) if seen.sites("*.backward") else ():
        optimizer = seen.text(loop.step.block, loop.optimizer)
        backward = seen.text(loop.backward.block, loop.backward.node)
        rare = _suspected.rare_clear(seen, loop)
        first = rare or loop.backward
        says = f"nothing in this loop clears the gradients: each {optimizer} step uses the sum of "
        says += "all batches so far" if rare is None else "all batches since they were cleared"
        found.append(
            Finding(
                says=says,
                places=(
                    seen.place(first.block, first.node),
                    seen.place(loop.step.block, loop.step.node),
                ),
                severity="error",
                confidence=0.9,
                explains=("loss-oscillates", "loss-not-decreasing"),
                fix=Fix(f"write {optimizer}.zero_grad() right before {backward}"),
            )
        )
    return found


# May a machine change it without asking? (see check_file.py)
SAFE = True
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if named := forgotten_parentheses(finding, "zero_grad"):
        return named
    if told(finding).startswith("write p.grad = None"):
        return cleared_behind(source)
    name = written(finding, "zero_grad")
    backward = called_at(finding, source, "backward") or _before_the_step(finding, source)
    if backward is None or name is None or not in_scope(source, backward.place, name):
        return []
    return [InsertBefore(backward.place, code=f"{name}.zero_grad()")]


def _before_the_step(finding: Finding, source: Source) -> Call | None:
    """The one backward of the function in which the finding's step stands, in a line before it."""
    step = called_at(finding, source, "step")
    if step is None:
        return None
    found = [
        c
        for c in source.calls_to("*.backward")
        if c.function == step.function and c.place.path == step.place.path
    ]
    return found[0] if len(found) == 1 and found[0].place.line < step.place.line else None


BAD = """
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
dataset = TensorDataset(images, torch.tensor(digits.target))
train_set, test_set = random_split(dataset, [1437, 360])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=120)

model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

for epoch in range(4):
    model.train()
    for inputs, labels in train_loader:
        loss = criterion(model(inputs), labels)
        loss.backward()  # <- here
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: test accuracy {right / len(test_set):.1%}")
"""

GOOD = BAD.replace("        loss = ", "        optimizer.zero_grad()\n        loss = ").replace(
    "  # <- here", ""
)
