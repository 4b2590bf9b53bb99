"""How several processes share the data: all get the same, or one gets more batches than another."""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.evidence.facts import Distributed, Peer
from whytorch.records import Finding, Fix

# Batches that agree, one after the other, in all processes; of so many different ones that a
# script that tries one batch over and over is not meant.
AGREEING = 10
DIFFERENT = 5
# How gloo, NCCL and MPI tell of a process that does not come to an exchange.
_EXCHANGE = re.compile(
    r"gloo|nccl|closed by peer|process group|DistBackendError|allreduce|collective", re.IGNORECASE
)


def over_ranks(distributed: Distributed | None) -> Finding | None:
    """Of a watched training of several processes whose gradients DistributedDataParallel averages
    over all of them."""
    if distributed is None or not distributed.everyone:
        return None
    over_all = [w for w in distributed.wrapped if w.processes in (None, distributed.world_size)]
    if not any(w.calls for w in over_all):
        return None
    return _uneven(distributed) or _all_the_same(distributed)


def _uneven(distributed: Distributed) -> Finding | None:
    """One process came to the end of its batches, another stood in the middle of its own and
    found nobody to exchange gradients with. With join() it is not left alone."""
    everyone = [p for p in distributed.everyone if p.share is not None and p.share.batches]
    crashed = [p.crash for p in everyone if p.crash and _EXCHANGE.search(p.crash)]
    if len(everyone) < distributed.world_size or not crashed:
        return None
    short = min(everyone, key=_batches)
    long = max(everyone, key=_batches)
    few, many = _batches(short), _batches(long)
    if few == many or not _at_its_end(short) or _at_its_end(long):
        return None
    return Finding(
        says=f"the processes get unequal numbers of batches: {few} a pass in rank {short.rank}, "
        f"{many} in rank {long.rank}, which then waits for an exchange of gradients that never "
        "comes",
        places=places(short.share.place if short.share else None, distributed.place),
        severity="error",
        confidence=0.9,
        measured={
            "batches": {str(p.rank): _batches(p) for p in everyone},
            "steps": {str(p.rank): p.steps for p in everyone},
        },
        explains=("crash",),
        fix=Fix("share the data by DistributedSampler, which gives every process as many samples, "
                "or train inside `with model.join():`"),
    )  # fmt: skip


def _batches(peer: Peer) -> int:
    return (peer.share.batches or 0) if peer.share is not None else 0


def _at_its_end(peer: Peer) -> bool:
    return peer.steps > 0 and peer.steps % max(1, _batches(peer)) == 0


def _all_the_same(distributed: Distributed) -> Finding | None:
    everyone = distributed.everyone
    seen = [p.share.contents if p.share is not None else () for p in everyone]
    length = min(map(len, seen))
    if length < AGREEING or len(set(seen[0][:length])) < DIFFERENT:
        return None
    if any(contents[:length] != seen[0][:length] for contents in seen):
        return None
    share = everyone[0].share
    return Finding(
        says=f"all {len(everyone)} processes train on the same batches in the same order (the "
        f"first {length} agree): their gradients are equal, and {len(everyone)} processes do the "
        "work of one",
        places=places(share.place if share is not None else None, distributed.place),
        severity="warning",
        confidence=0.9,
        measured={"processes": len(everyone), "batches_compared": length},
        fix=Fix("give the training's loader sampler=DistributedSampler(train_set), without "
                "shuffle=True, and call its set_epoch(epoch) at the beginning of every epoch"),
    )  # fmt: skip
