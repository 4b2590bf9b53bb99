"""Images that are mirrored with their keypoints or boxes, left and right of which stay in place,
or whose keypoints are not mirrored at all."""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.checks._places import class_of
from whytorch.evidence.facts import LoaderFacts, Redraw, Samples, SampleSet
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

_SYMPTOMS = ("underfitting", "loss-not-decreasing", "evaluation-far-below-training")
STILL = 4  # mirrored images
MIRRORED = 0.25  # of the images that came as others when they were drawn again
_MIRRORS = re.compile(r"::-1|flip\w*\(|FLIP|mirror\w*\(")
_FUNCTION = re.compile(r"^\s*(?:async )?(?:def|class) |^\s*#")


def decide(
    loader: LoaderFacts, look: SampleSet | None, samples: Samples | None, source: Source | None
) -> Finding | None:
    redraw = look.redraw if look else None
    if look is None or samples is None or redraw is None or not redraw.differing:
        return None
    flips = _flips(redraw)
    if flips < MIRRORED * sum(redraw.kinds.values()):
        return None
    if redraw.unmoved >= STILL and not redraw.moved:
        return _left_behind(loader, look, redraw, samples, source)
    pair = next((p for p in samples.pairs if p.train == look.id and p.reordered), None)
    held = samples.get(pair.eval) if pair else None
    if pair is None or pair.reordered is None or held is None:
        return None
    if held.redraw is not None and held.redraw.differing:
        return None  # evaluated in the same way
    order = pair.reordered
    if not {order.one, order.other} <= set(redraw.moved):
        return None  # an angle changes its sign by right, and the number beside it stays
    return Finding(
        says=f"number {order.one} of a target lies below number {order.other} in "
        f"{order.in_evaluation:.0%} of the evaluation samples, and in {order.in_training:.0%} of "
        f"the training samples as drawn, whose images are mirrored at random ({flips} of "
        f"{redraw.items} drawn twice): in a mirrored image the left one is the right one, and "
        "keeps its place in the target",
        places=places(_flip(loader, source), loader.dataset.base_place, loader.dataset.place),
        severity="error",
        confidence=0.88,
        measured={"one": order.one, "other": order.other, "in_training": order.in_training,
                  "in_evaluation": order.in_evaluation, "mirrored": flips},
        explains=_SYMPTOMS,
        fix=Fix("exchange the partners after mirroring: keypoints[[left, right]] = "
                "keypoints[[right, left]]; of a box, x1, x2 = width - x2, width - x1"),
    )  # fmt: skip


def _left_behind(
    loader: LoaderFacts,
    look: SampleSet,
    redraw: Redraw,
    samples: Samples,
    source: Source | None,
) -> Finding | None:
    """The target stays, number for number, and says where in the image something is."""
    for pair in samples.pairs if redraw.unmoved == _flips(redraw) else ():
        held = samples.get(pair.eval) if pair.train == look.id else None
        if held is None or (held.redraw is not None and held.redraw.differing):
            continue  # evaluated in the same way
        told = next((s for s in pair.sided if redraw.kinds.get(s.kind, 0) >= STILL), None)
        if told is not None:
            side = "left or right" if told.kind == "flip" else "up or down"
            return Finding(
                says=f"{redraw.unmoved} of {redraw.items} training images drawn twice came "
                "mirrored, and their targets stayed the same; but in the evaluation samples "
                f"number {told.number} of the target says how far {side} something is: what tells "
                f"the image from its mirror image tells {told.odd:.0%} of it, all else "
                f"{max(told.even, 0):.0%}",
                places=places(_flip(loader, source), loader.dataset.base_place,
                              loader.dataset.place),
                severity="error",
                confidence=0.88,
                measured={"number": told.number, "odd": told.odd, "even": told.even,
                          "mirrored": redraw.unmoved},
                explains=_SYMPTOMS,
                fix=Fix("mirror the target with its image: x becomes width - x (-x, where the "
                        "middle is 0), and left and right partners are exchanged"),
            )  # fmt: skip
    return None


def _flips(redraw: Redraw) -> int:
    return redraw.kinds.get("flip", 0) + redraw.kinds.get("flip-vertical", 0)


def _flip(loader: LoaderFacts, source: Source | None) -> Place | None:
    """The line of the data set's class that mirrors."""
    own = class_of(source, loader.dataset) if source is not None else None
    if source is None or own is None:
        return None
    file = next((f for f in source.files if f.path == own.place.path), None)
    last = own.place.end_line or own.place.line
    for number in range(own.place.line, last + 1) if file is not None else ():
        text = file.lines[number - 1] if file is not None else ""
        if _MIRRORS.search(text) and not _FUNCTION.search(text):
            return Place(own.place.path, number)
    return None
