"""The look as a whole: which data sets, within which time, and what is written down of them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch

from whytorch.evidence.recorder import datasets
from whytorch.evidence.samples import handed, measure, neighbours, ordered, pictures, twins
from whytorch.evidence.samples.contents import Contents, in_both
from whytorch.evidence.samples.draw import Drawn, Source, TimeIsUp, draw, order
from whytorch.evidence.samples.items import as_image
from whytorch.evidence.samples.measure import Measured
from whytorch.evidence.samples.redraw import redraw
from whytorch.evidence.samples.reread import reread
from whytorch.evidence.samples.sided import sided

SECONDS = 3.0
SHARE = 0.1  # of the budget, at most
_PAIRS = 4
_FEW = 96  # samples as they entered the network


class Set:
    """One data set, or the kept inputs of one phase."""

    def __init__(self, facts: dict[str, Any], drawn: Drawn, object_id: int = 0) -> None:
        self.object_id = object_id
        self.facts = facts
        self.trained: set[int] = set()  # numbers of the networks that its batches trained
        self.evaluated: set[int] = set()
        self.contents: Contents | None = None
        self.drawn = drawn
        self.images = Measured({}, None, [], [])
        self.raw: Measured | None = None

    def measure(self, until: float) -> None:
        drawn, now = self.drawn, time.perf_counter()
        same = all(a is b for a, b in zip(drawn.images, drawn.raw, strict=True))
        known = any(r is not None for r in drawn.raw)
        half = until if same or not known else now + (until - now) / 2
        self.images = measure.measure(drawn.images, half)
        self.raw = self.images if same else measure.measure(drawn.raw, until) if known else None
        _describe(self)

    @property
    def best(self) -> Measured:
        """The stored images where there are any: augmentation does not change them."""
        return self.raw or self.images


def look(recorder: Any, budget: float) -> None:
    """Draw, measure and compare, and write the record's line; whatever fails is left out."""
    started = time.perf_counter()
    until = started + min(SECONDS, SHARE * budget)
    sets: list[Set] = []
    written: dict[str, Any] = {"sets": [], "pairs": [], "seconds": 0.0}
    with _quiet(), _alarm(until - started + 1.0), torch.no_grad():
        try:
            written["handed"] = dict(_handed(recorder))
            _look_at_sets(recorder, sets, started, until)
            for one in sets:
                _compare_within(one)
            written["sets"] = [s.facts for s in sets]
            written["entering"] = dict(_entering(recorder))
            _enter_among(recorder, sets, written["handed"])
            written["pairs"] = list(_pairs(recorder, sets, until))
            pictures.of_look(recorder, sets, written["pairs"])
        except TimeIsUp:
            written["sets"] = [s.facts for s in sets]
        except Exception:
            recorder.faults.note("samples.look")
            written["sets"] = [s.facts for s in sets]
    written["seconds"] = round(time.perf_counter() - started, 3)
    if written["sets"]:
        recorder.sink.write("samples", "", written)
    if recorder.faults.seen:
        recorder.sink.write("fault", "", dict(recorder.faults.seen))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What the script's data sets print now is not part of its output."""
    sys.stdout.flush()
    sys.stderr.flush()
    streams = sys.stdout, sys.stderr
    kept = os.dup(1), os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    silent = open(os.devnull, "w")  # noqa: SIM115 - closed below
    try:
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        sys.stdout = sys.stderr = silent
        yield
    finally:
        sys.stdout, sys.stderr = streams
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        silent.close()
        for number in (*kept, nothing):
            os.close(number)


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """A data set that hangs is left alone."""

    def stop(number: int, frame: Any) -> None:
        raise TimeIsUp

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _look_at_sets(recorder: Any, sets: list[Set], started: float, until: float) -> None:
    wanted = [kept for kept in recorder.keeps.sets if _indexed(kept[1])]
    used = [kept for kept in wanted if kept[0].phases] or wanted
    used.sort(key=lambda kept: "train" not in kept[0].phases)
    seen: set[Any] = set()
    share = 0.35 * (until - started) / max(1, len(used))
    for known, dataset, sampler in used:
        own = getattr(sampler, "indices", None)
        key = (id(dataset), id(own) if own is not None else 0)
        if key in seen:
            _merge(sets, id(dataset), known)
            continue
        seen.add(key)
        sets.append(_one(known, dataset, sampler, len(sets), time.perf_counter() + share))
    looked = {phase for s in sets for phase in s.facts["phases"] if s.drawn.indices}
    _add_inputs(recorder, sets, looked)
    end = until - 0.1 * (until - started)  # the comparisons come after
    for number, one in enumerate(sets):
        now = time.perf_counter()
        one.measure(now + max(0.0, end - now) / (len(sets) - number))


