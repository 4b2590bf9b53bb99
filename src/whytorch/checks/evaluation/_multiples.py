"""Printed accuracies that are the true ones times one factor: a wrong number stands below."""

from __future__ import annotations

import re
from collections.abc import Sequence

from whytorch.checks.evaluation._figures import Figure
from whytorch.checks.evaluation._slips import Slip

# Of the truth; a count of right samples and other figures lie further off.
LEAST, MOST = 0.3, 3.0
DIFFERENT = 0.03  # from 1, at least
# Two accuracies of one network on two sets are a few points in a hundred apart: that one follows
# the other this closely, line by line, is no chance after so many lines.
ENOUGH_LINES = 3
FINE = 3  # digits of each
_CALLED = re.compile(r"acc|correct|right", re.IGNORECASE)


def multiple(shown: Sequence[Figure]) -> Slip | None:
    """The slip that gives all of them, if they have one factor in common that is not 1."""
    lines = [f for f in shown if _may_be(f)]
    if not lines or len(lines) < len(shown):
        return None
    low = max(_bounds(f)[0] for f in lines)
    high = min(_bounds(f)[1] for f in lines)
    if low > high or not (low >= LEAST and high <= MOST) or low - DIFFERENT < 1 < high + DIFFERENT:
        return None
    different = len({f.token for f in lines})
    impossible = all(_more_than_all(f) for f in lines)
    if different < ENOUGH_LINES and not impossible:
        return None
    return _slip((low + high) / 2, impossible)


def _slip(factor: float, impossible: bool) -> Slip:
    more = "; more than all cannot be right" if impossible else ""
    return Slip(
        value=lambda one, passes: [],
        written=lambda one: f"{factor:.3g} times the true one",
        name=f"what it is divided by is not the number of samples{more}",
    )


def _may_be(figure: Figure) -> bool:
    one = figure.of
    return (
        bool(one.accuracy)
        and figure.value != one.correct
        and figure.digits >= FINE
        and bool(_CALLED.search(figure.label) or _CALLED.search(figure.line.text))
    )


def _share(figure: Figure) -> float:
    """As a fraction; in percent where that is the nearer reading."""
    return figure.value / 100 if _in_percent(figure) else figure.value


def _more_than_all(figure: Figure) -> bool:
    """Above 100 %, and no count: those are whole."""
    unit = figure.unit / 100 if _in_percent(figure) else figure.unit
    return _share(figure) - unit > 1 and not figure.value.is_integer()


def _in_percent(figure: Figure) -> bool:
    truth = figure.of.accuracy or 0.0
    return abs(figure.value / 100 - truth) < abs(figure.value - truth)


def _bounds(figure: Figure) -> tuple[float, float]:
    """Between which the factor lies, whether the figure was rounded or cut."""
    unit = figure.unit / 100 if _in_percent(figure) else figure.unit
    truth = figure.of.accuracy or 1.0
    return (_share(figure) - unit / 2) / truth, (_share(figure) + unit) / truth
