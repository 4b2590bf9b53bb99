"""Resolution gone too early.

What it looks for
    A first or second convolution whose kernel and stride leave at most 2 x 2 of the image, or an
    eighth of a small image's side, while more layers follow; or a network of which half of the
    convolutions run on maps smaller than their kernels, as those made for photographs do on small
    images; in a training that stopped improving at a low accuracy. Where the run was shortened, it
    is a suspicion. And the crash when a kernel is larger than its input.

Why it hurts
    A large kernel with a large stride looks at each place of the image once, and as a whole: small
    shapes are blurred, and what it learned at one place it does not know at another. On a map of
    one pixel a kernel of 3 has one weight that works and eight on the padding.

How to fix it
    Begin with kernel_size=3, stride=1, padding=1, without pooling, and go down by 2 after a few
    layers; for small images replace the first convolution of ResNet so, and its maxpool by
    nn.Identity(). Or resize the images to what the network was made for.

When it is fine
    Patches before attention (ViT), a kernel as large as the image that stands for a linear layer,
    pretrained networks that learn well enough.

References
    K. He et al., Deep residual learning (2016), section 4.2: the stem for CIFAR-10.
"""

from __future__ import annotations

import re

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import layer_name, places
from whytorch.checks._lab import gained, proven
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import calls_here, told, valued
from whytorch.checks._shortened import evident, unproven
from whytorch.checks.architecture._stages import Stage, Way, made_elsewhere, poor, settled, way
from whytorch.evidence.facts import (
    CrashFacts,
    LayerFacts,
    LossCalls,
    Network,
    Passes,
    Run,
    Training,
)
from whytorch.evidence.facts.experiments import StridesReduced
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Severity

CONSEQUENCE_OF = (
    *SPOILS_LEARNING,
    "unsuitable-activation",
    "unsuitable-pooling",
)

_TOO_SMALL = re.compile(
    r"Calculated padded input size per channel: \((\d+) x (\d+)\)\. "
    r"Kernel size: \((\d+) x (\d+)\)"
)
LEFT = 2
QUARTER = 4
COARSE = 8  # times smaller at once; patches of networks such as mixers don't overlap
SMALL_IMAGE = 64  # pixels; photographs have more than enough of them
SMALLEST_IMAGE = 12  # below, two sound layers may leave 2 x 2
SHARE = 0.5  # ResNet18 on CIFAR's 32 pixels has 7 of 17 on maps too small, and learns

# What trying the repair on the bench is.
TRIALS = (StridesReduced,)


def decide(
    run: Run,
    network: Network | None,
    training: Training | None,
    losses: LossCalls | None,
    passes: Passes | None,
) -> list[Finding] | NotJudged:
    if run.crash is not None:
        return _of_crash(run.crash, network)
    if network is None or network.bending is None or training is None:
        return NotJudged("needs a training step through a network")
    found = way(network) if run.classification else None
    if found is None or found.image < SMALLEST_IMAGE:
        return []
    stage, cramped = _collapsed(found), _cramped(found)
    few = SHARE * len(found.convolutions)
    if stage is None and (len(cramped) < max(2, few)):
        return []
    outcome = learning(run, losses, training, passes)
    if run.training_shortened:
        if stage is not None:
            return evident(_of_stage(found, stage, "warning", outcome), network, outcome)
        return unproven(_of_cramped(found, cramped, "warning", network, outcome), network, outcome)
    by_heart = _by_heart(outcome)
    if not by_heart and not (poor(outcome) and settled(training)):
        return []
    severity: Severity = "error" if outcome.failed or by_heart else "warning"
    if stage is not None:
        return [_of_stage(found, stage, severity, outcome)]
    return [_of_cramped(found, cramped, "warning", network, outcome)]


def _by_heart(outcome: Learning) -> bool:
    """Each place has weights of its own, so it learns the images one by one, and nothing else."""
    trained, evaluated = outcome.train_skill, outcome.eval_skill
    return trained is not None and evaluated is not None and evaluated < min(0.3, trained - 0.3)


