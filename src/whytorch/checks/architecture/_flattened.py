"""Images that were flattened before a convolution, which stops at them."""

from __future__ import annotations

import math
import re

from whytorch.checks._helpers import layer_name, places, plain
from whytorch.evidence.facts import CrashFacts, LayerAtCrash
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

_FLAT = re.compile(r"Expected 3D .*input to conv2d.*input of size: \[(\d+), (\d+)\]")


def flattened_images(
    crash: CrashFacts, layer: LayerAtCrash, source: Source | None
) -> Finding | None:
    """Rows of numbers where a convolution takes pictures."""
    rows = _FLAT.search(crash.message)
    if rows is None:
        return None
    given = (int(rows[1]), int(rows[2]))
    channels = layer.settings.get("in_channels", 1)
    name = layer_name(layer.name, layer.kind)
    side = math.isqrt(given[1] // channels) if isinstance(channels, int) and channels else 0
    square = side * side * channels == given[1]
    shape = f"write .view(-1, {channels}, {side}, {side})" if square else "reshape them to images"
    flattened = _flattened(crash.frames, source)
    fix = "give it the images as they are" if flattened else f"{shape} before it"
    return Finding(
        says=f"{name} takes images [N, {channels}, H, W] and gets {plain(given)}: they were "
        "flattened before it",
        places=places(flattened, crash.frames[-1] if crash.frames else None, layer.place),
        confidence=0.95,
        measured={"in_channels": channels, "input_shape": list(given)},
        explains=("crash",),
        fix=Fix(fix),
    )


def _flattened(frames: tuple[Place, ...], source: Source | None) -> Place | None:
    """The nearest reshape above one of the crash's lines, in its function: innermost first. On the
    line itself one of a name: net(x.view(...)), not net(x).view(...)."""
    for frame in reversed(frames if source else ()):
        assert source is not None
        inside = source.enclosing_function(frame)
        above = [
            c.place
            for c in source.calls_to("*.view", "*.reshape", "*.flatten")
            if len(c.args) <= 2  # rows of numbers
            and c.place.path == frame.path
            and (inside.place.line if inside else 0) <= c.place.line
            and (c.place.line < frame.line or (c.place.line == frame.line and "(" not in c.raw))
            and (inside is not None or source.enclosing_function(c.place) is None)
        ]
        if above:
            return max(above, key=lambda place: place.line)
    return None
