"""Activation missing or saturated.

What it looks for
    A network of several layers in which nothing is non-linear, from the first to the last, as the
    autograd graph of a training call shows; linear layers that follow each other with nothing
    between; or a deep network of sigmoids or tanhs in which the gradient is gone before it reaches
    the first layers, and nothing is learned. Raw scores in a Dice or Jaccard loss.

Why it hurts
    A sigmoid passes on at most a quarter of the gradient, and layers with nothing between them
    are one linear layer: depth is for nothing. After a few sigmoids the first layers stand still.

How to fix it
    Put nn.ReLU() (or GELU) between the layers, but not after the last one.

When it is fine
    A narrow layer between two wide ones (a low-rank factorization, an autoencoder's code, LoRA), a
    depthwise and a pointwise convolution, the projections of attention, a linear model that is one
    layer. Sigmoids in gates and in shallow networks that learn.

References
    X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural
    networks (2010).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from msgspec.structs import replace

from whytorch.checks._helpers import layer_name, places
from whytorch.checks._lab import gained, proven
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._repairs import layers_activated, rectified
from whytorch.checks._rewriting import told
from whytorch.checks._shortened import unproven
from whytorch.checks.architecture._between import rectified_behind
from whytorch.checks.architecture._linear import linear_stacks
from whytorch.checks.architecture._raw_overlap import of_raw_scores
from whytorch.checks.optimization._progress import FAR_ENOUGH
from whytorch.evidence.facts import (
    Activations,
    LayerFacts,
    LossCalls,
    Network,
    Passes,
    Run,
    Traces,
    Training,
)
from whytorch.evidence.facts.experiments import ActivationsSwapped
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, Severity

CONSEQUENCE_OF = ("unscaled-inputs", "learning-rate-too-high", "poor-initialization",
                  "activation-on-logits", "computed-but-unused")  # fmt: skip

_PRODUCTS = ("Addmm", "Mm", "Convolution", "MkldnnConvolution", "Linear")
_RECTIFIERS = ("Relu", "LeakyRelu", "Elu", "Gelu", "Silu", "Hardtanh", "PreluKernel", "Mish",
               "Hardswish", "Softplus", "ClampMin")  # fmt: skip
# Three sigmoids at torch's own initial weights leave about a hundredth of the gradient; networks
# with ReLU or BatchNorm stay above a tenth.
SIGMOIDS = 3
VANISHED = 0.02
EARLY_STEPS = 20
# Of networks whose weights went less than 3 % of their size in all, none learned (see _progress); a
# third of it leaves room for gradients that grow.
STANDS_STILL = 0.01
PATIENCE = 500  # steps; LeNet with sigmoids, as it was published, stands still for an epoch or two
NEARLY_RIGHT = 0.9  # skill

# What trying the repair on the bench is.
TRIALS = (ActivationsSwapped,)


def decide(
    network: Network,
    run: Run,
    training: Training,
    losses: LossCalls | None,
    passes: Passes | None,
    activations: Activations | None,
    traces: Traces | None,
) -> list[Finding] | NotJudged:
    if network.bending is None:
        return NotJudged("needs a training step through the network")
    outcome = learning(run, losses, training, passes)
    pairs = _wasted(network) if run.classification else []
    products = sum(network.operations.get(p, 0) for p in _PRODUCTS)
    if pairs and network.bending == 0 and products >= 2 and _all_seen(network):
        severity: Severity = "warning" if outcome.works else "error"
        return [_of_linear(pairs, f"nothing in {network.kind} is non-linear", severity, outcome)]
    if activations is not None and (found := _saturated(network, training, activations, outcome)):
        if found.severity == "advice":
            return [] if run.training_shortened or run.steps > PATIENCE else [found]
        return _in_view_of_the_whole(found, run, network, outcome, traces)
    if pairs and network.bending == _pools(network) > 0 and _all_seen(network):
        says = "nothing but the max pooling is non-linear"
        return [_of_linear(pairs, says, outcome.severity(), outcome)]
    dense = [p for p in pairs if "in_features" in p[0].settings and "in_features" in p[1].settings]
    if dense:
        severity = "advice" if outcome.works or outcome.skill is None else "warning"
        says = "nothing non-linear stands between them"
        return [_of_linear(dense, says, severity, outcome, 0.6)]
    return of_raw_scores(losses)


# --- nothing non-linear ------------------------------------------------------------------------


def _wasted(network: Network) -> list[tuple[LayerFacts, LayerFacts]]:
    """Pairs with nothing between that buy nothing: what goes between is no bottleneck.

    A layer narrower than what enters and what leaves the pair is a factorization, as people want
    it. A block without padding between (depthwise, then pointwise) is one too.
    """
    known = {x.name: x for x in network.layers}
    found = []
    for one, other in network.linear_pairs:
        earlier, later = known.get(one), known.get(other)
        if earlier is None or later is None or earlier.from_library:
            continue
        if not all(p.trainable for x in (earlier, later) for p in x.parameters):
            continue  # put between on purpose, such as an adapter in a frozen network
        if earlier.order > later.order or _neighbours_only(network, earlier, later):
            continue
        entering, between, leaving = _widths(earlier, later)
        grouped = max(x.settings.get("groups", 1) for x in (earlier, later)) > 1
        if between >= min(entering, leaving) > 0 and not grouped:
            found.append((earlier, later))
    return sorted(found, key=lambda pair: pair[0].order)


def _neighbours_only(network: Network, earlier: LayerFacts, later: LayerFacts) -> bool:
    """Whether layers with weights run between: a residual connection jumped over them."""
    between = [
        x
        for x in network.layers
        if earlier.order < x.order < later.order and _is_wide(x) and x.calls
    ]
    return bool(between)


def _is_wide(layer: LayerFacts) -> bool:
    return "in_features" in layer.settings or "in_channels" in layer.settings


def _widths(earlier: LayerFacts, later: LayerFacts) -> tuple[int, int, int]:
    """Numbers that enter the pair, go between, and leave it."""
    first, second = earlier.settings, later.settings
    kernel = 1
    for size in first.get("kernel_size") or [1]:
        kernel *= int(size)
    entering = first.get("in_features") or first.get("in_channels", 0) * kernel
    between = first.get("out_features") or first.get("out_channels", 0)
    return int(entering), int(between), int(second.get("out_features")
                                            or second.get("out_channels", 0))  # fmt: skip


def _all_seen(network: Network) -> bool:
    """Whether the graph showed all layers: a frozen part in front may bend what it likes."""
    wide = [x for x in network.layers if _is_wide(x) and x.calls]
    return bool(wide) and all(x.output_reaches_loss for x in wide)


def _pools(network: Network) -> int:
    return sum(times for kind, times in network.operations.items() if "MaxPool" in kind)


def _of_linear(
    pairs: Sequence[tuple[LayerFacts, LayerFacts]],
    why: str,
    severity: Severity,
    outcome: Learning,
    confidence: float = 0.92,
) -> Finding:
    earlier, later = pairs[0]
    one, other = (layer_name(x.name, x.kind) for x in (earlier, later))
    more = f" (and {len(pairs) - 1} more such)" if len(pairs) > 1 else ""
    return Finding(
        says=f"{one} and {other}{more} follow each other directly: {why}, so together they are "
        f"one linear layer{outcome.reached()}",
        places=places(*_lines(earlier), *_lines(later)),
        severity=severity,
        grade="suspected" if severity == "advice" else "observed",
        confidence=confidence,
        measured={
            "pairs": [[a.name, b.name] for a, b in pairs[:10]],
            "training_accuracy": outcome.train_accuracy,
        },
        explains=() if severity == "advice" else ("underfitting", "loss-not-decreasing",
                                                  "loss-at-chance"),
        fix=Fix(_between(earlier, one, other)),
    )  # fmt: skip


def _lines(layer: LayerFacts) -> tuple[Place | None, Place | None]:
    """Where it is called; of a numbered part of a Sequential, where it is made."""
    numbered = layer.name.rpartition(".")[2].isdigit()
    return (layer.place, layer.call_place) if numbered else (layer.call_place, layer.place)


def _between(layer: LayerFacts, one: str, other: str) -> str:
    if layer.name.rpartition(".")[2].isdigit():
        return f"put nn.ReLU() between {one} and {other}"
    return f"write torch.relu(self.{layer.name}(...)), so that an activation follows {one}"


# --- saturated ---------------------------------------------------------------------------------


def _saturated(
    network: Network, training: Training, activations: Activations, outcome: Learning
) -> Finding | None:
    squashing = activations.saturation
    if len(squashing) < SIGMOIDS or activations.relus:
        return None
    if any(network.operations.get(kind) for kind in _RECTIFIERS):
        return None
    lost = outcome.failed or outcome.stuck
    if not lost and (outcome.skill is None or outcome.skill >= NEARLY_RIGHT):
        return None
    ratio = _gradient_left(network, training)
    if ratio is None or ratio[0] > VANISHED:
        return None
    left, first, last = ratio
    kind = squashing[0].function
    kinds = ("Sigmoid", "LogSigmoid") if kind == "sigmoid" else ("Tanh",)
    made = [x for x in network.layers if x.kind in kinds and x.calls]
    where = (min(made, key=lambda x: x.order).place if made else None, squashing[0].place)
    flat = max(s.share_at_end for s in squashing)
    also = f"; up to {flat:.0%} of the outputs of one lie where it is flat" if flat > 0.3 else ""
    return Finding(
        says=f"{len(squashing)} {kind} activations lie one behind another: the gradient of "
        f"{first} is {left:.0e} of that of {last} (median of the first steps){also}"
        f"{outcome.reached()}",
        places=places(*where),
        # A short run that got under way late may have lost much by it: the bench tells.
        severity="error" if lost else "advice",
        grade="observed" if lost else "suspected",
        confidence=0.85,
        measured={
            "activations": len(squashing),
            "gradient_left": left,
            "largest_saturated_share": flat,
            "training_accuracy": outcome.train_accuracy,
        },
        explains=("vanishing-gradients", "loss-not-decreasing", "loss-at-chance", "underfitting",
                  "same-class-predicted") if lost else (),
        fix=Fix(f"write nn.ReLU() instead of the {kind} between the layers"),
    )  # fmt: skip


def _gradient_left(network: Network, training: Training) -> tuple[float, str, str] | None:
    """(how much of the last layer's gradient reaches the first, first, last), of early steps."""
    wide = {x.name: x for x in network.layers if _is_wide(x) and x.calls}
    order = {name: layer.order for name, layer in wide.items()}
    norms = {
        g.layer: [n for step, n in g.norms if n is not None and step < EARLY_STEPS]
        for g in training.gradients
        if g.layer in order
    }
    known = sorted((n for n, values in norms.items() if values), key=order.__getitem__)
    if len(known) < SIGMOIDS:
        return None
    first, last = median(norms[known[0]]), median(norms[known[-1]])
    ends = [layer_name(n, wide[n].kind) for n in (known[0], known[-1])]
    return (first / last, ends[0], ends[1]) if last > 0 else None


def _in_view_of_the_whole(
    found: Finding, run: Run, network: Network, outcome: Learning, traces: Traces | None
) -> list[Finding]:
    """A network of sigmoids may stand still for an epoch or two and learn then: in a run that was
    cut short it is sure where its first layer would hardly move in all that was to come."""
    if not run.training_shortened or run.steps >= PATIENCE:
        return [found]
    way = [each * (run.planned_steps or 0) for each in _ends_move(network, traces)]
    if network.loaded or len(way) < 2 or way[0] >= STANDS_STILL or way[1] < FAR_ENOUGH:
        return unproven(found, network, outcome)
    said = (
        f"; all {run.planned_steps} steps planned would move the first by {way[0]:.2%} of its size"
    )
    return [
        replace(
            found,
            says=found.says + said,
            measured={**found.measured, "first_layer_travel": way[0], "last_layer_travel": way[1]},
        )
    ]


def _ends_move(network: Network, traces: Traces | None) -> list[float]:
    """The shares of their sizes that the weights of the first and the last layer move in a step
    looked at closely, the largest: rates that warm up begin low. Empty where they were not seen."""
    order = {x.name: x.order for x in network.layers if _is_wide(x) and x.calls}
    known = {
        order[t.layer]: [v for _, v in t.values if v is not None]
        for t in (traces.of("update") if traces else ())
        if t.layer in order
    }
    ends = [known.get(end(order.values())) for end in (min, max)] if order else []
    return [max(values) for values in ends if values]


def suspect(source: Source) -> list[Finding]:
    """A classifier whose forward only calls linear layers, of sizes that are no bottleneck."""
    return [
        Finding(
            says=f"{name} calls {one} and {other} with nothing between, and nothing else in it is "
            "non-linear: together its layers are one linear layer",
            places=places(where, used),
            confidence=0.85,
            explains=("underfitting",),
            fix=Fix(f"put an activation, such as ReLU, between {one} and {other}"),
        )
        for name, one, other, where, used in linear_stacks(source)
    ][:1]


def prove(
    swapped: ActivationsSwapped,
    network: Network,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
) -> list[Finding]:
    """With ReLU for the script's activations the same steps learn."""
    kinds = ("Sigmoid", "Tanh", "Softsign", "Hardtanh", "Hardsigmoid")
    layer = next((x for x in network.layers if x.kind in kinds), None)
    where = layer.place if layer is not None else network.place
    return proven(
        gained(swapped),
        learning(run, losses, training, passes),
        "the activations keep the gradient from the early layers",
        places(where),
        "write nn.ReLU() for the hidden layers",
        confidence=0.8,
    )


SAFE = "what the network computes changes: old weights do not fit"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    says = told(finding)
    if squashing := re.match(r"write nn\.ReLU\(\) instead of the (\w+)", says):
        return list(rectified(finding, source, squashing[1]))
    if "torch.relu(self." in says:
        return list(layers_activated(finding, source))
    behind = [pair[0] for pair in finding.measured.get("pairs") or ()]
    edits = [rectified_behind(source, finding.places[0], name) for name in behind]
    return [edit for some in edits for edit in some] if says.startswith("put nn.ReLU()") else []


BAD = """
import torch
from sklearn.datasets import make_circles
from torch import nn


class Rings(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 2)

    def forward(self, x):
        x = self.fc1(x)  # <- here
        x = self.fc2(x)
        return self.fc3(x)


torch.manual_seed(0)
x, y = make_circles(1000, noise=0.08, factor=0.4, random_state=0)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
model = Rings()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(8):
    for batch in torch.randperm(800).split(50):
        optimizer.zero_grad()
        loss = criterion(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x[800:]).argmax(1) == y[800:]).float().mean().item())
"""

GOOD = BAD.replace("self.fc1(x)  # <- here", "torch.relu(self.fc1(x))").replace(
    "x = self.fc2(x)", "x = torch.relu(self.fc2(x))"
)
