"""The network as a table and as a drawing: layers, shapes, parameters, what a feature sees, modes,
and whether gradients arrived."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from whytorch.evidence.facts import DropoutFacts, LayerFacts, Network, NormFacts, Passes

MOST_ROWS, MOST_BLOCKS, MOST_WRITTEN = 300, 80, 16
_TALL, _GAP, _WRITTEN = 110, 8, 92  # of the drawing, in pixels


class Row(Struct, frozen=True):
    """One layer. `sees`: side of the receptive field in pixels of the image, "" if unknown."""

    name: str
    kind: str
    settings: str
    shapes: str
    parameters: int
    sees: str
    mode: str
    gradient: str
    tone: str  # good, bad, muted: of the gradient


class Block(Struct, frozen=True):
    """One layer of the drawing; x, y, width and height in pixels."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    label: str
    name: str = ""  # written below it, where there is room
    gives: str = ""


class Drawing(Struct, frozen=True):
    width: float
    height: float
    blocks: tuple[Block, ...]
    left_out: int


class Shown(Struct, frozen=True):
    """What the page says of the network."""

    kind: str
    rows: tuple[Row, ...]
    drawing: Drawing | None
    parameters: int
    trained: int
    modes: str
    own_modes: bool  # any row says one
    left_out: int


def show(facts: Mapping[type, Any]) -> Shown | None:
    """None where no network was seen."""
    network: Network | None = facts.get(Network)
    if network is None or not network.layers:
        return None
    sees = receptive_fields(network.layers)
    norms = {n.name: n for n in network.norms}
    dropouts = {d.name: d for d in network.dropouts if d.name}
    rows = tuple(
        _row(layer, sees.get(layer.name), norms.get(layer.name), dropouts.get(layer.name))
        for layer in network.layers[:MOST_ROWS]
    )
    every = network.parameters()
    return Shown(
        kind=network.kind,
        rows=rows,
        drawing=_drawing(network.layers),
        parameters=sum(math.prod(p.shape) for p in every),
        trained=sum(math.prod(p.shape) for p in every if p.trainable and p.in_optimizer),
        modes=_modes(facts.get(Passes)),
        own_modes=any(row.mode for row in rows),
        left_out=max(0, len(network.layers) - MOST_ROWS),
    )


def _row(
    layer: LayerFacts, sees: int | None, norm: NormFacts | None, dropout: DropoutFacts | None
) -> Row:
    gradient, tone = gradient_of(layer)
    return Row(
        name=layer.name or "(the network itself)",
        kind=layer.kind,
        settings=_settings(layer.settings),
        shapes=f"{_shape(layer.in_shape)} → {_shape(layer.out_shape)}",
        parameters=sum(math.prod(p.shape) for p in layer.parameters),
        sees="" if sees is None else f"{sees}",
        mode=_mode(layer, norm, dropout),
        gradient=gradient,
        tone=tone,
    )


def gradient_of(layer: LayerFacts) -> tuple[str, str]:
    """In words, and its tone."""
    own = layer.parameters
    if not own:
        return "", "muted"
    if layer.order < 0:
        return "never called", "bad"
    if not any(p.trainable for p in own):
        return "frozen", "muted"
    grads = {p.grad for p in own if p.trainable}
    if "nonzero" in grads:
        held = all(p.in_optimizer for p in own if p.trainable)
        return ("reached", "good") if held else ("reached, but in no optimizer", "bad")
    if "zero" in grads:
        return "always zero", "bad"
    return ("none arrived", "bad") if "none" in grads else ("not seen", "muted")


def _mode(layer: LayerFacts, norm: NormFacts | None, dropout: DropoutFacts | None) -> str:
    if norm is not None:
        if not norm.tracks:
            return "statistics of each batch, always"
        return "learns its statistics" if norm.learns_statistics else "stored statistics"
    if dropout is not None:
        where = [n for n, times in (("training", dropout.in_training),
                                    ("evaluation", dropout.in_evaluation)) if times]  # fmt: skip
        return f"drops {dropout.p:g} in {' and '.join(where)}" if where else "off"
    return ""


def _modes(passes: Passes | None) -> str:
    """In which mode the network was, by phase."""
    said = []
    for phase, name in (("train", "training"), ("eval", "evaluation")):
        modes = {p.train_mode for p in passes.of(phase)} if passes is not None else set()  # type: ignore[arg-type]
        if modes:
            only = next(iter(modes)) if len(modes) == 1 else None
            mode = {True: "train mode", False: "eval mode", None: "both modes"}[only]
            said.append(f"in {name} it was in {mode}")
    return "; ".join(said)


