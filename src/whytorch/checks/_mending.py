"""Small questions that the fixes of several checks ask of a finding and the source."""

from __future__ import annotations

import re
from collections.abc import Iterable

from whytorch.evidence.source import Call, Source
from whytorch.records import (
    AddParentheses,
    AnyEdit,
    Finding,
    Place,
    ReplaceConstant,
    SetArgument,
    Unwrap,
)

OPTIMIZERS = ("SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad", "Adadelta",
              "Rprop", "ASGD")  # fmt: skip


def called_at(finding: Finding, source: Source, *methods: str) -> Call | None:
    """The first call of such a method at the finding's places."""
    for place in finding.places:
        line = Place(place.path, place.line)
        found = [c for c in source.calls_within(line) if c.raw.rpartition(".")[2] in methods]
        if found:
            return found[0]
    return None


def owner(call: Call) -> str:
    """`self.opt` of `self.opt.step()`."""
    return call.raw.rpartition(".")[0]


def forgotten_parentheses(finding: Finding, method: str) -> list[AnyEdit]:
    """The edit for `model.eval` as a statement, if the finding is about such a line."""
    first = finding.places[0] if finding.places else None
    line = (first.code or "").partition("#")[0].strip() if first else ""
    if first is not None and re.fullmatch(rf"[\w.\[\]]+\.{method}", line):
        return [AddParentheses(first)]
    return []


def rate(finding: Finding, source: Source) -> list[AnyEdit]:
    """The learning rate that the finding's own words name, where it is written: in the optimizer's
    call, or where its value is defined, such as the default of an option or a constant."""
    old = finding.measured.get("learning_rate")
    new = re.match(r"write \w+=([\d.e-]+)", finding.fix.says if finding.fix is not None else "")
    if not old or new is None or not finding.places:
        return []
    optimizer, *written = finding.places
    line = Place(optimizer.path, optimizer.line)
    call = next((c for c in source.calls_within(line) if c.last in OPTIMIZERS), None)
    if call is not None and not written and "**" not in call.keywords:
        given = call.argument("lr")
        if given is None or re.fullmatch(r"[\d.e()]+ ?[*/+-].*[\d.e()]", given.text):
            return [SetArgument(call.place, callee=call.last, name="lr", value=new[1], position=1)]
    return [ReplaceConstant(written[0] if written else optimizer, old=old, new=new[1])]


def sized(
    finding: Finding, source: Source, kind: str, name: str, position: int, old: int, new: int,
    *, reckoned: bool = False,
) -> list[AnyEdit]:  # fmt: skip
    """A size of the layer of this kind at the finding's places: written out, or a constant;
    `reckoned`: also in the place of an expression."""
    for place in finding.places:
        made = [c for c in source.calls_within(Place(place.path, place.line)) if c.last == kind]
        if len(made) > 1:  # a line with several layers: the one of that size
            made = [c for c in made if (a := c.argument(name)) is not None and a.constant == old]
        if len(made) != 1:
            continue
        given = made[0].argument(name)
        if given is not None and given.name is not None:
            defined = source.definition(made[0].place, name)
            return [ReplaceConstant(defined, old=old, new=str(new))] if defined else []
        return [SetArgument(made[0].place, (), kind, name, str(new), position, anyhow=reckoned)]
    return []


def sized_by_its_maker(finding: Finding, source: Source, old: int, new: int) -> list[AnyEdit]:
    """The one setting of that size by which a function that stands at the finding's first place
    makes the network: resnet18(num_classes=5)."""
    place = finding.places[0]
    found = [
        (call, name, value)
        for call in source.calls_within(Place(place.path, place.line))
        for name, value in call.keywords.items()
        if value.constant == old and not isinstance(value.constant, bool)
    ]
    if len(found) != 1:
        return []
    call, name, value = found[0]
    if value.name is not None:
        defined = source.definition(call.place, name)
        return [ReplaceConstant(defined, old=old, new=str(new))] if defined else []
    return [SetArgument(call.place, callee=call.last, name=name, value=str(new))]


def written(finding: Finding, method: str) -> str | None:
    """`opt` where the finding's own words say: write opt.step() ..."""
    says = finding.fix.says if finding.fix is not None else ""
    found = re.match(rf"write ([A-Za-z_][\w.]*(?:\[\w+\])?)\.{method}\(\)", says)
    return found[1] if found else None


def in_scope(source: Source, place: Place, name: str) -> bool:
    """Whether a name is bound where a line stands: in its function, or in the module."""
    root = re.split(r"[.\[]", name)[0]
    around = source.enclosing_function(place)
    if around is not None and root in around.parameters:
        return True
    inside = around.qualname if around is not None else "<module>"
    return any(
        root in a.targets
        and (
            (a.function == inside and a.place.line < place.line)
            or (inside != "<module>" and a.function == "<module>")
        )
        for a in source.assignments
        if a.place.path == place.path
    )


def network_at(source: Source, place: Place) -> str | None:
    """What the network is called in the statement at a place; of a loop, anywhere in it."""
    at = (place.path, place.line)
    here = (x.place for x in source.loops if (x.place.path, x.place.line) == at)
    loop, lines = next(here, None), source.statement_lines(place)
    last = (loop.end_line or place.line) if loop is not None else lines[-1]
    within = source.calls_within(Place(place.path, lines[0], last))
    around = source.enclosing_function(place)
    parameters = around.parameters if around is not None else ()
    methods = ("parameters", "train", "eval", "state_dict", "to", "cuda")
    known = {owner(c) for c in source.calls if c.raw.rpartition(".")[2] in methods}
    names = dict.fromkeys(c.raw for c in within if c.args and c.raw in {*known, *parameters})
    return next(iter(names)) if len(names) == 1 else None


def unwrapped(finding: Finding, source: Source, callees: tuple[str, ...]) -> list[AnyEdit]:
    """The call of one of these, or of a layer that is one of them, taken away. Nothing where the
    layer does other work as well."""
    for place in finding.places:
        for call in _outermost_last(source.calls_within(Place(place.path, place.line))):
            name = call.raw.rpartition(".")[2]
            own = call.raw == f"self.{name}"
            if own and _made_of(source, name, callees):
                return [Unwrap(call.place, callees=(name,))]
            if name in callees and not own:
                return [] if _busy(source, call) else [Unwrap(call.place, callees=(name,))]
    return []


def _outermost_last(calls: Iterable[Call]) -> list[Call]:
    """Of calls on one line those around others first: `relu(fc(relu(x)))`; of those beside each
    other the last one first, which in a list of layers is the one that ends the network."""
    ordered = sorted(calls, key=lambda c: c.place.column or 0, reverse=True)
    return sorted(ordered, key=lambda c: _depth(c, ordered))


def _depth(call: Call, among: list[Call]) -> int:
    """How many of the others are given this one."""
    start, line = call.place.column or 0, call.place.line
    return sum(
        other.place.line == line
        and (other.place.column or 0) < start
        and any(f"{call.raw}(" in value.text for value in (*other.args, *other.keywords.values()))
        for other in among
    )


def _made_of(source: Source, attribute: str, callees: tuple[str, ...]) -> bool:
    made = source.module_calls(attribute).assigned
    calls = [c for place in made for c in source.calls_within(place)]
    return any(c.last in callees for c in calls)


def _busy(source: Source, call: Call) -> bool:
    """A layer `self.relu = nn.ReLU()` that is called at several places."""
    names = source.names_assigned_at(call.place) if call.last[:1].isupper() else ()
    own = [name for name in names if name.startswith("self.")]
    return any(len(source.module_calls(name.removeprefix("self.")).called) > 1 for name in own)
