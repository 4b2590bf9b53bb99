"""Two classes that the trained network cannot tell from each other, and every other class can.

What stands for a class may be a small part of the image: an arrow on a sign, a mole's side. Then
the images most like each other tell nothing about it, but the network does. It knows all other
classes on new images, and each of the two by a toss of a coin, if the training turns the one into
the other half of the time: on new images in evaluation after evaluation, and on those of training
as well. Classes that merely look alike are told apart better with each epoch, and are taken for
others too.
"""

from __future__ import annotations

import math
from itertools import combinations
from statistics import fmean

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks.augmentation._drawn import named, random_ones
from whytorch.checks.augmentation._geometry import MIRRORS, SYMPTOMS, written_at
from whytorch.checks.evaluation._held_out import evaluations, on_held_out
from whytorch.evidence.facts import DataFlow, LoaderFacts, Passes
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix

ENOUGH = 40  # samples of each of the two
KNOWN = 0.9  # of each other class are right: the network has learned what there is to see
WITHIN = 0.95  # of the two classes' samples are called one of them
COIN, MOST = 2.5, 0.05  # above one half: standard errors, and at most
TIMES = 3  # evaluations in a row
# Of the pair's training images right in as many epochs: photographs of two kinds that are hard to
# tell apart are soon known by heart, and those that are turned into each other are not.
LEARNED = 0.6


class _Pair(Struct, frozen=True):
    one: int
    other: int
    right: float  # of the samples of both
    others: float  # of those of all other classes
    samples: int


def decide(
    loader: LoaderFacts, data: DataFlow, passes: Passes | None, source: Source | None
) -> Finding | None:
    mirrors = [t for t in random_ones(loader.dataset.transforms) if t.name in MIRRORS]
    tested = [t for x in data.feeding("eval") for t in random_ones(x.dataset.transforms)]
    if not mirrors or any(t.name in MIRRORS for t in tested):
        return None
    pair = _for_long(passes) if passes else None
    if pair is None:
        return None
    names = loader.dataset.classes or ()
    one, other = (names[n] if n < len(names) else str(n) for n in (pair.one, pair.other))
    return Finding(
        says=f"of new images of classes {one} and {other}, the network calls {pair.right:.0%} "
        f"right and takes the rest for the other of the two, as by the toss of a coin; of all "
        f"others, {pair.others:.0%} are right; and {named(mirrors)} mirrors the training images "
        "only: what tells the two apart is turned into its opposite",
        places=places(*written_at(loader, [t.name for t in mirrors], source)),
        severity="warning",
        confidence=0.8,
        measured={"classes": [pair.one, pair.other], "right": pair.right, "others": pair.others,
                  "transforms": [t.name for t in mirrors]},
        explains=SYMPTOMS,
        fix=Fix(f"leave {named(mirrors)} out: it turns one class into another"),
    )  # fmt: skip


def _for_long(passes: Passes) -> _Pair | None:
    """The one pair that is as good as guessed in the last evaluations together (in one of them it
    may lie by some way on either side), if the training images are no better known."""
    held = [p for p in evaluations(passes.passes) if on_held_out(p) and (p.counted or 0) >= 100]
    seen = [_among_themselves(p.confusion) for p in held[-TIMES:] if p.confusion]
    if len(seen) < TIMES:
        return None
    found = [
        pairs[-1]
        for pairs in ([s[key] for s in seen if key in s] for key in seen[-1])
        if len(pairs) == TIMES and fmean(p.right for p in pairs) <= 0.5 + _margin(pairs[-1].samples)
    ]
    if len(found) != 1:
        return None
    trained = [p.confusion for p in passes.of("train") if p.confusion][-TIMES:]
    known = [r for c in trained if (r := _right(c, found[0].one, found[0].other)) is not None]
    return found[0] if known and fmean(known) <= LEARNED else None


def _margin(samples: int) -> float:
    return min(MOST, COIN * math.sqrt(0.25 / samples))


def _right(confusion: tuple[tuple[int, ...], ...], one: int, other: int) -> float | None:
    """Of the samples of two classes, as far as they are called one of the two."""
    inside = sum(confusion[a][b] for a in (one, other) for b in (one, other))
    return (confusion[one][one] + confusion[other][other]) / inside if inside else None


def _among_themselves(confusion: tuple[tuple[int, ...], ...]) -> dict[tuple[int, int], _Pair]:
    """Pairs of classes, of three and more, that are taken for each other only, and all others are
    known."""
    counts = [sum(row) for row in confusion]
    known = [n for n, count in enumerate(counts) if count]
    found = {}
    for one, other in combinations(known, 2) if len(known) > 2 else ():
        rest = [n for n in known if n not in (one, other)]
        if min(counts[one], counts[other]) < ENOUGH:
            continue
        if any(confusion[n][n] < KNOWN * counts[n] for n in rest):
            continue
        inside = sum(confusion[a][b] for a in (one, other) for b in (one, other))
        of = counts[one] + counts[other]
        right = (confusion[one][one] + confusion[other][other]) / of
        if inside >= WITHIN * of:
            others = sum(confusion[n][n] for n in rest) / sum(counts[n] for n in rest)
            found[one, other] = _Pair(one, other, right, others, of)
    return found
