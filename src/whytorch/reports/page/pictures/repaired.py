"""Before and after: the repaired copy against the script as it is

Both ran with the same seeds. The band is what two runs of one and the same script differ by.
"""

from __future__ import annotations

from typing import Any

from whytorch.evidence.facts import StepFacts
from whytorch.records import Finding, Report
from whytorch.reports.page.picture import (
    BAD,
    BAND,
    GOOD,
    Chart,
    Picture,
    axis,
    chart,
    line,
    spread,
)
from whytorch.reports.page.saved_run import Mended, tried
from whytorch.reports.page.words import proof

SHOWN_FOR = ()  # the finding whose repair was tried, whichever it is
ORDER = 1


def draw(report: Report, mended: Mended | None) -> Picture | None:
    finding = tried(report)
    if finding is None or finding.verification is None:
        return None
    charts = tuple(c for c in (_measure(finding), _curves(mended)) if c is not None)
    return Picture(proof(finding.verification), charts, finding=finding.id) if charts else None


def _measure(finding: Finding) -> Chart | None:
    """The measure before and after, with the noise."""
    done = finding.verification
    if done is None or done.before is None or done.after is None:
        return None
    share = done.metric.endswith("accuracy")
    scale = 100.0 if share else 1.0
    noise = (done.noise or 0.0) * scale
    values = [done.before * scale, done.after * scale]
    bars: dict[str, Any] = {
        "type": "bar", "orientation": "h", "x": values, "y": ["as it is", "repaired"],
        "marker": {"color": [BAD, GOOD]}, "text": [f"{v:.4g}" for v in values],
        "textposition": "inside", "insidetextanchor": "start", "textangle": 0,
        "constraintext": "none", "hoverinfo": "skip",
        "error_x": {"type": "constant", "value": noise, "color": "--text", "thickness": 1.5},
    }  # fmt: skip
    unit = " (%)" if share else ""
    log = spread(values)
    x = axis(f"{done.metric}{unit}; whiskers: noise", type="log" if log else "linear")
    if share:
        x["range"], x["type"] = [0, 102], "linear"
    return chart([bars], x, axis("", type="category", autorange="reversed"), 150)


def _curves(mended: Mended | None) -> Chart | None:
    if mended is None or not mended.after:
        return None
    traces = [
        *_runs("as it is", mended.before, BAD),
        *_runs("repaired", mended.after, GOOD),
    ]
    values = [v for trace in traces for v in trace["y"] if v is not None]
    kind = "log" if spread(values) else "linear"
    return chart(traces, axis("optimizer step"), axis("training loss", type=kind), 300)


def _runs(name: str, runs: tuple[tuple[StepFacts, ...], ...], color: str) -> list[dict[str, Any]]:
    """A thick line for the first run; where it was run twice, the other and the band between."""
    curves = [[(s.index, s.loss) for s in run if s.loss is not None] for run in runs]
    curves = [c for c in curves if len(c) > 1]
    if not curves:
        return []
    traces = []
    first = dict(curves[0])
    if len(curves) > 1:
        other = dict(curves[1])
        shared = sorted(first.keys() & other.keys())
        low = [min(first[s] or 0, other[s] or 0) for s in shared]
        high = [max(first[s] or 0, other[s] or 0) for s in shared]
        edge = {"color": BAND, "width": 0}
        quiet: dict[str, Any] = {"showlegend": False, "hoverinfo": "skip", "line": edge}
        traces.append(line(shared, low, name, color, **quiet))
        traces.append(line(shared, high, name, color, **quiet, fill="tonexty", fillcolor=BAND))
    traces.append(line(list(first), list(first.values()), name, color, showlegend=True))
    return traces
