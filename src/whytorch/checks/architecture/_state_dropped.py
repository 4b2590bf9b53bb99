"""A recurrent layer that is given one frame at a time, and each time forgets the ones before."""

from __future__ import annotations

import ast

from whytorch.checks._helpers import layer_name, places
from whytorch.checks._learning import Learning
from whytorch.evidence.facts import LayerFacts, Network
from whytorch.evidence.source import Source
from whytorch.evidence.source_nodes import walk
from whytorch.records import Finding, Fix, Place

_KINDS = ("LSTM", "GRU", "RNN")


def state_dropped(network: Network, outcome: Learning, source: Source | None) -> Finding | None:
    """Called in a loop on sequences of length 1, without the state that the call before returned:
    the last frame is all that it knows of."""
    for layer in network.layers:
        if layer.kind not in _KINDS or not _one_step(layer) or layer.call_place is None:
            continue
        call = _alone_in_a_loop(layer.call_place, source)
        if call is None or outcome.works:
            continue
        name = layer_name(layer.name, layer.kind)
        text = " ".join(ast.unparse(call).split())
        state = "hidden" if layer.kind != "LSTM" else "(h, c)"
        given = f"{text[:-1]}, state)" if len(text) <= 50 else "a second argument, state"
        return Finding(
            title="State of the recurrent layer thrown away",
            says=f"{name} is given one frame at a time in a loop, and not the state that its call "
            f"before returned: each frame starts from zeros, and only the last one counts"
            f"{outcome.reached()}",
            places=places(layer.call_place, layer.place),
            severity=outcome.severity() if outcome.severity() != "advice" else "warning",
            confidence=0.93,
            measured={"calls": layer.calls, "frames_in_a_call": 1},
            explains=("underfitting", "loss-not-decreasing", "loss-at-chance"),
            fix=Fix(f"set state = None in front of the loop, then write out, state = {given}; "
                    f"state is the {state} of the frames so far"),
        )  # fmt: skip
    return None


def _one_step(layer: LayerFacts) -> bool:
    shape = layer.in_shape or ()
    return len(shape) == 3 and shape[1 if layer.settings.get("batch_first") else 0] == 1


def _alone_in_a_loop(place: Place, source: Source | None) -> ast.Call | None:
    """The call that this line makes with one argument, in a `for` of the same function."""
    file = source.file(place.path) if source is not None else None
    if file is None:
        return None
    loops = [
        n for n in ast.walk(file.tree)
        if isinstance(n, (ast.For, ast.While)) and n.lineno < place.line <= (n.end_lineno or 0)
    ]  # fmt: skip
    functions = [
        n for n in ast.walk(file.tree)
        if isinstance(n, ast.FunctionDef) and n.lineno < place.line <= (n.end_lineno or 0)
    ]  # fmt: skip
    inner = max((f.lineno for f in functions), default=0)
    loop = max((x for x in loops if x.lineno > inner), key=lambda x: x.lineno, default=None)
    calls = [] if loop is None else [
        n for n in walk(loop)
        if isinstance(n, ast.Call) and n.lineno == place.line and isinstance(n.func, ast.Attribute)
        and isinstance(n.func.value, ast.Name) and n.func.value.id == "self"
    ]  # fmt: skip
    alone = [c for c in calls if len(c.args) == 1 and not c.keywords]
    return (
        max(alone, key=lambda c: len(ast.dump(c)), default=None)
        if len(alone) == len(calls)
        else None
    )
