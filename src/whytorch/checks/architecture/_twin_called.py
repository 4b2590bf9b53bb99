"""A layer that is never called, beside one just like it that is called twice: a slip of a name."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from statistics import median_low

from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning
from whytorch.checks._rewriting import at, statement, text, told
from whytorch.evidence.facts import LayerFacts, Network
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import dotted
from whytorch.records import AnyEdit, Finding, Fix, Place, ReplaceExpression

_FEWEST = 3  # layers with weights that are called: of fewer, "usual" means nothing


def twin_called(network: Network, outcome: Learning, source: Source | None) -> list[Finding]:
    """Layers that the optimizer has and no forward calls, each with a sister called instead."""
    weighty = [x for x in network.layers if x.parameters and x.registered and not x.from_library]
    called = [x for x in weighty if x.calls > 0]
    if len(called) < _FEWEST:
        return []
    usual = median_low([x.calls for x in called])
    twice = [x for x in called if x.calls == 2 * usual]
    pairs = []
    for layer in weighty:
        twin = _twin(layer, twice) if is_idle(layer) else None
        if twin is not None:  # the first idle one goes with the first that is called in its place
            pairs.append((layer, twin))
            twice.remove(twin)
    idle = list(dict.fromkeys(_apart(x, t)[0] for x, t in pairs))
    instead = list(dict.fromkeys(_apart(x, t)[1] for x, t in pairs))
    if not pairs or len(idle) != len(instead) or 2 * len(idle) > len(called):
        return []
    batch_statistics = any(t.kind.startswith("BatchNorm") for _, t in pairs)
    severity = outcome.severity()
    if severity == "advice" and batch_statistics:
        severity = "warning"
    many = len(idle) > 1
    says = f"{_listed(idle)} {'are' if many else 'is'} never called, though the optimizer has "
    says += f"{'their' if many else 'its'} weights; {_listed(instead)}, just like "
    says += f"{'them' if many else 'it'}, {'are' if many else 'is'} called twice in each forward"
    if batch_statistics:
        says += f", and {'their' if many else 'its'} BatchNorm mixes the statistics of two places"
    mends = ", ".join(f"self.{b} to self.{a}" for a, b in zip(idle, instead, strict=True))
    return [
        Finding(
            says=says + outcome.reached(),
            places=places(*_second_calls(instead, source), pairs[-1][1].call_place),
            severity=severity,
            confidence=0.88,
            measured={"never_called": len(idle), "usual_calls": usual},
            explains=() if outcome.works else ("underfitting", "evaluation-far-below-training"),
            fix=Fix(f"change the second call of {mends}, or remove what is never called"),
        )
    ]


def is_idle(layer: LayerFacts) -> bool:
    return layer.calls == 0 and all(
        p.trainable and p.in_optimizer and p.grad == "none" and p.changed is not True
        for p in layer.parameters
    )


def _twin(layer: LayerFacts, twice: Sequence[LayerFacts]) -> LayerFacts | None:
    """Of those called twice the one of the same kind and weights, whose name differs in one part
    that is numbered."""
    shapes = [p.shape for p in layer.parameters]
    for other in twice:
        alike = other.kind == layer.kind and [p.shape for p in other.parameters] == shapes
        if alike and _apart(layer, other) != ("", ""):
            return other
    return None


def _apart(one: LayerFacts, other: LayerFacts) -> tuple[str, str]:
    """The parts of the names, up to where they differ: ("blocks.conv5", "blocks.conv3")."""
    mine, theirs = one.name.split("."), other.name.split(".")
    differ = [i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b]
    if len(mine) != len(theirs) or len(differ) != 1:
        return "", ""
    i = differ[0]
    a, b = mine[i].rstrip("0123456789"), theirs[i].rstrip("0123456789")
    if a != b or mine[i].isdigit():
        return "", ""
    return ".".join(mine[: i + 1]), ".".join(theirs[: i + 1])


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def _second_calls(names: Sequence[str], source: Source | None) -> list[Place]:
    """The lines that call them once more."""
    found = []
    for name in names:
        calls = [c for c in source.calls if c.raw == f"self.{name}"] if source is not None else []
        found += [c.place for c in sorted(calls, key=lambda c: c.place.line)[1:2]]
    return found


def renamed(finding: Finding, source: Source) -> list[AnyEdit]:
    """The second calls, under the names of the layers that are never called."""
    edits: list[AnyEdit] = []
    for wrong, right in re.findall(r"(self\.[\w.]+) to (self\.[\w.]+\w)", told(finding)):
        for place in finding.places:
            node = statement(source, place)
            calls = [
                n
                for n in (ast.walk(node) if node is not None else ())
                if isinstance(n, ast.Call) and dotted(n.func) == wrong
            ]
            if len(calls) == 1 and not any(e.place.line == place.line for e in edits):
                old = text(source, place, calls[0].func)
                edits.append(ReplaceExpression(at(place, calls[0].func), old=old, new=right))
                break
        else:
            return []
    return edits
