"""Questions about the weights of the trained network: whose they are, how many, still random?"""

from __future__ import annotations

import math
from collections.abc import Iterable

from whytorch.checks._helpers import layer_name
from whytorch.evidence.facts import LayerFacts, Network, ParameterFacts

# Layers whose weights start as random numbers: left untrained, they scramble what they are given.
RANDOM_AT_START = (
    "Conv", "Linear", "Bilinear", "LSTM", "GRU", "RNN", "MultiheadAttention",
)  # fmt: skip


def numbers(parameters: Iterable[ParameterFacts]) -> int:
    """How many numbers they hold."""
    return sum(math.prod(p.shape) for p in parameters)


def share(part: int, whole: int) -> str:
    """As a percentage that never rounds to a lie: "99.9%", "under 0.1%"."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.1:
        return "under 0.1%"
    return f"{percent:.0f}%" if percent <= 99 or part == whole else "over 99%"


def layer_names(layers: Iterable[LayerFacts], most: int = 3) -> str:
    """As "conv1, conv2 and 5 more"; "layer 0 (Linear)" where they are only numbered."""
    names = [layer_name(layer.name, layer.kind) for layer in layers]
    few, rest = names[:most], len(names) - most
    if rest > 0:
        return f"{', '.join(few)} and {rest} more"
    return " and ".join(filter(None, (", ".join(few[:-1]), few[-1] if few else "")))


def random_weights(layer: LayerFacts) -> list[ParameterFacts]:
    """Its weights that started as random numbers in this run: not biases, scales or loaded ones.

    A layer of which nobody saw the construction (unpickled, deep-copied) may hold anything.
    """
    if layer.place is None or not any(layer.kind.startswith(k) or k in layer.kind
                                      for k in RANDOM_AT_START):  # fmt: skip
        return []
    return [p for p in layer.parameters if len(p.shape) > 1 and not p.loaded]


def looks_random(parameter: ParameterFacts) -> bool:
    """Whether its spread was that of one of the usual initializations.

    Filters set by hand (Sobel, Gabor) and trained weights have another one. The fewer the numbers,
    the less the spread says: small layers are only compared with torch's own.
    """
    n, std = numbers([parameter]), parameter.initial_std
    if n < 32 or not std:
        return False
    fan_in = n // parameter.shape[0]
    fan_out = n // parameter.shape[1]
    usual = [1 / math.sqrt(3 * fan_in)]  # uniform to 1 / sqrt(fan-in): Conv2d, Linear
    if n >= 1000:
        usual += [math.sqrt(x) for x in (2 / fan_in, 2 / fan_out, 1 / fan_in, 1 / fan_out)]
        usual += [math.sqrt(2 / (fan_in + fan_out)), 0.02, 0.01]
    # The spread of n normal numbers varies by 0.7 / sqrt(n): three times that.
    return any(abs(std / x - 1) < max(0.02, 2.1 / math.sqrt(n)) for x in usual)


def all_one_number(parameter: ParameterFacts) -> bool:
    """Whether each unit started as a copy of the others, all weights one number other than 0: no
    filter that somebody sets by hand, whose units differ or see a channel each."""
    wide = len(parameter.shape) > 1 and min(parameter.shape[:2]) > 1
    return wide and parameter.initial_std == 0 and bool(parameter.initial_mean)


def trained_layers(network: Network) -> list[LayerFacts]:
    """Layers with weights that moved in the run."""
    return [
        layer
        for layer in network.layers
        if any(p.changed and p.trainable and len(p.shape) > 1 for p in layer.parameters)
    ]


def comes_first(layers: list[LayerFacts], others: list[LayerFacts]) -> bool:
    """Whether all of `layers` run before the first of `others`, as a backbone before its head."""
    return bool(others) and max(x.order for x in layers) < min(x.order for x in others)
