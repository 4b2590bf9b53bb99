"""Accuracy, pass by pass

The true accuracy of each pass over training and evaluation data, counted by the recorder itself,
beside what naming one class for everything would give.
"""

from __future__ import annotations

from collections.abc import Sequence

from whytorch.evidence.facts import Passes, PassFacts, Run
from whytorch.reports.page.picture import (
    MUTED,
    OTHER,
    OWN,
    Chart,
    Picture,
    axis,
    chart,
    line,
    percent,
)

SHOWN_FOR = (
    "overfitting-capacity", "underfitting-capacity", "missing-augmentation",
    "missing-regularization", "metric-miscomputed", "evaluating-in-train-mode",
    "too-few-epochs", "batchnorm-statistics-stale", "regularization",
)  # fmt: skip
ORDER = 11


def draw(passes: Passes, run: Run | None) -> Picture | None:
    train, held_out = (_counted(passes.of(phase)) for phase in ("train", "eval"))
    if not train and not held_out:
        return None
    chance = 1 / run.classes if run is not None and run.classes else None
    said = [
        f"{percent(every[-1].accuracy)} right in the last {name} pass"
        for name, every in (("training", train), ("evaluation", held_out))
        if every
    ]
    if chance is not None:
        said.append(f"guessing gives {percent(chance)}")
    return Picture("; ".join(said).capitalize() + ".", (_chart(train, held_out, chance),))


def _counted(passes: Sequence[PassFacts]) -> list[PassFacts]:
    return [p for p in passes if p.accuracy is not None]


def _chart(train: list[PassFacts], held_out: list[PassFacts], chance: float | None) -> Chart:
    traces = []
    for name, every, color in (("training", train, OWN), ("evaluation", held_out, OTHER)):
        if every:
            at = [p.first_step + p.steps for p in every]
            shares = [100 * (p.accuracy or 0.0) for p in every]
            traces.append(line(at, shares, name, color, mode="lines+markers"))
    steps = [x for trace in traces for x in trace["x"]]
    if chance is not None:
        ends = [min(steps), max(steps)] if max(steps) > min(steps) else [steps[0] - 1, steps[0] + 1]
        dashed = {"color": MUTED, "width": 1.5, "dash": "dash"}
        traces.append(line(ends, [100 * chance] * 2, "guessing", MUTED, line=dashed))
    y = axis("right (%)", range=[0, 102])
    return chart(traces, axis("optimizer steps before the end of the pass"), y)