def _settings(settings: Mapping[str, Any]) -> str:
    """The few that shape what a layer sees or gives."""
    parts = []
    for name, word in (("kernel_size", ""), ("stride", "stride "), ("padding", "padding "),
                       ("dilation", "dilation "), ("groups", "groups "), ("p", "p ")):  # fmt: skip
        value = settings.get(name)
        usual = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0}.get(name)
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        if value is None or all(v == usual for v in values):
            continue
        same = len(set(map(str, values))) == 1
        text = f"{values[0]}" if same and name != "kernel_size" else "×".join(map(str, values))
        parts.append(f"{word}{_square(text) if name == 'kernel_size' else text}")
    return ", ".join(parts)


def _square(text: str) -> str:
    return text if "×" in text else f"{text}×{text}"


def _shape(shape: Sequence[int] | None) -> str:
    """Without the batch."""
    return "×".join(str(n) for n in shape[1:]) if shape and len(shape) > 1 else "?"


def receptive_fields(layers: Sequence[LayerFacts]) -> dict[str, int]:
    """Side, in pixels, of what one place of each layer's map sees, from kernels and strides.

    What a layer is given is what the latest layer before it gave in that shape. Where a map shrank
    between two layers (pooling that is no module), a pooling of that stride is assumed.
    """
    found: dict[str, int] = {}
    made: list[tuple[tuple[int, ...], int, int]] = []  # (shape, sees, pixels between two places)
    for layer in layers:
        given, gave = layer.in_shape, layer.out_shape
        if layer.order < 0 or given is None or gave is None or len(given) != 4 or len(gave) != 4:
            continue
        before = _before(made, tuple(given))
        if before is None:  # it is called at several places, or given something else
            continue
        sees, apart = before
        kernel, stride, dilation = (
            _side(layer.settings, n, 1) for n in ("kernel_size", "stride", "dilation")
        )
        if kernel is None or "Adaptive" in layer.kind:
            continue
        sees += (kernel - 1) * (dilation or 1) * apart
        apart *= stride or 1
        if gave[2] > 1 or kernel > 1:
            found[layer.name] = sees
        made.append((tuple(gave), sees, apart))
    return found


def _before(
    made: list[tuple[tuple[int, ...], int, int]], given: tuple[int, ...]
) -> tuple[int, int] | None:
    for shape, sees, apart in reversed(made):
        if shape[1:] == given[1:]:
            return sees, apart
    for shape, sees, apart in reversed(made):
        if shape[1] == given[1] and given[2] and shape[2] >= given[2]:
            stride = round(shape[2] / given[2])
            return sees + (stride - 1) * apart, apart * stride
    return None if made else (1, 1)


def _side(settings: Mapping[str, Any], name: str, usual: int) -> int | None:
    value = settings.get(name, usual)
    value = max(value) if isinstance(value, (list, tuple)) and value else value
    return int(value) if isinstance(value, (int, float)) else None


def _drawing(layers: Sequence[LayerFacts]) -> Drawing | None:
    """Blocks from left to right in order of execution: as tall as the map's side, as wide as it has
    channels, both on a logarithmic scale."""
    shaped = [x for x in layers if x.order >= 0 and x.out_shape and len(x.out_shape) > 1]
    chosen = [x for x in shaped if x.parameters or "Pool" in x.kind]
    if not chosen:
        return None
    left_out = max(0, len(chosen) - MOST_BLOCKS)
    written = len(chosen) <= MOST_WRITTEN
    blocks, x = [], 4.0
    for layer in chosen[:MOST_BLOCKS]:
        shape = layer.out_shape or ()
        side = max(shape[2:]) if len(shape) == 4 else 1
        width = 8 + (6 if written else 4) * math.log2(max(1, shape[1]) + 1)
        height = min(_TALL, 14 + 14 * math.log2(side + 1))
        _, tone = gradient_of(layer)
        gives = _shape(shape)
        pitch = max(width + _GAP, _WRITTEN if written else 0)
        blocks.append(
            Block(
                x + (pitch - width) / 2,
                (_TALL - height) / 2 + 4,
                width,
                height,
                tone,
                f"{layer.name}: {layer.kind}, gives {gives}",
                _cut(layer.name.rpartition(".")[2] if len(layer.name) > 13 else layer.name)
                if written
                else "",
                gives if written else "",
            )
        )
        x += pitch
    return Drawing(x, _TALL + (44 if written else 8), tuple(blocks), left_out)


def _cut(text: str) -> str:
    return text if len(text) <= 13 else text[:12] + "…"
