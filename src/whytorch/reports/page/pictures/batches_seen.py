"""Training and evaluation batches, as the network sees them

Some images of each phase as they entered the network, all on one scale of brightness, and how often
their pixel values come.
"""

from __future__ import annotations

from whytorch.evidence.facts import DataFlow, Histogram, Pictures
from whytorch.reports.page.images import namer, strip
from whytorch.reports.page.picture import OTHER, OWN, Chart, Picture, axis, chart, line, number

SHOWN_FOR = (
    "degenerate-images", "augmentation-on-evaluation-data", "pixels-scrambled-by-reshape",
    "misaligned-images-and-labels", "class-index-mismatch", "preprocessing",
)  # fmt: skip
ORDER = 13
NAMES = {"train": "training", "eval": "evaluation"}
COLORS = {"train": OWN, "eval": OTHER}


def draw(pictures: Pictures, flow: DataFlow | None) -> Picture | None:
    sheets = {n: pictures.sheets[n] for n in NAMES if n in pictures.sheets}
    histograms = {n: pictures.histograms[n] for n in NAMES if n in pictures.histograms}
    if not sheets and not histograms:
        return None
    name = namer(_classes(flow))
    low = min((s.low for s in sheets.values()), default=0.0)
    high = max((s.high for s in sheets.values()), default=1.0)
    strips = tuple(
        strip(sheet, f"{NAMES[n].capitalize()}, {sheet.size[0]} × {sheet.size[1]}", name, low, high)
        for n, sheet in sheets.items()
    )
    charts = (_chart(histograms),) if histograms else ()
    ranges = [f"{NAMES[n]} {number(h.low)} to {number(h.high)}" for n, h in histograms.items()]
    says = f"Values that enter the network: {', '.join(ranges)}. " if ranges else ""
    says += (
        f"All images on one scale: black is {number(low)}, white {number(high)}." if strips else ""
    )
    return Picture(says.strip(), charts, strips)


def _classes(flow: DataFlow | None) -> tuple[str, ...] | None:
    known = [x.dataset.classes for x in flow.loaders if x.dataset.classes] if flow else []
    return known[0] if known else None


def _chart(histograms: dict[str, Histogram]) -> Chart:
    traces = []
    step = max((h.high - h.low) / max(1, len(h.counts[0])) for h in histograms.values())
    for n, histogram in histograms.items():
        width = (histogram.high - histogram.low) / max(1, len(histogram.counts[0]))
        total = sum(sum(channel) for channel in histogram.counts) or 1
        scale = 100 * step / width  # bins of one width, so that heights can be compared
        shares = [scale * sum(bins) / total for bins in zip(*histogram.counts, strict=True)]
        middles = [histogram.low + (k + 0.5) * width for k in range(len(shares))]
        shaped = {"color": COLORS[n], "width": 2, "shape": "hvh"}
        traces.append(line(middles, shares, NAMES[n], COLORS[n], line=shaped))
    return chart(traces, axis("pixel value as it enters"), axis(f"pixels (% per {step:.2g})"), 240)
