"""In-place operation breaks the gradient.

What it looks for
    Backward stopped because a tensor it needs was changed after it had been used, or a parameter
    itself was changed in place. Which line did it: the operation that autograd names, among the
    in-place operations of the source (+=, x[...] = ..., relu_(), inplace=True, optimizer.step()).

Why it hurts
    Backward computes with the values of the forward pass. Where an operation wrote over them, the
    gradient can no longer be computed, and PyTorch stops rather than give a wrong one.

How to fix it
    Write the operation out of place: x = x + y for x += y, x.clamp(0) for x.clamp_(0), no
    inplace=True, x.clone() before x[...] = y. Step an optimizer after all backwards that use its
    weights.

When it is fine
    Most in-place operations are: ReLU(inplace=True) behind a convolution or batch norm, += on a
    sum that nothing else needs. Only where backward stops is it a mistake.

References
    PyTorch, "Autograd mechanics": in-place correctness checks.
"""

from __future__ import annotations

import re

from whytorch.checks._helpers import places, plain
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import advised, restated, told, valued
from whytorch.checks.architecture import _constant, _in_place
from whytorch.evidence.facts import CrashFacts, Network, Run, Training
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, InsertBefore, Place

_CHANGED = re.compile(r"modified by an in-?place operation", re.IGNORECASE)
_LEAF = re.compile(r"leaf [Vv]ariable that requires grad .*in-?place")
_SHAPE = re.compile(r"Tensor \[([\d, ]*)\]")
_NODE = re.compile(r"output \d+ of (\w+)")


def decide(
    run: Run, network: Network | None, training: Training | None, source: Source | None
) -> list[Finding]:
    crash = run.crash
    if crash is None:
        return []
    if _LEAF.search(crash.message):
        return [_of_leaf(crash)]
    if not _CHANGED.search(crash.message):
        return []
    found = _SHAPE.search(crash.message)
    shape = tuple(int(n) for n in found.group(1).split(",") if n.strip()) if found else ()
    named = _NODE.search(crash.message)
    node = re.sub(r"(Backward)?\d*$", "", named.group(1)).lower() if named else ""
    if _are_weights(shape, node, network) and training is not None and training.steps:
        return [_of_step(crash, shape, training)]
    operation = _in_place.find(source, network, crash, node, shape)
    return [_of_operation(crash, shape, node, operation)]


def _are_weights(shape: tuple[int, ...], node: str, network: Network | None) -> bool:
    """Whether the changed tensor can be a parameter: autograd names none, or a view of one."""
    shapes = {p.shape for p in network.parameters()} if network else set()
    known = shape in shapes or tuple(reversed(shape)) in shapes
    return known and node in ("", "t", "asstrided", "transpose", "accumulategrad")


def _of_leaf(crash: CrashFacts) -> Finding:
    return Finding(
        says="a parameter (a tensor that requires gradients itself) is changed in place, outside "
        "of no_grad",
        places=places(crash.frames[-1] if crash.frames else None),
        confidence=0.95,
        measured={},
        explains=("crash",),
        fix=Fix("put the line into `with torch.no_grad():`, or make a new tensor instead"),
    )


def _of_step(crash: CrashFacts, shape: tuple[int, ...], training: Training) -> Finding:
    backward = crash.frames[-1] if crash.frames else None
    return Finding(
        says=f"the weights of shape {plain(shape)} were changed by optimizer.step() between the "
        "forward pass and a backward that needs their old values",
        places=places(training.step_place, backward),
        confidence=0.9,
        measured={"shape": list(shape), "steps": training.steps},
        explains=("crash",),
        fix=Fix("do all backwards through these weights before their optimizer steps, or compute "
                "the outputs anew after the step"),
    )  # fmt: skip


def _of_operation(
    crash: CrashFacts, shape: tuple[int, ...], node: str, operation: _in_place.Operation | None
) -> Finding:
    backward = crash.frames[-1] if crash.frames else None
    says = f"backward needs a tensor of shape {plain(shape)}"
    says += f" (output of {node})" if node else ""
    says += ", which was changed in place after it had been computed"
    if operation is not None:
        says += f": by {operation.says}"
    return Finding(
        says=says,
        places=places(operation.place if operation else None, backward),
        confidence=0.95 if operation and operation.sure else 0.75,
        measured={"shape": list(shape), "autograd_node": node},
        explains=("crash",),
        fix=Fix(operation.fix) if operation else None,
    )


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = []
    for one in _constant.changed_results(seen):
        operator = seen.text(one.block, one.node).split("=")[0].strip()[len(one.name) :].strip()
        value = seen.text(one.block, one.node.value)
        found.append(
            Finding(
                says=f"this changes {one.name} in place, which is the result of {one.function}: "
                "backward needs that result as it was, and fails",
                places=(seen.place(one.block, one.node),),
                severity="error",
                confidence=0.93,
                explains=("crash",),
                fix=Fix(f"write {one.name} = {one.name} {operator} {value}"),
            )
        )
    return found


SAFE = True
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    says = told(finding)
    if says.startswith("leave out inplace=True"):
        for place in finding.places:
            for call in source.calls_within(Place(place.path, place.line)):
                if "inplace" in call.keywords:
                    return valued(call, source, "inplace", "False", None)
    code = advised(finding)
    if code is None or "..." in code or not finding.places:
        return []
    if re.search(r"\.clone\(\)$", code):
        return [InsertBefore(finding.places[0], code=code)]
    return restated(finding, source)


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.gate = nn.Conv2d(16, 16, 1)
        self.fc = nn.Linear(16 * 64, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        gate = torch.sigmoid(self.gate(x))
        gate += 0.5  # <- here
        return self.fc(torch.flatten(x * gate, 1))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for epoch in range(3):
    model.train()
    for batch in torch.randperm(len(x_train)).split(64):
        loss = nn.functional.cross_entropy(model(x_train[batch]), y_train[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print("accuracy", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("gate += 0.5  # <- here", "gate = gate + 0.5")
