"""Loss cut off from the network.

What it looks for
    No backward of the run reached any trainable parameter that an optimizer holds (or backward
    stopped with "does not require grad"), although the network can learn: somewhere between the
    network and the loss, argmax, max, item, detach, data, numpy, a cast to whole numbers, a
    comparison, a new tensor or no_grad broke the autograd graph. And one of several optimizers
    whose steps never find a gradient, behind such a line.

Why it hurts
    The gradient has no way back to the weights, so they stay as they are. Setting requires_grad on
    the loss only silences the error: then nothing is learned, and nothing says so.

How to fix it
    Compute the loss from the network's own outputs, as tensors, with gradients on. Use argmax, item
    and numpy only for what is shown.

When it is fine
    Cutting on purpose where something else still learns: a frozen backbone, a teacher, the target
    of a bootstrap, the discriminator's step of a GAN. Networks whose weights are all frozen are
    frozen-parameters; optimizing an image instead of weights is no mistake.

References
    PyTorch, "Autograd mechanics": locally disabling gradient computation.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from whytorch.checks._helpers import places
from whytorch.checks._promises import pays
from whytorch.checks._repairs import uncut
from whytorch.checks._rewriting import at, calls_here, statement, text, told
from whytorch.checks.loss import _cut, _suspected
from whytorch.checks.loss._cut_part import (
    compared_with_itself,
    cut_part,
    cut_summand,
    cut_term,
)
from whytorch.checks.loss._flat_part import flat_part
from whytorch.checks.loss._idle_optimizer import idle_optimizer
from whytorch.evidence.facts import (
    DataFlow,
    LossCalls,
    LossSite,
    Network,
    Passes,
    PassFacts,
    Run,
    Training,
)
from whytorch.evidence.source import Call, Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, Remove, ReplaceExpression

_NUMBER = re.compile(r"'(float|int|numpy\.\w+)' object has no attribute 'backward'")


def decide(
    run: Run,
    network: Network,
    training: Training | None,
    losses: LossCalls | None,
    passes: Passes | None,
    data: DataFlow | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    number = _number_instead(run)
    crashed = run.crash is not None and (number or "does not require grad" in run.crash.message)
    if run.crash is not None and not crashed and run.backwards == 0:
        return NotJudged("the script stopped before the first backward")
    trainable = [p for p in network.parameters() if p.trainable]
    if not trainable:
        return []  # that is frozen-parameters
    cut = crashed and run.crash is not None and (number or run.crash.during == "backward")
    if not cut and not _never_reached(network, training):
        if run.crash is not None:
            return []
        part = cut_part(network, source) or flat_part(network, training, source)
        part = part or idle_optimizer(run, training, source)
        if part is None and run.every_stage:
            part = cut_term(network, losses, _backward_place(run, training), source)
            part = part or compared_with_itself(losses, passes) or cut_summand(losses, passes)
        return [part] if part is not None else []
    backward = _backward_place(run, training)
    site = _site(losses)
    latest = passes.passes[-1:] if passes and cut else ()  # a crash is the latest call's
    off = _without_grad(latest or (passes.passes if passes else ()), site)
    called = [*(p.place for p in latest if p.place), *_called(network, data)]
    found = _cut.find(source, called, network, site, backward, off)
    return [_finding(run, network, training, site, backward, found, len(trainable))]


def _never_reached(network: Network, training: Training | None) -> bool:
    """Backwards ran, and none of them reached a weight that an optimizer was to move."""
    if training is None or not training.backward_roots_cut or training.manual_updates:
        return False
    parameters = network.parameters()
    held = any(p.in_optimizer and p.trainable for p in parameters)
    judged = [p.reaches_loss for p in parameters if p.reaches_loss is not None]
    return held and bool(judged) and not any(judged)


def _number_instead(run: Run) -> str | None:
    """What backward() was called on, where that is a plain number or array and no tensor."""
    found = _NUMBER.search(run.crash.message) if run.crash is not None else None
    return found.group(1) if found else None


def _backward_place(run: Run, training: Training | None) -> Place | None:
    crash = run.crash
    if crash is not None and crash.frames:
        if crash.during == "backward" or _number_instead(run):
            return crash.frames[-1]
    return training.backward_place if training else None


def _called(network: Network, data: DataFlow | None) -> list[Place]:
    """Where the script calls the network."""
    found = [network.call_place, *(i.place for i in (data.inputs if data else ()))]
    return [place for place in found if place is not None]


def _site(losses: LossCalls | None) -> LossSite | None:
    """The loss that was to be learned from: cut itself, rather than one that is connected."""
    sites = [s for s in losses.sites if s.function != "hand-written"] if losses else []
    return max(sites, key=lambda s: (s.connected is False, s.phase == "train"), default=None)


def _without_grad(passes: Sequence[PassFacts], site: LossSite | None) -> bool:
    """Whether gradients were off wherever the network was called, or where the loss was."""
    modes = {p.grad_enabled for p in passes}
    return modes == {False} or (site is not None and site.connected is None)


def _finding(
    run: Run,
    network: Network,
    training: Training | None,
    site: LossSite | None,
    backward: Place | None,
    found: _cut.Cut | None,
    trainable: int,
) -> Finding:
    crashed = run.crash is not None
    backwards = training.backwards if training else 0
    times = "the first backward" if crashed else f"none of the {backwards} backwards"
    reached = "reached none" if crashed else "reached any"
    says = f"{times} {reached} of the {trainable} trainable parameters of {network.kind}"
    if number := _number_instead(run):
        says = f"backward() is called on a {number}, from which no gradient can reach the "
        says += f"{trainable} trainable parameters of {network.kind}"
    if found is not None:
        says += f": {found.says} cuts the loss off from them"
    return Finding(
        says=says,
        places=places(found.place if found else None, site.place if site else None, backward),
        confidence=0.95 if found else 0.85,
        measured={
            "backwards": backwards,
            "trainable_parameters": trainable,
            "loss_input_connected": site.connected if site else None,
        },
        explains=("crash",)
        if crashed
        else ("weights-unchanged", "loss-not-decreasing", "loss-at-chance", "underfitting",
              "same-class-predicted"),
        fix=Fix(found.fix) if found else None,
    )  # fmt: skip


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = []
    for backward, cut, block in _suspected.cut_losses(seen) if seen.sites("*.backward") else ():
        text = seen.text(backward.block, backward.node)
        found.append(
            Finding(
                says=f"{text} starts from a tensor that this line makes anew, without the graph: "
                "no gradient reaches the network",
                places=(seen.place(block, cut), seen.place(backward.block, backward.node)),
                severity="error",
                confidence=0.93,
                explains=("weights-unchanged", "loss-not-decreasing", "loss-at-chance"),
                fix=Fix("call backward on the loss itself: leave out this line"),
            )
        )
    return found


_OFF = ("no_grad", "inference_mode", "set_grad_enabled")
SAFE = "a loss may be cut off from a network on purpose"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if told(finding).startswith("leave out"):
        for call in calls_here(finding, source, *_OFF):
            return _with_gradients(call, source)
    for place in finding.places[:1]:
        node = statement(source, place)
        for part in ast.walk(node) if node is not None else ():
            if (kept := uncut(part)) is not None:
                old, new = text(source, place, part), text(source, place, kept)
                if isinstance(node, ast.Assign) and node.value is part:
                    if text(source, place, node.targets[0]) == new:
                        return [Remove(place)]
                return [ReplaceExpression(at(place, part), old=old, new=new)]
    return []


def _with_gradients(call: Call, source: Source) -> list[AnyEdit]:
    """`with torch.no_grad():` -> `with torch.enable_grad():`; `set_grad_enabled(False)` goes."""
    if call.last == "set_grad_enabled":
        return [Remove(call.place)] if isinstance(statement(source, call.place), ast.Expr) else []
    new = call.written.replace(call.last, "enable_grad", 1)
    return (
        [] if call.args or call.keywords else [ReplaceExpression(call.place, (), call.written, new)]
    )


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
order = torch.randperm(len(labels))
train, test = order[:1400], order[1400:]

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
criterion = nn.CrossEntropyLoss()

for epoch in range(4):
    model.train()
    for batch in train[torch.randperm(len(train))].split(64):
        outputs = model(images[batch])
        loss = criterion(outputs, labels[batch])
        loss = torch.tensor(loss.item(), requires_grad=True)  # <- here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        correct = (model(images[test]).argmax(1) == labels[test]).sum().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {correct / len(test):.1%}")
"""

GOOD = BAD.replace("        loss = torch.tensor(loss.item(), requires_grad=True)  # <- here\n", "")
