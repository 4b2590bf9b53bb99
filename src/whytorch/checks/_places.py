"""Where in the source to point: what made the data, and which loop trains."""

from __future__ import annotations

import ast
import re

from whytorch.evidence.facts import DatasetFacts, LoaderFacts, PassFacts
from whytorch.evidence.source import Assignment, Call, Class, Function, Loop, Source
from whytorch.records import Place

_TO_FLOAT = {"float", "from_numpy", "tensor", "as_tensor", "Tensor", "FloatTensor", "astype",
             "PILToTensor", "pil_to_tensor"}  # fmt: skip
_NOT_PIXELS = re.compile(
    r"label|target|\by\b|\by_|_y\b|==|long|int|acc|correct|loss|weight|mean\(|class", re.IGNORECASE
)

_OWNERS = ("self", "cls")
_MOVES = ("to", "cuda", "cpu", "float", "contiguous", "clone", "detach")


def transform_of(source: Source, dataset: DatasetFacts) -> Place | None:
    """Where the transform that a data set was given is written."""
    for place in (dataset.place, dataset.base_place):
        if place is not None and dataset.transform is not None:
            found = source.definition(place, "transform") or _given_later(source, place)
            if found is not None:
                return found
    return None


def _given_later(source: Source, dataset: Place) -> Place | None:
    """The transform of `val_set.set_transform(val_transform)`."""
    names = source.names_assigned_at(dataset)
    for call in source.calls:
        owner, _, method = call.raw.rpartition(".")
        if method in ("set_transform", "with_transform") and names == (owner,):
            return source.definition(call.place, 0) or call.place
    return None


def class_of(source: Source, dataset: DatasetFacts) -> Class | None:
    """The user's own class behind a data set, the innermost."""
    own = {c.qualname.rpartition(".")[2]: c for c in source.classes}
    return next((own[kind] for kind in reversed(dataset.chain) if kind in own), None)


def pixels_made(source: Source, loader: LoaderFacts | None) -> Place | None:
    """Where images become the numbers that the network is given, as far as the source tells."""
    calls = [c for c in source.calls if makes_pixels(c)]
    if loader is not None:
        transform = transform_of(source, loader.dataset)
        if transform is not None:
            return transform
        own = class_of(source, loader.dataset)
        if own is not None:
            inside = [c for c in calls if within(c.place, own.place)]
            return _likeliest(inside) or loader.dataset.place
    return _likeliest(calls)


def _likeliest(calls: list[Call]) -> Place | None:
    """The first that names a float type, else the first."""
    named = [c for c in calls if "float" in _text(c).lower() or "pil" in c.last.lower()]
    return next((c.place for c in (*named, *calls)), None)


def _text(call: Call) -> str:
    return " ".join([call.raw, *(v.text for v in (*call.args, *call.keywords.values()))])


def makes_pixels(call: Call) -> bool:
    return call.last in _TO_FLOAT and not _NOT_PIXELS.search(_text(call))


def within(place: Place, outer: Place) -> bool:
    """Whether a place lies inside another one."""
    last = outer.end_line or outer.line
    return place.path == outer.path and outer.line <= place.line <= last


def loops_around(source: Source, place: Place) -> list[Loop]:
    """The loops around a place in its own function, outermost first."""
    return [loop for loop in source.loops if within(place, loop.place)]


def same(one: Place | None, other: Place | None) -> bool:
    """Whether two places are one line."""
    return (
        one is not None and other is not None and (one.path, one.line) == (other.path, other.line)
    )


def loader_of(one: PassFacts, loaders: tuple[LoaderFacts, ...]) -> LoaderFacts | None:
    return next((x for x in loaders if x.id == one.loader), None)


def called_for(
    source: Source, made: Place, mine: LoaderFacts | None, other: LoaderFacts | None
) -> Place | None:
    """Of two loaders whose data one function made at one line: the call of it that the first was
    given. None where the source does not tell the two calls apart."""
    function = source.enclosing_function(made)
    if function is None or mine is None:
        return None
    own, theirs = (_calls_of(source, function, loader) for loader in (mine, other))
    return own if own is not None and not same(own, theirs) else None


