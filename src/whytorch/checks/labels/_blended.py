"""Masks of class numbers that went through interpolation."""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.evidence.facts import Samples, SampleSet
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

ENOUGH = 8  # masks
OFTEN = 0.15  # of the masks: the class is an area, and is a rim
# Where masks are whole, a class ends at another one: 0 beside 3. Interpolated, about half of the
# borders go over 1 and 2.
SOFT = 0.25  # of such borders

_RESIZING = ("resize", "Resize", "interpolate", "RandomResizedCrop", "rotate", "RandomRotation",
             "RandomAffine", "affine", "zoom", "warpAffine", "rescale")  # fmt: skip
_OF_MASKS = re.compile(r"mask|label|target|seg|gt", re.IGNORECASE)


def blended(samples: Samples, source: Source | None) -> Finding | None:
    for one in samples.of("train"):
        if (found := _judge(one, source)) is not None:
            return found
    return None


def _judge(one: SampleSet, source: Source | None) -> Finding | None:
    seen = one.redraw.blended if one.redraw else None
    if seen is None or seen.masks < ENOUGH or seen.ramps < SOFT * (seen.ramps + seen.jumps):
        return None
    least = OFTEN * seen.masks
    mixed = {c: n for c, n in seen.classes.items() if min(n) >= least}
    if not mixed:
        return None
    name, (areas, rims) = max(mixed.items(), key=lambda kv: kv[1][1])
    return Finding(
        says=f"class {name} is an area in {areas} of {seen.masks} masks looked at, and in {rims} "
        "nothing but the rim between a lower and a higher class: the masks were resized or turned "
        "with interpolation, and the mean of two class numbers is the number of another class",
        places=places(*_resized(source), one.place),
        severity="error",
        confidence=0.88,
        measured={"class": int(name), "areas": areas, "rims": rims, "masks": seen.masks},
        explains=("underfitting", "evaluation-far-below-training"),
        fix=Fix("resize the masks by their nearest pixels: Image.NEAREST, "
                "InterpolationMode.NEAREST, or mode='nearest'",
                code="mask = mask.resize(size, Image.NEAREST)"),
    )  # fmt: skip


def _resized(source: Source | None) -> list[Place]:
    """The calls that resize or turn a mask, by what the line is about; else all that do."""
    calls = [c for c in source.calls if c.last in _RESIZING] if source is not None else []
    lines = [(c.place, source.line(c.place.path, c.place.line) or "") for c in calls if source]
    own = [p for p, text in lines if _OF_MASKS.search(text)]
    return (own or [p for p, _ in lines])[:2]
