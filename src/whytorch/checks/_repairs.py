"""Larger questions that single fixes ask of the source: transforms, splits, loops, classes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from whytorch.checks._places import loops_around, only_moves
from whytorch.checks._rewriting import calls_here, statement, text
from whytorch.evidence.source import Call, Source
from whytorch.records import (
    AnyEdit,
    Finding,
    Place,
    Remove,
    RemoveItem,
    ReplaceExpression,
    SetArgument,
)

_LISTS = ("Compose", "Sequential")
_CUTS = ("detach", "item", "cpu", "numpy", "clone", "requires_grad_")


def without_transforms(finding: Finding, source: Source, names: Sequence[str]) -> list[AnyEdit]:
    """These transforms go out of the list at the finding's places."""
    lines = [source.statement_lines(p) for p in finding.places[:2]]
    found: dict[tuple[str, int, int], AnyEdit] = {}
    for place, span in zip(finding.places, lines, strict=False):
        around = Place(place.path, span[0], max(span[-1], place.end_line or 0))
        for call in source.calls_within(around):
            if call.last in names and call.place.column is not None:
                key = (call.place.path, call.place.line, call.place.column)
                found.setdefault(key, RemoveItem(call.place, callee=call.last))
    return _something_left(source, found)


def _something_left(source: Source, removed: dict[tuple[str, int, int], AnyEdit]) -> list[AnyEdit]:
    """A Compose of torchvision's v2 must not be empty: one that does nothing stays in it."""
    edits: list[AnyEdit] = []
    for call in (c for c in source.calls_to("*.Compose") if ".v2." in c.name):
        inside = [
            (c.place.path, c.place.line, c.place.column or 0)
            for c in source.calls_within(_whole(source, call.place))
            if any(f"{c.raw}(" in a.text for a in call.args)
        ]
        if inside and all(key in removed for key in inside):
            for key in inside:
                del removed[key]
            nothing = f"[{call.raw.rpartition('.')[0]}.Identity()]"
            edits.append(SetArgument(call.place, (), "Compose", "transforms", nothing, 0, True))
    return [*removed.values(), *edits]


def plain_instead(finding: Finding, source: Source) -> list[AnyEdit]:
    """Where evaluation is given the training's transform and another one is there that draws
    nothing, it gets that one: `Digits(False, augment)` -> `Digits(False, plain)`."""
    random = set(finding.measured.get("random_transforms") or ())
    made = {
        target: a.place
        for a in source.assignments
        for target in a.targets
        if a.value is not None and not a.augmented
    }
    drawing, plain = [], []
    for name, place in made.items():
        kinds = {c.last for c in source.calls_within(_whole(source, place))}
        if kinds & random:
            drawing.append(name)
        elif kinds & {"Compose", "ToTensor", "Normalize", "CenterCrop", "Resize"}:
            plain.append(name)
    for place in finding.places:
        for name in drawing:
            if len(plain) == 1 and _reads(source, place, name):
                return [ReplaceExpression(place, old=name, new=plain[0])]
    return []


def _whole(source: Source, place: Place) -> Place:
    lines = source.statement_lines(place)
    return Place(place.path, lines[0], max(lines[-1], place.end_line or 0))


def _reads(source: Source, place: Place, name: str) -> bool:
    node = statement(source, place)
    return any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
        for n in (ast.walk(node) if node is not None else ())
    )


def unused_part(source: Source, given: str) -> str | None:
    """`test_set` of `train_set, test_set = random_split(...)`, where nothing reads it."""
    for one in source.assignments:
        if given in one.targets and len(one.targets) > 1:
            others = [t for t in one.targets if t != given and t.isidentifier()]
            unread = [t for t in others if not _read_anywhere(source, one.place.path, t)]
            held_out = [t for t in unread if re.search(r"(?i)test|val|hold|eval|dev", t)]
            if len(held_out or unread) == 1:
                return (held_out or unread)[0]
    return None


def _read_anywhere(source: Source, path: str, name: str) -> bool:
    file = source.file(path)
    return any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
        for n in (ast.walk(file.tree) if file is not None else ())
    )


def first_in(source: Source, loop: Place) -> Place | None:
    """The first statement of the loop at a line."""
    node = statement(source, loop)
    if isinstance(node, (ast.For, ast.While)):
        return Place(loop.path, node.body[0].lineno)
    return None


def super_call(source: Source, place: Place) -> Place | None:
    """`super().__init__()` of the class around a line."""
    for one in source.classes:
        if one.place.path == place.path and _inside(place, one.place):
            for call in source.calls_within(one.place):
                if call.raw.endswith("__init__") and "super" in call.raw:
                    return call.place
    return None


def _inside(place: Place, outer: Place) -> bool:
    return outer.line <= place.line <= (outer.end_line or outer.line)


def in_loop(source: Source, place: Place) -> bool:
    return bool(loops_around(source, place))


