"""Computed, then dropped.

What it looks for
    A layer that is called in training and whose output neither reaches the loss nor is returned by
    the network, so that its weights never got a gradient; and in the forward of the network, a
    statement such as F.relu(x) or x.view(-1, 320) whose result nobody takes; a loss that is
    computed beside the one that is learned from, and never read, or whose sum with others is set
    anew, to fewer of them, before anything reads it. The same of images that are
    prepared: np.fliplr(image) as a statement. And a layer that is never called, where one just
    like it is called twice; and, as advice, one that several blocks build and none calls.
    And the state of a recurrent layer that is given one frame at a time.

Why it hurts
    Operations on tensors return a new one. Without "x =" in front, or with the wrong variable
    behind, the network goes on with what it had before, and the layer stays as random as it began.

How to fix it
    Assign the result, and give the next layer that variable.

When it is fine
    In-place operations (relu_, inplace=True), which change what they are given; heads that are only
    returned, for a look or for later; features that a hook collects.
    A layer whose output is detached or made under no_grad is cut off: see loss-cut-from-model.

References
    torch.Tensor.view: "Returns a new tensor".
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec.structs import replace

from whytorch.checks._helpers import layer_name, places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import advised, assigned, restated, statement, text, told
from whytorch.checks._weights import layer_names, numbers
from whytorch.checks.architecture._dropped import Dropped, in_networks, losses_in_vain
from whytorch.checks.architecture._dropped_before import dropped_before
from whytorch.checks.architecture._dropped_images import in_preparation
from whytorch.checks.architecture._never_called import never_called
from whytorch.checks.architecture._state_dropped import state_dropped
from whytorch.checks.architecture._summed_in_vain import Overwritten, sums_in_vain
from whytorch.checks.architecture._twin_called import renamed, twin_called
from whytorch.evidence.facts import LayerFacts, LossCalls, Network, Passes, Run, Training
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceStatement, Severity

CONSEQUENCE_OF = ("loss-cut-from-model",)

_COSTS = ("underfitting", "loss-not-decreasing", "loss-at-chance")


def decide(
    run: Run,
    network: Network | None,
    training: Training | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if run.crash is not None:
        return _before_crash(run, network, source)
    if network is None or network.bending is None:
        return NotJudged("needs a training step through the network")
    in_source = _of_this_network(network, source)
    outcome = learning(run, losses, training, passes)
    dropped = [x for x in network.layers if _is_dropped(x, network)]
    if dropped and any(x.output_reaches_loss for x in network.layers if x.parameters):
        return [_of_layers(dropped, in_source, outcome)]
    found = [_of_source(d, _cost(d, network, outcome), outcome) for d in in_source][:1]
    if found:
        alike = [
            d.place for d in in_source[1:] if d.name is not None and in_source[0].name is not None
        ]
        found = [replace(found[0], places=(*found[0].places, *alike))]
    if not found and source is not None:
        found = [_of_sum(d) for d in sums_in_vain(source)][:1]
        found = found or [_of_loss(d, outcome) for d in losses_in_vain(source)][:1]
    if not found and source is not None:
        severity: Severity = "advice" if outcome.works else "warning"
        found = [_of_source(d, severity, outcome) for d in in_preparation(source)][:1]
    if not found and (state := state_dropped(network, outcome, source)) is not None:
        return [state]
    return found or twin_called(network, outcome, source) or never_called(network, outcome, source)


def _is_dropped(layer: LayerFacts, network: Network) -> bool:
    """Called in training for nothing. A second backward of the same output is seen by the
    gradient it leaves."""
    weights = [p for p in layer.parameters if p.trainable]
    return (
        layer.calls > 0
        and bool(weights)
        and layer.output_reaches_loss is False
        and layer.name not in network.returned
        and layer.registered
        and all(p.grad == "none" and not p.reaches_loss and p.changed is not True for p in weights)
        and any(p.in_optimizer for p in weights)
    )


def _cost(dropped: Dropped, network: Network, outcome: Learning) -> Severity:
    """Seen in the run and in the source, it is at least a warning: nobody means a layer to do
    nothing."""
    at = (dropped.place.path, dropped.place.line)
    called = [x for x in network.layers if x.call_place and at == (x.call_place.path,
                                                                   x.call_place.line)]  # fmt: skip
    severity = outcome.severity()
    in_vain = called and all(x.output_reaches_loss is False for x in called)
    return "warning" if in_vain and severity == "advice" else severity


def _of_this_network(network: Network, source: Source | None) -> list[Dropped]:
    """What the source drops in the forward of a network that was run, or of a part of it."""
    if source is None:
        return []
    kinds = {network.kind, *(x.kind for x in network.layers)}
    kinds |= {n.name for n in source.networks if any(c.last in kinds for c in n.layers.values())}
    return [d for d in in_networks(source) if d.function.split(".")[0] in kinds]


def _of_layers(
    dropped: Sequence[LayerFacts], in_source: list[Dropped], outcome: Learning
) -> Finding:
    last = max(dropped, key=lambda x: x.order)
    first = min(dropped, key=lambda x: x.order)
    count = numbers(p for x in dropped for p in x.parameters)
    near = [d.place for d in in_source if d.name is not None or not d.reshapes]
    names = layer_names(dropped) if len(dropped) > 1 else layer_name(last.name, last.kind)
    verb = "are" if len(dropped) > 1 else "is"
    plain = layer_name(last.name, last.kind)
    written = _matching(near, dropped)
    severity = outcome.severity()
    if written and severity == "advice":
        severity = (
            "warning"  # seen in the run and in the source: nobody means a layer to do nothing
        )
    return Finding(
        says=f"{names} {verb} called in training, but what comes out is dropped: it reaches "
        f"neither the loss nor the network's output, and {count} weights never got a gradient"
        f"{outcome.reached()}",
        places=places(*written, last.call_place, first.call_place, last.place),
        severity=severity,
        confidence=0.93,
        measured={
            "layers": len(dropped),
            "weights_without_gradient": count,
            "training_accuracy": outcome.train_accuracy,
        },
        explains=() if outcome.severity() == "advice" else _COSTS,
        fix=Fix(f"give what {plain} returns to the next layer, or remove {plain}"),
    )


def _matching(near: Sequence[Place], dropped: Sequence[LayerFacts]) -> list[Place]:
    """Places in the source that are the lines of dropped layers."""
    lines = {(x.call_place.path, x.call_place.line) for x in dropped if x.call_place}
    return [p for p in near if (p.path, p.line) in lines]


def _of_source(dropped: Dropped, severity: Severity, outcome: Learning | None) -> Finding:
    if dropped.name is None:
        says = f"the result of {dropped.what} is thrown away: it returns a new tensor"
        fix = f"write x = {dropped.what}, with the variable that is used afterwards"
        if dropped.given is not None:
            says = f"the result of {dropped.what} is thrown away: {dropped.given} stays as it was"
            fix = f"write {dropped.given} = {dropped.what}"
        receiver = dropped.what.partition(".")[0]
        if dropped.reshapes and receiver.isidentifier() and receiver not in ("F", "torch", "self"):
            fix = f"write {receiver} = {dropped.what}"
    else:
        says = f"{dropped.name} = {dropped.what} is never read"
        fix = f"give {dropped.name} to what comes next, or remove the line"
    return Finding(
        says=says + (outcome.reached() if outcome is not None else ""),
        places=(dropped.place,),
        severity=severity,
        confidence=0.85,
        explains=() if severity == "advice" else _COSTS,
        fix=Fix(fix),
    )


def _of_loss(dropped: Dropped, outcome: Learning | None) -> Finding:
    works = outcome is not None and outcome.works
    return Finding(
        says=f"the loss {dropped.name} = {dropped.what} is never read: no backward starts from it",
        places=(dropped.place,),
        severity="advice" if works else "warning",
        confidence=0.8,
        explains=() if works else _COSTS,
        fix=Fix(f"add {dropped.name} to the loss before backward(), or remove the line"),
    )


def _of_sum(dropped: Overwritten) -> Finding:
    left = " and ".join(dropped.left_out)
    return Finding(
        says=f"{dropped.name}, the sum of the losses, is set anew before anything reads it, "
        f"without {left}: nothing learns from {'them' if len(dropped.left_out) > 1 else 'it'}",
        places=(dropped.place, dropped.summed),
        severity="warning",
        confidence=0.9,
        explains=("loss-not-decreasing", "underfitting"),
        fix=Fix("remove this line: it may be left over from a trial"),
    )


def _before_crash(run: Run, network: Network | None, source: Source | None) -> list[Finding]:
    """What was meant to happen before the line that stopped."""
    crash = run.crash
    if crash is None or source is None or crash.during not in ("forward", "loss"):
        return []
    one = dropped_before(crash, source, network.kind if network is not None else "")
    if one is None:
        return []
    if one.name is None:
        says = f"the result of {one.what} is thrown away: it returns a new tensor"
    else:
        says = f"{one.name} = {one.what} is never read"
    return [
        Finding(
            says=f"{says}, and what follows stops on the old shape of {one.given}",
            places=places(one.place, crash.frames[-1] if crash.frames else None),
            severity="error",
            confidence=0.95,
            explains=("crash",),
            fix=Fix(f"write {one.given} = {one.what}"),
        )
    ]


def suspect(source: Source) -> list[Finding]:
    """Results that a forward throws away, or stores where nobody reads them."""
    found = [_of_source(d, "warning", None) for d in in_networks(source)]
    found += [_of_source(d, "warning", None) for d in in_preparation(source)]
    found += [_of_sum(d) for d in sums_in_vain(source)][:1]
    return found + [_of_loss(d, None) for d in losses_in_vain(source)]


SAFE = "a result may be dropped on purpose"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if "the second call of" in told(finding):
        return renamed(finding, source)
    place = next(iter(finding.places), None)
    node = statement(source, place) if place is not None else None
    if place is None or node is None:
        return []
    if isinstance(node, ast.Expr):
        code = advised(finding)
        return (
            restated(finding, source)
            if code and "=" in code and "with the variable" not in told(finding)
            else []
        )
    return [edit for one in finding.places for edit in _under_its_own_name(source, one)]


def _under_its_own_name(source: Source, place: Place) -> list[AnyEdit]:
    """`n_active = self.act(n)` becomes `n = self.act(n)` where n is what is read below."""
    made = assigned(source, place)
    names = {n.id for n in ast.walk(made[1]) if isinstance(n, ast.Name)} if made else set()
    around = source.enclosing_function(place)
    inside = around.qualname if around is not None else "<module>"
    local = {t for a in source.assignments if a.function == inside for t in a.targets}
    given = names & ({*local, *(around.parameters if around is not None else ())} - {"self"})
    given = {name for name in given if _read_below(source, place, name)}
    if made is None or len(given) != 1 or not made[0].isidentifier():
        return []
    return [ReplaceStatement(place, code=f"{given.pop()} = {text(source, place, made[1])}")]


def _read_below(source: Source, place: Place, name: str) -> bool:
    around, file = source.enclosing_function(place), source.file(place.path)
    last = (around.place.end_line or place.line) if around is not None else float("inf")
    below = source.statement_lines(place)[-1]
    return file is not None and any(
        isinstance(n, ast.Name)
        and n.id == name
        and isinstance(n.ctx, ast.Load)
        and below < n.lineno <= last
        for n in ast.walk(file.tree)
    )


BAD = """
import torch
from sklearn.datasets import make_circles
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 32)
        self.hidden = nn.Linear(32, 32)
        self.last = nn.Linear(32, 2)

    def forward(self, x):
        x = self.first(x)
        h = torch.relu(self.hidden(x))  # <- here
        return self.last(x)


torch.manual_seed(0)
x, y = make_circles(1000, noise=0.08, factor=0.4, random_state=0)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(5):
    for batch in torch.randperm(800).split(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x[800:]).argmax(1) == y[800:]).float().mean().item())
"""

GOOD = BAD.replace("h = torch.relu(self.hidden(x))  # <- here", "x = torch.relu(self.hidden(x))")
