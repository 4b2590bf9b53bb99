"""Where a script pairs images with labels, and where it changes the order or values of one."""

from __future__ import annotations

import re

from msgspec import Struct

from whytorch.checks._helpers import target_text
from whytorch.checks._places import loops_around, within
from whytorch.evidence.facts import LossCalls, LossSite
from whytorch.evidence.source import Assignment, Call, Source
from whytorch.records import Place

_PAIRING = ("torch.utils.data.TensorDataset", "*.TensorDataset", "zip", "*.train_test_split",
            "*.fit")  # fmt: skip
# An order that has no name: nobody can apply it a second time.
_FRESH = re.compile(r"\b(randperm|permutation)\((?![^()]*generator)")
_SHUFFLES = ("numpy.random.shuffle", "random.shuffle")
_REPEATS = ("seed", "manual_seed", "set_state", "setstate", "set_rng_state", "RandomState")


class Reordered(Struct, frozen=True):
    """One of a pair put into a random order by itself."""

    name: str
    other: str
    place: Place
    pairing: Place


def reordered(source: Source) -> list[Reordered]:
    """Images or labels shuffled alone, or both by two different orders, and paired afterwards."""
    shuffled = _shuffled(source)
    found = []
    for call in source.calls_to(*_PAIRING) if shuffled else ():
        names = [v.text for v in call.args[:2]]
        if (
            len(names) < 2
            or not shuffled & set(names)
            or not all(re.fullmatch(r"[A-Za-z_][\w.]*", n) for n in names)
        ):
            continue
        orders = [_orders(source, name, call) for name in names]
        for here, there, name, other in (
            (orders[1], orders[0], names[1], names[0]),
            (orders[0], orders[1], names[0], names[1]),
        ):
            if here and not _seeded(source, [*here, *there], call):
                before = _made_before(source, other, here[-1], call)
                if before and (there or not _follows(source, name, other, here[-1], call)):
                    found.append(Reordered(name, other, here[-1], call.place))
                    break
    return found


def _shuffled(source: Source) -> set[str]:
    """All names that are anywhere put into a random order of their own."""
    if not source.calls_to("*.randperm", "*.permutation", *_SHUFFLES):
        return set()
    names = {c.args[0].text for c in source.calls_to(*_SHUFFLES) if len(c.args) == 1}
    for a in source.assignments:
        if len(a.targets) == 1 and a.value is not None and _FRESH.search(a.value.text):
            names.add(a.targets[0])
    return names


def _orders(source: Source, name: str, pairing: Call) -> list[Place]:
    """Where `name` is put into a fresh random order before the pairing, in the same function."""
    made = [
        a.place
        for a in source.assignments
        if a.targets == (name,) and a.value is not None and _same_block(a, pairing)
        and _reorders(name, a.value.text)
    ]  # fmt: skip
    made += [
        c.place
        for c in source.calls_to(*_SHUFFLES)
        if len(c.args) == 1 and c.args[0].text == name and _same_block(c, pairing)
    ]
    return sorted(made, key=lambda p: p.line)


def _reorders(name: str, value: str) -> bool:
    """x[torch.randperm(len(x))], np.random.permutation(x)"""
    own = re.escape(name)
    indexed = re.match(rf"{own}\[[^\]]*\]", value) and _FRESH.search(value)
    return (
        bool(indexed)
        or re.fullmatch(rf"(np|numpy)\.random\.permutation\({own}\)", value) is not None
    )


def _same_block(one: Assignment | Call, pairing: Call) -> bool:
    return (
        one.function == pairing.function
        and one.place.path == pairing.place.path
        and one.place.line <= pairing.place.line
    )


def _seeded(source: Source, places: list[Place], pairing: Call) -> bool:
    """The state of the generator is set between: both may get one and the same order."""
    first = min(p.line for p in places)
    return any(
        c.last in _REPEATS
        and c.place.path == pairing.place.path
        and first - 3 <= c.place.line <= pairing.place.line
        for c in source.calls
    )


def _made_before(source: Source, other: str, place: Place, pairing: Call) -> bool:
    """The other one existed before, and was not made anew (from this one, say) since."""
    lines = [a.place.line for a in source.assignments
             if other in a.targets and _same_block(a, pairing)
             and not (a.value is not None and _reorders(other, a.value.text))]  # fmt: skip
    return bool(lines) and max(lines) < place.line


def _follows(source: Source, name: str, other: str, place: Place, pairing: Call) -> bool:
    """The other one is filled or changed afterwards, item by item."""
    touched = re.compile(rf"^{re.escape(other)}(\[|\.(append|extend|insert|sort)$)")
    stores = [a.place.line for a in source.assignments for t in a.targets if touched.match(t)]
    calls = [c.place.line for c in source.calls if touched.match(c.raw)]
    return any(place.line < line <= pairing.place.line for line in (*stores, *calls))


# --- the labels' own line -----------------------------------------------------------------------


def labels_made(source: Source | None, site: LossSite | None) -> Place | None:
    """Where the labels that a loss is given were changed last, in the loop (or the function) around
    it."""
    name = re.match(r"[A-Za-z_]\w*", target_text(source, site)) if source and site else None
    if source is None or site is None or site.place is None or name is None:
        return None
    function = source.enclosing_function(site.place)
    around = [function.place] if function else []
    around += [loop.place for loop in loops_around(source, site.place)]
    made = [
        a.place
        for a in source.assignments
        if name.group() in a.targets
        and around
        and within(a.place, around[-1])
        and around[-1].line < a.place.line <= site.place.line
    ]
    return max(made, key=lambda p: p.line, default=None)


def labels_changed(source: Source, losses: LossCalls | None) -> Place | None:
    """Where labels are overwritten in part, as a script that damages them does."""
    names = {"y", "labels", "targets", "label", "target"}
    for call in source.calls_to("*.TensorDataset", "torch.utils.data.TensorDataset"):
        names |= {m.group() for v in call.args[1:2] if (m := re.match(r"[A-Za-z_]\w*", v.text))}
    for site in losses.training() if losses else ():
        if m := re.match(r"[A-Za-z_]\w*", target_text(source, site)):
            names.add(m.group())
    pattern = "|".join(sorted(map(re.escape, names)))
    part = re.compile(rf"^(\w+\.)*\w*({pattern})(\[.*\])+$")
    for assignment in source.assignments:
        if any(part.match(t) for t in assignment.targets):
            return assignment.place
    again = re.compile(rf"^(?=.*(rand|where|shuffle|permut|noise))(?=.*\b({pattern})\b)")
    for assignment in source.assignments:
        same = [t for t in assignment.targets if re.fullmatch(rf"(\w+\.)*\w*({pattern})", t)]
        if same and assignment.value is not None and again.match(assignment.value.text):
            return assignment.place
    return None
