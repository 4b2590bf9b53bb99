"""What a script does to batches in its own loop, between their loader and the network."""

from __future__ import annotations

from msgspec.structs import replace

from whytorch.checks._places import input_made
from whytorch.checks._repairs import own_change
from whytorch.checks._rewriting import told
from whytorch.evidence.facts import Handed, ImageStats, Passes, Phase, Samples
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, Place

ENOUGH = 16  # images compared one by one
MOST = 0.5  # of them, from where on a change is what the loop does
# A change that is made by chance, as augmentation, is neither made always nor never.
ALWAYS, NEVER = 0.9, 0.05
# Pixels in 0..1, and what the usual Normalize makes of them.
USUAL, SPREAD = 3.0, 0.05
_AS_GIVEN = "leave the images as their loader gives them"


def handed(samples: Samples | None, phase: Phase) -> Handed | None:
    """Of one phase, where enough could be traced."""
    found = samples.handed.get(phase) if samples else None
    return found if found is not None and found.images >= ENOUGH else None


def in_one_alone(samples: Samples, change: str) -> Phase | None:
    """The phase whose loop makes this change, where that of the other does not."""
    train, evaluation = handed(samples, "train"), handed(samples, "eval")
    if train is None or evaluation is None:
        return None
    shares = train.share(change), evaluation.share(change)
    if min(shares) > NEVER or max(shares) < ALWAYS:
        return None
    return "train" if shares[0] > shares[1] else "eval"


def changed_place(
    samples: Samples | None, source: Source | None, passes: Passes | None
) -> Place | None:
    """Where the training loop changed the values of its images, if it did."""
    train = handed(samples, "train")
    changed = train is not None and train.share("scaled", "inverted", "blanked", "other") >= MOST
    return loop_place(source, passes, "train") if changed else None


def loop_place(source: Source | None, passes: Passes | None, phase: Phase) -> Place | None:
    """Where the loop of a phase gave the images their last values."""
    last = next(reversed(passes.of(phase)), None) if passes else None
    return input_made(source, last, None) if source is not None and last is not None else None


def as_given(finding: Finding, samples: Samples | None) -> Finding:
    """With the repair to leave the images alone, where their loader gives usual ones."""
    seen = [s.drawn for s in samples.sets if "train" in s.phases] if samples else []
    if not seen or not all(_are_usual(stats) for stats in seen):
        return finding
    return replace(finding, fix=Fix(f"{_AS_GIVEN}: there they are of a usual scale"))


def _are_usual(stats: ImageStats | None) -> bool:
    if stats is None or stats.minimum is None or stats.maximum is None:
        return False
    return (
        stats.minimum >= -USUAL
        and stats.maximum <= USUAL
        and all((deviation or 0.0) > SPREAD for deviation in stats.channel_std)
    )


def left_as_given(finding: Finding, source: Source) -> list[AnyEdit]:
    """The edits of `as_given`."""
    meant = told(finding).startswith(_AS_GIVEN) and finding.places
    return own_change(source, finding.places[0]) if meant else []
