"""Which line of the source breaks the autograd graph, once a run has shown that it is broken.

Followed by names: from the loss back to the network's call, statement by statement, then into the
network's own methods. The words below say where; that the graph is cut, the run has said.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from whytorch.checks._helpers import argument_text, loss_call
from whytorch.checks._rewriting import statement
from whytorch.evidence.facts import LossSite, Network
from whytorch.evidence.source import Call, Function, Source
from whytorch.records import Place

_CUTTING = (
    (r"\.detach\(", "detach", "leave out detach()"),
    (r"\.data\b(?!\w|\()", "data", "leave out .data"),
    (r"\.item\(|(?<![\w.])float\(", "item", "keep the tensor: leave out item()"),
    (r"\.numpy\(|\bnp\.|\bnumpy\.", "numpy", "stay with torch's tensors and functions"),
    (r"\.tolist\(", "tolist", "stay with torch's tensors and functions"),
    (r"argmax\(|\bmax\([^()]*,", "the choice of a class",
     "give the loss the outputs themselves, not the chosen class"),
    (r"\btensor\(|\bas_tensor\(|\bTensor\(|\bfrom_numpy\(", "a new tensor",
     "keep the tensor: do not make a new one from its value"),
    (r"\.(long|int|bool|byte)\(|\.(round|sign)\(|torch\.(round|sign)\(",
     "a cast to whole numbers", "give the loss the outputs themselves, not whole numbers"),
    (r"[^=<>!]==[^=]|[<>]=?\s*[\d.]", "a comparison", "give the loss the outputs themselves"),
)  # fmt: skip
_NO_GRAD = ("torch.no_grad", "torch.inference_mode", "torch.set_grad_enabled")
_CHOICES = (5, 7)  # of the list above
_MOST_BEHIND = 6  # lines
_IN_NETWORK = 6  # of the list above: what else a forward has no reason to do
_MOST_STEPS = 12
_CALLED = re.compile(r"\([^()]*\)")


class Cut(Struct, frozen=True):
    place: Place
    says: str
    fix: str


def find(
    source: Source | None,
    called: Sequence[Place],
    network: Network,
    site: LossSite | None,
    backward: Place | None,
    without_grad: bool,
) -> Cut | None:
    """The line that cuts the loss off from the network; None if the source leaves it open.

    `called`: where the network is called; nothing before it is looked at.
    """
    if source is None:
        return None
    inside = in_network(source, network)
    if without_grad:
        seen = [*called, *(p for p in (site.place if site else None, backward) if p)]
        around = next((c for place in seen if (c := no_grad_around(source, place))), None)
        return around or inside
    if site is not None and site.connected is False and site.from_model is not False:
        if inside is not None:
            return inside  # the network's own output came without a graph
    if site is not None and (site.connected is False or site.from_model is False):
        given = argument_text(loss_call(source, site), "input", 0, "", longest=200)
        if site.place and (cut := behind(source, site.place, given, called)):
            return cut
        until = called
    else:
        until = [*called, *([site.place] if site is not None and site.place else [])]
    if backward is not None:
        code = source.line(backward.path, backward.line) or ""
        if cut := behind(source, backward, code, until):
            return cut
    return inside


def behind(source: Source, start: Place, text: str, until: Sequence[Place]) -> Cut | None:
    """The nearest cutting statement that `text` was computed from, not beyond `until`."""
    ends = {(place.path, place.line) for place in until}
    for place, read in _statements(source, start, text):
        reached = (place.path, place.line) in ends
        # Of the line that calls the network, what is given to it does not count.
        if cut := _cutting(place, _CALLED.sub("()", read) if reached else read):
            return cut
        if inside := _function_around(source, read, start, until):
            returned = _returned(source, inside)
            return behind(source, *returned, until) if returned else None
        if reached:
            return None
    return None


def _function_around(
    source: Source, text: str, start: Place, until: Sequence[Place]
) -> Function | None:
    """The project's function that `text` calls and that calls the network in turn."""
    for place in until:
        around = source.enclosing_function(place)
        if around is None or around == source.enclosing_function(start):
            continue
        if re.search(rf"(?<!\w){re.escape(around.name)}\(", text):
            return around
    return None


def _returned(source: Source, function: Function) -> tuple[Place, str] | None:
    """The last return of a function, and what it returns."""
    path, first = function.place.path, function.place.line
    for number in range(function.place.end_line or first, first, -1):
        line = (source.line(path, number) or "").partition("#")[0].strip()
        if line.startswith("return "):
            return Place(path, number), line.removeprefix("return ")
    return None


