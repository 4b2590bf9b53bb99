"""Lists of losses that begin anew with every pass over the data."""

from __future__ import annotations

import ast

from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Functions, Spot, inside, method
from whytorch.records import Place


def emptied_every_pass(append: Spot) -> bool:
    """Whether what `append` grows was made by `[]` for one pass over the data.

    A backward has freed what its graph kept of the images; of each batch some small nodes are left,
    and with the list of one epoch they are gone before the next.
    """
    owner, called = method(append.node)
    loops = append.loops()
    if called != "append" or not owner or not loops or not _over_batches(loops[0]):
        return False
    function = append.function()
    within: list[ast.AST] = list(loops[1:])
    if len(loops) == 1 and isinstance(function, Functions):
        within = [function]  # one call of it is one pass
    return any(
        _makes_empty(node, owner, append)
        for around in within
        for node in inside(around)
        if not _is_in(node, loops[0], append)
    )


def append_at(place: Place | None, source: Source | None) -> Spot | None:
    """The call of `.append` at a place."""
    if source is None or place is None or ".append(" not in (place.code or ""):
        return None
    for spot in source.around.calls("*.append"):
        where = spot.place()
        if (where.path, where.line) == (place.path, place.line):
            return spot
    return None


def _over_batches(loop: ast.AST) -> bool:
    """Counted loops may be as long as the training."""
    given = loop.iter if isinstance(loop, ast.For) else None
    name = given.func if isinstance(given, ast.Call) else None
    return given is not None and not (isinstance(name, ast.Name) and name.id.endswith("range"))


def _makes_empty(node: ast.AST, owner: str, spot: Spot) -> bool:
    """`losses = []`, also as one of several: `losses, rates = [], []`."""
    if not isinstance(node, ast.Assign):
        return False
    pairs = [(target, node.value) for target in node.targets]
    for target, value in list(pairs):
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs += zip(target.elts, value.elts, strict=False)
    return any(spot.text(t) == owner and spot.text(v) in ("[]", "list()") for t, v in pairs)


def _is_in(node: ast.AST, loop: ast.AST, spot: Spot) -> bool:
    return any(around is loop for around in spot.tree.up(node))
