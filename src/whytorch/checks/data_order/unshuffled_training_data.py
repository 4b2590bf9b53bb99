"""Unshuffled training data.

What it looks for
    Training batches hold far fewer different classes than batches drawn at random would: the data
    come sorted by class. And, as advice, a loader that gives the same order in every epoch.

Why it hurts
    Each batch pulls the whole network towards the one class it holds, and the next batch pulls it
    back: the network forgets what it learned, and ends up with the class it saw last. BatchNorm
    sees statistics of single classes, which fit no mixed batch.

How to fix it
    Pass shuffle=True to the training DataLoader, or draw a new torch.randperm in every epoch.

When it is fine
    A full batch, a sampler that picks a few classes on purpose (metric learning), streams that
    are mixed already, and series whose order matters.

References
    Y. Bengio, Practical recommendations for gradient-based training of deep architectures (2012).
"""

from __future__ import annotations

import math

from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning, learning, skill
from whytorch.checks._places import loader_of, loops_around
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import told
from whytorch.checks.data_order import _by_class
from whytorch.evidence.facts import (
    DataFlow,
    LoaderFacts,
    LossCalls,
    Passes,
    PassFacts,
    Run,
    Training,
)
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, SetArgument, Severity

# Classes a batch beyond the first (any batch holds one), against the number expected from random
# draws. Shuffled data stay near 1, data sorted by class near 0, whether of 2 classes or of 100.
# Half leaves room for samplers that balance, and for data that are mixed in part.
SORTED = 0.5
SURE = 4.0  # standard errors; small batches of few classes scatter widely around what is expected
ENOUGH_BATCHES = 4
UNEVEN = 1.5  # times the first batch is the mean one: batches of two kinds, such as of two stages
# Samplers that have an order of their own reason; a plain or endless sequence has none.
_IN_ORDER = ("SequentialSampler", "_InfiniteConstantSampler", None)


_STREAM = "_InfiniteConstantSampler"  # torch's, of an IterableDataset


