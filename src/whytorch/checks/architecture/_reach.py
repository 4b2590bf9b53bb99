"""Targets that the activation behind a network's last layer cannot reach."""

from __future__ import annotations

from msgspec import Struct

from whytorch.checks.architecture import _last
from whytorch.evidence.facts import LossSite

# What an activation lets through, by the names of LossSite.out_of_reach.
RANGES = {"Relu": "0..", "Softplus": "0..", "Sigmoid": "0..1", "Hardsigmoid": "0..1",
          "Tanh": "-1..1"}  # fmt: skip
# Between the outputs and the value of an error written by hand.
BY_HAND = ("Mean", "Sum", "Pow", "Abs", "Sub", "Rsub", "Mul", "Div")
# Of the targets' numbers: a few that stick out are noise, or the tail of what was standardized.
OUTSIDE = 0.05
# Of the squared error of always giving the mean. Sound networks have next to nothing there.
COSTS = 0.1
RUINS = 0.5  # at the best half of that error stays


class Beyond(Struct, frozen=True):
    activation: _last.Activation
    reach: str  # "0 to 1"
    outside: float  # share of the targets' numbers
    least: float  # squared error
    mean: float  # squared error of always giving the mean

    @property
    def ruins(self) -> bool:
        return self.least >= RUINS * self.mean


def beyond(site: LossSite) -> Beyond | None:
    """Class numbers and pixels of 0 to 255 are not judged: they are other mistakes."""
    if not site.out_of_reach or site.connected is False:
        return None
    if site.target_integral and (site.target_min or 0.0) >= 0:
        return None
    activation = _last.before_loss(site, BY_HAND if site.by_hand else ())
    name = RANGES.get(activation.node) if activation else None
    if activation is None or name is None:
        return None
    outside, least, mean = site.out_of_reach.get(name, (0.0, 0.0, 0.0))
    if outside < OUTSIDE or mean <= 0 or least < COSTS * mean:
        return None
    low, _, high = name.partition("..")
    reach = f"{low} to {high}" if high else f"{low} and above"
    return Beyond(activation, reach, outside, least, mean)
