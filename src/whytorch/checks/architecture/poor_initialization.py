"""Poor initial weights.

What it looks for
    Initial weights that keep a network from learning: layers whose units all start alike and get
    the same gradient; weights so large that the first loss is far above guessing; weights so
    small that the signal is gone before the last layer and the loss never leaves guessing; matrices
    of the script's own modules and scales of normalization layers that are zeros, and to which no
    gradient comes back.

Why it hurts
    Weights that are too large make confident nonsense and enormous gradients, weights that are too
    small make no gradient at all, and units that start alike stay alike: a layer of any width is
    then worth one unit.

How to fix it
    Leave torch's own initial weights, or take nn.init.kaiming_normal_(weight,
    nonlinearity="relu"). Zeros belong in biases only.

When it is fine
    Zeros in the last layer, in the last layer of a residual branch or in BatchNorm's scale: their
    gradients differ from unit to unit. Small weights with BatchNorm behind them. Loaded weights.

References
    K. He and others, Delving deep into rectifiers (2015).
"""

from __future__ import annotations

import ast
import math
import re

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks._init import drawn_anew, init_place, zero_place
from whytorch.checks._lab import gained, proven
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import statement, told
from whytorch.checks.architecture import _constant
from whytorch.checks.architecture._own_zeros import Zeros, stuck_at_zero
from whytorch.checks.architecture.dead_relu import born_dead
from whytorch.checks.preprocessing.unscaled_inputs import is_large
from whytorch.evidence.facts import (
    Activations,
    DataFlow,
    LayerFacts,
    LossCalls,
    Network,
    ParameterFacts,
    Passes,
    Run,
    Training,
)
from whytorch.evidence.facts.experiments import Initialized
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, Place, Remove, Severity

CONSEQUENCE_OF = ("unscaled-inputs", "loss-cut-from-model")

# Times the standard deviation of He's rule, sqrt(2 / fan in). Torch's own default is 0.41, Xavier
# up to 1, He 1.
TOO_WIDE = 2.5
TOO_NARROW = 0.2
# Times the loss of guessing. Sound starts stay below 1.5 (He's rule also in the last layer: 1.2).
TOO_HIGH = 2.0
WIDE_BIAS = 2.0
_EXPLAINS = ("loss-at-chance", "loss-not-decreasing", "same-class-predicted", "underfitting",
             "vanishing-gradients", "exploding-gradients", "non-finite-loss",
             "loss-oscillates")  # fmt: skip
_NORMS = ("BatchNorm", "LayerNorm", "GroupNorm", "InstanceNorm")


class _Weight(Struct, frozen=True):
    layer: LayerFacts
    parameter: ParameterFacts

    @property
    def he_ratio(self) -> float:
        """Its standard deviation in units of He's rule."""
        inputs = math.prod(self.parameter.shape[1:])
        return (self.parameter.initial_std or 0.0) / math.sqrt(2 / inputs)


# What trying the repair on the bench is.
TRIALS = (Initialized,)


def decide(
    network: Network,
    run: Run,
    training: Training,
    losses: LossCalls | None,
    passes: Passes | None,
    data: DataFlow | None,
    source: Source | None,
) -> list[Finding]:
    weights = _weights(network)
    outcome = learning(run, losses, training, passes)
    if outcome.failed and (zeros := stuck_at_zero(network, source)):
        return [_zeros(zeros, outcome)]
    if not outcome.works and (scales := _scales_at_zero(network)):
        return [_no_scale(scales, outcome, source)]
    if len(weights) < 2 or any(w.parameter.loaded for w in weights):
        return []
    alike = _alike(weights[:-1])
    if alike:
        return [_same_start(alike, weights, outcome, source)]
    seen = data.entering("train") if data else None
    if seen is not None and is_large(seen.first_layer or seen.model):
        return []
    return _too_wide(network, weights, outcome, source) or _too_narrow(
        network, weights, outcome, source
    )


def _weights(network: Network) -> list[_Weight]:
    """The weight matrices and filters that are trained, in the order of execution."""
    return [
        _Weight(layer, p)
        for layer in network.layers
        if layer.order >= 0 and layer.kind.startswith(("Linear", "Conv"))
        for p in layer.parameters
        if p.name.endswith("weight") and p.trainable and len(p.shape) >= 2
    ]


def _alike(hidden: list[_Weight]) -> list[_Weight]:
    """Hidden layers whose units start alike and have no way to become different.

    A layer of zeros inside a residual branch gets a different gradient for each unit, and only
    some of the layers are such.
    """
    same = [w for w in hidden if w.parameter.initial_rows_identical]
    stuck = [w for w in same if w.parameter.grad_rows_identical or w.parameter.grad == "zero"]
    whole = len(same) == len(hidden) or (same and same[0] is hidden[0])
    return stuck or (same if whole else [])