def _collapsed(found: Way) -> Stage | None:
    """The first or second convolution, if hardly anything is left behind it, and more comes."""
    convolutions = [s for s in found.stages if s.kind == "conv"]
    for number, stage in enumerate(convolutions[:2]):
        shrunk = stage.entering / max(1, stage.leaving)
        behind = convolutions[number + 1 :]
        more = bool(behind) and all(s.entering <= stage.leaving for s in behind)
        coarse = shrunk >= COARSE and found.image <= SMALL_IMAGE and stage.kernel > stage.stride
        gone = stage.leaving <= LEFT and shrunk >= 4 and stage.kernel > 1
        if (gone or coarse) and more:
            return stage
    return None


def _cramped(found: Way) -> list[Stage]:
    """Convolutions on maps smaller than their kernels."""
    return [s for s in found.convolutions if s.entering < s.kernel]


def _of_stage(found: Way, stage: Stage, severity: Severity, outcome: Learning) -> Finding:
    layer = stage.layer
    assert layer is not None
    name = layer_name(layer.name, layer.kind)
    stride = stage.stride
    return Finding(
        says=f"{name} (kernel {stage.kernel}, stride {stride}) makes {stage.leaving} x "
        f"{stage.leaving} of {stage.entering} x {stage.entering}, in images of {found.image} x "
        f"{found.image}: the resolution is gone before features form{outcome.reached()}",
        places=places(layer.place, layer.call_place),
        severity=severity,
        confidence=0.7,
        measured={
            "kernel": stage.kernel,
            "stride": stride,
            "entering": stage.entering,
            "leaving": stage.leaving,
            "training_accuracy": outcome.train_accuracy,
            "evaluation_accuracy": outcome.eval_accuracy,
        },
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance", "overfitting",
                  "evaluation-far-below-training"),
        fix=Fix(f"give {name} kernel_size=3, stride=1, padding=1, and go down by 2 later"),
    )  # fmt: skip


def _of_cramped(
    found: Way, cramped: list[Stage], severity: Severity, network: Network, outcome: Learning
) -> Finding:
    first = found.convolutions[0].layer
    own = first is not None and not first.from_library
    return Finding(
        says=f"{len(cramped)} of {len(found.convolutions)} convolutions of {network.kind} run on "
        f"maps smaller than their kernels: images of {found.image} x {found.image} are "
        f"{cramped[0].entering} x {cramped[0].entering} when they get there{outcome.reached()}",
        places=places(first.place if first and own else network.place, network.call_place),
        severity=severity,
        confidence=0.55,
        measured={"cramped": len(cramped), "convolutions": len(found.convolutions)},
        explains=("underfitting", "evaluation-far-below-training"),
        fix=Fix("begin with a 3x3 convolution of stride 1 and no pooling, or resize the images"),
    )


def _shrinks(network: Network | None) -> LayerFacts | None:
    """The convolution before it that left a quarter of the image's side, or less, at once."""
    ran = [x for x in (network.layers if network else ()) if "stride" in x.settings and x.calls]
    found = [(_ratio(x), x) for x in ran if "in_channels" in x.settings and _ratio(x) >= QUARTER]
    return max(found, key=lambda f: f[0], default=(0.0, None))[1]


def _ratio(layer: LayerFacts) -> float:
    before, after = layer.in_shape or (), layer.out_shape or ()
    return before[-1] / max(1, after[-1]) if len(before) == len(after) == 4 else 1.0


def _by(layer: LayerFacts | None) -> str:
    return f", which makes {layer.out_shape[-1]} of {layer.in_shape[-1]}" if (
        layer is not None and layer.in_shape and layer.out_shape
    ) else ""  # fmt: skip