def decide(
    passes: Passes,
    run: Run,
    data: DataFlow | None,
    training: Training | None,
    losses: LossCalls | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    trained = [p for p in passes.of("train") if p.batch_classes_mean is not None]
    if not trained:
        return NotJudged("the classes of the training batches are not known")
    if any(p.phase == "train" for p in passes.others):  # a GAN: real and false ones in turn
        return []
    loaders = data.loaders if data else ()
    outcome = learning(run, losses, training, passes)
    for one in trained:
        loader = loader_of(one, loaders)
        if loader is not None and (loader.sampler not in _IN_ORDER or loader.batch_size is None):
            continue
        counts = class_counts(one, loader, run)
        together = _batches_a_step(one)
        expected, error = expected_classes(one, counts, together)
        lacking = expected - (one.batch_classes_mean or 0.0) * together
        if lacking > (1 - SORTED) * (expected - 1) and lacking > SURE * error:
            return [_sorted(one, loader, counts, expected, outcome, run, passes, source)]
    return [_same_order(x) for x in loaders if _repeats(x)][:1]


def class_counts(one: PassFacts, loader: LoaderFacts | None, run: Run) -> list[int]:
    """How often each class occurs: in the data set if it is that which is learned, or the pass.

    A set of pairs is built on digits and asks only "same or not"; a target_transform may ask for
    odd or even.
    """
    known = list((loader.dataset.class_counts or {}).values()) if loader else []
    if known and not (run.classes and len(known) > run.classes):
        return known
    return [count for count in map(sum, one.confusion or ()) if count]


def _batches_a_step(one: PassFacts) -> float:
    """How many batches a step learns from: of one class each they may be, and the step of all."""
    return one.batches / one.steps if 0 < one.steps < one.batches else 1.0


def expected_classes(
    one: PassFacts, counts: list[int], together: float = 1.0
) -> tuple[float, float]:
    """Distinct classes in a random batch, from the classes' shares, and the standard error of a
    mean over the batches seen (at most); (0, 0) where unknown. Of several batches for one step, in
    all of them."""
    total = sum(counts)
    if one.batches < ENOUGH_BATCHES or not one.batch_size or total < 2 * one.batch_size:
        return 0.0, 0.0
    if one.samples > UNEVEN * one.batches * one.batch_size:  # the first was one of another kind
        return 0.0, 0.0
    size = one.batch_size * together
    present = [1 - (1 - count / total) ** size for count in counts if count]
    # Classes push each other out of a batch, so that the variance is below the sum of theirs.
    return sum(present), math.sqrt(sum(p * (1 - p) for p in present) / one.batches * together)


def _repeats(loader: LoaderFacts) -> bool:
    """Two epochs in one and the same order."""
    if "train" not in loader.phases or not loader.sequential or len(loader.draws) < 2:
        return False
    first, second = loader.draws[:2]
    same = first.labels == second.labels and first.indices == second.indices
    return same and len(set(first.labels)) > 1 and len(first.batch_sizes) >= ENOUGH_BATCHES


def _sorted(
    one: PassFacts,
    loader: LoaderFacts | None,
    counts: list[int],
    expected: float,
    outcome: Learning,
    run: Run,
    passes: Passes,
    source: Source | None,
) -> Finding:
    where = loader.place if loader else _loop(one, source)
    return Finding(
        says=f"training batches of {one.batch_size} hold {one.batch_classes_mean:.1f} of "
        f"{len(counts)} classes on average over {one.batches} batches; drawn at random they would "
        f"hold {expected:.1f}: the data come sorted by class{outcome.reached()}",
        places=places(where, one.place),
        severity=_severity(passes, run),
        confidence=0.95,
        measured={
            "classes_in_a_batch": one.batch_classes_mean,
            "classes_in_a_random_batch": expected,
            "batches": one.batches,
            "batch_size": one.batch_size,
            "evaluation_accuracy": outcome.eval_accuracy,
        },
        explains=("same-class-predicted", "evaluation-far-below-training", "loss-oscillates",
                  "underfitting", "overfitting", "loss-not-decreasing"),
        fix=Fix(_remedy(loader)),
    )  # fmt: skip


def _severity(passes: Passes, run: Run) -> Severity:
    """By evaluation alone: on batches of one class, training accuracy is always high."""
    last = next((p for p in reversed(passes.of("eval")) if p.counted), None)
    reached = skill(last, run.classes)
    return "advice" if reached is not None and reached >= 0.9 else "error"


def _loop(one: PassFacts, source: Source | None) -> Place | None:
    """Without a loader: the loop that takes the batches."""
    around = loops_around(source, one.place) if source and one.place else []
    return around[-1].place if around else one.place


def _remedy(loader: LoaderFacts | None) -> str:
    if loader is None:
        return "draw batches in a new random order each epoch: torch.randperm(len(data))"
    if loader.sampler == _STREAM:
        return "mix the classes in the stream (a shuffle buffer): no loader can shuffle a stream"
    return "pass shuffle=True to this DataLoader"


def _same_order(loader: LoaderFacts) -> Finding:
    draw = loader.draws[0]
    return Finding(
        says=f"the training loader gives its {loader.dataset.length} samples in one and the same "
        f"order in every epoch ({loader.sampler}, {loader.passes} passes)",
        places=places(loader.place),
        severity="advice",
        confidence=0.8,
        measured={"passes": loader.passes, "batches": len(draw.batch_sizes)},
        fix=Fix("pass shuffle=True to this DataLoader"),
    )


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    return [
        Finding(
            says=f"the training draws from this loader in a fixed order, and {one.why}",
            places=(seen.place(one.loader.site.block, one.loader.site.node),),
            severity="error",
            confidence=0.93,
            explains=("loss-oscillates", "same-class-predicted", "underfitting"),
            fix=Fix("write shuffle=True"),
        )
        for one in _by_class.sorted_training(seen)
    ]


# May a machine change it without asking? (see check_file.py)
SAFE = "an order may be meant, such as frames of one video"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    for place in finding.places[:1]:
        call = source.call_at(place, "DataLoader")
        if not told(finding).startswith("pass shuffle"):
            return []
        if call is not None and not {"sampler", "batch_sampler", "**"} & set(call.keywords):
            return [SetArgument(call.place, callee="DataLoader", name="shuffle", value="True",
                                position=2)]  # fmt: skip
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
y = torch.tensor(y)
by_class = y[:1400].argsort()
train_set = TensorDataset(x[by_class], y[by_class])
train_loader = DataLoader(train_set, batch_size=20)  # <- here
test_loader = DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=100)

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(4):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    hits = sum((model(images).argmax(1) == labels).sum().item() for images, labels in test_loader)
print(f"test accuracy: {hits / 397:.3f}")
"""

GOOD = BAD.replace("batch_size=20)  # <- here", "batch_size=20, shuffle=True)")
