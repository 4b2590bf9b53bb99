"""Receptive field too small.

What it looks for
    Convolutions whose last features see at most a quarter of the image's side, by the kernels,
    strides and sizes that were recorded, with nothing behind them but an average or maximum over
    the image, or several convolutions with kernels of 1 alone, in a network that stopped improving
    at a low accuracy. Where the run was shortened, it is a suspicion.

Why it hurts
    A feature that sees a few pixels knows edges and colours. Averaged over the image, they say
    which edges there are, but not how they lie to each other: shapes look alike.

How to fix it
    Larger kernels (3 instead of 1), more layers, strides or pooling between them, or dilation,
    until the last features see about the size of the objects.

When it is fine
    Textures, which small patches tell apart, and networks that flatten the features instead of
    averaging them: their linear layer sees the whole image.
    Where a pooling comes before the second convolution, see unsuitable-pooling.

References
    W. Luo et al., Understanding the effective receptive field (2016).
"""

from __future__ import annotations

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import layer_name, places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import calls_here, told, valued
from whytorch.checks._shortened import evident, unproven
from whytorch.checks.architecture._stages import Stage, Way, poor, settled, way
from whytorch.evidence.facts import LossCalls, Network, Passes, Run, Training
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged

CONSEQUENCE_OF = (
    *SPOILS_LEARNING,
    "unsuitable-activation",
)

# BagNets classify photographs by patches of a twentieth of the side, so a small field alone proves
# nothing; digits and objects that fill the image are told apart from about half of it.
SMALL = 0.25
SMALLEST_IMAGE = 8


def decide(
    network: Network,
    run: Run,
    training: Training,
    losses: LossCalls | None,
    passes: Passes | None,
) -> list[Finding] | NotJudged:
    if network.bending is None:
        return NotJudged("needs a training step through the network")
    if not run.classification:
        return []
    found = way(network)
    if found is None or found.image < SMALLEST_IMAGE or not _convolutions(found):
        return []
    sees = found.stages[-1].sees
    small = found.ending == "averaged" and sees <= SMALL * found.image and not _is_pooling(found)
    if not small and not _blind(found):
        return []
    outcome = learning(run, losses, training, passes)
    if run.training_shortened:
        told_so = evident if _blind(found) else unproven
        return told_so(_finding(found, sees, network, outcome), network, outcome)
    if not poor(outcome) or not settled(training):
        return []
    return [_finding(found, sees, network, outcome, "the loss stands still")]


def _convolutions(found: Way) -> list[Stage]:
    return [s for s in found.stages if s.kind == "conv" and s.layer is not None]


def _blind(found: Way) -> bool:
    """Several convolutions, none of which looks at a neighbouring pixel."""
    return len(_convolutions(found)) > 1 and not found.convolutions


def _is_pooling(found: Way) -> bool:
    """There is one convolution, then all is pooled: the pooling is to blame."""
    return len(found.convolutions) == len(_convolutions(found)) == 1


def _finding(
    found: Way, sees: int, network: Network, outcome: Learning, besides: str = ""
) -> Finding:
    convolutions = _convolutions(found)
    layer = convolutions[0].layer
    assert layer is not None
    kernels = ", ".join(str(s.kernel) for s in convolutions[:8])
    name = layer_name(layer.name, layer.kind)
    one = "1 pixel" if sees == 1 else f"{sees} x {sees} pixels"
    then = ", and are then averaged over the image" if found.ending == "averaged" else ""
    blind = "no convolution looks beyond its own pixel: " if _blind(found) else ""
    return Finding(
        says=f"{blind}the last features of {network.kind} see {one} of images of {found.image} x "
        f"{found.image} (kernels {kernels}){then}{outcome.reached()}"
        + (f", and {besides}" if besides else ""),
        places=places(layer.place, layer.call_place),
        severity="error" if outcome.failed else "warning",
        confidence=0.75 if sees <= found.image / 8 else 0.6,
        measured={
            "receptive_field_pixels": sees,
            "image_pixels": found.image,
            "kernels": [s.kernel for s in convolutions],
            "training_accuracy": outcome.train_accuracy,
        },
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance"),
        fix=Fix(f"give {name} and the other convolutions larger kernels, such as kernel_size=3, "
                "padding=1, or pool between them"),
    )  # fmt: skip


SAFE = "another architecture: old weights do not fit"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if "such as kernel_size=3, padding=1" not in told(finding):
        return []
    for call in calls_here(finding, source, "Conv2d"):
        return [
            *valued(call, source, "kernel_size", "3", 1.0),
            *valued(call, source, "padding", "1", 0),
        ]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn


def conv(inputs, outputs):
    return nn.Conv2d(inputs, outputs, kernel_size=1)  # <- here


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            conv(1, 24), nn.ReLU(), conv(24, 24), nn.ReLU(), conv(24, 32), nn.ReLU()
        )
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        return self.head(self.features(x).mean(dim=(2, 3)))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 8 - 0.6, dtype=torch.float32)[:, None]
y = torch.tensor(digits.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(8):
    for batch in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""

GOOD = BAD.replace("kernel_size=1)  # <- here", "kernel_size=3, padding=1)")