def _same_start(
    alike: list[_Weight], weights: list[_Weight], outcome: Learning, source: Source | None
) -> Finding:
    one = alike[0]
    value = one.parameter.initial_mean or 0.0
    units = one.parameter.shape[0]
    constant = not one.parameter.initial_std
    how = f"with all weights {value:.3g}" if constant else "with one and the same row of weights"
    severity = outcome.severity()
    if one.parameter.grad_rows_identical and severity == "advice":
        severity = "warning"  # whatever was learned, it was with one unit: no design wants that
    others = f", and so do {len(alike) - 1} more layers" if len(alike) > 1 else ""
    return _finding(
        f"all {units} units of {_name(one)} start {how}{others}, so they cannot become "
        f"different{outcome.reached()}",
        alike,
        outcome,
        severity,
        0.9,
        init_place(source, "weight", constant=True) if source else None,
    )


def _scales_at_zero(network: Network) -> list[_Weight]:
    """Scales of all normalization layers, where they start at zero and no gradient ever comes to
    them: what follows (a ReLU) has no slope there. Of one in a residual branch the rest learns."""
    scales = [
        _Weight(layer, p)
        for layer in network.layers
        if layer.order >= 0 and layer.kind.startswith(_NORMS)
        for p in layer.parameters
        if p.name.endswith("weight") and p.trainable
    ]
    stuck = [w for w in scales if _is_stuck(w.parameter)]
    return stuck if len(stuck) == len(scales) else []


def _is_stuck(p: ParameterFacts) -> bool:
    zero = p.initial_mean == 0 and p.initial_std == 0 and not p.loaded
    return bool(zero and p.grad == "zero" and p.reaches_loss and p.changed is False)


def _no_scale(scales: list[_Weight], outcome: Learning, source: Source | None) -> Finding:
    others = f" and of {len(scales) - 1} more layers start" if len(scales) > 1 else " starts"
    says = f"the scale of {_name(scales[0])}{others} at zero, and no gradient ever comes back to "
    says += f"it: whatever the images are, the same goes on{outcome.reached()}"
    return Finding(
        says=says,
        places=places(zero_place(source, "weight") if source else None, scales[0].layer.place),
        severity="error",
        confidence=0.93,
        measured={"layers": [w.layer.name for w in scales]},
        explains=_EXPLAINS,
        fix=Fix("write nn.init.ones_(layer.weight) and nn.init.zeros_(layer.bias)"),
    )


def _zeros(zeros: list[Zeros], outcome: Learning) -> Finding:
    names = " and ".join(z.parameter.name for z in zeros[:3])
    says = f"{names} start as zeros, and no gradient ever comes back to them{outcome.reached()}"
    weights = [_Weight(z.layer, z.parameter) for z in zeros]
    return _finding(says, weights, outcome, "error", 0.9, zeros[0].place)


def _too_wide(
    network: Network, weights: list[_Weight], outcome: Learning, source: Source | None
) -> list[Finding]:
    first, chance = outcome.first_loss, outcome.chance_loss
    if chance is None or (first is not None and first < TOO_HIGH * chance):
        return []
    wide = [w for w in weights if w.he_ratio >= TOO_WIDE]
    if not wide:
        return []
    worst = max(wide, key=lambda w: w.he_ratio)
    loss = f"{first:.3g}" if first is not None else "no number"
    says = (
        f"the weights of {_name(worst)} start with a standard deviation of "
        f"{worst.parameter.initial_std:.3g}, {worst.he_ratio:.0f} times He's rule; the first loss "
        f"is {loss} (guessing: {chance:.3g}){outcome.reached()}"
    )
    where = init_place(source, "weight", constant=False) if source else None
    return [_finding(says, wide, outcome, outcome.severity(), 0.85, where)]


