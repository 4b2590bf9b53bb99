"""One repair against the script as it is, twice, with two seeds."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

from msgspec.structs import replace

from whytorch.checks._promises import ERRORS, standard_error
from whytorch.fixes import Repair
from whytorch.records import Outcome, Verification

Run = Callable[[Repair | None, int], Outcome]  # a rehearsal: with a repair or as it is, which seed
Promise = Callable[[Outcome, Outcome], bool]
_METRICS = (
    ("test accuracy", "eval_accuracy", "eval_samples"),
    ("training accuracy", "train_accuracy", "train_samples"),
)


class Side:
    """What the script came to under one repair (None: as it is), by seed; each is run once."""

    def __init__(self, repair: Repair | None, run: Run, first: Outcome | None = None) -> None:
        self.repair, self._run = repair, run
        self._outcomes = {} if first is None else {0: first}

    def expect(self, seed: int) -> None:
        """This outcome will be asked for, if all goes well: whoever can, may begin with it."""
        begin = getattr(self._run, "expect", None)
        if begin is not None and seed not in self._outcomes:
            begin(self.repair, seed)

    def __getitem__(self, seed: int) -> Outcome:
        if seed not in self._outcomes:
            self._outcomes[seed] = self._run(self.repair, seed)
        return self._outcomes[seed]


def verification(
    id: str, promise: Promise, repair: Repair, first: Outcome, run: Run
) -> Verification:
    """`first`: the script as it is, with seed 0. Stops at the first promise that is not kept."""
    return proven(id, promise, Side(None, run, first), Side(repair, run))


def proven(id: str, promise: Promise, old: Side, new: Side) -> Verification:
    """`old`: without this repair, but with those that were kept before it."""
    new.expect(0)
    new.expect(1)
    if not old[0].crashed:
        old.expect(1)
    before, after = [old[0]], [new[0]]
    kept = _kept(id, promise, before[0], after[0])
    if kept:
        after.append(new[1])
        before.append(old[0] if old[0].crashed else old[1])
        kept = _kept(id, promise, before[1], after[1])
    return _told(before, after, kept)


def _kept(id: str, promise: Promise, before: Outcome, after: Outcome) -> bool:
    """The promise is about this mistake: what else is found is no matter."""
    return promise(_about(id, before), _about(id, after))


def _about(id: str, outcome: Outcome) -> Outcome:
    return replace(outcome, found=outcome.found & {id})


def _told(before: list[Outcome], after: list[Outcome], kept: bool) -> Verification:
    name, higher, old, new, noise = _numbers(before, after)
    broken = next((a.told for a in after if not a.finished), "")
    says = f"the repaired copy {broken}" if broken else ""
    return Verification(
        metric=name,
        higher_is_better=higher,
        before=old,
        after=new,
        noise=noise,
        runs=len(after),
        kept=kept,
        says=says,
    )


def _numbers(
    before: list[Outcome], after: list[Outcome]
) -> tuple[str, bool, float | None, float | None, float | None]:
    """The metric that both sides have, the mean of each, and the noise: what runs of one side
    differ by, at least what the number of samples makes of an accuracy."""
    for name, field, samples in _METRICS:
        new = [getattr(a, field) for a in after]
        old = [getattr(b, field) for b in before]
        if None in new or (None in old and not before[0].crashed):
            continue
        errors = [standard_error(x, getattr(a, samples)) for x, a in zip(new, after, strict=True)]
        noise = max(_spread(new), _spread(old), ERRORS * max(errors))
        return name, True, _mean(old), _mean(new), noise
    old, new = [b.last_loss for b in before], [a.last_loss for a in after]
    return "training loss", False, _mean(old), _mean(new), max(_spread(new), _spread(old))


def _mean(values: list[float | None]) -> float | None:
    known = [x for x in values if x is not None]
    return fmean(known) if len(known) == len(values) else None


def _spread(values: list[float | None]) -> float:
    known = [x for x in values if x is not None]
    return max(known) - min(known) if known else 0.0