def _of_crash(crash: CrashFacts, network: Network | None) -> list[Finding]:
    found = _TOO_SMALL.search(crash.message)
    if found is None or made_elsewhere(crash, network):
        return []
    layer = crash.layers[-1] if crash.layers else None
    name = layer_name(layer.name, layer.kind) if layer is not None else "the convolution"
    shrinks = _shrinks(network)
    earlier = layer_name(shrinks.name, shrinks.kind) if shrinks is not None else ""
    image = crash.layers[0].in_shapes[0] if crash.layers and crash.layers[0].in_shapes else ()
    of = f" of images of {image[-2]} x {image[-1]}" if len(image) == 4 else ""
    return [
        Finding(
            says=f"{name} has a kernel of {found[3]} x {found[4]}, but what reaches it{of} is only "
            f"{found[1]} x {found[2]}" + (f", behind {earlier}{_by(shrinks)}" if shrinks else ""),
            places=places(
                shrinks.place if shrinks else None, layer.place if layer else None, crash.frames[-1]
            ),
            confidence=0.93,
            measured={"kernel": [int(found[3]), int(found[4])],
                      "input": [int(found[1]), int(found[2])]},
            explains=("crash",),
            fix=Fix(
                f"give {earlier} stride=1 or 2"
                if shrinks is not None
                else f"give {name} kernel_size={min(3, int(found[1]))} or padding, or pool less "
                "before it, or take larger images"
            ),
        )
    ]  # fmt: skip


def prove(
    reduced: StridesReduced,
    network: Network,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
) -> list[Finding]:
    """With the early strides taken back the same steps learn."""
    strided = [x for x in network.layers if x.kind.startswith("Conv") and _stride(x) > 1]
    if not strided:
        return []
    first = min(strided, key=lambda x: x.order)
    return proven(
        gained(reduced),
        learning(run, losses, training, passes),
        f"a stride of {_stride(first)} in {layer_name(first.name, first.kind)} throws the detail "
        "away before features form",
        places(first.place),
        "write stride=1 in the first layers, and a smaller kernel",
        confidence=0.7,
    )


def _stride(layer: LayerFacts) -> int:
    value = layer.settings.get("stride", 1)
    return int(max(value)) if isinstance(value, (tuple, list)) else int(value or 1)


SAFE = "another architecture: old weights do not fit"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if told(finding).endswith("stride=1 or 2"):
        for call in calls_here(finding, source, "Conv2d"):
            stride = call.argument("stride")
            if stride is not None and (stride.constant or 0) > 2:
                return valued(call, source, "stride", "1", stride.constant)
        return []
    if "kernel_size=3, stride=1, padding=1" not in told(finding):
        return []
    edits: list[AnyEdit] = []
    for call in calls_here(finding, source, "Conv2d"):
        for name, new, old in (("kernel_size", "3", finding.measured.get("kernel")),
                               ("stride", "1", finding.measured.get("stride")),
                               ("padding", "1", None)):  # fmt: skip
            edits += valued(call, source, name, new, old)
        return edits
    return []


BAD = """
import torch
from torch import nn

torch.manual_seed(0)
MOTIFS = torch.tensor([[[1, 1, 1], [1, 0, 1], [1, 1, 1]], [[0, 1, 0], [1, 1, 1], [0, 1, 0]],
                       [[1, 0, 1], [0, 1, 0], [1, 0, 1]], [[1, 1, 0], [1, 1, 0], [0, 0, 0]]])


def scenes(n):
    images, labels = 0.3 * torch.rand(n, 1, 24, 24), torch.randint(0, 4, (n,))
    for image, label in zip(images, labels):
        row, column = torch.randint(0, 22, (2,))
        image[0, row : row + 3, column : column + 3] += MOTIFS[label]
    return images, labels


model = nn.Sequential(
    nn.Conv2d(1, 24, kernel_size=12, stride=12),  # <- here
    nn.BatchNorm2d(24), nn.ReLU(),
    nn.Conv2d(24, 24, kernel_size=3, padding=1), nn.BatchNorm2d(24), nn.ReLU(),
    nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(24, 4),
)
x_test, y_test = scenes(300)
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
for step in range(90):
    x, y = scenes(20)
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("kernel_size=12, stride=12),  # <- here", "kernel_size=3),")
