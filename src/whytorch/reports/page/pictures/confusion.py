"""What is taken for what: confusion matrix of the last evaluation

Counted by the recorder from the network's own outputs and the labels; the table below it gives
precision, recall and F1 of each class.
"""

from __future__ import annotations

from whytorch.evidence.facts import DataFlow, Passes, PassFacts
from whytorch.reports.page.images import namer
from whytorch.reports.page.picture import (
    HEAT,
    Chart,
    Picture,
    Table,
    axis,
    bar,
    chart,
    escaped,
    percent,
)

SHOWN_FOR = (
    "accuracy-on-imbalanced-classes", "class-index-mismatch", "predictions-in-other-order",
    "label-destroying-augmentation", "class-weights-misused", "output-count-mismatch", "evaluation",
    "labels",
)  # fmt: skip
ORDER = 12
MOST_NUMBERS = 12  # classes; with more, numbers in the cells cannot be read
MOST_CLASSES = 40


def draw(passes: Passes, flow: DataFlow | None) -> Picture | None:
    last = next((p for p in reversed(passes.of("eval")) if p.confusion), None)
    if last is None or not last.confusion or not 2 <= len(last.confusion) <= MOST_CLASSES:
        return None
    names = _names(last, flow)
    scores = last.per_class()
    rows = tuple(
        (names[s.index], f"{s.support}", f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}")
        for s in scores
    )
    head = ("class", "samples", "precision", "recall", "F1")
    table = Table(head, rows, "Per class, in the last evaluation")
    return Picture(_says(last, names), (_chart(last.confusion, names),), table=table)


def _names(last: PassFacts, flow: DataFlow | None) -> list[str]:
    loaders = flow.loaders if flow is not None else ()
    known = [x.dataset.classes for x in loaders if x.id == last.loader]
    name = namer(known[0] if known else None)
    return [name(n) for n in range(len(last.confusion or ()))]


def _says(last: PassFacts, names: list[str]) -> str:
    matrix = last.confusion or ()
    off = [(n, i, j) for i, row in enumerate(matrix) for j, n in enumerate(row) if i != j]
    times, true, named = max(off)
    predicted = [sum(row[j] for row in matrix) for j in range(len(matrix))]
    total = sum(predicted)
    says = f"{percent(last.accuracy)} of {total:,} samples are right"
    if times:
        says += f"; the commonest error: {names[true]} taken for {names[named]}, {times:,} times"
    if total and max(predicted) > 0.9 * total and len(matrix) > 2:
        says += f"; nearly everything is taken for {names[predicted.index(max(predicted))]}"
    return says + "."


def _chart(matrix: tuple[tuple[int, ...], ...], names: list[str]) -> Chart:
    labels = [escaped(n) for n in names]
    shares = [[round(100 * n / max(1, sum(row)), 1) for n in row] for row in matrix]
    trace = {
        "type": "heatmap", "x": labels, "y": labels, "z": shares, "zmin": 0, "zmax": 100,
        "customdata": [list(row) for row in matrix], "colorscale": HEAT, "xgap": 1, "ygap": 1,
        "hovertemplate": "%{y} taken for %{x}: %{customdata}, %{z} %<extra></extra>",
        "colorbar": bar("% of the class"),
    }  # fmt: skip
    if len(names) <= MOST_NUMBERS:
        trace["text"] = [[str(n) if n else "" for n in row] for row in matrix]
        trace["texttemplate"] = "%{text}"
    y = axis("true class", type="category", autorange="reversed", showgrid=False)
    x = axis("taken for", type="category", showgrid=False)
    return chart([trace], x, y, max(300, min(640, 90 + 26 * len(names))))
