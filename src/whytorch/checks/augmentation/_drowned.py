"""Noise louder than the images: read off neighbouring pixels, whatever the images show.

Likeness to the own class tells as much only where single images have any, as digits do.
"""

from __future__ import annotations

from whytorch.checks._handed import MOST, handed, loop_place
from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning
from whytorch.checks.augmentation._written import written_for
from whytorch.evidence.facts import DataFlow, LoaderFacts, Passes, Samples, SampleSet
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

# Correlation of neighbouring pixels. Noise that changes from pixel to pixel divides it by
# 1 + noise² / image²: a tenth is noise of three times the images' deviation. Sound trainings on
# noise as loud as that (certified robustness) learn all the same.
STRUCTURED = 0.3
LEFT = 0.1
ENOUGH_STEPS = 50
_ASK = "train once with the images as the loader gives them, then change them more gently"


def drowned(
    data: DataFlow,
    samples: Samples,
    outcome: Learning,
    passes: Passes | None,
    source: Source | None,
) -> Finding | None:
    """Of a training that came to little, noise in its loop or in the transforms of its data."""
    if not outcome.failed or outcome.steps < ENOUGH_STEPS:
        return None
    feeding = {loader.id: loader for loader in data.feeding("train")}
    sets = [s for s in samples.sets if s.loader in feeding]
    entering, seen = samples.entering.get("train"), handed(samples, "train")
    for one in sets:
        stored, drawn = _along(one.raw), _along(one.drawn)
        if _rough(stored, drawn) and one.redraw is not None and one.redraw.differing:
            return _of_transforms(feeding[one.loader or 0], one, outcome, source)
        in_loop = seen is not None and seen.share("other") >= MOST
        if in_loop and entering is not None and _rough(drawn, entering.along_rows):
            where = loop_place(source, passes, "train")
            return _finding(
                "as the training loop hands them to the network", "as its loader gave them", drawn,
                entering.along_rows, outcome, [where], _ASK,
            )  # fmt: skip
    return None


def _along(stats: object) -> float | None:
    found = getattr(stats, "along_rows", None)
    return found if isinstance(found, float) else None


def _rough(before: float | None, after: float | None) -> bool:
    return None not in (before, after) and (before or 0.0) >= STRUCTURED and (
        (after or 0.0) <= LEFT * (before or 0.0)
    )  # fmt: skip


def _of_transforms(
    loader: LoaderFacts, one: SampleSet, outcome: Learning, source: Source | None
) -> Finding:
    written = written_for(source, loader.dataset) if source else None
    where = [written, loader.dataset.base_place or loader.dataset.place]
    return _finding("augmented", "as stored", _along(one.raw), _along(one.drawn), outcome, where,
                    "train once without augmentation, then add one transform at a time at gentle "
                    "settings")  # fmt: skip


def _finding(
    now: str,
    before: str,
    given: float | None,
    left: float | None,
    outcome: Learning,
    where: list[Place | None],
    fix: str,
) -> Finding:
    reached = f", and {outcome.train_accuracy:.0%} on the images as they entered" if (
        outcome.train_accuracy is not None
    ) else ""  # fmt: skip
    return Finding(
        says=f"{now}, neighbouring pixels of the training images correlate by {left or 0:.2f}; "
        f"{before} by {given or 0:.2f}: what is added differs from pixel to pixel and is far "
        f"louder than the image{outcome.reached()}{reached}",
        places=places(*where),
        severity="error",
        confidence=0.85,
        measured={
            "neighbours_given": given,
            "neighbours_entered": left,
            "train_accuracy": outcome.train_accuracy,
            "evaluation_accuracy": outcome.eval_accuracy,
        },
        explains=("underfitting", "loss-at-chance", "loss-not-decreasing", "loss-oscillates"),
        fix=Fix(fix),
    )
