"""The network with the stride of its first downsampling taken back, and of its first two."""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import surgery, trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt
from whytorch.evidence.lab.surgery_strides import NAMES, kept_resolution, stages


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    own = surgery.trace(bench)
    found = stages(own)
    if not found:
        raise NotRebuilt("no stride or pooling makes the network's maps smaller")
    surgery.require_steady(bench, own, NAMES)
    changes, misfit = [], None
    for many, says in ((1, "first stride taken back"), (2, "first two strides taken back")):
        if many <= len(found):
            cut = kept_resolution(own, [n for stage in found[:many] for n in stage])
            misfit = surgery.fits(bench, own, cut) or misfit
            if misfit is None:
                changes.append(Change(says, network=cut))
    if not changes:
        raise NotRebuilt(f"the network's strides could not be taken back ({misfit})")
    return trial.compare(bench, changes, seconds)
