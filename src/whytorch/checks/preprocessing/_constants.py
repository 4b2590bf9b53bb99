"""What stands before a Normalize in its list of transforms, or in its place."""

from __future__ import annotations

import re

from whytorch.checks._places import class_of, within
from whytorch.evidence.facts import LoaderFacts
from whytorch.evidence.source import Call, Source
from whytorch.records import Place

_SCALES = ("ToTensor", "to_tensor")
_ON_PICTURES = ("Resize", "CenterCrop", "RandomCrop", "RandomResizedCrop", "RandomHorizontalFlip",
                "RandomRotation", "Grayscale", "ToPILImage", "ColorJitter", "Pad")  # fmt: skip

_BY_HAND = re.compile(r"-.+\)\s*/")


def by_hand(source: Source, loader: LoaderFacts | None) -> Place | None:
    """Where the data set's own class takes something off its pixels and divides the rest."""
    own = class_of(source, loader.dataset) if loader else None
    inside = [a for a in source.assignments if own is not None and within(a.place, own.place)]
    return next((a.place for a in inside if a.value and _BY_HAND.search(a.value.text)), None)


def behind_to_tensor(source: Source, call: Call) -> bool:
    """In one list: a transform of pictures, ToTensor(), and nothing between it and the call."""
    for compose in source.calls_to("*.Compose"):
        if not compose.args or not within(call.place, compose.place):
            continue
        inside = [
            c
            for c in source.calls
            if within(c.place, compose.place)
            and c is not compose
            and c.loop_depth == call.loop_depth
        ]
        names = [c.last for c in inside]
        if call not in inside or "lambda" in compose.args[0].text or "Lambda" in names:
            return False
        position = inside.index(call)
        before = names[:position]
        return bool(before) and before[-1] in _SCALES and any(n in _ON_PICTURES for n in before)
    return False
