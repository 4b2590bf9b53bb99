"""Which transforms of a data set draw at random, and in what words to say so."""

from __future__ import annotations

from collections.abc import Iterable

from whytorch.evidence.facts import DatasetFacts, TransformFacts


def random_ones(transforms: Iterable[TransformFacts]) -> list[TransformFacts]:
    """Those that vary the image itself."""
    return [t for t in transforms if t.random and not t.on_target]


def of_libraries(dataset: DatasetFacts) -> list[TransformFacts]:
    """Random by the naming of a library: sure to draw whenever they are called."""
    return [t for t in random_ones(dataset.transforms) if not t.user]


def named(transforms: Iterable[TransformFacts]) -> str:
    """RandomCrop, RandomHorizontalFlip and 2 more."""
    names = list(dict.fromkeys(t.name for t in transforms))
    if len(names) > 3:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
