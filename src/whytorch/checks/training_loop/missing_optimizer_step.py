"""The optimizer never steps.

What it looks for
    An optimizer that holds weights of the network, backwards that gave these weights gradients, and
    not one step of it: the weights are the same at the end. Often only the scheduler is stepped.

Why it hurts
    backward() computes in which direction to go; optimizer.step() goes there. Without it the
    network stays as it was initialized, however long the loop runs.

How to fix it
    Call optimizer.step() after loss.backward(), for every batch. scheduler.step() changes only the
    learning rate.

When it is fine
    Updates written by hand, gradients taken only to look at them (no optimizer then), and
    accumulation over more batches than a shortened or broken run came to.

References
    torch.optim.Optimizer.step; torch.optim.lr_scheduler.LRScheduler.step.
"""

from __future__ import annotations

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._mending import called_at, forgotten_parentheses, in_scope, written
from whytorch.checks._moved import moved_behind
from whytorch.checks._promises import pays
from whytorch.checks._uncalled import mentions, uncalled
from whytorch.checks.training_loop import _suspected
from whytorch.checks.training_loop._loop import loss_name, optimizer_name, trains_network
from whytorch.evidence.facts import (
    Network,
    OptimizerFacts,
    ParameterFacts,
    Passes,
    Run,
    Training,
    Upkeep,
)
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.evidence.source_steps import is_optimizer
from whytorch.records import AnyEdit, Finding, Fix, InsertAfter, NotJudged

# Gradients are accumulated over 2 to 64 batches, as a rule; a run that was cut short has to have
# more backwards than that before "no step yet" means "no step".
MANY_BACKWARDS = 100
_STUCK = ("weights-unchanged", "loss-not-decreasing", "loss-at-chance", "same-class-predicted",
          "underfitting")  # fmt: skip
FEWEST_BACKWARDS = 2  # one may be there to look at a gradient


