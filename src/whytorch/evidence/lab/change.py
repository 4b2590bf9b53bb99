"""What a run on the bench may do otherwise than the script, and what the run came to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer


class NotRebuilt(Exception):
    """The script's step cannot be run again; the message says why."""


Surgery = Callable[[nn.Module], nn.Module]


@dataclass(frozen=True)
class Change:
    """One thing that differs from the script; everything else stays as it was.

    `rate` multiplies each learning rate; `settings` replace those of every parameter group (a
    function is given the group's own).
    `optimizer` is called with the groups (dicts) and gives another optimizer. `network` changes a
    copy of the trained network at its first weights, and may return another one. `inputs` is
    applied to every tensor that enters it, `targets` to the labels. `loss(output, labels)` replaces
    what the script computes after its network. `clear` clears the gradients before the first
    backward of each step; `clip` False leaves the clipping out. `batches` makes other batches of
    the recorded ones: a list of (inputs, labels); `pace` steps are then made for each of the
    script's. `logits`: one output a sample is a logit now, to tell right from wrong.
    """

    name: str = "as it is"
    rate: float = 1.0
    settings: dict[str, Any] = field(default_factory=dict)
    optimizer: Callable[[list[dict[str, Any]]], Optimizer] | None = None
    network: Surgery | None = None
    inputs: Callable[[Tensor], Tensor] | None = None
    targets: Callable[[Tensor], Tensor] | None = None
    loss: Callable[[Any, Tensor], Tensor] | None = None
    clear: bool = False
    clip: bool = True
    schedule: bool = True  # the recorded rate of each step; False: that of the first step
    batches: Sequence[tuple[Tensor, Tensor]] | None = None
    pace: float = 1.0
    logits: bool = False


@dataclass
class Curve:
    """What a run came to. Accuracies 0..1, on recorded samples, the network in eval mode."""

    losses: list[float]
    seconds: float
    broke: bool = False
    train_accuracy: float | None = None
    eval_accuracy: float | None = None

    @property
    def end(self) -> float:
        """Median loss of the last tenth of the steps, at least five; infinite if it broke."""
        if self.broke or not self.losses:
            return math.inf
        return median(self.losses[-max(5, len(self.losses) // 10) :])

    @property
    def start(self) -> float:
        return self.losses[0] if self.losses else math.nan
