"""Samples of each class

How many samples of each class were among those looked at in training and evaluation data.
"""

from __future__ import annotations

from whytorch.evidence.facts import DataFlow, Samples, SampleSet
from whytorch.reports.page.images import namer
from whytorch.reports.page.picture import OTHER, OWN, Picture, axis, chart, escaped, plural

SHOWN_FOR = ("accuracy-on-imbalanced-classes", "labels-out-of-range", "class-weights-misused")
ORDER = 15
MOST_CLASSES = 40


def draw(samples: Samples, flow: DataFlow | None) -> Picture | None:
    sets = {"training": samples.of("train"), "evaluation": samples.of("eval")}
    first = {name: s[0] for name, s in sets.items() if s and s[0].class_counts}
    classes = sorted({int(c) for s in first.values() for c in s.class_counts or {}})
    if not 2 <= len(classes) <= MOST_CLASSES:
        return None
    named = [x.dataset.classes for x in flow.loaders if x.dataset.classes] if flow else []
    name = namer(named[0] if named else None)
    traces = []
    for (split, one), color in zip(first.items(), (OWN, OTHER), strict=False):
        counts = [(one.class_counts or {}).get(str(c), 0) for c in classes]
        shares = [100 * n / max(1, sum(counts)) for n in counts]
        traces.append({
            "type": "bar", "x": [escaped(name(c)) for c in classes], "y": shares, "name": split,
            "marker": {"color": color},
            "hovertemplate": "%{x}: %{y:.3g} %<extra>" + split + "</extra>",
        })  # fmt: skip
    x, y = axis("class", type="category"), axis("share of the samples (%)", rangemode="tozero")
    figure = chart(traces, x, y, 260, barmode="group", showlegend=len(traces) > 1)
    return Picture(" ".join(_says(split, one) for split, one in first.items()), (figure,))


def _says(split: str, one: SampleSet) -> str:
    counts = list((one.class_counts or {}).values())
    most, least = max(counts), min(counts)
    looked = plural(sum(counts), "sample")
    return f"Of {looked} of {split} the commonest class has {most:,}, the rarest {least:,}."
