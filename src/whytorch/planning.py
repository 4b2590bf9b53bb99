"""Which experiments a diagnosis makes, in which order, within its time.

First those that the checks with findings ordered: they confirm or clear the suspects, and tell
whether a doubtful setting (advice, suspected) costs something. Where the
script learned badly and nothing explains it, those that tell the usual reasons apart; the same,
for advice, where a training that was seen whole learned only a part, or one that was cut short
nothing. Where nothing is wrong, none:
a healthy script gets its answer at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from whytorch.catalog import Check
from whytorch.checks._learning import learned
from whytorch.evidence.facts import Run
from whytorch.evidence.facts import experiments as e
from whytorch.records import Report

LEAST, MOST = 5.0, 20.0  # seconds for all experiments
LEAST_EACH = 0.5  # seconds; with less, no experiment is begun
REHEARSAL = 0.75  # of the budget is the script's own, where there is a lab
_SUSPECTS = 3  # findings whose repair is tried
# Reasons for learning badly that the recorded run cannot tell apart, the most frequent first.
BATTERY: tuple[type, ...] = (
    e.LrSweep, e.SampleMixing, e.OneBatch, e.InputsNormalized, e.Initialized, e.OptimizerSwap,
    e.LastActivationRemoved, e.ActivationsSwapped, e.DropoutScaled, e.WeightDecayScaled,
    e.BatchNormAdded, e.MoreCapacity, e.LossSwapped, e.BatchSize, e.StridesReduced, e.ClippingOff,
    e.MomentumScaled, e.AugmentationOff,
)  # fmt: skip

_BELOW = "evaluation-far-below-training"
# What it means where both parts are alike. That they are is asked first: one training, if any.
_GENERALIZING = frozenset(
    {"missing-augmentation", "missing-regularization", "overfitting-capacity"}
)


def seconds_for(budget: float, spent: float) -> float:
    """How long the lab may take: what the rehearsal left of the budget, within bounds."""
    return min(MOST, max(LEAST, budget - spent))


def plan(
    report: Report,
    checks: Sequence[Check],
    evidence: Mapping[type, Any],
    expect: str | None = None,
) -> list[tuple[str, str]]:
    """(experiment, why), in order. Empty where there is nothing to find out."""
    run: Run = evidence[Run]
    if run.crash is not None or not run.steps:
        return []
    chosen: dict[str, str] = {}
    ordered = (_for_findings(report, checks), _for_symptoms(report), _for_more(report, evidence))
    for name, why in chain.from_iterable(ordered):
        chosen.setdefault(name, why)
    if expect is not None:
        chosen.setdefault(e.file_of(e.Reachable), f"can it be: {expect}?")
    return list(chosen.items())


def _for_findings(report: Report, checks: Sequence[Check]) -> Iterator[tuple[str, str]]:
    by_id = {check.id: check for check in checks}
    serious = [f for f in report.findings if f.severity != "advice"]
    # A setting that may be wrong, where the run cannot tell whether it is.
    doubtful = [f for f in report.findings if f.severity == "advice" and f.grade == "suspected"]
    for finding in [*serious, *doubtful][:_SUSPECTS]:
        check = by_id.get(finding.id)
        for kind in check.experiments[:2] if check is not None else ():
            yield e.file_of(kind), f"is it {finding.id}?"


def _for_symptoms(report: Report) -> Iterator[tuple[str, str]]:
    below = [
        s for s in report.symptoms if s.id == _BELOW and _GENERALIZING.issuperset(s.explained_by)
    ]
    if below:
        yield e.file_of(e.EvaluationRestored), f"what explains {_BELOW}?"
    unexplained = [s for s in report.symptoms if not s.explained_by and s.id != "crash"]
    if report.verdict.kind == "unknown-cause" and unexplained:
        for kind in BATTERY:
            yield e.file_of(kind), f"what explains {unexplained[0].id}?"


def _for_more(report: Report, evidence: Mapping[type, Any]) -> Iterator[tuple[str, str]]:
    """Whether another setting had learned far more in the same steps, or anything."""
    if report.verdict.kind != "nothing-found":
        return
    outcome = learned(evidence)
    if outcome.learned_a_part or outcome.at_guessing:
        why = "could it learn more?" if outcome.learned_a_part else "could it have begun to learn?"
        for kind in BATTERY:
            yield e.file_of(kind), why
