"""Pooling too early, too often, or never.

What it looks for
    A crash because a pooling has nothing left to pool; a pooling right behind the first
    convolution that leaves a quarter of the image's side or less (or a single number a channel),
    or a pooling behind every convolution until one pixel is left, in a network that stopped
    improving at a low accuracy; a first linear layer of tens of millions of weights on feature
    maps that were never pooled.

Why it hurts
    What a pooling drops is gone. Before shapes have formed it keeps only that an edge is somewhere;
    without any pooling the linear layer learns every position by itself, at a large price.

How to fix it
    Pool by 2 after every second or third convolution, and over the whole image only at the end.

When it is fine
    Networks that learn all the same; strides instead of pooling; patch embeddings before attention.
    Where the features see too little of the image although nothing was pooled early, see
    receptive-field-too-small.

References
    K. Simonyan and A. Zisserman, Very deep convolutional networks (2015), table 1.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import layer_name, places
from whytorch.checks._lab import gained, proven
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import calls_here, told
from whytorch.checks._shortened import unproven
from whytorch.checks.architecture._stages import Stage, Way, made_elsewhere, poor, settled, way
from whytorch.evidence.facts import CrashFacts, LossCalls, Network, Passes, Run, Training
from whytorch.evidence.facts.experiments import StridesReduced
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, SetArgument

CONSEQUENCE_OF = (
    *SPOILS_LEARNING,
    "unsuitable-activation",
)

_NOTHING_LEFT = re.compile(
    r"Given input size: \((\d+)x(\d+)x(\d+)\)\. Calculated output size: \((\d+)x(\d+)x(\d+)\)"
)
# At the first pooling. AlexNet's and ResNet's stems have a stride before it, which counts with it:
# they leave a quarter of 224 pixels, 56, and thus always more than LEFT of them.
EARLY = 4
LEFT = 4
WEIGHTS = 10_000_000  # of one linear layer; VGG16 has 103 million, AlexNet 38, behind 5 poolings

# What trying the repair on the bench is.
TRIALS = (StridesReduced,)


def decide(
    run: Run,
    network: Network | None,
    training: Training | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if run.crash is not None:
        return _of_crash(run.crash, network)
    if network is None or network.bending is None or training is None:
        return NotJudged("needs a training step through a network")
    found = way(network) if run.classification else None
    if found is None:
        return []
    outcome = learning(run, losses, training, passes)
    early = _early(found)
    often = _often(found)
    if early is not None or often is not None:
        stage = early or often
        assert stage is not None
        one = _of_stage(found, stage, early is not None, network, outcome, source)
        if run.training_shortened:
            return unproven(one, network, outcome)
        if poor(outcome) and settled(training):
            return [replace(one, says=f"{one.says}, and the loss stands still")]
    return _never(found, outcome)


# --- a crash -----------------------------------------------------------------------------------


def _of_crash(crash: CrashFacts, network: Network | None) -> list[Finding]:
    left = _NOTHING_LEFT.search(crash.message)
    if left is None or made_elsewhere(crash, network):
        return []
    channels, height, width = left[1], left[2], left[3]
    layer = crash.layers[-1] if crash.layers else None
    made, line = layer.place if layer else None, crash.frames[-1] if crash.frames else None
    where = (line, made) if crash.functions[-1:] == ("forward",) else (made, line)
    name = layer_name(layer.name, layer.kind) if layer is not None else "the pooling"
    called = [x for x in network.layers if x.calls and "Pool" in x.kind] if network else []
    before = f", behind {len(called)} poolings" if len(called) > 1 else ""
    image = crash.layers[0].in_shapes[0] if crash.layers and crash.layers[0].in_shapes else ()
    of = f" of images of {image[-2]} x {image[-1]}" if len(image) == 4 else ""
    return [
        Finding(
            says=f"what reaches {name} is {channels} x {height} x {width}{of}{before}: nothing is "
            "left to pool",
            places=places(*where),
            confidence=0.93,
            measured={"input": [int(channels), int(height), int(width)]},
            explains=("crash",),
            fix=Fix(f"leave out this pooling ({name}) or an earlier one, or pad the convolutions "
                    "(padding=1 for kernels of 3); then fit the first linear layer"),
        )
    ]  # fmt: skip


# --- early, often --------------------------------------------------------------------------------


def _early(found: Way) -> Stage | None:
    """The pooling that leaves little of the image before a second convolution looked around."""
    looked = 0
    for number, stage in enumerate(found.stages):
        if stage.kind == "conv" and stage.kernel > 1:
            looked += 1
        elif stage.kind == "pool" and looked <= 1:
            shrunk = stage.entering / max(1, stage.leaving)
            behind = found.stages[number + 1 :]
            # Squeeze-and-excite pools beside the way of the images, which stays as wide as it was.
            lasting = all(s.entering <= stage.leaving for s in behind)
            if shrunk >= EARLY and stage.leaving <= LEFT and looked == 1 and lasting:
                return stage
    # More convolutions, which look at single pixels, are no reason to pool earlier or later: what
    # is too small is their field (receptive-field-too-small).
    only = [s for s in found.stages if s.kind == "conv"] == found.convolutions[:1]
    if only and found.ending == "averaged" and found.convolutions[0].leaving >= EARLY:
        return found.convolutions[0]
    return None


def _often(found: Way) -> Stage | None:
    """Of poolings as many as convolutions, the first that leaves one pixel."""
    pools, convolutions = found.pools, found.convolutions
    if len(pools) < max(3, len(convolutions)) or found.ending != "single":
        return None
    return next((p for p in pools if p.leaving == 1), None)


def _of_stage(
    found: Way,
    stage: Stage,
    early: bool,
    network: Network,
    outcome: Learning,
    source: Source | None,
) -> Finding:
    if stage.kind == "conv":
        says = f"after one convolution, which sees {stage.sees} pixels, its {stage.leaving} x "
        says += f"{stage.leaving} numbers a channel are averaged to one"
    elif early:
        says = f"right behind the first convolution a pooling makes {stage.leaving} x "
        says += f"{stage.leaving} of {stage.entering} x {stage.entering} numbers a channel"
    else:
        says = f"{len(found.pools)} poolings for {len(found.convolutions)} convolutions leave one "
        says += f"number a channel of {found.image} x {found.image} pixels"
    where = _pool_place(stage, network, source)
    return Finding(
        says=f"{says}{outcome.reached()}",
        places=places(*where),
        severity="error" if outcome.failed and early else "warning",
        confidence=0.7 if early else 0.5,
        measured={
            "image_pixels": found.image,
            "entering": stage.entering,
            "leaving": 1 if stage.kind == "conv" else stage.leaving,
            "convolutions_before": 1 if early else len(found.convolutions),
            "training_accuracy": outcome.train_accuracy,
        },
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance"),
        fix=Fix("pool by 2 here, and over the whole image only behind the last convolution"),
    )


def _pool_place(stage: Stage, network: Network, source: Source | None) -> tuple[Place | None, ...]:
    if stage.layer is not None and stage.kind == "pool":
        return (stage.layer.place, stage.layer.call_place)
    layers = [x for x in network.layers if "Pool" in x.kind and x.calls]
    if layers:
        return (layers[0].place, layers[0].call_place)
    calls = source.calls_to("*.adaptive_avg_pool2d", "*.adaptive_max_pool2d", "*.max_pool2d",
                            "*.avg_pool2d", "*.mean", "*.amax") if source else ()  # fmt: skip
    own = [c.place for c in calls if c.function.startswith(f"{network.kind}.")]
    return (own[0] if own else network.call_place, stage.layer.place if stage.layer else None)


# --- never -----------------------------------------------------------------------------------


def _never(found: Way, outcome: Learning) -> list[Finding]:
    layer = found.linear
    if layer is None or found.ending != "flattened" or not found.stages:
        return []
    weights = found.features * int(layer.settings.get("out_features", 0))
    if weights < WEIGHTS or found.stages[-1].leaving < found.image / 2:
        return []
    name, side = layer_name(layer.name, layer.kind), found.stages[-1].leaving
    apart = outcome.train_skill is not None and outcome.eval_skill is not None
    gap = (outcome.train_skill or 0) - (outcome.eval_skill or 0) if apart else 0.0
    return [
        Finding(
            says=f"{name} has {weights / 1e6:.0f} million weights, for {found.features} numbers: "
            f"the feature maps are still {side} x {side} of {found.image} x {found.image} pixels"
            f"{outcome.reached()}",
            places=places(layer.place, layer.call_place),
            severity="warning" if gap > 0.3 else "advice",
            confidence=0.6,
            measured={"weights": weights, "side": side, "image_pixels": found.image},
            explains=("overfitting", "slow") if gap > 0.3 else ("slow",),
            fix=Fix("pool between the convolutions, or end with nn.AdaptiveAvgPool2d(1)"),
        )
    ]


def prove(
    reduced: StridesReduced,
    network: Network,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
) -> list[Finding]:
    """With the early pooling taken back the same steps learn."""
    pools = [x for x in network.layers if x.kind.startswith(("MaxPool", "AvgPool"))]
    convs = [x for x in network.layers if x.kind.startswith("Conv")]
    if not pools or not convs or min(p.order for p in pools) > max(c.order for c in convs):
        return []
    first = min(pools, key=lambda x: x.order)
    return proven(
        gained(reduced),
        learning(run, losses, training, passes),
        f"{layer_name(first.name, first.kind)} throws the detail away before features form",
        places(first.place),
        "pool later, or by less",
        confidence=0.6,
    )


SAFE = "another architecture: old weights do not fit"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if not told(finding).startswith("pool by 2 here"):
        return []
    for call in calls_here(finding, source, "MaxPool2d", "AvgPool2d", "max_pool2d", "avg_pool2d"):
        position = 0 if call.last[:1].isupper() else 1
        return [SetArgument(call.place, (), call.last, "kernel_size", "2", position, anyhow=True)]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.pool = nn.AvgPool2d(8)  # <- here
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.end = nn.AdaptiveAvgPool2d(2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = self.pool(torch.tanh(self.conv1(x)))
        x = self.end(torch.tanh(self.conv2(x)))
        return self.fc(x.flatten(1))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
y = torch.tensor(digits.target)
order = torch.randperm(len(y))
x, y = x[order], y[order]
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(6):
    for batch in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""

GOOD = BAD.replace("nn.AvgPool2d(8)  # <- here", "nn.AvgPool2d(2)")