def _merge(sets: list[Set], object_id: int, known: Any) -> None:
    """A second loader over the same data set."""
    for one in sets:
        if one.object_id == object_id:
            one.trained |= known.trained
            one.evaluated |= known.evaluated
            phases = {*one.facts["phases"], *known.phases}
            one.facts["phases"] = sorted(phases, reverse=True)


def _indexed(dataset: Any) -> bool:
    if isinstance(dataset, torch.utils.data.IterableDataset):
        return False
    return bool(datasets.length(dataset)) and hasattr(type(dataset), "__getitem__")


def _one(known: Any, dataset: Any, sampler: Any, number: int, until: float) -> Set:
    length = datasets.length(dataset) or 0
    source = Source(dataset)
    drawn = draw(dataset, source, order(length, sampler), until)
    described = known.facts.get("dataset") or {}
    facts: dict[str, Any] = {
        "id": number,
        "phases": sorted(known.phases, reverse=True),
        "origin": "dataset",
        "loader": known.index,
        "kind": type(dataset).__name__,
        "place": described.get("place"),
        "source": described.get("source"),
        "length": length,
        "transforms": source.transforms,
        "redraw": redraw(dataset, drawn, until + 0.2 * max(0.0, until - time.perf_counter())),
    }
    made = Set(facts, drawn, id(dataset))
    universe = known.universe
    made.contents = Contents(source.chain[-1], universe.indices if universe else None)
    made.trained, made.evaluated = set(known.trained), set(known.evaluated)
    return made


def _add_inputs(recorder: Any, sets: list[Set], looked: set[str]) -> None:
    """Where no data set of a phase could be looked at: what entered the network in it."""
    main = recorder.modules.main_group()
    for (group, phase), kept in recorder.keeps.inputs.items():
        if phase in looked or main is None or group != main.index:
            continue
        drawn = _kept_inputs(kept)
        facts = {
            "id": len(sets), "phases": [phase], "origin": "batches",
            "place": kept.place, "length": kept.seen,
        }  # fmt: skip
        sets.append(Set(facts, drawn))


def _kept_inputs(kept: Any) -> Drawn:
    drawn = Drawn()
    for tensor, labels in zip(kept.tensors, kept.labels, strict=True):
        for row in range(tensor.shape[0]):
            drawn.images.append(as_image(tensor[row]))
            drawn.labels.append(int(labels[row]) if labels is not None else None)
        drawn.dtype = drawn.dtype or str(tensor.dtype).removeprefix("torch.")
    drawn.raw = [None] * len(drawn.images)
    drawn.indices = drawn.base = list(range(len(drawn.images)))
    return drawn


