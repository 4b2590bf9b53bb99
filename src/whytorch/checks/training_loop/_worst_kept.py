"""The weights that are put back at the end are those of the worst evaluation, not of the best."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._chosen import comparison_around, right_after, series
from whytorch.checks.training_loop._stopping import rules
from whytorch.evidence.facts import Passes, PassFacts, Run, WeightsEvent
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

FEWEST = 4  # evaluations; of fewer, the first may be the worst by chance
ERRORS = 3.0  # standard errors of the best accuracy that the kept one has to be below it
_CHOOSERS = ("*.ModelCheckpoint",)  # by what they monitor; the lower the better, unless told


class _Kept(Struct, frozen=True):
    of: tuple[PassFacts, ...]
    last: PassFacts  # the evaluation after which weights were set aside for the last time
    best: PassFacts
    place: Place  # where they were


def worst_kept(passes: Passes, run: Run, source: Source) -> Finding | None:
    """Weights were set aside whenever an evaluation was worse than all before it, others came
    after, and in the end they were put back."""
    if run.shortened or len(passes.of("eval")) < FEWEST:
        return None
    kept = _kept(passes, run)
    decided = _decided(kept.place, source) if kept is not None else None
    if kept is None or decided is None:
        return None
    place, fix = decided
    worst, best = kept.last.accuracy or 0.0, kept.best.accuracy or 0.0
    number = kept.of.index(kept.last) + 1
    return Finding(
        says=f"the weights that were put back are those after evaluation {number} of "
        f"{len(kept.of)}, {worst:.1%} right: the worst until then; the best was {best:.1%}. "
        "What is better counts as worse",
        places=places(place, kept.place),
        severity="error",
        confidence=0.93,
        measured={"kept_accuracy": worst, "best_accuracy": best, "evaluations": len(kept.of)},
        explains=("evaluation-far-below-training", "underfitting", "loss-at-chance"),
        fix=Fix(fix),
    )


def best_kept(passes: Passes, source: Source) -> bool:
    """Weights were set aside at every record of the accuracy, and not as the loss rose."""
    taken: dict[Place, list[WeightsEvent]] = {}
    for event in passes.weights:
        if event.kind == "taken" and event.place is not None:
            taken.setdefault(event.place, []).append(event)
    for place, events in taken.items():
        if comparison_around(source, place) is None:
            continue
        for group in series(passes.of("eval")):
            kept = [p for p in group if any(right_after(e, p) for e in events)]
            if len(kept) > 1 and kept in _ever_better(group) and kept != _ever_costlier(group):
                return True
    return False


def _ever_better(group: Sequence[PassFacts]) -> list[list[PassFacts]]:
    """Those more accurate than all before them; and with those as accurate as the best."""
    best, strictly, loosely = -1.0, [], []
    for one in group:
        if one.accuracy is not None and one.accuracy >= best:
            loosely.append(one)
            if one.accuracy > best:
                strictly.append(one)
            best = one.accuracy
    return [strictly, loosely]


def _kept(passes: Passes, run: Run) -> _Kept | None:
    taken: dict[Place, list[WeightsEvent]] = {}
    for event in passes.weights:
        if event.kind == "taken" and event.place is not None:
            taken.setdefault(event.place, []).append(event)
    for place, events in taken.items():
        for group in series(passes.of("eval")):
            kept = [p for p in group if any(right_after(e, p) for e in events)]
            if len(group) < FEWEST or not kept or len(kept) == len(group):
                continue
            if kept not in (_ever_lower(group), _ever_costlier(group)):
                continue
            best = max(group, key=lambda p: p.accuracy or 0.0)
            if _far_below(kept[-1], best) and _put_back(passes, kept[-1], group[-1], run):
                return _Kept(group, kept[-1], best, place)
    return None


def _ever_lower(group: Sequence[PassFacts]) -> list[PassFacts]:
    """Those less accurate than all before them."""
    lowest, found = 2.0, []
    for one in group:
        if one.accuracy is not None and one.accuracy < lowest:
            lowest = one.accuracy
            found.append(one)
    return found


def _ever_costlier(group: Sequence[PassFacts]) -> list[PassFacts]:
    """Those with a higher loss than all before them."""
    highest, found = float("-inf"), []
    for one in group:
        if one.mean_loss is not None and one.mean_loss > highest:
            highest = one.mean_loss
            found.append(one)
    return found


def _far_below(kept: PassFacts, best: PassFacts) -> bool:
    """By accuracy, beyond chance; and not better by the loss, which it may have been chosen by."""
    if kept.accuracy is None or best.accuracy is None or not best.counted:
        return False
    error = sqrt(max(best.accuracy * (1 - best.accuracy), 1 / best.counted) / best.counted)
    if best.accuracy - kept.accuracy < ERRORS * error:
        return False
    known = kept.mean_loss is not None and best.mean_loss is not None
    return not known or (kept.mean_loss or 0.0) > (best.mean_loss or 0.0)


def _put_back(passes: Passes, kept: PassFacts, last: PassFacts, run: Run) -> bool:
    """Loaded when all evaluations were over, and not trained on from there."""
    loads = [e for e in passes.weights if e.kind == "loaded" and e.after_pass >= last.index]
    return any(e.step > kept.first_step and e.step == run.steps for e in loads)


def _decided(taken: Place, source: Source) -> tuple[Place, str] | None:
    """Where the script compares, and what to write; None where it does not seem to."""
    for call in source.calls_to(*_CHOOSERS):
        if "monitor" in call.keywords:
            given = call.keywords.get("mode")
            other = "min" if given is not None and "max" in given.text else "max"
            return call.place, f'write mode="{other}"'
    ruled = next(iter(rules(source)), None)
    place = ruled.test if ruled is not None else comparison_around(source, taken)
    return (place, "turn the comparison around, and the value it starts with") if place else None
