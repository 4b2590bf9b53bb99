"""Random transforms as the source writes them."""

from __future__ import annotations

from whytorch.checks._places import transform_of, within
from whytorch.checks.augmentation._drawn import random_ones
from whytorch.evidence.facts import DatasetFacts
from whytorch.evidence.source import Call, Source
from whytorch.records import Place

_NAMED = {"ColorJitter", "AutoAugment", "RandAugment", "TrivialAugmentWide", "AugMix",
          "ElasticTransform"}  # fmt: skip
# Containers that pick one of several, or whose use can't be seen here.
_UNCLEAR = {"RandomChoice", "RandomOrder", "Lambda"}


def random_parts(source: Source, written: Place) -> list[Call]:
    """The random transforms of torchvision in the one Compose (or call) that stands here."""
    inside = [c for c in source.calls_within(written) if _of_torchvision(c)]
    if sum(c.last in ("Compose", "Sequential") for c in inside) > 1:
        return []  # two transforms in one statement
    if any(c.last in _UNCLEAR for c in inside):
        return []
    return [c for c in inside if is_random(c)]


def is_random(call: Call) -> bool:
    """It draws when it is called: its name says so, and p is not 0."""
    p = call.keywords.get("p")
    off = p is not None and (not p.is_constant or not p.constant)
    return (call.last.startswith("Random") or call.last in _NAMED) and not off


def _of_torchvision(call: Call) -> bool:
    return call.name.startswith("torchvision.transforms.")


def written_for(source: Source, dataset: DatasetFacts) -> Place | None:
    """Where the transform of a data set is written, whatever its parameter is called."""
    found = transform_of(source, dataset)
    if found is not None:
        return found
    names = {t.name for t in random_ones(dataset.transforms)}
    for place in (dataset.base_place, dataset.place):
        kinds = (dataset.chain[-1], None) if dataset.chain else (None,)
        calls = [source.call_at(place, kind) for kind in kinds] if place is not None else []
        call = next((c for c in calls if c is not None), None)
        if call is None or place is None:
            continue
        for key in (*call.keywords, *range(len(call.args))):
            made = source.definition(place, key)
            if made and any(c.last in names and within(c.place, made) for c in source.calls):
                return made
    return None
