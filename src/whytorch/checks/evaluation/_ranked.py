"""Areas below a curve of scores that are not those of the positive class, or are no scores."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import Passes, PassFacts, Ranking
from whytorch.records import Finding, Fix

MISLEADING = 0.03  # what the scores of the network themselves give is this far off, at least
SAME = 0.01  # a figure over a few samples more or less
ENOUGH = 20  # samples
# Where only training tells what the network knows.
SURELY, REVERSED, KNOWN = 100, 0.3, 0.7


def decide(passes: Passes) -> list[Finding]:
    """Of each call, the last time that it was made on all of an evaluation."""
    last: dict[object, tuple[Ranking, PassFacts, float]] = {}
    for call in passes.rankings:
        one = next((p for p in passes.passes if p.index == call.after_pass), None)
        if one is not None and one.counted is None and (told := _by_training(call, passes)):
            return [told]
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


def _by_training(call: Ranking, passes: Passes) -> Finding | None:
    """Labels were not seen in the evaluation; but who tells two classes apart in training does not
    rank new samples the wrong way round."""
    trained = [p for p in passes.of("train") if p.index < call.after_pass and p.counted]
    rows = trained[-1].confusion or () if trained else ()
    if len(rows) != 2 or call.samples < SURELY or call.area > REVERSED or not all(map(sum, rows)):
        return None
    both = min(rows[c][c] / sum(rows[c]) for c in (0, 1))
    if both < KNOWN:
        return None
    return Finding(
        says=f"{call.function} ranks {call.samples} samples with an area of {call.area:.3f} below "
        f"the ROC curve, which is worse than guessing, and in training the network gets "
        f"{both:.0%} of either class right: {_OTHER[0]}",
        places=places(call.place),
        severity="error",
        confidence=0.9,
        measured={"area": call.area, "samples": call.samples, "right_in_training": both},
        explains=("printed-metric-differs-from-measured",),
        fix=Fix(_OTHER[1]),
    )


_OTHER = (
    "the scores given to it are those of the other class",
    "give it the probability of the class that counts as 1: probabilities[:, 1]",
)


def _judge(call: Ranking, one: PassFacts, truth: float) -> Finding | None:
    """The network ranks well, and what was given to the metric does not, in one of two ways."""
    if truth - call.area < MISLEADING or truth <= 0.5:
        return None
    if abs(1 - call.area - truth) <= SAME:
        what, fix = _OTHER
    elif call.distinct <= 2 and one.accuracy not in (0.0, 1.0):
        what = f"it was given predicted classes ({call.distinct} different values for "
        what += f"{call.samples} samples)"
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
