"""What a picture is made of, and how its charts look: everything a file of pictures/ needs.

Charts are plotly's own JSON. Colours are names of variables of the page's style ("--good"), which
the page replaces by their values, so that one chart serves the light and the dark page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

Chart = dict[str, Any]

OWN, OTHER, GOOD, BAD, MUTED, BAND = "--s1", "--s2", "--good", "--bad", "--muted", "--band"
HEAT = [[0, "--heat0"], [0.5, "--heat1"], [1, "--heat2"]]
HEIGHT = 300  # pixels


class Image(Struct, frozen=True):
    """A small image: its PNG as a data URI, what it shows in words, and a line below it."""

    source: str
    alt: str
    caption: str = ""


class Strip(Struct, frozen=True):
    """Images in a row, with what they have in common."""

    label: str
    images: tuple[Image, ...]


class Table(Struct, frozen=True):
    """Rows below a chart, for who does not see it, or wants the numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


class Picture(Struct, frozen=True):
    """`says`: in one or two sentences what is to be seen, with its numbers and units; it stands
    below the picture and in the place of it where pictures are not seen."""

    says: str
    charts: tuple[Chart, ...] = ()
    strips: tuple[Strip, ...] = ()
    table: Table | None = None
    finding: str | None = None  # the one that it is about, whatever SHOWN_FOR says


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with its title, which names the unit."""
    return {
        "title": {"text": title, "font": {"size": 12}, "standoff": 8},
        "gridcolor": "--grid",
        "linecolor": "--grid",
        "zeroline": False,
        "tickfont": {"size": 11},
        "exponentformat": "power",
        "automargin": True,
        **more,
    }


def chart(
    data: Sequence[dict[str, Any]],
    x: dict[str, Any],
    y: dict[str, Any],
    height: int = HEIGHT,
    **more: Any,
) -> Chart:
    """Plotly's JSON of a chart: its traces, two axes, and what else the layout needs."""
    named = sum(trace.get("showlegend", "name" in trace) for trace in data)
    layout = {
        "xaxis": x,
        "yaxis": y,
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "--text", "size": 12},
        "showlegend": named > 1,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hoverlabel": {"font": {"size": 12}},
        **more,
    }
    if named > 1:
        layout["margin"]["t"] = 30
    return {"data": list(data), "layout": layout}


def line(x: Sequence[Any], y: Sequence[Any], name: str, color: str, **more: Any) -> dict[str, Any]:
    """A curve, or dots with `mode="markers"`."""
    trace: Chart = {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": shortened(y),
        "name": name,
    }
    trace["line"] = {"color": color, "width": 2}
    trace["marker"] = {"color": color, "size": 8}
    return {**trace, **more}


def band(x: Sequence[Any], low: Sequence[Any], high: Sequence[Any], name: str) -> dict[str, Any]:
    """The area between two curves: how far repeats differ."""
    return {
        "type": "scatter",
        "x": [*x, *reversed(x)],
        "y": shortened([*high, *reversed(low)]),
        "name": name,
        "fill": "toself",
        "fillcolor": BAND,
        "line": {"width": 0},
        "mode": "lines",
        "hoverinfo": "skip",
    }


def upright(at: float, color: str = MUTED, dash: str = "dot") -> dict[str, Any]:
    """A vertical line over the whole height."""
    ends = {"x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper"}
    return {"type": "line", **ends, "line": {"color": color, "width": 1.5, "dash": dash}}


def note(text: str, x: float, y: float = 1.0, **more: Any) -> dict[str, Any]:
    """A few words at a place of the x axis (its log10, where the axis is logarithmic), at a share
    of the height."""
    return {
        "text": escaped(text), "x": x, "y": y, "yref": "paper", "showarrow": False,
        "xanchor": "left", "yanchor": "top", "xshift": 4, "font": {"size": 11, "color": "--text"},
        "bgcolor": "--surface", **more,
    }  # fmt: skip


def heat_map(
    columns: Sequence[Any],
    rows: Sequence[str],
    values: Sequence[Sequence[float | None]],
    x: str,
    y: str,
    unit: str,
    log: bool = True,
    **more: Any,
) -> Chart:
    """Values by row and column; on a logarithmic scale of colours, if `log`."""
    shown = [[_log(v) if log else short(v) for v in row] for row in values]
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x": [str(c) for c in columns],
        "y": [escaped(r) for r in rows],
        "z": shown,
        "customdata": [shortened(row) for row in values],
        "hovertemplate": f"{escaped(x)} %{{x}}<br>%{{y}}<br>%{{customdata:.3~g}}<extra></extra>",
        "colorscale": HEAT,
        "xgap": 1,
        "ygap": 1,
        "colorbar": bar(unit),
        **more,
    }
    if log:
        known = [v for row in shown for v in row if v is not None]
        trace["colorbar"].update(_powers(known))
    height = max(180, min(900, 90 + 22 * len(rows)))
    reversed_rows = axis(y, type="category", autorange="reversed", showgrid=False)
    return chart(
        [trace], axis(x, type="category", showgrid=False, nticks=12), reversed_rows, height
    )


def bar(unit: str) -> dict[str, Any]:
    """The scale of a heat map's colours."""
    title = {"text": unit, "side": "right", "font": {"size": 12}}
    return {"title": title, "thickness": 10, "len": 1, "outlinewidth": 0, "tickfont": {"size": 11}}


def _powers(known: Sequence[float]) -> dict[str, Any]:
    """Ticks at whole powers of ten."""
    if not known:
        return {}
    low, high = math.floor(min(known)), math.ceil(max(known))
    step = max(1, (high - low) // 6)
    at = list(range(low, high + 1, step))
    return {"tickvals": at, "ticktext": [f"1e{p}" if abs(p) > 2 else f"{10.0**p:g}" for p in at]}


def _log(value: float | None) -> float | None:
    return short(math.log10(value)) if value is not None and value > 0 else None


def short(value: float | None) -> float | None:
    """Five digits are more than a chart shows, and a page is kept small."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.5g}")


def shortened(values: Iterable[Any]) -> list[Any]:
    """Each number of `values` with five digits."""
    return [short(v) if isinstance(v, float) else v for v in values]


def escaped(text: str) -> str:
    """For plotly, which reads a few tags in its texts: shown as it is written, at most 60 signs."""
    cut = text if len(text) <= 60 else text[:59] + "…"
    return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def spread(values: Sequence[float | None]) -> bool:
    """Whether positive values lie so far apart that only a logarithmic axis shows them."""
    known = [v for v in values if v is not None]
    return bool(known) and min(known) > 0 and max(known) > 50 * min(known)


def number(value: float | None) -> str:
    """Three digits, or words where the number is missing."""
    return "no number" if value is None else f"{value:.3g}"


def percent(value: float | None) -> str:
    """A share in percent."""
    return "?" if value is None else f"{100 * value:.3g}\u00a0%"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
