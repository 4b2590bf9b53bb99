"""`[Block(32)] * 5`: a list with one and the same module in five places, of one set of weights."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, Place, ReplaceExpression

_CONTAINERS = ("Sequential", "ModuleList")
# What has no weights may stand in several places.
_WITHOUT_WEIGHTS = ("Pool", "Dropout", "ReLU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softmax",
                    "Identity", "Flatten", "Upsample", "ELU", "Pad")  # fmt: skip


class Repeated(NamedTuple):
    place: Place
    written: str  # "[Block(32)] * 5", as it stands there
    block: ast.Call
    times: str


def repeated(source: Source | None, outcome: Learning) -> list[Finding]:
    """A warning where the training left much to learn, else advice: weights may be shared."""
    found = next(_all(source), None) if source is not None else None
    return [_finding(found, outcome)] if found is not None else []


def _all(source: Source) -> Iterator[Repeated]:
    for container in source.calls:
        for place, given in _given(container, source) if container.last in _CONTAINERS else ():
            text = f"({given})"  # it may go over several lines
            for node in ast.walk(ast.parse(text, mode="eval")):
                product = _product(node)
                if product is not None and _has_weights(product[0], source):
                    written = ast.get_source_segment(text, node) or given
                    yield Repeated(place, written, product[0], ast.unparse(product[1]))


def _given(container: Call, source: Source) -> Iterator[tuple[Place, str]]:
    """What the container is given, and where it stands: a name, where it got its value."""
    for value in container.args:
        given = value.text.lstrip("*").strip()
        made = [
            a
            for a in source.assignments
            if given in a.targets and a.place.path == container.place.path
            if a.value is not None and a.place.line <= container.place.line
        ]
        if made and made[-1].value is not None:
            yield made[-1].place, made[-1].value.text
        elif "*" in given:
            yield container.place, given


def _product(node: ast.AST) -> tuple[ast.Call, ast.expr] | None:
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return None
    for held, times in ((node.left, node.right), (node.right, node.left)):
        if isinstance(held, ast.List) and len(held.elts) == 1:
            block = held.elts[0]
            return (block, times) if isinstance(block, ast.Call) else None
    return None


def _has_weights(block: ast.Call, source: Source) -> bool:
    name = ast.unparse(block.func).rpartition(".")[2]
    own = next((n for n in source.networks if n.name == name), None)
    if own is not None:
        return any(_weighs(c.last) for c in own.calls)
    known = {c.last for c in source.calls if c.name.startswith("torch.nn.")}
    return name in known and _weighs(name)


def _weighs(kind: str) -> bool:
    return kind[:1].isupper() and not any(part in kind for part in _WITHOUT_WEIGHTS)


def _finding(found: Repeated, outcome: Learning) -> Finding:
    places_told = f"{found.times} places" if found.times.isdigit() else "all places"
    return Finding(
        says=f"{found.written} holds one and the same block in {places_told}: they share one set "
        f"of weights, and BatchNorm its statistics{outcome.reached()}",
        places=places(found.place),
        severity="advice" if outcome.skill is None or outcome.works else "warning",
        confidence=0.6,
        measured={"training_accuracy": outcome.train_accuracy},
        fix=Fix(f"write {_anew(found)}, which makes a new one for each place"),
    )


def _anew(found: Repeated) -> str:
    return f"[{ast.unparse(found.block)} for _ in range({found.times})]"


def made_anew(finding: Finding, source: Source) -> list[AnyEdit]:
    """A comprehension in the place of the product."""
    for found in _all(source):
        if finding.fix is not None and f"write {_anew(found)}," in finding.fix.says:
            return [ReplaceExpression(found.place, (), found.written, _anew(found))]
    return []
