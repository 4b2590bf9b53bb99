"""Too small for the task.

What it looks for
    A training that stopped improving at a low accuracy, on training and evaluation data alike,
    while the weights still moved; in a network that squeezes every sample through fewer numbers
    than there are classes, or that has no hidden layer at all. And a list of blocks that holds one
    and the same in all its places, as [Block()] * 5 does.

Why it hurts
    What a narrow layer drops, no later layer can bring back, and without a hidden layer only
    straight borders between the classes can be drawn. More epochs do not help.

How to fix it
    Make the narrow layer several times as wide as there are classes, or add a hidden layer. To make
    sure: train a network twice as wide on the same batches; if its training accuracy is clearly
    higher, the capacity was it, else the data or the labels are.

When it is fine
    Two numbers on purpose, to draw them; small networks that learn well enough.
    Where the training does not fall at all, or the weights hardly move, look for another mistake.

References
    I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), section 5.2.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from statistics import median

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import layer_name, places
from whytorch.checks._lab import gained, proven
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rescaling import next_width
from whytorch.checks._rewriting import calls_here, told, valued
from whytorch.checks._weights import numbers
from whytorch.checks.architecture._repeated import made_anew, repeated
from whytorch.checks.architecture._stages import poor, settled
from whytorch.evidence.facts import LayerFacts, LossCalls, Network, Passes, Run, Training
from whytorch.evidence.facts.experiments import MoreCapacity
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, ReplaceConstant

# Everything else that keeps a network from learning; only what is left is the capacity's doing.
CONSEQUENCE_OF = (
    *SPOILS_LEARNING,
    "batch-size-too-small", "dropout-too-high", "learning-rate-too-low",
    "receptive-field-too-large", "receptive-field-too-small", "too-few-epochs",
    "unsuitable-activation", "unsuitable-momentum", "unsuitable-optimizer",
    "unsuitable-pooling",
)  # fmt: skip

ENOUGH_STEPS = 100
# Healthy trainings change their weights by about a thousandth a step; at a tenth of that the
# learning rate, not the network, may hold the loss where it is.
STILL_MOVES = 3e-4
LEARNABLE = 0.15  # skill in evaluation: below, the labels may have nothing to do with the data
# Training accuracy far above evaluation's is learning by heart, the opposite.
CLOSE = 0.15
# Classes that one number would have to hold apart, each in an interval of its own: where that has
# failed, it need not have settled to be seen.
MANY = 4

# What trying the repair on the bench is.
TRIALS = (MoreCapacity,)


def decide(
    network: Network,
    run: Run,
    training: Training,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    outcome = learning(run, losses, training, passes)
    if shared := repeated(source, outcome):
        return shared
    if (answers := _answers(losses)) and not network.loaded:
        return _one_for_many(network, answers, training, outcome)
    if not run.classification or not run.classes or network.loaded:
        return []
    narrow = _narrow(network, run.classes)
    if narrow is None and not _without_hidden(network):
        return []
    if outcome.skill is None or outcome.works:
        return []
    if run.training_shortened or training.steps < ENOUGH_STEPS:
        return NotJudged(f"needs {ENOUGH_STEPS} steps and the whole training")
    trained, evaluated = outcome.train_skill, outcome.eval_skill
    if trained is None or evaluated is None:
        return NotJudged("needs training and evaluation accuracy; an experiment would settle it")
    if evaluated < LEARNABLE or trained < LEARNABLE or trained - evaluated > CLOSE:
        return []
    hopeless = narrow is not None and narrow[1] == 1 and run.classes >= MANY and outcome.failed
    if (not hopeless and not (poor(outcome) and settled(training))) or not _moves(training):
        return []
    return [_finding(narrow, network, run.classes, outcome)]


def _answers(losses: LossCalls | None) -> int:
    """How many yes/no answers each sample gets; 0 where it is another task."""
    sites = losses.training() if losses else ()
    shape = (sites[0].input_shape or ()) if len(sites) == 1 else ()
    binary = len(shape) == 2 and sites[0].function.startswith("binary_cross_entropy")
    return shape[1] if binary and shape[1] >= MANY else 0


def _one_for_many(
    network: Network, answers: int, training: Training, outcome: Learning
) -> list[Finding]:
    """One number for many answers, where no accuracy can be counted: the loss stays where always
    giving the same answer is, though the weights move."""
    narrow = _narrow(network, answers)
    if narrow is None or narrow[1] > 1 or outcome.guess_loss is None or not outcome.stuck:
        return []
    if training.steps < ENOUGH_STEPS or outcome.broke_at is not None or not _moves(training):
        return []
    return [_finding(narrow, network, answers, outcome, several=True)]


def _narrow(network: Network, classes: int) -> tuple[LayerFacts, int] | None:
    """The layer that leaves the fewest numbers a sample, if these are fewer than the classes.

    What enters a linear layer counts as well: an average over the image leaves no layer.
    """
    if any(k in x.kind for x in network.layers for k in ("LSTM", "GRU", "RNN", "Attention")):
        return None
    wide = sorted((x for x in network.layers if _is_wide(x)), key=lambda x: x.order)
    found: list[tuple[int, LayerFacts]] = []
    for before, layer in pairwise(wide):
        made = math.prod((before.out_shape or (0,))[1:])
        if math.prod(layer.in_shape or ()) > math.prod(before.out_shape or ()):
            continue  # something else came past it: a side branch (a spatial transformer's)
        given = int(layer.settings.get("in_features", 0)) or made
        found.append((min(made, given) or made, before))
    if not found:
        return None
    numbers_left, layer = min(found, key=lambda f: f[0])
    return (layer, numbers_left) if 0 < numbers_left < max(classes, 3) else None


def _is_wide(layer: LayerFacts) -> bool:
    return layer.calls > 0 and ("in_features" in layer.settings or "in_channels" in layer.settings)


def _without_hidden(network: Network) -> bool:
    products = ("Addmm", "Mm", "Convolution", "Linear", "Bmm")
    return network.bending == 0 and sum(network.operations.get(p, 0) for p in products) == 1


def _moves(training: Training) -> bool:
    ratios = [s.update_ratio for s in training.trace if s.update_ratio is not None]
    late = ratios[len(ratios) // 2 :]
    return bool(late) and median(late) >= STILL_MOVES


def _finding(
    narrow: tuple[LayerFacts, int] | None,
    network: Network,
    classes: int,
    outcome: Learning,
    several: bool = False,
) -> Finding:
    count = numbers(p for p in network.parameters() if p.trainable)
    ends = f"training accuracy came to {outcome.train_accuracy or 0:.0%}{outcome.reached()}"
    task = f"to tell {classes} classes apart"
    if several:
        level = outcome.guess_loss or 0.0
        ends = f"the loss stays at {outcome.last_loss or 0:.3g}, and the same answer for all costs "
        ends += f"{level:.3g}"
        task = f"to give {classes} answers"
    if narrow is not None:
        layer, left = narrow
        name = layer_name(layer.name, layer.kind)
        unit = "number" if left == 1 else "numbers"
        says = f"{name} leaves {left} {unit} of each sample, {task} "
        says += f"({network.kind} has {count} weights); {ends}"
        where = (layer.place, layer.call_place)
        wanted = 4 * classes if classes > 2 else 16
        fix = f"give {name} {wanted} outputs instead of {left}, and what follows as many inputs"
    else:
        says = (
            f"{network.kind} is one linear layer of {count} weights, without a hidden one; {ends}"
        )
        first = next((x for x in network.layers if _is_wide(x)), None)
        where = (first.place if first else None, network.place)
        fix = "put a hidden layer with ReLU in front of it"
    return Finding(
        says=says,
        places=places(*where),
        severity="error" if narrow is not None and (outcome.failed or several) else "warning",
        confidence=0.6 if narrow is not None else 0.45,
        measured={
            "weights": count,
            "narrowest": narrow[1] if narrow is not None else None,
            "classes": classes,
            "training_accuracy": outcome.train_accuracy,
            "evaluation_accuracy": outcome.eval_accuracy,
        },
        explains=("underfitting", "loss-not-decreasing", *(("loss-at-chance",) * several)),
        fix=Fix(f"{fix}; if the training accuracy does not rise, the data or the labels are it"),
    )


def prove(
    wider: MoreCapacity,
    network: Network,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
) -> list[Finding]:
    """A network twice as wide learns on the same steps; this one does not."""
    narrow = _narrow(network, run.classes) if run.classes else None
    where = narrow[0].place if narrow is not None else network.place
    return proven(
        gained(wider),
        learning(run, losses, training, passes),
        f"{network.kind} is too small for what it is asked",
        places(where),
        "make the layers wider, or add one",
        confidence=0.65,
    )


SAFE = "another architecture: old weights do not fit"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if shared := made_anew(finding, source):
        return shared
    found = re.match(r"give .+? (\d+) (?:outputs|channels) instead of (\d+)", told(finding))
    old, new = (float(found[2]), found[1]) if found else (0.0, "")
    calls = list(calls_here(finding, source, "Linear", "Conv2d", "LazyLinear")) if found else []
    # Of several in a line the one that is as narrow as that.
    for call in sorted(calls, key=lambda c: _outputs(c) != old)[:1]:
        lazy = call.last == "LazyLinear"
        made = valued(call, source, _sized_by(call), new, old, 0 if lazy else 1)
        if any(isinstance(edit, ReplaceConstant) for edit in made):
            return made
        return [*made, *next_width(source, call, int(old), new)]
    return []


def _sized_by(call: Call) -> str:
    return "out_features" if call.last.endswith("Linear") else "out_channels"


def _outputs(call: Call) -> object:
    given = call.argument(_sized_by(call))
    return given.constant if given is not None else None


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.hidden = nn.Linear(64, width)  # <- here
        self.out = nn.Linear(width, 10)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(x)))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
model = Mlp(width=2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(20):
    for batch in torch.randperm(1300).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x[1300:]).argmax(1) == y[1300:]).float().mean().item())
"""

GOOD = BAD.replace("  # <- here", "").replace("width=2", "width=32")
