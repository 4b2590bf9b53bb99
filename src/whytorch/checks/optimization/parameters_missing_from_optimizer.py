"""Parameters missing from the optimizer.

What it looks for
    Weights that got gradients from the loss but are in no optimizer and never moved: the optimizer
    was given another model's parameters, or only a part of the network, or it was built before a
    layer was replaced. Or it stopped because nothing was left for it of a generator. And tensors
    that get gradients and are no nn.Parameter of a module: parameters() does not hold them.

Why it hurts
    These layers stay as random as they started. The rest has to make do with what they let through,
    or, if nothing is left, the network does not learn at all.

How to fix it
    Give the optimizer all that should learn, and build it after the last change to the network.

When it is fine
    Training only a head on top of layers that were loaded or trained before; networks that only
    judge (perceptual losses, teachers); layers that do not contribute to the loss.

References
    torch.optim: "Constructing it"; PyTorch tutorial "Transfer learning for computer vision".
"""

from __future__ import annotations

import re

from msgspec import Struct

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._mending import OPTIMIZERS, in_scope
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import calls_here, statement, text, told
from whytorch.checks._weights import comes_first, layer_names, numbers, share
from whytorch.checks.optimization import _strays, _suspected
from whytorch.checks.optimization._names import called, named
from whytorch.checks.optimization._used_up import used_up
from whytorch.checks.training_loop._loop import optimizer_name, trains_network
from whytorch.evidence.facts import (
    Companion,
    LayerFacts,
    Network,
    OptimizerFacts,
    Passes,
    Run,
    Training,
)
from whytorch.evidence.source import Call, Source
from whytorch.evidence.source_look import look
from whytorch.records import (
    AnyEdit,
    Finding,
    Fix,
    InsertAfter,
    Move,
    NotJudged,
    Place,
    Remove,
    SetArgument,
    Severity,
)


class _Part(Struct, frozen=True):
    """What is left out: a sentence about it, its own place, and what to write instead."""

    says: str
    place: Place | None
    add: str
    left_out: int
    severity: Severity = "error"
    whole: bool = False  # a network of which nothing is held


