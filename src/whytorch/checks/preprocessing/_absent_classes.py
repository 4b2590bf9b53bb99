"""A class that makes up a good part of training and that no evaluation sample is of."""

from __future__ import annotations

from collections import Counter

from whytorch.checks._helpers import places
from whytorch.evidence.facts import LossCalls, Passes, PassFacts, Run
from whytorch.records import Finding, Fix

PART = 0.2  # of the training samples: of 100 fair ones, all miss it once in 5e9 times
ENOUGH = 100  # samples of each


def decide(run: Run, losses: LossCalls | None, passes: Passes | None) -> Finding | None:
    """Over all that was evaluated, and only where evaluations were seen to their end."""
    # What is asked between two steps (a judge, by its generator) is no evaluation.
    evaluated = [p for p in passes.of("eval") if not p.interleaved] if passes else []
    whole = [p for p in evaluated if not _cut(p, run)]
    if passes is None or losses is None or not whole or len(whole) < len(evaluated):
        return None
    trained = Counter[str]()
    for site in losses.training():
        ignored = str(site.options.get("ignore_index", -100))  # marks samples without a label
        trained.update({c: n for c, n in (site.target_counts or {}).items() if c != ignored})
    asked = _asked(passes, whole)
    total = trained.total()
    if (
        min(total, asked.total()) < ENOUGH
        or len(trained) > ENOUGH
        or not set(asked) <= set(trained)
    ):
        return None
    absent = {c: n / total for c, n in trained.items() if n >= PART * total and c not in asked}
    if not absent:
        return None
    named = " and ".join(f"{c} ({share:.0%} of the training labels)" for c, share in absent.items())
    last = whole[-1]
    return Finding(
        says=f"none of {asked.total()} evaluation labels is class {named}: they are of "
        f"{', '.join(sorted(asked)[:6])} only, so that the figures say nothing of the rest",
        places=places(last.place, *last.callers[1:2]),
        severity="warning",
        confidence=0.85,
        measured={"absent": sorted(absent), "shares_in_training": absent,
                  "evaluation_labels": asked.total()},
        explains=("evaluation-far-below-training", "same-class-predicted"),
        fix=Fix("shuffle before splitting, or split each class by itself (stratify=labels): the "
                "data lie sorted by class"),
    )  # fmt: skip


def _cut(one: PassFacts, run: Run) -> bool:
    if one.planned_batches is not None:
        return one.shortened or one.batches < one.planned_batches
    return one.shortened or run.shortened


def _asked(passes: Passes, whole: list[PassFacts]) -> Counter[str]:
    """The labels of all evaluations: as counted, else as the script gave them to a metric."""
    found = Counter[str]()
    elsewhere = [p for p in passes.others if p.phase == "eval" and not p.interleaved]
    for one in (*whole, *elsewhere):
        for label, row in enumerate(one.confusion or ()):
            found[str(label)] += sum(row)
    for call in passes.scores if not found.total() else ():
        found.update(call.true_counts)
    return +found
