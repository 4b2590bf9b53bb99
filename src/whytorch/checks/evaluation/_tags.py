"""Several yes/no answers a sample, of which most are no: an accuracy that counts each of them."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks._shortened import suspicion
from whytorch.checks.evaluation._held_out import is_real_training
from whytorch.evidence.facts import Passes, PrintedLine, Run, TagCounts
from whytorch.records import Finding, Fix

ENOUGH = 100  # samples
SUPPORT = 20  # times that a tag has to be there
SCARCE = 0.25  # share of the samples that have a tag
MISSED = 0.2  # recall of a tag that is hardly ever found
MOST = 0.6  # of the tags
LOOKS_GOOD = 0.8
ABOVE = 0.1  # of skill over answering no each time: more than this is learning
NEVER = 0.05  # recall of all tags together


def decide(passes: Passes, tags: TagCounts, run: Run) -> list[Finding]:
    accuracy = tags.equal / max(1, tags.samples * len(tags.both))
    line = _printed(passes, tags, accuracy)
    asked = tags.trained_share * tags.samples * len(tags.both)
    true, said = sorted(tags.sides, key=lambda side: abs(sum(side) - asked))
    if line is None or tags.samples < ENOUGH or not is_real_training(passes):
        return []
    rare = [k for k, n in enumerate(true) if SUPPORT <= n <= SCARCE * tags.samples]
    missed = [k for k in rare if tags.both[k] <= MISSED * true[k]]
    recall = sum(tags.both) / max(1, sum(true))
    baseline = 1 - sum(true) / (tags.samples * len(true))
    skill = (accuracy - baseline) / max(1e-9, 1 - baseline)
    if len(missed) < max(2, MOST * len(true)) or accuracy < LOOKS_GOOD or skill > ABOVE:
        return []
    found = Finding(
        says=f"accuracy is {accuracy:.1%} of {tags.samples} x {len(true)} yes/no answers, but of "
        f"{sum(true)} that are yes {recall:.0%} are found ({sum(said)} are given at all): "
        f"{len(missed)} of {len(true)} tags are hardly ever recognized, and always answering no "
        f"would give {baseline:.1%}",
        places=places(line.place, tags.place),
        severity="error" if recall <= NEVER else "warning",
        confidence=0.8,
        measured={"accuracy": accuracy, "recall": recall, "share_of_no": baseline,
                  "tags_missed": missed},
        explains=("same-class-predicted",),
        fix=Fix("print recall and F1 of each tag (sklearn.metrics.classification_report takes such "
                "answers), and weigh each yes in the loss: pos_weight"),
    )  # fmt: skip
    if run.shortened:
        return [suspicion(found, "rare tags are learned last, and this run was shortened")]
    return [found]


def _printed(passes: Passes, tags: TagCounts, accuracy: float) -> PrintedLine | None:
    """The line that shows this accuracy, as a share or in percent, to the digits it has."""
    for line in reversed(passes.printed):
        if line.after_pass >= tags.after_pass and any(
            abs(n - accuracy) < 6e-4 or abs(n - 100 * accuracy) < 6e-2 for n in line.numbers
        ):
            return line
    return None
