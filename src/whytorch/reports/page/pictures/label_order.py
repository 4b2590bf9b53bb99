"""Classes in each training batch, in order

How the labels are mixed in the batches of the first pass over the training data.
"""

from __future__ import annotations

from collections.abc import Iterator

from whytorch.evidence.facts import DataFlow, Draw, LoaderFacts
from whytorch.reports.page.images import namer
from whytorch.reports.page.picture import Picture, heat_map

SHOWN_FOR = (
    "unshuffled-training-data", "sampler-misused", "batchnorm-on-tiny-batches",
    "misaligned-images-and-labels", "sampler-epoch-not-set", "data order",
)  # fmt: skip
ORDER = 14
MOST_BATCHES, MOST_CLASSES = 80, 40


def draw(flow: DataFlow) -> Picture | None:
    found = next(_labelled(flow), None)
    if found is None:
        return None
    loader, first = found
    batches = list(_batches(first))[:MOST_BATCHES]
    classes = sorted({label for batch in batches for label in batch})
    if len(batches) < 2 or not 2 <= len(classes) <= MOST_CLASSES:
        return None
    name = namer(loader.dataset.classes)
    shares = [[100 * b.count(c) / len(b) for b in batches] for c in classes]
    figure = heat_map(
        range(1, len(batches) + 1), [name(c) for c in classes], shares,
        "batch", "class", "% of the batch", log=False, zmin=0, zmax=100,
    )  # fmt: skip
    distinct = sum(len(set(batch)) for batch in batches) / len(batches)
    single = sum(len(set(batch)) == 1 for batch in batches)
    says = f"A batch holds {distinct:.3g} of {len(classes)} classes on average"
    says += f"; {single} of {len(batches)} batches hold one class only." if single else "."
    return Picture(says, (figure,))


def _labelled(flow: DataFlow) -> Iterator[tuple[LoaderFacts, Draw]]:
    for loader in flow.feeding("train"):
        for one in loader.draws:
            if one.labels and one.batch_sizes:
                yield loader, one


def _batches(one: Draw) -> Iterator[tuple[int, ...]]:
    at = 0
    for size in one.batch_sizes:
        batch = one.labels[at : at + size]
        if not size or len(batch) < size:
            return
        yield batch
        at += size
