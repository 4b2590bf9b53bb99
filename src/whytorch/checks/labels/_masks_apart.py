"""Masks that belong to other images than those they come with."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import Passes, PassFacts, Run, Samples, SampleSet
from whytorch.records import Finding, Fix

ENOUGH = 24  # pairs of image and mask
# Of masks dealt out at random half fit better than most others; over 24 pairs, 70 % do once in 50.
BY_CHANCE = 0.7
FOUND = 0.2  # overlap of what is predicted with the masks: so much was learned, whatever they show


def of_masks(samples: Samples, passes: Passes | None, run: Run) -> Finding | None:
    """Neither edges nor brightness know the mask of their image, and the network does not either:
    it may go by what these two do not see (a texture)."""
    lost = [s for s in samples.sets if "train" in s.phases and _by_chance(s)]
    if not lost or run.training_shortened or passes is None or not _found_nothing(passes):
        return None
    one, seen = lost[0], lost[0].redraw.outlined if lost[0].redraw else None
    assert seen is not None
    best = max(seen.edges, seen.contrast)
    return Finding(
        says=f"of {seen.pairs} training images looked at, {best} have clearer edges or contrast at "
        f"their own mask than at most other images' masks; dealt out at random, half do, "
        f"{seen.pairs // 2}",
        places=places(one.place),
        severity="error",
        confidence=0.8,
        measured={"pairs": seen.pairs, "by_edges": seen.edges, "by_contrast": seen.contrast},
        explains=("loss-at-chance", "loss-not-decreasing", "underfitting", "overfitting",
                  "same-class-predicted", "evaluation-far-below-training"),
        fix=Fix("look at some images with their masks over them, and keep both in one order: sort "
                "both lists of files by one key, or index both by one permutation"),
    )  # fmt: skip


def _by_chance(one: SampleSet) -> bool:
    seen = one.redraw.outlined if one.redraw is not None else None
    if seen is None or seen.pairs < ENOUGH:
        return False
    return max(seen.edges, seen.contrast) < BY_CHANCE * seen.pairs


def _found_nothing(passes: Passes) -> bool:
    """By the latest pass in which predictions and masks were seen."""
    for one in reversed(passes.passes):
        overlap = _overlap(one)
        if overlap is not None:
            return overlap < FOUND
    return False


def _overlap(one: PassFacts) -> float | None:
    if one.masks is not None:
        _, true, said, both = one.masks
        return both / max(1, true + said - both)
    if one.maps is None:
        return None
    rows = one.maps.confusion
    right = sum(row[i] for i, row in enumerate(rows) if i)
    return right / max(1, sum(map(sum, rows)) - rows[0][0])
