"""Where the images were made that a network was called with, as far as the source tells."""

from __future__ import annotations

import re

from whytorch.evidence.facts import CrashFacts, DataFlow, Network
from whytorch.evidence.source import Source
from whytorch.records import Place

_MOST_STEPS = 5


def network_call(crash: CrashFacts) -> Place | None:
    """The user's line that calls the network: the last one that is not in a forward."""
    frames = list(zip(crash.frames, crash.functions, strict=False))
    return next((place for place, name in reversed(frames) if name != "forward"), None)


def images_made(
    source: Source | None, data: DataFlow | None, network: Network | None, call: Place | None
) -> Place | None:
    """The line that made them: of a TensorDataset its first tensor, else the model's argument."""
    if source is None:
        return None
    for loader in data.loaders if data else ():
        for place in (loader.dataset.base_place, loader.dataset.place):
            made = source.call_at(place, "TensorDataset") if place is not None else None
            if made is not None and made.args and place is not None:
                return tensor_made(source, made.args[0].text, place) or place
        if loader.batches:
            return None  # a data set of another kind: its images are made one by one
    given = _given(source, network, call)
    return tensor_made(source, given, call) if given and call is not None else None


def _given(source: Source, network: Network | None, call: Place | None) -> str | None:
    """What the network is called with at this line, as written."""
    if call is None or network is None or network.place is None:
        return None
    names = source.names_assigned_at(network.place)
    here = [c for c in source.calls if (c.place.path, c.place.line) == (call.path, call.line)]
    found = [c for c in here if c.args and c.raw in names]
    return found[0].args[0].text if found else None


def tensor_made(source: Source, text: str, before: Place) -> Place | None:
    """The last line that made the tensor `text`: not one that only chose or split its rows."""
    found = None
    for _ in range(_MOST_STEPS):
        name = re.sub(r"\[.*\]$", "", text)
        made = [
            a
            for a in source.assignments
            if name in a.targets
            and a.value is not None
            and a.place.path == before.path
            and a.place.line <= before.line
        ]
        if not re.fullmatch(r"[A-Za-z_][\w.]*", name) or not made:
            return found
        last = made[-1]
        assert last.value is not None
        found = before = last.place
        text = last.value.text
        split = source.call_at(last.place, "train_test_split")
        position = last.targets.index(name)
        if split is not None and position // 2 < len(split.args):
            text = split.args[position // 2].text
        elif len(last.targets) > 1:
            return found
    return found
