"""Areas below a curve of scores that are not those of the positive class, or are no scores."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import Passes, PassFacts, Ranking
from whytorch.records import Finding, Fix

MISLEADING = 0.03  # what the scores of the network themselves give is this far off, at least
SAME = 0.01  # a figure over a few samples more or less
ENOUGH = 20  # samples


def decide(passes: Passes) -> list[Finding]:
    """Of each call, the last time that it was made on all of an evaluation."""
    last: dict[object, tuple[Ranking, PassFacts, float]] = {}
    for call in passes.rankings:
        one = next((p for p in passes.passes if p.index == call.after_pass), None)
        if one is None or one.area is None or call.samples != one.counted or one.interleaved:
            continue
        rows = [sum(r) for r in one.confusion or ()]
        if len(rows) != 2 or call.samples < ENOUGH or call.positives not in rows:
            continue
        # The script may mean class 0: then what it gives has to rank the other way round.
        truth = one.area if call.positives == rows[1] else 1 - one.area
        last[(call.place, call.function)] = (call, one, truth)
    found = [_judge(*known) for known in last.values()]
    return [f for f in found if f is not None][:1]


def _judge(call: Ranking, one: PassFacts, truth: float) -> Finding | None:
    """The network ranks well, and what was given to the metric does not, in one of two ways."""
    if truth - call.area < MISLEADING or truth <= 0.5:
        return None
    if abs(1 - call.area - truth) <= SAME:
        what = "the scores given to it are those of the other class"
        fix = "give it the probability of the class that counts as 1: probabilities[:, 1]"
    elif call.distinct == 2 and one.accuracy not in (0.0, 1.0):
        what = f"it was given predicted classes (2 different values for {call.samples} samples)"
        fix = "give it the scores or probabilities, before argmax, round or a threshold"
    else:
        return None
    return Finding(
        says=f"{call.function} ranks {call.samples} samples with an area of {call.area:.3f} below "
        f"the ROC curve, the network's own scores with {truth:.3f}: {what}",
        places=places(call.place),
        severity="error" if call.area < 0.5 else "warning",
        confidence=0.9,
        measured={"area": call.area, "area_of_scores": truth, "samples": call.samples,
                  "positives": call.positives, "different_scores": call.distinct},
        explains=("printed-metric-differs-from-measured",),
        fix=Fix(fix),
    )  # fmt: skip
