"""Who makes the others wait: what one process does alone between two exchanges of gradients."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from msgspec import Struct

from whytorch.evidence.facts import Distributed, Pace, Peer

ENOUGH = 20  # steps that each process's medians are of
# Of a step: by so much every step of all other processes is longer than it need be. Processes that
# share a machine differ by a few percent, in the median.
LATE = 0.25
NOTICED = 0.005  # seconds a step; below, tiny networks only look bound


class Straggler(Struct, frozen=True):
    """`own` and `others` are seconds that pass before it, or they, come to the exchange."""

    peer: Peer
    own: float
    others: float
    step: float
    where: str  # "before the network is called" or "before the backward"

    @property
    def excess(self) -> float:
        return self.own - self.others


def straggler(distributed: Distributed) -> Straggler | None:
    """The process that comes late in the median step, or None: the others are together, and it
    alone is apart from them."""
    everyone = distributed.everyone
    paces = {p.rank: p.pace for p in everyone if p.pace is not None and p.pace.steps >= ENOUGH}
    if len(paces) < len(everyone) or len(everyone) < 2:
        return None
    step = median(pace.step for pace in paces.values())
    found = [
        _latest(everyone, paces, step, "before the network is called", lambda x: x.data),
        _latest(everyone, paces, step, "before the backward", lambda x: x.ahead),
    ]
    return next((s for s in found if s is not None), None)


def _latest(
    everyone: tuple[Peer, ...],
    paces: dict[int, Pace],
    step: float,
    where: str,
    part: Callable[[Pace], float],
) -> Straggler | None:
    ordered = sorted(everyone, key=lambda p: part(paces[p.rank]))
    last, before = ordered[-1], ordered[-2]
    own, others = part(paces[last.rank]), part(paces[before.rank])
    late = own - others > max(LATE * step, NOTICED)
    return Straggler(last, own, others, step, where) if late else None