def decide(
    run: Run,
    training: Training,
    network: Network | None,
    passes: Passes | None,
    upkeep: Upkeep | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    idle = [o for o in training.optimizers if not o.steps and trains_network(o)]
    if _once(run, training, upkeep):
        return [_finding_of_one(training)]
    if not idle or network is None:
        return []
    waiting = _waiting(network)
    if not waiting or training.backwards < FEWEST_BACKWARDS:
        return []
    if training.steps == 0 and training.manual_updates:
        return []
    if (run.training_shortened or run.exit != "finished") and training.backwards < MANY_BACKWARDS:
        return NotJudged(
            f"the run ended early, after {training.backwards} backwards: a step may come later"
        )
    held = sum(o.groups[0].trained_parameters for o in idle if o.groups)
    if training.steps and held < len(waiting):
        return []  # another mistake: some weights are in no optimizer that steps
    return [_finding(idle[-1], waiting, network, training, passes, source)]


def _once(run: Run, training: Training, upkeep: Upkeep | None) -> bool:
    """One step behind a whole training, whose gradients were cleared batch by batch."""
    micro = upkeep.micro if upkeep else None
    if micro is None or training.steps != 1 or run.training_shortened or run.exit != "finished":
        return False
    return training.backwards >= MANY_BACKWARDS and micro.discarded >= 0.5 * micro.looked_at > 0


def _finding_of_one(training: Training) -> Finding:
    stepped = next(o for o in training.optimizers if o.steps)
    return Finding(
        says=f"{training.backwards} backwards, and one step of {stepped.kind} behind them all: the "
        "gradients of every batch but the last were cleared unused",
        places=places(training.step_place, training.backward_place, training.zero_grad_place),
        severity="error",
        confidence=0.97,
        measured={"backwards": training.backwards, "steps": 1},
        explains=_STUCK,
        fix=Fix(
            f"move {optimizer_name(stepped)}.step() into the loop, right after "
            f"{loss_name(training)}.backward()"
        ),
    )


def _waiting(network: Network) -> list[ParameterFacts]:
    """Weights that an optimizer holds, that got gradients, and that never moved."""
    return [
        p
        for p in network.parameters()
        if p.trainable and p.in_optimizer and p.grad == "nonzero" and p.changed is False
    ]


def _finding(
    optimizer: OptimizerFacts,
    waiting: list[ParameterFacts],
    network: Network,
    training: Training,
    passes: Passes | None,
    source: Source | None,
) -> Finding:
    scheduled = next((s for s in training.schedulers if s.steps), None)
    name = optimizer_name(optimizer)
    says = f"{training.backwards} backwards, and not one step of {optimizer.kind}"
    says += f" (the {scheduled.kind} stepped {scheduled.steps} times)" if scheduled else ""
    says += f": {len(waiting)} of {len(network.parameters())} weight tensors got gradients and "
    says += "did not move"
    written = source.calls_to("*.step") if source else ()
    unreached = next((c.place for c in written if c.raw == f"{name}.step"), None)
    says += f"; line {unreached.line} was never reached" if unreached else ""
    every = f"let {name}.step() run" if unreached else f"write {name}.step()"
    partly = training.steps > 0
    named = None if unreached or partly else uncalled(source, "step")
    return Finding(
        says=says,
        places=places(
            named[0] if named else None,
            None if partly else training.backward_place,
            optimizer.place if partly else scheduled.step_place if scheduled else None,
            unreached,
            optimizer.place,
        ),
        severity="warning" if partly and learns_well(passes) else "error",
        confidence=0.97 if not partly else 0.85,
        measured={
            "backwards": training.backwards,
            "steps": optimizer.steps,
            "scheduler_steps": scheduled.steps if scheduled else 0,
            "waiting_tensors": len(waiting),
        },
        explains=("underfitting", "loss-not-decreasing") if partly else _STUCK,
        fix=named[1]
        if named
        else Fix(f"{every} after {loss_name(training)}.backward(), for every batch"),
    )  # fmt: skip


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    for block, node in mentions(seen, "step"):
        if not seen.sites("*.backward") or not is_optimizer(seen, block, node.value):
            continue
        text = seen.text(block, node)
        return [
            Finding(
                says=f"{text} is only mentioned here, not called: the weights stay as they were",
                places=(seen.place(block, node),),
                severity="error",
                confidence=0.98,
                explains=("weights-unchanged", "loss-not-decreasing", "loss-at-chance"),
                fix=Fix(f"write {text}()"),
            )
        ]
    backward = _suspected.never_stepped(seen) if seen.sites("*.backward") else None
    if backward is None:
        return []
    return [
        Finding(
            says="gradients are computed and cleared again in this loop, and no optimizer ever "
            "steps: the weights stay as they were",
            places=(seen.place(backward.block, backward.node),),
            severity="error",
            confidence=0.9,
            explains=("weights-unchanged", "loss-not-decreasing", "loss-at-chance"),
            fix=Fix(f"write optimizer.step() behind {seen.text(backward.block, backward.node)}"),
        )
    ]


# May a machine change it without asking? (see check_file.py)
SAFE = True
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if named := forgotten_parentheses(finding, "step"):
        return named
    if finding.measured["steps"] == 1:
        step, backward = (called_at(finding, source, m) for m in ("step", "backward"))
        if step is None or backward is None:
            return []
        return moved_behind(source, step, backward.place)
    backward, name = called_at(finding, source, "backward"), written(finding, "step")
    if backward is None:  # one of several optimizers: the finding points at where it is made
        all_of_them = [c for c in source.calls_to("*.backward") if c.loop_depth]
        backward = all_of_them[0] if len(all_of_them) == 1 else None
    if backward is None or name is None or not in_scope(source, backward.place, name):
        return []
    if ".scale(" in backward.raw:
        return []  # a GradScaler has to step it
    return [InsertAfter(backward.place, code=f"{name}.step()")]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset, random_split


def train(model, loader, epochs):
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = StepLR(optimizer, step_size=2, gamma=0.5)
    for epoch in range(epochs):
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()  # <- here
        scheduler.step()


def test(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader)


if __name__ == "__main__":
    torch.manual_seed(0)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    data = TensorDataset(images, torch.tensor(digits.target))
    train_data, test_data = random_split(data, [1500, 297])
    net = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 10))
    train(net, DataLoader(train_data, batch_size=50, shuffle=True), epochs=4)
    print("test accuracy", test(net, DataLoader(test_data, batch_size=99)) / len(test_data))
"""

GOOD = BAD.replace("  # <- here", "\n            optimizer.step()")