def _too_narrow(
    network: Network, weights: list[_Weight], outcome: Learning, source: Source | None
) -> list[Finding]:
    """Small weights hurt only where nothing scales the signal up and nothing is learned."""
    narrow = [w for w in weights[:-1] if w.he_ratio <= TOO_NARROW]
    normed = any(layer.kind.startswith(_NORMS) for layer in network.layers)
    still = outcome.stuck and outcome.failed and outcome.broke_at is None
    level = outcome.chance_loss or 0.0
    if normed or not still or 2 * len(narrow) < len(weights) - 1 or not narrow:
        return []
    if (outcome.skill or 0.0) > 0.2 or (outcome.highest_loss or 0.0) > 1.2 * level:
        return []
    least = min(narrow, key=lambda w: w.he_ratio)
    says = (
        f"the weights of {_name(least)} start with a standard deviation of "
        f"{least.parameter.initial_std:.3g}, {least.he_ratio:.2g} times He's rule, and so faint "
        f"are {len(narrow)} of {len(weights)} layers; the loss stays at {outcome.last_loss:.3g} "
        f"(guessing: {level:.3g}){outcome.reached()}"
    )
    where = init_place(source, "weight", constant=False) if source else None
    return [_finding(says, narrow, outcome, "error", 0.7, where)]


def _finding(
    says: str,
    weights: list[_Weight],
    outcome: Learning,
    severity: Severity,
    confidence: float,
    where: Place | None,
) -> Finding:
    return Finding(
        says=says,
        places=places(where, weights[0].layer.place),
        severity=severity,
        confidence=confidence,
        measured={
            "layers": [w.layer.name for w in weights],
            "initial_std": [w.parameter.initial_std for w in weights],
            "times_he": [w.he_ratio for w in weights],
            "first_loss": outcome.first_loss,
            "chance_loss": outcome.chance_loss,
            "training_accuracy": outcome.train_accuracy,
        },
        explains=_EXPLAINS,
        fix=Fix(
            "leave torch's own initial weights (remove this), or write "
            'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")'
        ),
    )


def _name(weight: _Weight) -> str:
    return f"{weight.layer.name} ({weight.layer.kind})"


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    return [
        Finding(
            says=f"the weights of every {' and '.join(one.kinds)} layer are set to one number: "
            "their units compute the same, get the same gradient, and stay alike",
            places=(seen.place(one.site.block, one.site.node),),
            severity="error",
            confidence=0.9,
            explains=("loss-at-chance", "loss-not-decreasing", "underfitting"),
            fix=Fix(
                "write nn.init.kaiming_normal_(...) for the weights, or leave them as torch "
                "makes them"
            ),
        )
        for one in _constant.alike_weights(seen)
    ][:1]


def prove(
    anew: Initialized,
    network: Network,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
    activations: Activations | None,
    source: Source | None,
) -> list[Finding]:
    """From weights drawn as torch or Kaiming draw them, the same steps learn."""
    weights = _weights(network)
    if network.loaded or not weights:
        return []
    usual = all(TOO_NARROW < w.he_ratio < TOO_WIDE for w in weights)
    if usual and activations is not None and any(map(born_dead, activations.relus)):
        return []  # drawing anew mends the biases that killed the units: those are named
    where = init_place(source, "weight", constant=False) if source else None
    return proven(
        gained(anew),
        learning(run, losses, training, passes),
        "the weights that the network starts from keep it from learning",
        places(where, weights[0].layer.place),
        "leave the layers as torch initializes them, or use nn.init.kaiming_normal_",
        confidence=0.8,
    )


SAFE = "other initial weights change the result of every training"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    place = next(iter(finding.places), None)
    if place is None or not told(finding).startswith(("leave torch's own", "write nn.init")):
        return []
    return [Remove(place)] if _sets_values(statement(source, place)) else []


def _sets_values(node: ast.stmt | None) -> bool:
    """Whether a statement does nothing but give weights their values: a call, or one for each of
    many, or values put into a parameter that is there."""
    if isinstance(node, ast.Assign) and re.search(r"\.(weight|bias)\.data(\[|$)", _target(node)):
        return True
    made = node.value if isinstance(node, (ast.Expr, ast.Assign)) else None
    if isinstance(node, ast.Assign) and _target(node).endswith(".data"):
        return drawn_anew(ast.unparse(node.value))
    if isinstance(made, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
        made = made.elt
    written = ast.unparse(made) if isinstance(made, ast.Call) else ""
    return bool(re.search(r"init\.\w+_\(|\.(?:fill_|zero_|normal_|uniform_)\(", written))


def _target(node: ast.Assign) -> str:
    return ast.unparse(node.targets[0])


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(),
                      nn.Linear(64, 10))
for layer in model:
    if isinstance(layer, nn.Linear):
        nn.init.constant_(layer.weight, 0.05)  # <- here
        nn.init.zeros_(layer.bias)

optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(15):
    model.train()
    for batch in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x_train[batch]), y_train[batch]).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace(
    "nn.init.constant_(layer.weight, 0.05)  # <- here",
    "nn.init.xavier_uniform_(layer.weight)",
)
