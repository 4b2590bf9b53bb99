"""Layers that should learn are frozen.

What it looks for
    Weights with requires_grad=False where nobody freezes them on purpose: all weights of a network
    that an optimizer is to train, layers behind the ones that learn (a new head), or layers of your
    own that were never trained and still hold random values.

Why it hurts
    A frozen layer stays what it is. A frozen head cannot learn the classes, frozen random layers
    scramble the image, and with everything frozen backward() has nothing to do and raises.

How to fix it
    Freeze first, then replace the head: new layers require gradients. Or freeze only the backbone,
    such as model.features.requires_grad_(False).

When it is fine
    A frozen backbone that was loaded or trained before, adapters inside such a network, filters set
    by hand, position encodings, the scales of normalization layers, a generator's opponent.

References
    PyTorch, "Autograd mechanics", section "Locally disabling gradient computation"; tutorial
    "Transfer learning for computer vision".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from whytorch.checks._helpers import places
from whytorch.checks._learning import learning
from whytorch.checks._places import within
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import statement, told
from whytorch.checks._weights import (
    all_one_number,
    layer_names,
    looks_random,
    numbers,
    random_weights,
    share,
    trained_layers,
)
from whytorch.evidence.facts import (
    LayerFacts,
    LossCalls,
    Network,
    ParameterFacts,
    Passes,
    Run,
    Training,
)
from whytorch.evidence.facts.experiments import Unfrozen
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, Move, NotJudged, Place, Remove, Severity

# A bank of fixed filters in front of a network is one small layer. Frozen by mistake are blocks.
SMALL = 0.05
FEW_NUMBERS = 32  # of a filter set by hand; the head of a small classifier has more

# What trying the repair on the bench is.
TRIALS = (Unfrozen,)


def decide(
    run: Run,
    network: Network | None,
    training: Training | None,
    passes: Passes | None,
    losses: LossCalls | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if network is None:
        nothing_left = _nothing_to_optimize(run, source)
        return nothing_left or NotJudged("no network was called in the run")
    if not any(p.trainable for p in network.parameters()):
        return _everything(run, network, training, source)
    frozen = [x for x in network.layers if x.registered and x.calls and _is_frozen(x)]
    if not frozen:
        return []
    trained = trained_layers(network)
    behind = [x for x in frozen if trained and _is_behind(x, trained) and random_weights(x)]
    behind = [x for x in behind if not all(_is_set_by_hand(p) for p in random_weights(x))]
    if behind:
        return [_finding(behind, "behind layers that learn", "error", run, network, source, 0.9)]
    if not trained:
        return []  # too short a run, or nothing moves for another reason
    fresh = [x for x in frozen if random_weights(x)]
    random = [x for x in fresh if any(_is_untrained(p) for p in random_weights(x))]
    if len(random) < len(fresh) / 2:
        return []  # weights that came in by a way nobody saw
    own = [x for x in random if not x.from_library]
    total = numbers(network.parameters())
    if len(random) > 1 or numbers(p for x in random for p in x.parameters) > SMALL * total:
        severity = learning(run, losses, training, passes).severity()
        where = f"still as {'random' if any(_holds_random(x) for x in random) else 'alike'} as at "
        where += "the start"
        where += "" if own else ": no weights were loaded into this library's network"
        return [_finding(random, where, severity, run, network, source, 0.8)]
    return []


def _is_frozen(layer: LayerFacts) -> bool:
    """Its matrices and filters do not require gradients, and stayed what they were."""
    weights = [p for p in layer.parameters if len(p.shape) > 1 and p.name.endswith("weight")]
    return bool(weights) and not any(p.trainable or p.changed for p in weights)


def _is_untrained(weight: ParameterFacts) -> bool:
    return looks_random(weight) or all_one_number(weight)


def _holds_random(layer: LayerFacts) -> bool:
    return any(looks_random(p) for p in random_weights(layer))


def _is_set_by_hand(weight: ParameterFacts) -> bool:
    """A blur, an edge detector: one filter for every channel, a mean, or very few numbers."""
    if looks_random(weight):
        return False
    depthwise = len(weight.shape) == 4 and weight.shape[1] == 1
    even = weight.initial_std == 0 or weight.initial_rows_identical is True
    return (even and not all_one_number(weight)) or depthwise or numbers([weight]) < FEW_NUMBERS


def _is_behind(layer: LayerFacts, trained: list[LayerFacts]) -> bool:
    return layer.order > min(x.order for x in trained) and layer.output_reaches_loss is True


def _everything(
    run: Run, network: Network, training: Training | None, source: Source | None
) -> list[Finding]:
    """A network without one trainable weight: a mistake if somebody set out to train it."""
    crash = run.crash
    crashed = crash is not None and crash.during == "backward" and "require grad" in crash.message
    optimized = any(p.in_optimizer for p in network.parameters())
    backwards = training.backwards if training else 0
    learned = any(p.changed for p in network.parameters())  # and was frozen when it had
    if not optimized or not (crashed or (backwards and not learned)):
        return []
    layers = [x for x in network.layers if x.parameters]
    where = "although an optimizer holds them"
    return [_finding(layers, where, "error", run, network, source, 0.95)]


def _finding(
    layers: list[LayerFacts],
    where: str,
    severity: Severity,
    run: Run,
    network: Network,
    source: Source | None,
    confidence: float,
) -> Finding:
    count, total = numbers(p for x in layers for p in x.parameters), numbers(network.parameters())
    everything = count == total
    names = network.kind if everything else layer_names(layers)
    crashed = everything and run.crash is not None
    verb = "does" if everything or len(layers) == 1 else "do"
    says = f"{names} {verb} not require gradients: {count} of {total} parameters of {network.kind} "
    says += f"({share(count, total)}) are frozen, {where}"
    last = layers[-1]
    line = freezing_line(source, layers) or next(reversed(network.freezes), None)
    if severity == "advice":
        explains: tuple[str, ...] = ()
    elif crashed:
        explains = ("crash", "weights-unchanged")
    else:
        explains = ("loss-not-decreasing", "loss-at-chance", "same-class-predicted", "underfitting")
        explains += ("weights-unchanged",) if everything else ()
    return Finding(
        says=says,
        places=places(line, last.place, network.place),
        severity=severity,
        # Random features carry a simple task far: what they cost there, the bench tells.
        grade="suspected" if severity == "advice" else "observed",
        confidence=confidence,
        measured={
            "frozen_parameters": count,
            "parameters": total,
            "layers": [x.name for x in layers],
        },
        explains=explains,
        fix=_fix(layers, everything, line),
    )


def _fix(layers: list[LayerFacts], everything: bool, line: Place | None) -> Fix:
    after = f"after line {line.line}" if line else "after the line that freezes"
    if everything:
        return Fix(f"make the new head {after}, or freeze only what should stay as it is")
    part = layers[-1].name.partition(".")[0]
    if all(x.from_library for x in layers):
        return Fix('load its weights (weights="DEFAULT" in torchvision), or let all layers learn')
    return Fix(f"let {part} learn: leave it out where you freeze, or switch it on again {after}")


# --- where it is frozen ------------------------------------------------------------------------


def _freezes(source: Source | None) -> Iterator[tuple[Place, str]]:
    """Lines that switch requires_grad off, each with the text that says for what."""
    if source is None:
        return
    for call in source.calls_to("*.requires_grad_"):
        given = call.argument("requires_grad") or (call.args[0] if call.args else None)
        if given is not None and given.constant is False:
            yield call.place, call.raw + _loop_around(source, call.place)
    for assigned in source.assignments:
        value = assigned.value
        if value is None or value.constant is not False:
            continue
        if any(target.endswith(".requires_grad") for target in assigned.targets):
            yield assigned.place, " ".join(assigned.targets) + _loop_around(source, assigned.place)


def _loop_around(source: Source, place: Place) -> str:
    inside = [
        loop
        for loop in source.loops
        if loop.place.path == place.path
        and loop.place.line <= place.line <= (loop.place.end_line or loop.place.line)
    ]
    return f" {inside[-1].iterable}" if inside else ""


def freezing_line(source: Source | None, layers: list[LayerFacts]) -> Place | None:
    """The line that froze these layers: the one that names them, else the last there is."""
    found = list(_freezes(source))
    parts = {part for x in layers for part in x.name.split(".") if not part.isdigit()}
    named = [place for place, text in found if any(f".{part}." in f"{text}." for part in parts)]
    every = named or [place for place, _ in found]
    return every[-1] if every else None


def _nothing_to_optimize(run: Run, source: Source | None) -> list[Finding]:
    """The optimizer was given only what requires gradients, and nothing does."""
    crash = run.crash
    if crash is None or "empty parameter list" not in crash.message or not crash.frames:
        return []
    line = freezing_line(source, [])
    if line is None:
        return []
    return [
        Finding(
            says="the optimizer got no parameter at all: those that require gradients were asked "
            f"for, and line {line.line} had switched them off",
            places=places(line, crash.frames[-1]),
            confidence=0.8,
            explains=("crash",),
            fix=Fix("freeze before the head is replaced, or only the layers in front of it"),
        )
    ]


SAFE = "more weights learn than before"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if re.match(r"let \S+ learn|load its weights", told(finding)) and finding.places:
        node = statement(source, finding.places[0])
        frozen = node is not None and "requires_grad" in ast.unparse(node)
        whole = isinstance(node, (ast.Expr, ast.For))
        return [Remove(finding.places[0])] if frozen and whole else []
    if "make the new head after line" not in told(finding) or len(finding.places) < 2:
        return []
    freezing, head = finding.places[:2]
    if _makes_whole(source, head, freezing):
        return []  # what is frozen is made there
    loops = [x.place for x in source.loops if within(freezing, x.place)]
    where = loops[0] if loops else freezing
    return [Move(head, after=where)] if head.line < where.line else []


def _makes_whole(source: Source, head: Place, freezing: Place) -> bool:
    """Whether the line of the head makes a name that the freezing, or its loop, reads."""
    last = freezing.end_line or freezing.line
    lines = range(min([freezing.line, *(x.place.line for x in source.loops
                                        if within(freezing, x.place))]), last + 1)  # fmt: skip
    words = " ".join(source.line(freezing.path, n) or "" for n in lines)
    made = [name for name in source.names_assigned_at(head) if name.isidentifier()]
    return any(re.search(rf"\b{re.escape(name)}\b", words) for name in made)


BAD = """
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float().view(-1, 1, 8, 8) / 16, torch.tensor(y)
order = torch.randperm(len(x))
x, y = x[order], y[order]


def fit(model, x, y, epochs, lr=0.01):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(epochs):
        for a, b in DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(a), b).backward()
            optimizer.step()


model = nn.Sequential()
model.add_module("body", nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten()))
model.add_module("head", nn.Linear(16 * 36, 2))
fit(model, x[:1400], (y[:1400] > 4).long(), epochs=3)  # the body learns on a simpler task
model.head = nn.Linear(16 * 36, 10)
model.requires_grad_(False)  # <- here
fit(model, x[:1400], y[:1400], epochs=3)

model.eval()
with torch.no_grad():
    print("test accuracy", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""

GOOD = BAD.replace("model.requires_grad_(False)  # <- here", "model.body.requires_grad_(False)")
