"""What a scheduler is told and takes for another thing: a figure given to step(), which all but one
take for the number of the epoch, or a rate that a function returns where a factor is due."""

from __future__ import annotations

from itertools import pairwise

from whytorch.checks.optimization._progress import short
from whytorch.checks.optimization._schedules import Schedule

FEWEST = 3  # calls: two falls in a row
FALLS = 1 / 3  # of the changes. Epochs only grow, also fractions of them; a restart falls once
SETTLED = 0.9  # of the rate it began with


def taken_for_epochs(schedule: Schedule) -> list[float]:
    """What step() was given, where it is no count of epochs: fractions that keep falling, as the
    loss does while the network learns."""
    given = [x for x in schedule.facts.epochs_given if x is not None]
    if len(given) < FEWEST:
        return []
    falls = sum(b < a for a, b in pairwise(given))
    broken = sum(x != int(x) for x in given)
    return given if falls >= max(2, FALLS * (len(given) - 1)) and 2 * broken > len(given) else []


def stayed(schedule: Schedule) -> bool:
    """Whether the rate of the last steps is still about the one it began with."""
    rates = [rate for _, rate in schedule.rates]
    return bool(rates) and rates[-1] >= SETTLED * schedule.peak


def rate_as_factor(schedule: Schedule, built: float) -> tuple[str, str]:
    """(what is said, what to do) of a LambdaLR that keeps the rate far below the optimizer's own:
    0.01 became 0.01 times 0.01."""
    says = f"LambdaLR multiplies the rate that the optimizer was built with, {short(built)}, by "
    says += f"what its function returns, and that is {short(schedule.peak / built)} at most: the "
    says += f"rate is {short(schedule.peak)} at most in {len(schedule.rates)} steps"
    return says, "let the function return a factor, 1 for the full rate, and not the rate itself"
