"""The network with every hidden layer twice as wide, and with one more hidden layer at its end.

Layers of another size start from torch's default weights.
"""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import surgery, trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt
from whytorch.evidence.lab.surgery_width import RESHAPES, deeper, resized


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    own = surgery.trace(bench)
    changes, why = [], ""
    try:
        surgery.require_steady(bench, own, RESHAPES)
        wider = resized(bench, own, 2.0)
        if (misfit := surgery.fits(bench, own, wider)) is not None:
            raise NotRebuilt(f"the network's widths could not be changed generically ({misfit})")
        changes.append(Change("twice as wide", network=wider))
    except NotRebuilt as problem:
        why = str(problem)
    more = deeper(own)
    if more is not None and surgery.fits(bench, own, more) is None:
        changes.append(Change("one more hidden layer", network=more))
    if not changes:
        raise NotRebuilt(why)
    return trial.compare(bench, changes, seconds)
