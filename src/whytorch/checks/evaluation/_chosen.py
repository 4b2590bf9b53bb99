"""Which evaluations the script let decide what it keeps."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct

from whytorch.evidence.facts import Passes, PassFacts
from whytorch.evidence.source import Source
from whytorch.records import Place

_ORDER = (ast.Lt, ast.Gt, ast.LtE, ast.GtE)


class Selection(Struct, frozen=True):
    """Weights were set aside after the evaluations `kept` of the series `of`: its best ones."""

    of: tuple[PassFacts, ...]
    kept: tuple[PassFacts, ...]
    by: str  # "accuracy" or "loss"
    place: Place | None  # where they were set aside


def series(evaluated: Sequence[PassFacts]) -> list[tuple[PassFacts, ...]]:
    """Evaluations of the same samples at one place in the source, in their order, three or more:
    one for each state of training."""
    groups: dict[object, dict[int, PassFacts]] = {}
    for one in evaluated:
        key = (samples_of(one), one.place)
        groups.setdefault(key, {}).setdefault(one.first_step, one)
    return [tuple(g.values()) for g in groups.values() if len(g) >= 3]


def samples_of(one: PassFacts) -> tuple[object, ...]:
    """Tells the samples of one evaluation from those of another: two parts of one data set may be
    of one size, but hardly ever with each class as often."""
    counts = enumerate(map(sum, one.confusion or ()))
    return one.data_source, one.samples, tuple((c, n) for c, n in counts if n) or one.loader


def selections(
    passes: Passes, evaluated: Sequence[PassFacts], source: Source | None
) -> list[Selection]:
    """Every series whose records, and nothing else, made the script set weights aside."""
    found = []
    places = {e.place for e in passes.weights if e.kind == "taken" and e.place is not None}
    for place in places:
        taken = [e for e in passes.weights if e.kind == "taken" and e.place == place]
        compared = source is not None and comparison_around(source, place) is not None
        for group in series(evaluated):
            kept = [p for p in group if any(right_after(e, p) for e in taken)]
            always = len(kept) == len(group)
            for by, records in (("accuracy", _records(group)), ("loss", _lowest(group))):
                if kept and records == kept and (not always or compared):
                    found.append(Selection(group, tuple(kept), by, place))
                    break
    return found


def right_after(event: object, one: PassFacts) -> bool:
    """No step between the evaluation and the moment."""
    after, step = getattr(event, "after_pass", -1), getattr(event, "step", -1)
    return bool(after >= one.index and step == one.first_step)


def _records(group: Sequence[PassFacts]) -> list[PassFacts]:
    best, found = -1.0, []
    for one in group:
        if one.accuracy is not None and one.accuracy > best:
            best = one.accuracy
            found.append(one)
    return found


def _lowest(group: Sequence[PassFacts]) -> list[PassFacts]:
    best, found = float("inf"), []
    for one in group:
        if one.mean_loss is not None and one.mean_loss < best:
            best = one.mean_loss
            found.append(one)
    return found


def comparison_around(source: Source, place: Place) -> Place | None:
    """The innermost `if` around a line whose condition says larger or smaller."""
    found = None
    for file in source.files:
        for node in ast.walk(file.tree) if file.path == place.path else ():
            if (
                isinstance(node, ast.If)
                and node.lineno <= place.line <= (node.end_lineno or node.lineno)
                and any(
                    isinstance(n, ast.Compare) and isinstance(n.ops[0], _ORDER)
                    for n in ast.walk(node.test)
                )
                and (found is None or node.lineno >= found.line)
            ):
                found = Place(place.path, node.lineno)
    return found
