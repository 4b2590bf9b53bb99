"""The script's training on the images as stored, without its random transforms.

Of the training samples, drawn from the script's own data set, one network is trained on stored
images and one on freshly augmented ones, over the same steps. A network that knows the stored
images and does not know them augmented has met images that no longer show their class, or show
another one; one that cannot learn the augmented images within the steps meets too much of it.
"""

from __future__ import annotations

import time
from typing import Any

from torch import nn

from whytorch.evidence.lab import draws, looks, trial
from whytorch.evidence.lab.bench import Bench, Change, Curve, NotRebuilt
from whytorch.evidence.lab.looks import Samples
from whytorch.evidence.samples import pictures
from whytorch.evidence.samples.items import as_image

_MOST = 512  # items
_EPOCHS = 6  # of augmented draws that are made; then they come again
_FEWEST = 32
_SHARE = 0.3  # of the time, for drawing


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    known = draws.training(bench, _MOST, _SHARE * seconds / 3)
    if known is None or len(known.samples) < _FEWEST:
        raise NotRebuilt("what enters the network cannot be drawn anew from its data set")
    if known.stored is None:
        raise NotRebuilt("the images as stored cannot be had from its data set")
    if not _random(known):
        raise NotRebuilt("its training images are not changed at random")
    until = started + _SHARE * seconds
    rounds = [known.samples]
    while len(rounds) < _EPOCHS and time.perf_counter() < until:
        rounds.append(draws.again(known, len(rounds), until + 1.0)[0])
    stored = Samples(known.stored, known.samples.y, known.samples.labels)
    size = bench.pairs()[0][0].shape[0]
    steps = trial.affordable(bench, seconds - (time.perf_counter() - started), 3)

    def train(name: str, parts: list[Samples], seed: int) -> tuple[Curve, list[nn.Module]]:
        found: list[nn.Module] = []
        batches = [b for n, part in enumerate(parts) for b in part.batches(size, n)]
        curve = bench.run(Change(name, batches=batches), steps, seed=seed, then=found.append)
        return curve, found

    own, by_own = train("augmented", rounds, 0)
    again, _ = train("augmented", rounds, 1)
    plain, by_plain = train("as stored", [stored], 0)
    if by_plain:
        _show_lost(bench, by_plain[0].eval(), stored, rounds[0])
    return {
        "own": trial.outcome("augmented", own),
        "plain": trial.outcome("as stored", plain),
        "own_on_augmented": _right(bench, by_own, rounds[-1]),
        "own_on_stored": _right(bench, by_own, stored),
        "plain_on_augmented": _right(bench, by_plain, rounds[-1]),
        "plain_on_stored": _right(bench, by_plain, stored),
        "noise": looks.apart(own.eval_accuracy, again.eval_accuracy),
        "samples": len(stored),
        "seconds": time.perf_counter() - started,
    }


def _random(known: draws.Draws) -> bool:
    few, chosen = draws.again(known, 99, time.perf_counter() + 2.0)
    return draws.differing(few.x[:_FEWEST], known.samples.at(chosen).x[:_FEWEST]) > 0.1


def _show_lost(bench: Bench, network: nn.Module, stored: Samples, augmented: Samples) -> None:
    """For the page: images that the network knows as stored and does not know augmented."""
    as_stored = looks.probabilities(bench, network, stored.x).argmax(1)
    named = looks.probabilities(bench, network, augmented.x).argmax(1)
    known = as_stored == stored.labels
    lost = (known & (named != stored.labels)).nonzero().reshape(-1).tolist()[: pictures.MOST]
    labels = [int(stored.labels[n]) for n in lost]
    for name, samples in (("stored", stored), ("augmented", augmented)):
        images = [as_image(samples.x[n]) for n in lost]
        others = [int(named[n]) for n in lost] if name == "augmented" else []
        pictures.write(bench.recorder, f"lost-{name}", pictures.sheet(images, labels, others))


def _right(bench: Bench, found: list[nn.Module], samples: Samples) -> float | None:
    return looks.accuracy(bench, found[0].eval(), samples) if found else None
