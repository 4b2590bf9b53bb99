"""Predictions and labels are compared in different orders.

What it looks for
    The network's predictions are right for the samples they were made for, but the figure that the
    script computes from the same predictions and the same labels is that of guessing: they were
    collected in different orders, from a loader that shuffles.

Why it hurts
    Each prediction is compared with the label of another sample. The figure is at chance however
    good the network is, and so are confusion matrix, recall and F1.

How to fix it
    Collect predictions and labels in one loop over the loader, or write shuffle=False for the
    loader of the evaluation. labels taken from dataset.targets are in the data set's own order.

When it is fine
    A loader that does not shuffle gives the same order each time it is run through.

References
    torch.utils.data.DataLoader: "shuffle (bool, optional) - set to True to have the data
    reshuffled at every epoch".
"""

from __future__ import annotations

import math
import re

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks._places import loader_of
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import setting, told
from whytorch.checks.evaluation._figures import figures
from whytorch.evidence.facts import DataFlow, LoaderFacts, Passes, PassFacts, ScoreCall
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place

CONSEQUENCE_OF = ("misaligned-images-and-labels", "mislabeled-samples")

ENOUGH = 50  # samples; below, an accuracy near that of guessing proves little
NEAR = 4.0  # standard errors around what chance gives
# A network that learned nothing of the images it is asked about prefers some classes; the counts of
# one that is 90 % right are off by a few points in a hundred.
ALIKE = 0.1  # of the samples
LEARNED = 0.8
APART = 0.2  # true accuracy above the figure given, and ten standard errors
_OTHER = re.compile(r"chance|baseline|random|majority|guess|drop|gain|delta|diff|change|before|init"
                    r"|improve|std|var\b|±|error|top", re.IGNORECASE)  # fmt: skip


class _Given(Struct, frozen=True):
    """A figure that the script computed, and the pass whose predictions it is made of."""

    of: PassFacts
    value: float
    what: str
    place: Place | None


def decide(passes: Passes, data: DataFlow | None) -> list[Finding] | NotJudged:
    known = [p for p in passes.of("eval") if p.confusion and (p.counted or 0) >= ENOUGH]
    if not known:
        unpaired = _unpaired(passes)
        if unpaired or passes.scores:
            return unpaired
        return NotJudged("no evaluation with known classes was seen")
    loaders = data.loaders if data else ()
    found = [*_scored(passes, known), *_printed(passes, known, loaders)]
    return [_finding(given, loaders) for given in found[-1:]]


def _scored(passes: Passes, known: list[PassFacts]) -> list[_Given]:
    """What scikit-learn was given: the labels and predictions of a pass, paired otherwise."""
    found = []
    for call in passes.scores:
        for one in known:
            same = _rows(one) == call.true_counts and _columns(one) == call.predicted_counts
            value = call.equal / call.samples
            if one.index <= call.after_pass and same and _is_chance(value, one):
                what = f"what {call.function} is given agrees in"
                found.append(_Given(one, value, what, call.place))
    return found


def _unpaired(passes: Passes) -> list[Finding]:
    """Predictions that no labels were seen beside, but in scikit-learn: each class is predicted as
    often as it is there, by a network that learned, and yet they agree as if dealt out at random.
    """
    made = {p.index: p.samples for p in passes.of("eval")}
    calls = [c for c in passes.scores if made.get(c.after_pass) == c.samples >= 2 * ENOUGH]
    learned = max((p.accuracy or 0.0 for p in passes.of("train") if p.counted), default=0.0)
    if not calls or not all(_dealt_out(c, learned) for c in calls):
        return []
    call = calls[-1]
    value, chance = call.equal / call.samples, _dealt(call)
    return [
        Finding(
            says=f"what {call.function} is given agrees in {value:.1%} of {call.samples} samples, "
            f"as the same predictions in random order would ({chance:.1%}); yet every class is "
            f"predicted as often as it is there, and {learned:.0%} of the training samples are "
            "right: the labels stand in another order",
            places=places(call.place),
            severity="error",
            confidence=0.8,
            measured={
                "figure_given": value,
                "accuracy_in_random_order": chance,
                "training_accuracy": learned,
                "samples": call.samples,
            },
            explains=("printed-metric-differs-from-measured",),
            fix=Fix("collect predictions and labels in the same loop, in one order"),
        )
    ]


