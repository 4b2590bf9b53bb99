"""What the four maps of layers by steps share."""

from __future__ import annotations

from collections.abc import Sequence

from whytorch.reports.page.picture import Chart, heat_map

MOST_LAYERS = 60
Series = tuple[str, tuple[tuple[int, float | None], ...]]  # layer, (step, value)


def layers_by_steps(series: Sequence[Series], unit: str, log: bool = True) -> Chart | None:
    """A row a layer in order of execution, a column a step; None where there is no value."""
    chosen = series
    if len(series) > MOST_LAYERS:  # evenly, the first and the last among them
        every = (len(series) - 1) / (MOST_LAYERS - 1)
        chosen = [series[round(n * every)] for n in range(MOST_LAYERS)]
    steps = sorted({step for _, values in chosen for step, _ in values})
    if not steps or not any(v is not None for _, values in chosen for _, v in values):
        return None
    rows = [[dict(values).get(step) for step in steps] for _, values in chosen]
    names = [name or "(network)" for name, _ in chosen]
    more = {} if log else {"zmin": 0, "zmax": 1}
    return heat_map(steps, names, rows, "optimizer step", "", unit, log, **more)


def ends(series: Sequence[Series], at: int) -> tuple[str, float, str, float] | None:
    """Layer and value of the smallest and of the largest value, of the first (0) or last (-1)
    look."""
    known = [(values[at][1], name) for name, values in series if values]
    found = [(value, name) for value, name in known if value is not None]
    if not found:
        return None
    (low, small), (high, large) = min(found), max(found)
    return small, low, large, high


def in_order(names: Sequence[str], order: Sequence[str]) -> list[str]:
    """`names` in the order of execution, those that it does not know last."""
    place = {name: n for n, name in enumerate(order)}
    return sorted(names, key=lambda name: place.get(name, len(place)))
