"""Training and evaluation data side by side: which were used together, and what it came to."""

from __future__ import annotations

from itertools import pairwise

from whytorch.checks._learning import learning
from whytorch.checks._places import input_made, loader_of, same
from whytorch.evidence.facts import (
    DataFlow,
    ImageStats,
    LossCalls,
    Passes,
    PassFacts,
    Run,
    Samples,
    SampleSet,
    Training,
)
from whytorch.evidence.source import Source
from whytorch.records import Place

LIKE = 0.5  # random parts of one set share 0.9 and more
TURNS = 20  # from a label to a lower one: no two samples drawn apart come in one order by chance

Split = tuple[SampleSet, SampleSet]  # training, evaluation


def splits(samples: Samples) -> list[Split]:
    """Each pair of a training and an evaluation set that were looked at together."""
    found = []
    for pair in samples.pairs:
        train, evaluation = samples.get(pair.train), samples.get(pair.eval)
        if train is not None and evaluation is not None:
            found.append((train, evaluation))
    return found


def compared(train: SampleSet, evaluation: SampleSet) -> tuple[ImageStats, ImageStats] | None:
    """The stored images of both, if they are stored alike; what the script's transforms make of
    them is another question."""
    a, b = train.raw, evaluation.raw
    return (a, b) if a is not None and b is not None and alike(a, b) else None


def of_like_classes(train: SampleSet, evaluation: SampleSet) -> bool:
    """Half of both are of the same classes, or it is not known: where data come sorted by class,
    the first images of one part are of one class, and their colours that class's."""
    here, there = train.class_counts or {}, evaluation.class_counts or {}
    one, other = sum(here.values()), sum(there.values())
    if not one or not other:
        return True
    return sum(min(n / one, there.get(c, 0) / other) for c, n in here.items()) >= LIKE


def changed_copies(
    shifted: list[SampleSet], samples: Samples, data: DataFlow | None
) -> frozenset[int]:
    """The sets among `shifted` whose samples are evaluated in another state too: their labels come
    in the order of those of a set that is like the training. Who measures both compares them."""
    changed = {one.id for one in shifted}
    like = {_labels(s, data) for s in samples.of("eval") if s.id not in changed} - {()}
    return frozenset(one.id for one in shifted if _labels(one, data) in like)


def _labels(one: SampleSet, data: DataFlow | None) -> tuple[int, ...]:
    """In the order of its first pass; () where they are few, or sorted: these say little."""
    drawn = [
        x.draws[0].labels for x in (data.loaders if data else ()) if x.id == one.loader and x.draws
    ]
    labels = drawn[0] if drawn else ()
    turns = sum(a > b for a, b in pairwise(labels))
    return labels if turns >= TURNS else ()


def alike(a: ImageStats, b: ImageStats) -> bool:
    """Same kind of numbers, same number of channels."""
    return a.dtype == b.dtype and len(a.channel_mean) == len(b.channel_mean)


def last_pass(passes: Passes | None, one: SampleSet) -> PassFacts | None:
    """The last evaluation of a set."""
    found = [p for p in passes.of("eval") if p.loader == one.loader] if passes else []
    return found[-1] if found else None


def lost(
    run: Run, losses: LossCalls | None, training: Training | None, passes: Passes | None
) -> float | None:
    """By how much evaluation skill stays below training skill; None if either is unknown."""
    outcome = learning(run, losses, training, passes)
    if outcome.train_skill is None or outcome.eval_skill is None:
        return None
    return outcome.train_skill - outcome.eval_skill


def accuracy_lost(
    run: Run, losses: LossCalls | None, training: Training | None, passes: Passes | None
) -> float | None:
    """The same of the accuracies: who knows one class has no skill."""
    outcome = learning(run, losses, training, passes)
    if outcome.train_accuracy is None or outcome.eval_accuracy is None:
        return None
    return outcome.train_accuracy - outcome.eval_accuracy


def evaluation_place(
    evaluation: SampleSet, passes: Passes | None, data: DataFlow | None, source: Source | None
) -> Place | None:
    """Where the evaluation data came to be what they are."""
    one = last_pass(passes, evaluation)
    if one is None or source is None:
        return evaluation.place
    loader = loader_of(one, data.loaders if data else ())
    return input_made(source, one, loader) or evaluation.place


def split_place(
    train: SampleSet, evaluation: SampleSet, passes: Passes | None,
    data: DataFlow | None, source: Source | None,
) -> Place | None:  # fmt: skip
    """Where the two parted: the line that made both, else what made the evaluation data."""
    if train.place is not None and same(train.place, evaluation.place):
        return evaluation.place
    return evaluation_place(evaluation, passes, data, source)