def _dealt_out(call: ScoreCall, learned: float) -> bool:
    chance, value = _dealt(call), call.equal / call.samples
    error = math.sqrt(max(chance * (1 - chance), 1e-4) / call.samples)
    classes = {*call.true_counts, *call.predicted_counts}
    apart = sum(
        abs(call.true_counts.get(c, 0) - call.predicted_counts.get(c, 0)) for c in classes
    ) / (2 * call.samples)
    return (
        len(call.true_counts) > 1
        and apart <= ALIKE
        and abs(value - chance) <= NEAR * error
        and learned >= LEARNED
        and learned - value > max(APART, 10 * error)
    )


def _dealt(call: ScoreCall) -> float:
    """The share that is right when the same predictions are dealt out at random."""
    alike = (n * call.predicted_counts.get(c, 0) for c, n in call.true_counts.items())
    return sum(alike) / call.samples**2


def _printed(
    passes: Passes, known: list[PassFacts], loaders: tuple[LoaderFacts, ...]
) -> list[_Given]:
    """An accuracy that is printed after an evaluation with a loader that shuffles."""
    found = []
    for shown in figures(passes).values():
        for figure in shown:
            loader = loader_of(figure.of, loaders)
            value = figure.value / 100 if figure.value > 1 else figure.value
            if (
                figure.of in known
                and loader is not None
                and loader.sequential is False
                and not _OTHER.search(figure.line.text)
                and re.search(r"acc", figure.label, re.IGNORECASE)
                and _labels_apart(loader, passes)
                and _is_chance(value, figure.of)
            ):
                name = figure.name
                what = f"{name!r} comes to"
                found.append(_Given(figure.of, value, what, figure.line.place))
    return found


def _labels_apart(loader: LoaderFacts, passes: Passes) -> bool:
    """The loader was run through without the network, too: for its labels."""
    with_network = [p for p in (*passes.passes, *passes.others) if p.loader == loader.id]
    return loader.passes > len(with_network)


def _rows(one: PassFacts) -> dict[str, int]:
    return {str(c): sum(row) for c, row in enumerate(one.confusion or ()) if sum(row)}


def _columns(one: PassFacts) -> dict[str, int]:
    matrix = one.confusion or ()
    sums = {str(c): sum(row[c] for row in matrix) for c in range(len(matrix))}
    return {c: n for c, n in sums.items() if n}


def _chance(one: PassFacts) -> float:
    """The share that is right when the same predictions are dealt out at random."""
    rows, columns, n = _rows(one), _columns(one), one.counted or 1
    return sum(rows[c] * columns.get(c, 0) for c in rows) / n**2


def _is_chance(value: float, one: PassFacts) -> bool:
    chance, n = _chance(one), one.counted or 1
    error = math.sqrt(max(chance * (1 - chance), 1e-4) / n)
    above = (one.accuracy or 0.0) - value
    return abs(value - chance) <= NEAR * error and above > max(APART, 10 * error)


def _finding(given: _Given, loaders: tuple[LoaderFacts, ...]) -> Finding:
    one, loader = given.of, loader_of(given.of, loaders)
    shuffles = loader is not None and loader.sequential is False
    where = loader.place if loader is not None and shuffles else given.place
    order = f"; its loader shuffles ({loader.sampler})" if loader and shuffles else ""
    return Finding(
        says=f"{given.what} {given.value:.1%}, but {one.correct} of {one.counted} "
        f"predictions are right for the sample they were made for ({one.accuracy:.1%}); the same "
        f"predictions in random order would give {_chance(one):.1%}{order}",
        places=places(where, given.place, one.place),
        severity="error",
        confidence=0.9,
        measured={
            "figure_given": given.value,
            "true_accuracy": one.accuracy,
            "accuracy_in_random_order": _chance(one),
            "samples": one.counted,
        },
        explains=("printed-metric-differs-from-measured",),
        fix=Fix(
            "collect predictions and labels in the same loop"
            + (", or write shuffle=False for this loader" if shuffles else "")
        ),
    )


SAFE = "evaluation batches come in another order"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if "write shuffle=False" not in told(finding):
        return []
    return setting(finding, source, ("DataLoader",), "shuffle", "False", position=2)


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train_set, test_set = random_split(data, [1400, 397])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=50, shuffle=True)  # <- here

model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    predicted = torch.cat([model(images).argmax(1) for images, _ in test_loader])
truth = torch.cat([labels for _, labels in test_loader])
print(f"test accuracy: {(predicted == truth).float().mean():.3f}")
"""

GOOD = BAD.replace("batch_size=50, shuffle=True)  # <- here", "batch_size=50)")
