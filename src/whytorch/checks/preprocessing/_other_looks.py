"""One set of images in many forms: how the network stands corruptions, asked on purpose."""

from __future__ import annotations

import math
from collections.abc import Sequence

from whytorch.evidence.facts import Passes, PassFacts, TensorStats

FORMS = 3  # as trained, and two that are altered: an evaluation without a transform has one
OTHER = 0.05  # of the spread: the mean or the spread of another form differs by more


def altered_on_purpose(one: PassFacts, as_trained: Sequence[PassFacts], passes: Passes) -> bool:
    """Whether the same images were also shown as they are in training, and in another altered form
    beside, while the network stayed as it was."""
    between = [p.index for p in passes.passes if p.phase == "train" and p.network == one.network]
    since = max((i for i in between if i < one.index), default=-1)
    until = min((i for i in between if i > one.index), default=math.inf)
    beside = [p for p in passes.of("eval") if p.network == one.network and since < p.index < until]
    usual = next((p for p in beside if p in as_trained and _times(one, p)), None)
    if usual is None:
        return False
    forms: list[PassFacts] = [usual]
    count = 1.0
    for p in beside:
        if _times(p, usual) and not any(_alike(p.inputs, known.inputs) for known in forms):
            forms.append(p)
            count += _times(p, usual) * (1 - (p.repeated_share or 0.0))
    return round(count) >= FORMS


def _times(one: PassFacts, other: PassFacts) -> int:
    """How many times the images of the other came, by how often each class was right: calls in one
    line, one form after the other, are one pass. 0 if they are other images."""
    a, b = (tuple(map(sum, p.confusion or ())) for p in (one, other))
    times = sum(a) // sum(b) if sum(b) else 0
    return times if a == tuple(times * n for n in b) else 0


def _alike(a: TensorStats | None, b: TensorStats | None) -> bool:
    if a is None or b is None or None in (a.mean, b.mean, a.std, b.std):
        return True
    assert a.mean is not None and b.mean is not None and a.std is not None and b.std is not None
    unit = OTHER * max(a.std, b.std)
    return abs(a.mean - b.mean) < unit and abs(a.std - b.std) < unit
