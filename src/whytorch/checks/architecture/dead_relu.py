"""Dead ReLU units.

What it looks for
    A layer of which nearly all ReLU units gave 0 for every sample looked at, in a network that
    does not learn. It says whether they were dead before the first step or died in training.

Why it hurts
    A unit that never fires passes no gradient back, so it can never recover. When a whole layer
    is dead, the network gives the same answer for every image.

How to fix it
    Units dead from the start: start biases at 0 and weights at torch's own defaults. Units that
    died in training: lower the learning rate, scale the inputs, put BatchNorm before the ReLU, or
    take LeakyReLU.

When it is fine
    A third or even half of the units of a wide layer may stay silent in a network that learns.

References
    X. Glorot, A. Bordes and Y. Bengio, Deep sparse rectifier neural networks (2011).
"""

from __future__ import annotations

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import places
from whytorch.checks._init import init_place
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import number
from whytorch.evidence.facts import (
    Activations,
    LossCalls,
    Network,
    Passes,
    ReluFacts,
    Run,
    Training,
)
from whytorch.evidence.facts.experiments import Initialized, LrSweep
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceConstant

# Units die of nearly everything that goes wrong: what was seen to be wrong besides is the cause.
CONSEQUENCE_OF = (
    *(id for id in SPOILS_LEARNING if id != "dead-relu"), "batch-size-too-small",
    "dropout-too-high", "mixed-precision-without-scaler",
    "train-test-normalization-mismatch", "undefined-in-loss", "unsuitable-momentum",
)  # fmt: skip

# Wide layers of sound networks have up to half of their units silent over a few hundred samples,
# ones trained at a high rate up to 80 percent, and they learn.
DEAD = 0.9
ENOUGH_SAMPLES = 128
ENOUGH_AT_START = 32

# What trying the repair on the bench is.
TRIALS = (Initialized, LrSweep)


def decide(
    activations: Activations,
    run: Run,
    training: Training,
    network: Network | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    looked = [r for r in activations.relus if r.units > 1 and r.dead_at_end is not None]
    looked = [r for r in looked if r.samples_at_end >= ENOUGH_SAMPLES]
    if not looked:
        return NotJudged(f"needs ReLU activations of {ENOUGH_SAMPLES} samples")
    outcome = learning(run, losses, training, passes)
    dead = [r for r in looked if (r.dead_at_end or 0) >= DEAD * r.units]
    if not dead or not (outcome.failed or (outcome.skill is None and outcome.stuck)):
        return []
    born = [r for r in dead if born_dead(r)]
    return [_finding((born or dead)[0], bool(born), len(dead), outcome, network, source)]


def born_dead(relu: ReluFacts) -> bool:
    """Whether nearly all of its units were dead before the first step."""
    seen = relu.samples_at_start >= ENOUGH_AT_START and relu.units > 1
    return seen and (relu.dead_at_start or 0) >= DEAD * relu.units


def _finding(
    relu: ReluFacts,
    born: bool,
    layers: int,
    outcome: Learning,
    network: Network | None,
    source: Source | None,
) -> Finding:
    when = (
        f"{relu.dead_at_start} of them before the first step"
        if born
        else f"{relu.dead_at_start or 0} of them before the first step, the others died in training"
    )
    more = f"; so it is in {layers} layers" if layers > 1 else ""
    where = _cause(network, source) if born else None
    return Finding(
        says=f"{relu.dead_at_end} of {relu.units} units of {relu.name} never fired on "
        f"{relu.samples_at_end} samples, {when}{more}{outcome.reached()}",
        places=places(where, relu.place),
        severity="error",
        confidence=0.85 if born else 0.7,
        measured={
            "units": relu.units,
            "dead_at_start": relu.dead_at_start,
            "dead_at_end": relu.dead_at_end,
            "samples": relu.samples_at_end,
            "layers": layers,
            "training_accuracy": outcome.train_accuracy,
        },
        explains=("loss-at-chance", "loss-not-decreasing", "same-class-predicted", "underfitting",
                  "vanishing-gradients"),
        fix=Fix(_fix(network, where) if born else "lower the learning rate; or put BatchNorm "
                "before the ReLU, or take nn.LeakyReLU()"),
    )  # fmt: skip


def _negative_bias(network: Network | None) -> float | None:
    """The most negative mean of a bias (or of a BatchNorm shift) at the start."""
    biases = [p for p in network.parameters() if p.name.endswith("bias")] if network else []
    values = [p.initial_mean for p in biases if p.initial_mean is not None]
    lowest = min(values, default=0.0)
    return lowest if lowest < -0.5 else None


def _cause(network: Network | None, source: Source | None) -> Place | None:
    low = _negative_bias(network)
    if source is None or low is None:
        return None
    filled = _filled(source, low)
    return filled[0].place if len(filled) == 1 else init_place(source, "bias")


def _filled(source: Source, value: float) -> list[Call]:
    """Calls that fill a tensor with just this number."""
    filling = [c for c in source.calls if c.last in ("fill_", "constant_")]
    return [c for c in filling if any(a.constant == value for a in c.args)]


def _fix(network: Network | None, where: Place | None) -> str:
    bias = _negative_bias(network)
    if bias is not None:
        return f"start the biases at 0, not at {bias:.3g}"
    return "keep what goes into the ReLU around 0: no large shift, torch's own initial weights"


SAFE = "a bias may be meant to start so low"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    low = number(r"start the biases at 0, not at (-[\d.]+)", finding)
    if low is None or not finding.places:
        return []
    setting = _filled(source, float(low))
    where = setting[0].place if len(setting) == 1 else finding.places[0]
    return [ReplaceConstant(where, old=float(low), new="0.0")]


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 100)
        self.out = nn.Linear(100, 10)
        nn.init.constant_(self.hidden.bias, -4.0)  # <- here

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(5):
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        optimizer.step()

net.eval()
with torch.no_grad():
    print("test accuracy:", (net(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("bias, -4.0)  # <- here", "bias, 0.0)")