def _calls_of(source: Source, function: Function, loader: LoaderFacts | None) -> Place | None:
    """The call of a function whose value a loader was built with: within its call, or by name."""
    built = source.call_at(loader.place) if loader is not None and loader.place else None
    if built is None:
        return None
    calls = [
        c for c in source.calls if c.last == function.name and c.place.path == built.place.path
    ]
    within_it = [c for c in calls if within(c.place, built.place)]
    given = built.keywords.get("dataset") or (built.args[0] if built.args else None)
    named = [
        c
        for c in calls
        if given is not None
        and c.place.line <= built.place.line
        and given.text in source.names_assigned_at(c.place)
    ]
    return next((c.place for c in (*within_it, *reversed(named))), None)


# --- where an input comes from -------------------------------------------------------------------


def input_made(source: Source, one: PassFacts, loader: LoaderFacts | None) -> Place | None:
    """Where the tensors of a pass got their values last, as far as the source tells."""
    if loader is None:
        return _passed(source, one)
    transform = transform_of(source, loader.dataset)
    if transform is not None or class_of(source, loader.dataset) is not None:
        return transform or loader.dataset.place
    for place in (loader.dataset.base_place, loader.dataset.place, loader.place):
        call = source.call_at(place, "TensorDataset") if place is not None else None
        if place is not None and call is not None and call.args:
            return _assigned(source, call.args[0].text, place)
    return loader.dataset.place


def _passed(source: Source, one: PassFacts) -> Place | None:
    """Back from the model call through the functions that hand its input on."""
    text = _model_input(source, one.place)
    for place, caller in zip(one.callers, (*one.callers[1:], None), strict=True):
        function = source.enclosing_function(place)
        names = re.findall(r"[A-Za-z_]\w*(?![\w(])", text)
        known = [n for n in names if function is not None and n in _handed_on(function)]
        if function is None or not known or caller is None:
            return _assigned(source, text, place)
        given = _argument(source.call_at(caller, function.name), function.parameters, known[0])
        if given is None:
            return caller
        text = given
    return one.place


def _handed_on(function: Function) -> list[str]:
    """The parameters that a caller writes."""
    return [p for p in function.parameters if p not in _OWNERS]


def _model_input(source: Source, place: Place | None) -> str:
    """What the script gives its model at this line, as written: the innermost call's argument."""
    here = [c for c in source.calls if same(c.place, place) and c.args]
    named = [c for c in here if re.search(r"(?i)model|net|clf|cnn|self|module", c.raw)]
    inner = [c for c in named if "(" not in c.args[0].text]  # in self.loss(self.model(x), y)
    every = (*inner, *named, *here)
    plain = [c for c in every if "(" not in c.raw and not c.name.startswith("torch.")]
    return plain[-1 if not named else 0].args[0].text if plain else ""


def _argument(call: Call | None, parameters: tuple[str, ...], name: str) -> str | None:
    if call is None:
        return None
    names = [p for p in parameters if p not in _OWNERS]
    if name in call.keywords:
        return call.keywords[name].text
    position = names.index(name) if name in names else len(call.args)
    return call.args[position].text if position < len(call.args) else None


def _assigned(source: Source, text: str, place: Place) -> Place:
    """The last assignment of a plain name before this place; the place for an expression."""
    name = re.sub(r"\[.*\]$", "", text)
    if not re.fullmatch(r"[A-Za-z_][\w.]*", name):
        return place
    before = [
        a
        for a in source.assignments
        if name in a.targets and a.place.path == place.path and a.place.line <= place.line
    ]
    valued = [a for a in before if not only_moves(a, name)]
    return (valued or before)[-1].place if before else place


def only_moves(one: Assignment, name: str) -> bool:
    """`x, y = x.to(device), y.to(device)` leaves every number of `x` what it was."""
    try:
        value = ast.parse(f"({one.value.text})" if one.value else "0", mode="eval").body
    except SyntaxError:  # a fragment, as it was cut
        return False
    for part in value.elts if isinstance(value, ast.Tuple) else [value]:
        moved = part
        while isinstance(moved, ast.Call) and isinstance(moved.func, ast.Attribute):
            if moved.func.attr not in _MOVES:
                break
            moved = moved.func.value
        if moved is not part and ast.unparse(moved) == name:
            return True
    return False
