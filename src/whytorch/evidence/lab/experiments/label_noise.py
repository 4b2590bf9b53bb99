"""Samples whose label a network that did not see them contradicts: confident learning.

The training samples are split into folds; for each, the script's network is trained on the others
with the script's own step and asked for the probabilities of the fold's classes. A sample is
counted as of class j if its probability of j reaches the mean probability that samples labelled j
have of j themselves; the counts, scaled to the labels' own numbers, estimate how many labels of i
are truly j (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in
Dataset Labels", section 3). A network that predicts badly says nothing about labels: read `share`
and `worst` beside `accuracy`.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import Tensor, nn

from whytorch.evidence.lab import draws, looks
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt
from whytorch.evidence.lab.looks import Samples
from whytorch.evidence.samples import pictures
from whytorch.evidence.samples.items import as_image

_FOLDS = 4
_MOST = 1024  # samples
_FEWEST = 80
_STEPS = (40, 300)  # of each fold's training
_WORST = 20  # samples that are listed


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    samples, indices = _samples(bench, 0.2 * seconds)
    if len(samples) < _FEWEST:
        raise NotRebuilt(f"only {len(samples)} samples")
    if bench.step_seconds is None:
        bench.run(steps=3, judge=False)
    left = seconds - (time.perf_counter() - started)
    fitting = int(left / (_FOLDS * max(bench.step_seconds or 1e-3, 1e-4)))
    if fitting < _STEPS[0]:
        raise NotRebuilt(
            f"{_FOLDS} trainings of {_STEPS[0]} steps take longer than {seconds:.0f} s"
        )
    steps = min(_STEPS[1], fitting)
    held_out = _held_out(bench, samples, steps)
    counts, named = confident(held_out, samples.labels)
    wrong = [n for n in range(len(samples)) if named[n] not in (-1, int(samples.labels[n]))]
    rows = torch.arange(len(samples))
    of_named = held_out.gather(1, named.clamp_min(0)[:, None])[:, 0]
    margin = of_named - held_out[rows, samples.labels]
    wrong.sort(key=lambda n: -float(margin[n]))
    worst = [
        (indices[n], int(samples.labels[n]), int(named[n]), float(held_out[n, named[n]]))
        for n in wrong[:_WORST]
    ]
    few = wrong[: pictures.MOST]
    pictures.write(
        bench.recorder,
        "worst",
        pictures.sheet(
            [as_image(samples.x[n]) for n in few],
            [int(samples.labels[n]) for n in few],
            [int(named[n]) for n in few],
            [indices[n] for n in few],
        ),
    )
    return {
        "samples": len(samples),
        "of_data_set": indices != list(range(len(samples))),
        "steps": steps,
        "share": share(counts, samples.labels),
        "accuracy": float((held_out.argmax(1) == samples.labels).double().mean()),
        "commonest": float(samples.labels.bincount().max()) / len(samples),
        "contradicted": len(wrong),
        "worst": worst,
        "seconds": time.perf_counter() - started,
    }


def _samples(bench: Bench, seconds: float) -> tuple[Samples, list[int]]:
    """Distinct samples and their numbers: in the data set where they can be drawn from it, so that
    augmented images of one sample are never in two folds; else among the recorded ones."""
    known = draws.training(bench, _MOST, seconds)
    recorded = looks.recorded(bench, _MOST)
    if known is not None and len(known.samples) >= min(len(recorded), _FEWEST):
        return known.samples, known.indices
    return recorded, list(range(len(recorded)))


def _held_out(bench: Bench, samples: Samples, steps: int) -> Tensor:
    """[N, classes]: probabilities from the network that was trained without the sample."""
    size = bench.pairs()[0][0].shape[0]
    mixed = torch.randperm(len(samples), generator=torch.Generator().manual_seed(0))
    found: Tensor | None = None
    for fold in range(_FOLDS):
        out = mixed[fold::_FOLDS]
        rest = samples.at([n for n in mixed.tolist() if n not in set(out.tolist())])
        networks: list[nn.Module] = []
        batches = [b for seed in range(2) for b in rest.batches(size, seed)]
        bench.run(Change("a fold", batches=batches), steps, judge=False, then=networks.append)
        if not networks:
            raise NotRebuilt("the loss breaks")
        given = looks.probabilities(bench, networks[0].eval(), samples.x[out])
        if found is None:
            found = torch.zeros(len(samples), given.shape[1], dtype=given.dtype)
        found[out] = given
    assert found is not None
    if int(samples.labels.max()) >= found.shape[1]:
        raise NotRebuilt("its labels are beyond its outputs")
    return found


def confident(held_out: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The confident joint [given, named] in counts, and the class that each sample is counted for,
    -1 where no class reaches its threshold."""
    classes = held_out.shape[1]
    own = held_out.gather(1, labels[:, None])[:, 0]
    threshold = torch.full((classes,), torch.inf, dtype=held_out.dtype)
    for label in labels.unique().tolist():
        threshold[label] = own[labels == label].mean()
    above = held_out.where(held_out >= threshold, torch.full_like(held_out, -1.0))
    best, named = above.max(1)
    named = named.where(best >= 0, torch.full_like(named, -1))
    counts = torch.zeros(classes, classes, dtype=torch.float64)
    for given, name in zip(labels.tolist(), named.tolist(), strict=True):
        if name >= 0:
            counts[given, name] += 1
    return counts, named


def share(counts: Tensor, labels: Tensor) -> float:
    """Of wrong labels, estimated: what is off the diagonal, rows scaled to their labels' number."""
    given = labels.bincount(minlength=len(counts)).double()
    rows = counts.sum(1)
    off = torch.where(rows > 0, 1 - counts.diagonal() / rows.clamp_min(1), torch.zeros_like(rows))
    return float((off * given).sum() / given.sum())
