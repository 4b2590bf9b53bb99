"""What a script does to batches in its own loop, between their loader and the network."""

from __future__ import annotations

from whytorch.checks._places import input_made
from whytorch.evidence.facts import Handed, Passes, Phase, Samples
from whytorch.evidence.source import Source
from whytorch.records import Place

ENOUGH = 16  # images compared one by one
MOST = 0.5  # of them, from where on a change is what the loop does
# A change that is made by chance, as augmentation, is neither made always nor never.
ALWAYS, NEVER = 0.9, 0.05


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