def uncut(node: ast.AST) -> ast.expr | None:
    """`x` of `x.detach()`, `x.data`, and `torch.tensor(x.item(), requires_grad=True)`."""
    if isinstance(node, ast.Attribute) and node.attr == "data":
        return node.value
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in _CUTS:
            return _bare(node.func.value) if _cuts(node) else None
        anew = node.func.attr in ("tensor", "as_tensor", "from_numpy", "Tensor")
        if anew and node.args and _cuts(node.args[0]):
            return _bare(node.args[0])
    return None


def _cuts(node: ast.AST) -> bool:
    """Whether there is a detach, an item or a numpy in a chain of methods."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("detach", "item", "numpy"):
            return True
        node = node.func.value
    return isinstance(node, ast.Attribute) and node.attr == "data"


def _bare(node: ast.expr) -> ast.expr:
    """A chain of methods without those that cut it off."""
    while True:
        if isinstance(node, ast.Attribute) and node.attr == "data":
            node = node.value
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _CUTS
        ):
            node = node.func.value
        else:
            return node


def of_numpy(source: Source, call: Call) -> bool:
    """Whether what a method belongs to is an array: it goes into torch only afterwards, here or
    further down in the function."""
    line = Place(call.place.path, call.place.line)
    makers = ("from_numpy", "tensor", "as_tensor", "Tensor", "FloatTensor")
    here = any(
        c.last in makers and any(call.raw in a.text for a in c.args)
        for c in source.calls_within(line)
    )
    name = re.escape(call.raw.rpartition(".")[0])
    below = [c for c in source.calls if c.function == call.function and c.place.line > line.line]
    goes = any(
        c.last in makers and c.args and re.search(rf"(?<!\.)\b{name}\b", c.args[0].text)
        for c in below
        if c.place.path == line.path
    )
    return here or goes or "np." in (source.line(call.place.path, call.place.line) or "")


def layers_activated(finding: Finding, source: Source) -> Iterator[AnyEdit]:
    """`torch.relu(...)` around each call of a layer that another one follows directly."""
    earlier = {pair[0] for pair in finding.measured.get("pairs") or ()}
    for name in sorted(earlier):
        for place in source.module_calls(name).called:
            node = statement(source, place)
            for part in ast.walk(node) if node is not None else ():
                if isinstance(part, ast.Call) and ast.unparse(part.func) == f"self.{name}":
                    old = text(source, place, part)
                    where = Place(place.path, part.lineno, column=part.col_offset)
                    yield ReplaceExpression(where, ("import torch",), old, f"torch.relu({old})")


def rectified(finding: Finding, source: Source, kind: str) -> Iterator[AnyEdit]:
    """ReLU for each sigmoid or tanh that stands between layers of the network pointed at."""
    made = {"sigmoid": ("Sigmoid", "sigmoid"), "tanh": ("Tanh", "tanh")}.get(kind, ())
    first = next(calls_here(finding, source, *made), None)
    if first is None:
        return
    calls = [c for c in source.calls if c.raw == first.raw and c.function == first.function]
    before = first.raw.rpartition(".")[0]
    new = "ReLU()" if first.last[:1].isupper() else "relu"
    prefix = f"{before}." if before else ""
    for call in calls:
        given = ", ".join(a.text for a in call.args)
        old = f"{call.raw}({given})"
        end = new if new == "ReLU()" else f"relu({given})"
        if new == "ReLU()" or before in ("F", "torch", "nn.functional", "torch.nn.functional"):
            yield ReplaceExpression(call.place, old=old, new=f"{prefix}{end}")


def dataset_argument(call: Call, new: str) -> AnyEdit:
    return SetArgument(call.place, (), "DataLoader", "dataset", new, 0, anyhow=True)


def own_change(source: Source, place: Place) -> list[AnyEdit]:
    """`x = f(x)` at a place goes away, and wherever else in the file it stands word for word."""
    node = statement(source, place)
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return []
    name, written = ast.unparse(node.targets[0]), ast.unparse(node)
    reads = any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node.value))
    if not reads or isinstance(node.value, ast.Name):
        return []
    alike = [
        a.place
        for a in source.assignments
        if a.place.path == place.path and _reads_as(source, a.place, written)
    ]
    return [Remove(at) for at in alike]


def changed_before(source: Source, place: Place) -> list[AnyEdit]:
    """The one line above, in the same loop, that makes something else of what the loop gives."""
    loop = loops_around(source, place)[-1]
    given = set(re.findall(r"\w+", loop.target or ""))
    above = [
        edits
        for a in source.assignments
        if a.place.path == place.path and loop.place.line < a.place.line < place.line
        if len(a.targets) == 1 and a.targets[0] in given and not only_moves(a, a.targets[0])
        if (edits := own_change(source, a.place))
    ]
    return above[0] if len(above) == 1 else []


def _reads_as(source: Source, place: Place, written: str) -> bool:
    node = statement(source, place)
    return node is not None and ast.unparse(node) == written