def _describe(one: Set) -> None:
    drawn, facts = one.drawn, one.facts
    labels = Counter(str(label) for label in drawn.labels if label is not None)
    facts["looked_at"] = len(drawn.indices)
    facts["failed"], facts["error"], facts["stopped"] = drawn.failed, drawn.error, drawn.stopped
    facts["drawn"] = measure.stats(one.images, drawn.dtype)
    if one.raw is not None:
        facts["raw"] = measure.stats(one.raw, drawn.raw_dtype or drawn.dtype)
        facts["same_as_raw"] = one.raw is one.images
        sides = sorted(min(s[-2:]) for s in one.raw.shapes if s is not None and len(s) == 3)
        if sides:
            facts["raw_sides"] = [sides[0], sides[len(sides) // 2], sides[-1]]
    if labels and len(labels) <= 1000:
        facts["class_counts"] = dict(sorted(labels.items(), key=lambda kv: int(kv[0])))
    facts.update(reread(one.contents.rows) if one.contents is not None else {})
    facts["repeated"], facts["distinct"] = twins.repeated(one.best)


def _entering(recorder: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Some samples of each phase as they entered the trained network, data sets or not."""
    main = recorder.modules.main_group()
    for (group, phase), kept in recorder.keeps.inputs.items():
        if main is not None and group == main.index and kept.tensors:
            images = [as_image(x) for tensor in kept.tensors for x in tensor[:_FEW]][:_FEW]
            dtype = str(kept.tensors[0].dtype).removeprefix("torch.")
            found = measure.stats(measure.measure(images), dtype)
            if found:
                yield phase, found


def _handed(recorder: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the script did to the batches of each phase before the network got them."""
    main = recorder.modules.main_group()
    for (group, phase), pairs in recorder.handed.pairs.items():
        found = handed.compare(pairs) if main is not None and group == main.index else None
        if found is not None:
            yield phase, found


def _enter_among(recorder: Any, sets: list[Set], found: dict[str, Any]) -> None:
    """Neighbours of the images as they entered, with the labels that the loss was given."""
    main = recorder.modules.main_group()
    for phase in found if main is not None else ():
        kept = recorder.keeps.inputs.get((main.index, phase))
        used = [s for s in sets if phase in s.facts["phases"] and s.facts["origin"] == "dataset"]
        stored = used[0].best.small if used else None
        if kept is None or stored is None:
            continue
        drawn, source = _kept_inputs(kept), used[0]
        images = measure.measure(drawn.images).small
        if images is not None:
            found[phase]["neighbours"] = neighbours.look_up(
                images, drawn.labels, stored, source.drawn.labels, drawn.indices, False
            )
            found[phase]["before"] = source.facts.get("neighbours")


def _compare_within(one: Set) -> None:
    labels, indices = one.drawn.labels, one.drawn.indices
    best = one.best.small
    if best is None:
        return
    one.facts["neighbours"] = neighbours.look_up(best, labels, best, labels, indices, True)
    if one.raw is not None and one.raw is not one.images and one.images.small is not None:
        one.facts["neighbours_drawn"] = neighbours.look_up(
            one.images.small, labels, best, labels, indices, True
        )


def _pairs(recorder: Any, sets: list[Set], until: float) -> Iterator[dict[str, Any]]:
    trains = [s for s in sets if "train" in s.facts["phases"]]
    evals = [s for s in sets if "eval" in s.facts["phases"]]
    # Of many folds not every set was kept; which networks were trained on those is known.
    trained = {root for known in recorder.keeps.loaders for root in known.trained}
    both = [(t, e) for t in trains for e in evals if t is not e and _belong(t, e, trained)]
    for train, evaluation in both[:_PAIRS]:
        found = _pair(train, evaluation, until)
        if any(found[part] for part in ("twins", "neighbours", "reordered", "sided")):
            yield found


def _belong(train: Set, evaluation: Set, trained: set[int]) -> bool:
    """Whether the network evaluated on the one was trained on the other: not another fold's.

    A network that was not trained itself (a copy, an average) may be any's.
    """
    evaluated = evaluation.evaluated & trained
    return not evaluated or bool(evaluated & train.trained)


def _pair(train: Set, evaluation: Set, until: float) -> dict[str, Any]:
    a, b = _alike(train, evaluation)
    mine, theirs = evaluation.drawn, train.drawn
    source = train.facts.get("source")
    same_place = source is not None and source == evaluation.facts.get("source")
    found: dict[str, Any] = {
        "train": train.facts["id"],
        "eval": evaluation.facts["id"],
        "samples": [len(theirs.indices), len(mine.indices)],
    }
    found["reordered"] = ordered.reordered(theirs.vectors, mine.vectors)
    found["sided"] = sided(mine.images, mine.vectors)
    length = train.facts.get("length")
    indices = (theirs.base, mine.base)
    found["twins"] = twins.compare(a, b, theirs.labels, indices, length, same_place)
    if found["twins"] is not None:
        found["twins"].update(_whole(train, evaluation, same_place, until))
    if a.small is not None and b.small is not None:
        found["neighbours"] = neighbours.look_up(
            b.small, mine.labels, a.small, theirs.labels, mine.indices, False
        )
        if (
            train.raw is None or train.raw is train.images
        ):  # what the script does to stored images shows in no other way
            found["drawn"] = neighbours.look_up(
                a.small, theirs.labels, b.small, mine.labels, theirs.indices, False
            )
    return found


def _whole(train: Set, evaluation: Set, same_place: bool, until: float) -> dict[str, Any]:
    """Identical images over all of both data sets, where the time is enough."""
    a, b = train.contents, evaluation.contents
    pairs = in_both(a, b, until) if a is not None and b is not None else None
    if pairs is None or a is None or b is None:
        return {}
    shared = set(a.indices) if same_place else set()
    pairs = [pair for pair in pairs if pair[0] not in shared]
    return {
        "all_compared": len(b.indices), "all_among": len(a.indices),
        "all_identical": len(pairs), "examples": pairs[:10],
    }  # fmt: skip


def _alike(train: Set, evaluation: Set) -> tuple[Measured, Measured]:
    """Both as stored, or both as drawn."""
    if train.raw is not None and evaluation.raw is not None:
        return train.raw, evaluation.raw
    return train.images, evaluation.images
