"""The crash of a backward that runs into a graph that an earlier backward has used up."""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.evidence.facts import CrashFacts
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, dotted, inside, method, targets_of
from whytorch.records import Finding, Fix, Place


def second_backward(crash: CrashFacts, names: tuple[str, ...], source: Source | None) -> Finding:
    """What led there: a state carried on, a sum used again, or one graph and two backwards."""
    at = crash.frames[-1] if crash.frames else None
    spot = _backward_at(at, source) if source is not None and at is not None else None
    for explain in (_carried, _summed, _twice):
        told = explain(spot, names) if spot is not None else None
        if told is not None:
            place, says, fix = told
            return _finding(places(place, at), says, fix)
    held = f"; {' and '.join(names[:3])} lead there" if names else ""
    says = f"backward ran into the graph of an earlier backward{held}"
    return _finding(places(at), says, "call .detach() on what is carried from step to step")


def _finding(where: tuple[Place, ...], says: str, fix: str) -> Finding:
    return Finding(
        says=says,
        places=where,
        severity="error",
        confidence=0.93,
        explains=("crash",),
        fix=Fix(fix),
    )


def _backward_at(at: Place, source: Source) -> Spot | None:
    for spot in source.around.calls("*.backward"):
        node = spot.call
        inside_it = node.lineno <= at.line <= (node.end_lineno or node.lineno)
        if spot.index.file.path == at.path and inside_it:
            return spot
    return None


def _carried(spot: Spot, names: tuple[str, ...]) -> tuple[Place, str, str] | None:
    """`out, hidden = net(x, hidden)`: the call takes what the last call gave."""
    for loop in spot.loops():
        detached = {d for n in inside(loop) if (d := _detached(n))}
        for node in inside(loop):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            given = {dotted(a) for a in (*node.value.args, *(k.value for k in node.value.keywords))}
            for target in targets_of(node):
                name = dotted(target)
                if name and name in given - detached and (name in names or "." in name):
                    says = f"{name} goes into the call with the graph of the step before, which "
                    says += "its backward has freed"
                    fix = f"write {name} = {name}.detach() before this call (of a tuple, for each "
                    fix += "of its tensors)"
                    return spot.at(node).place(), says, fix
    return None


def _detached(node: ast.AST) -> str:
    owner, called = method(node)
    if called == "detach_":
        return owner
    if isinstance(node, ast.Assign) and "detach" in ast.dump(node.value):
        return next((dotted(t) for t in targets_of(node)), "")
    return ""


def _summed(spot: Spot, names: tuple[str, ...]) -> tuple[Place, str, str] | None:
    """`total += loss; total.backward()` at every step."""
    root, _ = method(spot.node)
    for loop in spot.loops()[:1]:
        for node in inside(loop):
            if not isinstance(node, ast.AugAssign) or dotted(node.target) != root:
                continue
            if any(root == dotted(t) for n in inside(loop) if n is not node for t in targets_of(n)):
                continue
            added = spot.text(node.value)
            says = f"{root} still holds the losses of earlier steps, whose graphs are freed, when "
            says += "backward is called on it"
            fix = f"write ({added}).backward(), and {root} += ({added}).item()"
            if isinstance(node.value, ast.Name):
                fix = f"write {added}.backward(), and {root} += {added}.item()"
            return spot.at(node).place(), says, fix
    return None


def _twice(spot: Spot, names: tuple[str, ...]) -> tuple[Place, str, str] | None:
    """Another backward of the same round went through a part of the graph before."""
    around: list[ast.AST] = [*spot.loops()[:1], spot.function()]
    before = [
        n
        for n in inside(around[0])
        if method(n)[1] == "backward" and n is not spot.node and n.lineno < spot.call.lineno  # type: ignore[attr-defined]
    ]
    if not before:
        return None
    first = max(before, key=lambda n: n.lineno)  # type: ignore[attr-defined]
    one, other = method(first)[0] or "the first loss", method(spot.node)[0] or "this loss"
    says = f"{one}.backward() in line {first.lineno} has freed a part of the graph that "  # type: ignore[attr-defined]
    says += f"{other}.backward() goes through, too"
    fix = f"write ({one} + {other}).backward() once, or .detach() what {one} should not train"
    return spot.place(), says, fix
