"""The network with every hidden layer half as wide; layers of another size start from torch's
default weights."""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import surgery, trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt
from whytorch.evidence.lab.surgery_width import RESHAPES, resized


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    own = surgery.trace(bench)
    surgery.require_steady(bench, own, RESHAPES)
    narrower = resized(bench, own, 0.5)
    if (misfit := surgery.fits(bench, own, narrower)) is not None:
        raise NotRebuilt(f"the network's widths could not be changed generically ({misfit})")
    return trial.compare(bench, [Change("half as wide", network=narrower)], seconds)