def _statements(source: Source, start: Place, text: str) -> Iterator[tuple[Place, str]]:
    """`text` at `start`, then what its names were assigned by in the same function, last first."""
    around = source.enclosing_function(start)
    inside = around.qualname if around else "<module>"
    own = [
        (a.place, _bound(a.targets), a.value.text)
        for a in source.assignments
        if a.function == inside and a.place.path == start.path and a.value is not None
    ]
    yield start, text
    waiting, line = _read(text), start.line
    for _ in range(_MOST_STEPS):
        before = [x for x in own if x[0].line < line and waiting & x[1]]
        if not before:
            return
        place, bound, value = before[-1]
        line = place.line
        yield place, value
        waiting = (waiting - bound) | _read(value)


def _read(text: str) -> set[str]:
    """The names that an expression reads."""
    return set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text))


def _bound(targets: tuple[str, ...]) -> set[str]:
    return {re.split(r"[.\[]", target)[0] for target in targets}


def _cutting(
    place: Place, text: str, words: Sequence[tuple[str, str, str]] = _CUTTING
) -> Cut | None:
    for pattern, says, fix in words:
        if re.search(pattern, text):
            return Cut(place, says, fix)
    return None


def no_grad_around(source: Source, place: Place) -> Cut | None:
    """A `with torch.no_grad():` or a decorator around this line, or gradients off for good."""
    function = source.enclosing_function(place)
    off = "keep gradients on where the network is trained"
    for decorator in function.decorators if function else ():
        if function is not None and decorator in _NO_GRAD:
            return Cut(function.place, f"{decorator.rpartition('.')[2]} around it", off)
    for call in reversed(source.calls_to(*_NO_GRAD)):
        name = call.last
        if call.place.path == place.path and _holds(source, call, place):
            return Cut(call.place, f"{name} around it", f"leave out {name} here: {off}")
    return None


def _holds(source: Source, call: Call, place: Place) -> bool:
    """Whether the with-statement of this call has the line `place` in its body."""
    first = source.line(call.place.path, call.place.line) or ""
    if not first.lstrip().startswith("with"):
        off = bool(call.args) and call.args[0].constant is False
        return off and call.last == "set_grad_enabled" and call.place.line < place.line
    depth = _depth(first)
    body = [
        line
        for number in range(call.place.line + 1, place.line + 1)
        if (line := source.line(place.path, number)) and line.strip()
    ]
    return call.place.line < place.line and all(_depth(line) > depth for line in body)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def chosen_from(source: Source, call: Place) -> Cut | None:
    """The line that makes a yes or no, or whole numbers, of what the call at a line gives: there,
    or in the next statement that reads it."""
    place, node = call, statement(source, call)
    bound: set[str] = set()
    for _ in range(_MOST_BEHIND):
        value = getattr(node, "value", None)
        if value is None:
            return None
        if not bound or bound & _read(ast.unparse(value)):
            if cut := _choice(place, value):
                return cut
            if bound or not isinstance(node, ast.Assign):
                return None
            bound = _bound(tuple(ast.unparse(t) for t in node.targets))
        line = (getattr(node, "end_lineno", None) or place.line) + 1
        place = Place(place.path, line, code=source.line(place.path, line))
        node = statement(source, place)
    return None


def _choice(place: Place, value: ast.expr) -> Cut | None:
    tells = "it has no gradient: use a smooth step (sigmoid), or pass the gradient straight through"
    if any(isinstance(n, ast.Compare) for n in ast.walk(value)):
        return Cut(place, "a comparison", tells)
    text = ast.unparse(value)
    return _cutting(place, text, [(*_CUTTING[i][:2], tells) for i in _CHOICES])


def in_network(source: Source, network: Network) -> Cut | None:
    """The last cutting statement in the methods of the network's class."""
    methods = [f for f in source.functions if f.in_class == network.kind and f.name != "__init__"]
    for method in methods:
        for number in range(method.place.end_line or method.place.line, method.place.line, -1):
            text = (source.line(method.place.path, number) or "").partition("#")[0]
            place = Place(method.place.path, number)
            if re.search(r"no_grad\(|inference_mode\(", text):
                return Cut(place, "no_grad", "leave out no_grad in the network's forward")
            if cut := _cutting(place, text, _CUTTING[:_IN_NETWORK]):
                return cut
    return None
