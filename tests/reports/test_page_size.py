"""The page stays below 6 MB, whatever a run holds."""

from __future__ import annotations

import base64
import random

from page_facts import FLOW, PASSES, SAMPLES, SEEN, SWEEP, steps

from whytorch.evidence.facts import (
    DataFlow,
    LayerGradients,
    LayerTrace,
    Passes,
    Pictures,
    Samples,
    Sheet,
    Traces,
    Training,
)
from whytorch.evidence.facts.experiments import LrSweep
from whytorch.evidence.recorder.traces import MOST_LAYERS, MOST_POINTS
from whytorch.evidence.samples.pictures import MOST, SIDE
from whytorch.reports.page import build, registry


def test_the_largest_pictures_leave_the_page_small() -> None:
    """All sheets full of noise, as many layers and steps as the record keeps."""
    noise = random.Random(0).randbytes(MOST * 3 * SIDE * SIDE)
    full = Sheet(
        (MOST, 3, SIDE, SIDE), base64.b64encode(noise).decode(), 0, 1, (SIDE, SIDE),
        tuple(range(MOST)), tuple(range(MOST)), tuple(range(MOST)),
    )  # fmt: skip
    values = tuple((n, 1 / (n + 3.7)) for n in range(MOST_POINTS))
    layers = [f"backbone.layer{n}.0.conv1" for n in range(MOST_LAYERS)]
    kinds = ("activation", "silent", "update")
    made, failed = registry.drawn({
        Pictures: Pictures(dict.fromkeys(SEEN.sheets, full), SEEN.histograms),
        Traces: Traces(tuple(LayerTrace(k, n, values) for k in kinds for n in layers)),  # type: ignore[arg-type]
        Training: Training(
            steps=999, trace=steps(*(1 / (n + 3.7) for n in range(999))),
            gradients=tuple(LayerGradients(n, values) for n in layers),
        ),
        Samples: SAMPLES, DataFlow: FLOW, Passes: PASSES, LrSweep: SWEEP,
    })  # fmt: skip
    assert not failed and len(made) >= 12
    charts = len(build._json([c for one in made for c in one.picture.charts]))
    strips = [i.source for one in made for s in one.picture.strips for i in s.images]
    page = len(build._plotly()) + charts + sum(map(len, strips))
    assert page < 5_900_000  # 6 MB less the text, some 50 kB