def decide(
    run: Run,
    training: Training | None,
    network: Network | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if run.crash is not None and "empty parameter list" in run.crash.message:
        return used_up(run.crash, source)
    optimizer = _stepping(training, passes) if training is not None else None
    if optimizer is not None and training is not None:
        lost = _strays.decide(training, network, optimizer, passes, source)
        if lost is not None:
            return [lost]
    if network is None and optimizer is not None:
        return NotJudged("no network was called in the run: its weights are not known")
    if optimizer is None or training is None or network is None:
        return NotJudged("needs an optimizer step; this run has none")
    part = _of_network(network, optimizer, training, source) or _of_companions(network, source)
    if part is None:
        return []
    severity = part.severity
    if severity == "error" and learns_well(passes):
        severity = "warning"
    return [
        Finding(
            says=part.says,
            places=places(
                part.place if _made_later(part, optimizer, source) else None,
                optimizer.place,
                part.place,
                network.call_place,
            ),
            severity=severity,
            confidence=0.93,
            measured={
                "parameters_left_out": part.left_out,
                "optimizer_tensors": sum(group.parameters for group in optimizer.groups),
                "steps": optimizer.steps,
            },
            explains=() if severity == "advice" else (
                "weights-unchanged", "loss-not-decreasing", "loss-at-chance",
                "same-class-predicted", "underfitting",
            ),
            fix=_fix(part, optimizer, source),
        )
    ]  # fmt: skip


def _stepping(training: Training, passes: Passes | None) -> OptimizerFacts | None:
    """The optimizer that a human would look at: it holds most of the network, or steps in its
    training, be it for nothing."""
    spans = [(p.first_step, p.first_step + p.steps) for p in (passes.of("train") if passes else ())]
    own = [t.optimizer for t in training.trace if any(a <= t.index < b for a, b in spans)]
    stepping = [(o, own.count(n)) for n, o in enumerate(training.optimizers) if o.steps]
    best = max(stepping, key=lambda x: (trains_network(x[0]), x[1], x[0].steps), default=None)
    return best[0] if best else None


def _made_later(part: _Part, optimizer: OptimizerFacts, source: Source | None) -> bool:
    """Whether it is written below the optimizer, in the same file: built too early, it seems."""
    one, other = part.place, optimizer.place
    return (
        one is not None and other is not None and one.path == other.path and one.line > other.line
        and not (part.whole and _given_another(optimizer, part.add, source))
    )  # fmt: skip


def _given_another(optimizer: OptimizerFacts, name: str, source: Source | None) -> bool:
    """The optimizer is given `first.parameters()` by name, and the network trained is `second`: to
    build it later would not help."""
    call = source.call_at(optimizer.place) if source and optimizer.place else None
    given = (call.argument("params") or next(iter(call.args), None)) if call else None
    owner, dot = given.text.partition(".parameters")[:2] if given else ("", "")
    known = source is not None and any(name in a.targets for a in source.assignments)
    return bool(dot) and owner.isidentifier() and known and owner != name


def _fix(part: _Part, optimizer: OptimizerFacts, source: Source | None) -> Fix:
    name = optimizer_name(optimizer)
    if _made_later(part, optimizer, source) and part.place is not None:
        return Fix(f"build {name} after line {part.place.line}, where {part.add} is made")
    if part.whole and _given_another(optimizer, part.add, source):
        return Fix(f"write {part.add}.parameters() in {name}, which trains another network")
    return Fix(f"give {name} the parameters of {part.add} as well")


# --- the network -------------------------------------------------------------------------------


def _left_out(network: Network) -> list[LayerFacts]:
    """Layers with weights of their own that got gradients and that no optimizer holds."""
    return [
        layer
        for layer in network.layers
        if layer.registered
        and any(
            p.trainable and p.grad == "nonzero" and p.changed is False and not p.in_optimizer
            for p in layer.parameters
        )
    ]


def _of_network(
    network: Network, optimizer: OptimizerFacts, training: Training, source: Source | None
) -> _Part | None:
    missing = _left_out(network)
    if not missing:
        return None
    held = [x for x in network.layers if any(p.in_optimizer for p in x.parameters)]
    left_out = numbers(p for x in missing for p in x.parameters if not p.in_optimizer)
    total = numbers(network.parameters())
    if not held:
        copied = called(network, source) if source is not None else None
        place = copied.place if copied is not None else network.place
        name = named(network, source)
        return _nothing_held(network, name, place, missing, optimizer, training, left_out)
    fresh = [x for x in missing if not all(p.loaded for p in x.parameters) and x.place is not None]
    if not fresh:
        return None  # loaded weights, kept as they are on purpose
    backbone = comes_first(missing, held)
    if backbone and all(x.from_library for x in fresh):
        severity: Severity = "advice"  # a head on a library's backbone, only without its weights
    elif all(len(p.shape) < 2 for x in fresh for p in x.parameters if not p.in_optimizer):
        severity = "advice"  # biases and scales only
    else:
        severity = "error"
    names = layer_names(fresh)
    says = f"{optimizer.kind} does not hold {names}: {left_out} of {total} trainable parameters of "
    says += f"{network.kind} ({share(left_out, total)}) get gradients and are never changed"
    return _Part(says, fresh[-1].place, _short(fresh), left_out, severity)


def _nothing_held(
    network: Network,
    name: str,
    place: Place | None,
    missing: list[LayerFacts],
    optimizer: OptimizerFacts,
    training: Training,
    left_out: int,
) -> _Part | None:
    """No optimizer holds anything of the network: a mix-up, or something else is optimized."""
    in_vain = training.steps_without_gradient >= 0.9 * training.steps
    optimized_before_it = any(not c.left_out and c.trainable for c in network.companions)
    judge = all(p.loaded for x in missing for p in x.parameters) or any(
        x.from_library for x in missing
    )
    if not in_vain and (judge or not optimized_before_it):
        return None  # an image, a prompt or a latent code is optimized through the network
    says = f"{optimizer.kind} holds none of the {left_out} trainable parameters of {name}: "
    says += (
        f"what it holds got no gradient in {training.steps} steps"
        if in_vain
        else f"they get gradients and did not change in {training.steps} steps"
    )
    return _Part(says, place, name, left_out, whole=True)


def _short(layers: list[LayerFacts]) -> str:
    """Says "features" for features.0 and features.2; the layer itself if there is one."""
    if len(layers) == 1:
        return layers[0].name or "the network's own parameters"
    heads = dict.fromkeys(x.name.partition(".")[0] for x in layers)
    return " and ".join(heads) if len(heads) <= 3 else "the whole network"


# --- networks beside it ------------------------------------------------------------------------


def _of_companions(network: Network, source: Source | None) -> _Part | None:
    """An encoder called by itself, or a loss with weights, that gets gradients in vain."""
    left = [c for c in network.companions if c.left_out and c.train_mode is not False]
    if not left:
        return None
    worst: Companion = max(left, key=lambda c: c.left_out)
    name = named(worst, source)
    says = f"no optimizer holds the {worst.left_out} trainable parameters of {name}, which the "
    says += "loss gives gradients: they are never changed"
    severity: Severity = "advice" if worst.from_library else "error"
    return _Part(says, worst.place, name, worst.left_out, severity)


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = []
    for late in _suspected.replaced_layers(seen):
        made = seen.place(late.optimizer.block, late.optimizer.node)
        found.append(
            Finding(
                says=f"{late.target} gets a new layer after the optimizer took the parameters of "
                f"{late.taken} ({made}): it keeps stepping the old one, and the new one never "
                "learns",
                places=(seen.place(late.block, late.node), made),
                severity="error",
                confidence=0.95,
                explains=("weights-unchanged", "underfitting", "loss-not-decreasing"),
                fix=Fix("make the optimizer after this line"),
            )
        )
    return found


SAFE = "more weights learn than before"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    says = told(finding)
    if finding.measured.get("stray"):
        return _strays.mended(finding, source)
    if len(finding.places) > 1 and re.match(r"build \S+ after line|make the optimizer after", says):
        part, optimizer = finding.places[:2]
        return [Move(optimizer, after=part)]
    for call in calls_here(finding, source, *OPTIMIZERS):
        trained = re.match(r"write (\w+)\.parameters\(\) in \S+, which trains another", says)
        if trained is not None:
            return _of_another(call, source, trained[1])
        lacking = re.match(
            r"give \S+ the parameters of ([\w.]+(?: and [\w.]+)*|the whole network) as well", says
        )
        given = call.args[0].text if call.args else ""
        roots = set(re.findall(r"((?:self\.)?\w+)(?:\.\w+)*\.(?:named_)?parameters\(\)", given))
        if lacking is not None and not roots and "holds none of" in finding.says:
            return _instead(call, source, lacking[1])
        if lacking is None or len(roots) != 1:
            return []
        root, other = roots.pop(), lacking[1].split(".")[0]
        apart = other != root and in_scope(source, call.place, other)
        new = f"[*{given}, *{lacking[1]}.parameters()]" if apart else f"{root}.parameters()"
        return (
            []
            if new == given
            else [SetArgument(call.place, (), call.last, "params", new, 0, anyhow=True)]
        )
    return []


def _of_another(call: Call, source: Source, network: str) -> list[AnyEdit]:
    """The network that is trained, in the place of another one; behind where it is made."""
    given = call.argument("params") or next(iter(call.args), None)
    if given is None or in_scope(source, call.place, network):
        return _instead(call, source, network)
    made = [
        a for a in source.assignments if a.targets == (network,) and a.function == call.function
    ]
    node = statement(source, call.place)
    if len(made) != 1 or node is None or made[0].place.path != call.place.path:
        return []
    code = text(source, call.place, node).replace(given.text, f"{network}.parameters()", 1)
    return [Remove(call.place), InsertAfter(made[0].place, code=code)]


def _instead(call: Call, source: Source, network: str) -> list[AnyEdit]:
    """The network's parameters for others that are none of it, such as those of a copy."""
    if not in_scope(source, call.place, network):
        return []
    new = f"{network}.parameters()"
    return [SetArgument(call.place, (), call.last, "params", new, 0, anyhow=True)]


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
x, x_test, y, y_test = train_test_split(images / 16, labels, test_size=0.3, random_state=0)
x, x_test = (torch.tensor(part).float().view(-1, 1, 8, 8) for part in (x, x_test))
y, y_test = torch.tensor(y), torch.tensor(y_test)


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.head = nn.Linear(12 * 9, classes)

    def forward(self, x):
        return self.head(self.features(x))


model = Net(classes=1000)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
model.head = nn.Linear(12 * 9, 10)  # <- here
for epoch in range(4):
    for batch in torch.randperm(len(x)).split(50):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("test accuracy", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

_BUILT = "optimizer = torch.optim.Adam(model.parameters(), lr=0.01)\n"
GOOD = BAD.replace(_BUILT, "").replace("12 * 9, 10)  # <- here\n", f"12 * 9, 10)\n{_BUILT}")
