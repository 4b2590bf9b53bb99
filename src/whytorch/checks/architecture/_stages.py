"""The way of an image through the convolutions and poolings, from the recorded shapes.

Sizes are those of the longer side. Pooling done by a function leaves no layer; it shows as a
smaller image at the next layer. The receptive field is an upper bound: every layer that runs counts
as if it stood behind the one before, though it may stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from msgspec import Struct

from whytorch.checks._learning import WELL, Learning
from whytorch.evidence.facts import CrashFacts, LayerFacts, Network, Training

# What sees the whole image at once, so that the convolutions need not.
_GLOBAL_OPERATIONS = ("Softmax", "Bmm", "ScaledDotProduct", "NativeLayerNorm", "Lstm", "Rnn",
                      "MiopenRnn", "CudnnRnn", "MkldnnRnnLayer", "Grid", "FftC2C",
                      "FftR2C")  # fmt: skip
_ENOUGH_STEPS = 60


class Stage(Struct, frozen=True):
    layer: LayerFacts | None  # None: pooled between two layers
    kind: str  # conv, pool
    kernel: int
    entering: int  # size of the image
    leaving: int
    sees: int  # receptive field of what it makes, in pixels of the image

    @property
    def stride(self) -> int:
        return _largest(self.layer.settings.get("stride", 1)) if self.layer is not None else 1


class Way(Struct, frozen=True):
    image: int
    stages: tuple[Stage, ...]
    ending: str  # flattened, averaged, single (1x1 by its stages), unknown
    features: int  # numbers that the first linear layer is given; 0 if there is none
    linear: LayerFacts | None

    @property
    def convolutions(self) -> list[Stage]:
        """Those that look around: kernels above 1."""
        return [s for s in self.stages if s.kind == "conv" and s.kernel > 1]

    @property
    def pools(self) -> list[Stage]:
        return [s for s in self.stages if s.kind == "pool"]


def way(network: Network) -> Way | None:
    """The way of the images; None where something else mixes the whole image, or none enter."""
    if any(kind.startswith(_GLOBAL_OPERATIONS) for kind in network.operations):
        return None
    called = sorted((x for x in network.layers if x.calls and x.order >= 0), key=lambda x: x.order)
    spatial = [x for x in called if _is_spatial(x)]
    if not spatial or spatial[0].in_shape is None or any(_up(x) for x in spatial):
        return None
    image = max(spatial[0].in_shape[2:])
    stages = _stages(spatial, image)
    last = spatial[-1].out_shape or ()
    averaged = stages[-1].kind == "pool" and stages[-1].leaving == 1 < stages[-1].entering
    if averaged:
        stages.pop()
    behind = [x for x in called if x.order > spatial[-1].order and "in_features" in x.settings]
    linear = behind[0] if behind else None
    features = int(linear.settings["in_features"]) if linear is not None else 0
    ending = "averaged" if averaged else _ending(network, last, features)
    return Way(image, tuple(stages), ending, features, linear)


def _is_spatial(layer: LayerFacts) -> bool:
    shapes = layer.in_shape, layer.out_shape
    return all(s is not None and len(s) == 4 for s in shapes) and (
        layer.kind.startswith(("Conv2d", "MaxPool2d", "AvgPool2d", "Adaptive"))
    )


def _up(layer: LayerFacts) -> bool:
    """Grows again, as in U-Nets; or channels weighted by what is pooled (squeeze and excite)."""
    entering, leaving = layer.in_shape or (), layer.out_shape or ()
    return max(leaving[2:], default=0) > 2 * max(entering[2:], default=0)


def _stages(spatial: Sequence[LayerFacts], image: int) -> list[Stage]:
    stages: list[Stage] = []
    sees, size = 1, image
    for layer in spatial:
        entering, leaving = (max((s or (0, 0, 1))[2:]) for s in (layer.in_shape, layer.out_shape))
        if entering < size:  # a function pooled
            ratio = max(1, round(size / entering))
            sees += (ratio - 1) * max(1, round(image / size))
            stages.append(Stage(None, "pool", ratio, size, entering, sees))
        kind = "conv" if "in_channels" in layer.settings else "pool"
        kernel = _largest(layer.settings.get("kernel_size", 0)) or max(1, entering // leaving)
        dilation = _largest(layer.settings.get("dilation", 1)) or 1
        sees += (kernel - 1) * dilation * max(1, round(image / entering))
        stages.append(Stage(layer, kind, kernel, entering, leaving, sees))
        size = leaving
    return stages


def _largest(setting: object) -> int:
    values = setting if isinstance(setting, (list, tuple)) else [setting]
    return max((int(v) for v in values if isinstance(v, (int, float))), default=0)


def _ending(network: Network, last: Sequence[int], features: int) -> str:
    """What becomes of the last image: [N, C, H, W]."""
    if len(last) != 4:
        return "unknown"
    channels, pixels = last[1], last[2] * last[3]
    given = features or (network.output_shape or (0, 0))[-1]
    if pixels == 1:
        return "single"
    if given == channels:
        return "averaged"
    return "flattened" if features and features % channels == 0 else "unknown"


# --- has it learned what it can? -----------------------------------------------------------------


def settled(training: Training) -> bool:
    """The loss has stopped falling: the last quarter is hardly below the one before."""
    values = [s.loss for s in training.trace if s.loss is not None]
    if training.steps < _ENOUGH_STEPS or len(values) < 20:
        return False
    quarter = len(values) // 4
    before, last = median(values[-2 * quarter : -quarter]), median(values[-quarter:])
    return last > 0.85 * before


def poor(outcome: Learning) -> bool:
    """Measured, and not well."""
    return outcome.skill is not None and outcome.skill < WELL and outcome.broke_at is None


def made_elsewhere(crash: CrashFacts, network: Network | None) -> bool:
    """Whether the layer that stopped is part of a ready-made network, whose sizes are not the
    script's choice."""
    layers = network.layers if network is not None else ()
    name = crash.layers[-1].name if crash.layers else None
    stopped = [x for x in layers if x.name == name] or [x for x in layers if x.parameters]
    return bool(stopped) and all(x.from_library for x in stopped)
