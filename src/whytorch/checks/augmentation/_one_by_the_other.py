"""Two classes that the trained network cannot tell from each other, and every other class can.

What stands for a class may be a small part of the image: an arrow on a sign, a mole's side. Then
the images most like each other tell nothing about it, but the network does. It knows all other
classes on new images, and each of the two by a toss of a coin, if the training turns the one into
the other half of the time. Classes that merely look alike are told apart better than that, and are
taken for others too.
"""

from __future__ import annotations

import math
from itertools import combinations

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks.augmentation._drawn import named, random_ones
from whytorch.checks.augmentation._geometry import MIRRORS, SYMPTOMS, written_at
from whytorch.checks.evaluation._held_out import evaluations, on_held_out
from whytorch.evidence.facts import DataFlow, LoaderFacts, Passes, PassFacts
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix

ENOUGH = 25  # samples of each of the two
KNOWN = 0.9  # of each other class are right: the network has learned what there is to see
WITHIN = 0.95  # of the two classes' samples are called one of them
COIN = 2.0  # standard errors around one half


class _Pair(Struct, frozen=True):
    one: int
    other: int
    right: float  # of the samples of both
    others: float  # of those of all other classes


def decide(
    loader: LoaderFacts, data: DataFlow, passes: Passes | None, source: Source | None
) -> Finding | None:
    mirrors = [t for t in random_ones(loader.dataset.transforms) if t.name in MIRRORS]
    tested = [t for x in data.feeding("eval") for t in random_ones(x.dataset.transforms)]
    if not mirrors or any(t.name in MIRRORS for t in tested):
        return None
    last = _last(passes)
    pair = _tossed(last.confusion) if last is not None and last.confusion else None
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


def _last(passes: Passes | None) -> PassFacts | None:
    known = evaluations(passes.passes) if passes else []
    return next((p for p in reversed(known) if on_held_out(p) and (p.counted or 0) >= 100), None)


def _tossed(confusion: tuple[tuple[int, ...], ...]) -> _Pair | None:
    """The one pair of classes, of three and more, that is as good as guessed."""
    counts = [sum(row) for row in confusion]
    known = [n for n, count in enumerate(counts) if count]
    found = []
    for one, other in combinations(known, 2) if len(known) > 2 else ():
        rest = [n for n in known if n not in (one, other)]
        if min(counts[one], counts[other]) < ENOUGH:
            continue
        if any(confusion[n][n] < KNOWN * counts[n] for n in rest):
            continue
        inside = sum(confusion[a][b] for a in (one, other) for b in (one, other))
        of = counts[one] + counts[other]
        right = (confusion[one][one] + confusion[other][other]) / of
        if inside >= WITHIN * of and abs(right - 0.5) <= COIN * math.sqrt(0.25 / of):
            others = sum(confusion[n][n] for n in rest) / sum(counts[n] for n in rest)
            found.append(_Pair(one, other, right, others))
    return found[0] if len(found) == 1 else None
