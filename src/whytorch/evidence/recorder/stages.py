"""Which of a script's networks the diagnosis is about, where it trains several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from whytorch.evidence.recorder.modules import Group

# A network that is trained when others are done is what the script is for, if it is no small head,
# probe or temperature on top of them: a network fine-tuned with fewer classes keeps most weights.
OF_THE_LARGEST = 0.5
OF_THE_STEPS = 0.8  # of a student: its teacher is called in nearly all


class Uses:
    """When a network is called, and with what."""

    def __init__(self) -> None:
        self._latest = -1  # optimizer steps before its latest call
        self.moments = 0  # times it was called between two steps, since it was last trained
        self.sample: tuple[int, ...] | None = None  # shape of one of the images it is given

    def called(self, step: int, given: Tensor | None) -> None:
        """The network is called; of the calls between two steps one counts."""
        if step != self._latest:
            self._latest = step
            self.moments += 1
        if self.sample is None and given is not None:
            self.sample = tuple(given.shape[1:])


def trains(group: Group, step: int) -> None:
    """Note that an optimizer's step or a backward trains the network."""
    first, _ = group.trained or (step, step)
    group.trained = (first, step)
    group.uses.moments = 0


def main_of(groups: Sequence[Group]) -> Group | None:
    """The trained network whose output feeds the loss: of several the largest (a generator and its
    discriminator), or a later one of that size (pretraining before fine-tuning), or one that learns
    from the largest (a student from its teacher)."""
    pool = [g for g in groups if g.trained] or [g for g in groups if g.calls]
    largest = max(pool, key=lambda g: (g.loss_inputs > 0, g.size), default=None)
    if largest is None or largest.trained is None:
        return largest
    _, over = largest.trained
    later = [
        g
        for g in pool
        if g.trained and g.trained[0] > over and g.loss_inputs
        if _is_whole(g, largest) or _is_student(g, largest)
    ]
    return max(later, key=lambda g: g.trained or (0, 0), default=largest)


def _is_whole(group: Group, largest: Group) -> bool:
    return group.size >= OF_THE_LARGEST * largest.size


def _is_student(group: Group, largest: Group) -> bool:
    """The largest was called again and again while this one learned, and both were given the same
    images: a head or a probe gets what the largest makes of them."""
    first, last = group.trained or (0, 0)
    taught = largest.uses.moments >= OF_THE_STEPS * (last - first) > 0
    return taught and group.uses.sample is not None and group.uses.sample == largest.uses.sample
