"""No backward for some batches, or for all.

What it looks for
    Optimizer steps in a run in which no backward ever ran and no gradient was set by other means:
    the steps found none, and no weight moved. And passes over the training data in which the loss
    of every batch is computed, but backward and step come once, behind the loop, or never, where
    an optimizer was built and the network is in training mode.

Why it hurts
    Gradients come from backward(). Without them optimizer.step() does nothing, silently: the loss
    is computed and printed, and the network stays as it was initialized. One backward behind the
    loop learns from the last batch of each pass only.

How to fix it
    Call loss.backward() between computing the loss and optimizer.step(), with its parentheses, in
    the loop over the batches.

When it is fine
    Gradients set by hand, from torch.autograd.grad or forward-mode differentiation. If a backward
    runs but its gradients do not arrive, look at the loss or at the order of calls instead. Losses
    that are summed with their graphs: one backward through the sum learns from all of them.

References
    torch.Tensor.backward; "Optimizing model parameters" in the PyTorch tutorials.
"""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.checks._mending import called_at, forgotten_parentheses
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import statement, text
from whytorch.checks._uncalled import mentions, uncalled
from whytorch.checks.training_loop import _suspected
from whytorch.checks.training_loop._behind_the_loop import indented, once_a_pass
from whytorch.checks.training_loop._loop import changed, optimizer_name
from whytorch.checks.training_loop._never import never_propagated
from whytorch.evidence.facts import LossCalls, Network, Passes, Training
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, InsertBefore, NotJudged, Place, ReplaceStatement


def decide(
    training: Training,
    network: Network | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if not training.steps:
        if (never := never_propagated(training, passes, losses, source)) is not None:
            return [never]
        return NotJudged("needs an optimizer step; this run has none")
    if (once := once_a_pass(training, passes, losses)) is not None:
        return [once]
    got_gradients = any(step.grad_norm is not None for step in training.trace)
    if training.backwards or got_gradients or changed(network):
        return []
    stepped = next((o for o in training.optimizers if o.steps), None)
    named = uncalled(source, "backward")
    step = f"{optimizer_name(stepped)}.step()"
    says = f"all {training.steps} optimizer steps ran without gradients: "
    says += "backward is named but not called" if named else "no backward ran in the whole run"
    computed = losses.training() or losses.sites if losses else ()
    loss = next((site.place for site in computed if site.calls), None)
    return [
        Finding(
            says=says,
            places=places(named[0] if named else None, training.step_place, loss),
            severity="error",
            confidence=0.97,
            measured={"steps": training.steps, "backwards": 0},
            explains=(
                "weights-unchanged", "loss-not-decreasing", "loss-at-chance",
                "same-class-predicted", "underfitting",
            ),
            fix=named[1] if named else Fix(f"write loss.backward() before {step}"),
        )
    ]  # fmt: skip


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    for block, node in mentions(seen, "backward"):
        text = seen.text(block, node)
        return [
            Finding(
                says=f"{text} is only mentioned here, not called: no gradient is ever computed",
                places=(seen.place(block, node),),
                severity="error",
                confidence=0.98,
                explains=("weights-unchanged", "loss-not-decreasing", "loss-at-chance"),
                fix=Fix(f"write {text}()"),
            )
        ]
    step = _suspected.never_propagated(seen) if seen.sites("*.zero_grad") else None
    if step is None:
        return []
    text = seen.text(step.block, step.node)
    return [
        Finding(
            says="a loss is computed in this loop and never propagated: the optimizer steps on no "
            "gradient, and the weights stay as they were",
            places=(seen.place(step.block, step.node),),
            severity="error",
            confidence=0.9,
            explains=("weights-unchanged", "loss-not-decreasing", "loss-at-chance"),
            fix=Fix(f"write loss.backward() right before {text}"),
        )
    ]


SAFE = True
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if named := forgotten_parentheses(finding, "backward"):
        return named
    if finding.measured.get("unused"):
        return indented(finding, source)
    step = called_at(finding, source, "step")
    loss = next((p for p in finding.places[1:]), None)
    if step is None or loss is None:
        return []
    node = statement(source, loss)
    if isinstance(node, ast.AugAssign):
        return []  # a sum of what the losses came to
    if name := source.names_assigned_at(loss)[:1]:
        return [InsertBefore(step.place, code=f"{name[0]}.backward()")]
    return _of_the_statement(loss, source)


def _of_the_statement(loss: Place, source: Source) -> list[AnyEdit]:
    """`criterion(net(x), y)` alone in its line: its value goes nowhere else."""
    node, call = statement(source, loss), source.call_at(loss)
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call) or call is None:
        return []
    made = any(call.raw in a.targets for a in source.assignments)
    if text(source, loss, node.value.func) != call.raw or not (
        made or call.name.startswith("torch.")
    ):
        return []  # print(criterion(...))
    return [ReplaceStatement(loss, code=f"{text(source, loss, node)}.backward()")]


BAD = """
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(0)
data, target = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = (
    torch.tensor(part) for part in train_test_split(data / 16, target, random_state=0)
)
x_train, x_test = x_train.float(), x_test.float()

model = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

for epoch in range(8):
    for batch in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = loss_fn(model(x_train[batch]), y_train[batch])
        optimizer.step()  # <- here

model.eval()
with torch.no_grad():
    accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"loss {loss.item():.3f}, test accuracy {accuracy:.1%}")
"""

GOOD = BAD.replace("  optimizer.step()  # <- here", "  loss.backward()\n        optimizer.step()")
