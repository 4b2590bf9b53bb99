"""What the processes of one training show beside each other: one is slow, or has other data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from whytorch.checks.distributed._straggler import straggler
from whytorch.evidence.facts import Distributed, Peer, TensorStats
from whytorch.records import Symptom

ENOUGH_IMAGES = 200
# Shares of one data set, drawn at random, have means that agree to a hundredth of the spread. One
# standard deviation apart, or half the spread, is another preparation of the images.
APART = 1.0
WIDER = 2.0


def slow(evidence: Mapping[type, Any]) -> Iterator[Symptom]:
    """One process comes late to every exchange of gradients, and all wait for it."""
    distributed: Distributed | None = evidence.get(Distributed)
    found = straggler(distributed) if distributed is not None else None
    if found is None:
        return
    yield Symptom(
        "slow",
        f"rank {found.peer.rank} makes the others wait: {1000 * found.own:.0f} ms pass in it "
        f"{found.where}, {1000 * found.others:.0f} ms in the next slowest (medians; a step of all "
        f"takes {1000 * found.step:.0f} ms)",
        {
            "rank": found.peer.rank,
            "own_ms": 1000 * found.own,
            "others_ms": 1000 * found.others,
            "step_ms": 1000 * found.step,
        },
    )


def notes(evidence: Mapping[type, Any]) -> Iterator[str]:
    """A process whose images are prepared in another way than those of all others."""
    distributed: Distributed | None = evidence.get(Distributed)
    known = [
        (p, p.share.images)
        for p in (distributed.everyone if distributed is not None else ())
        if p.share is not None and p.share.images is not None
        if p.share.images.samples >= ENOUGH_IMAGES and p.share.images.std
    ]
    if distributed is None or len(known) < max(2, distributed.world_size):
        return
    for peer, images in known:
        others = [x for p, x in known if p is not peer]
        if all(_differ(images, x) for x in others):
            usual = (median(x.mean or 0.0 for x in others), median(x.std or 0.0 for x in others))
            yield (
                f"Rank {peer.rank} trained on other numbers than {_rest(known, peer)}: its images "
                f"have mean {images.mean:.3g} and spread {images.std:.3g}, theirs {usual[0]:.3g} "
                f"and {usual[1]:.3g}."
            )
            return


def _rest(known: list[tuple[Peer, TensorStats]], peer: Peer) -> str:
    others = [p.rank for p, _ in known if p is not peer]
    return f"rank {others[0]}" if len(others) == 1 else "all others"


def _differ(one: TensorStats, other: TensorStats) -> bool:
    if one.mean is None or other.mean is None or not one.std or not other.std:
        return False
    wide, narrow = max(one.std, other.std), min(one.std, other.std)
    return abs(one.mean - other.mean) > APART * wide or wide > WIDER * narrow
