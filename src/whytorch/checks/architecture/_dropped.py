"""Results in the source that are computed and thrown away."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from whytorch.checks._places import loops_around
from whytorch.evidence.source import Call, NetworkClass, Source
from whytorch.evidence.source_around import bodies
from whytorch.evidence.source_look import look
from whytorch.evidence.source_networks import is_own
from whytorch.evidence.source_nodes import walk
from whytorch.records import Place

# Pure: they change nothing, so that a call whose result nobody takes does nothing.
RESHAPES = ("view", "reshape", "flatten", "permute", "transpose", "unsqueeze", "squeeze",
            "swapaxes", "movedim", "ravel")  # fmt: skip
_OF_TENSORS = (*RESHAPES, "relu", "sigmoid", "tanh", "softmax", "log_softmax", "clamp", "mul",
               "add", "div", "sub")  # fmt: skip
_FUNCTIONS = (
    "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softmax", "log_softmax",
    "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "dropout", "dropout2d", "normalize",
    "interpolate", "pad", "flatten", "reshape", "permute", "transpose", "squeeze", "unsqueeze",
    "cat", "stack", "clamp", "linear", "conv2d",
)  # fmt: skip
# BatchNorm keeps statistics, so that calling it may be on purpose.
_LAYERS = ("Linear", "Conv1d", "Conv2d", "Conv3d", "ReLU", "LeakyReLU", "GELU", "Sigmoid", "Tanh",
           "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "Flatten", "Dropout", "Dropout2d",
           "Softmax", "LogSoftmax", "ConvTranspose2d")  # fmt: skip
# Of functions, those that are written for what they do to the way on; a softmax beside the logits
# is often left over.
_EFFECTS = ("dropout", "dropout2d", "relu", "leaky_relu", "elu", "gelu", "silu")
LOSSES = ("CrossEntropyLoss", "BCEWithLogitsLoss", "BCELoss", "MSELoss", "NLLLoss", "L1Loss")
LOSS_FUNCTIONS = ("cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits",
                   "mse_loss", "nll_loss", "l1_loss")  # fmt: skip
_KEEPS = re.compile(r"inplace|True|Norm|\*")


class Dropped(Struct, frozen=True):
    """`what` as written; `name`: the variable it was stored in, or None if in none at all."""

    what: str
    place: Place
    name: str | None
    reshapes: bool
    function: str  # qualified as in Call.function
    given: str | None = None  # the variable that is to take the result, where that is plain


def in_networks(source: Source) -> Iterator[Dropped]:
    """In the forward of each network, and in the methods of its own that the forward calls."""
    for network in source.networks:
        for method in network.forward_methods:
            yield from _thrown_away(network, method)
            yield from _stored_in_vain(network, method)


def losses_in_vain(source: Source) -> Iterator[Dropped]:
    """`aux_loss = criterion(aux, y)` beside a backward, where nobody ever reads aux_loss."""
    made = source.calls_to(*(f"*.{kind}" for kind in LOSSES))
    names = {n for call in made for n in source.names_assigned_at(call.place)}
    functions = source.calls_to(*(f"torch.nn.functional.{f}" for f in LOSS_FUNCTIONS))
    learning = [c for c in source.calls_to("*.backward") if c.loop_depth]
    if not learning or not (names or functions):
        return
    for call in (*functions, *(c for c in source.calls_written(*names) if len(c.args) == 2)):
        if not any(_in_one_loop(source, call, backward) for backward in learning):
            continue
        targets = source.names_assigned_at(call.place)
        if len(targets) != 1 or not targets[0].isidentifier() or targets[0].startswith("_"):
            continue
        if not _is_read(source, targets[0], call):
            text = f"{call.raw}({', '.join(a.text for a in call.args)})"
            yield Dropped(text[:60], call.place, targets[0], False, call.function)


def _in_one_loop(source: Source, loss: Call, backward: Call) -> bool:
    """The loss comes before the backward, in the same round of the same loop."""
    if (loss.place.path, loss.function) != (backward.place.path, backward.function):
        return False
    around = [loops_around(source, c.place)[-1:] for c in (loss, backward)]
    return around[0] == around[1] != [] and loss.place.line < backward.place.line


def _is_read(source: Source, name: str, call: Call) -> bool:
    """Whether the name stands anywhere in the file but where it is set to a loss."""
    file = source.file(call.place.path)
    return file is None or name in look(source).reads(file)


def _thrown_away(network: NetworkClass, forward: ast.FunctionDef) -> Iterator[Dropped]:
    """`F.relu(x)` as a statement of its own, where x is used later."""
    for body in all_bodies(forward):
        for position, statement in enumerate(body):
            if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
                continue
            given = _pure(network, statement.value)
            if given is None or given not in loaded(body[position + 1 :]):
                continue
            yield _dropped(network, statement.value, None)


def _stored_in_vain(network: NetworkClass, forward: ast.FunctionDef) -> Iterator[Dropped]:
    """`y = self.conv2(x)` in straight code, where nobody reads y before it is set again."""
    if any(isinstance(n, (ast.Lambda, ast.FunctionDef)) and n is not forward
           for n in walk(forward)) or "locals" in loaded(forward.body):  # fmt: skip
        return
    for position, statement in enumerate(forward.body):
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target, value = statement.targets[0], statement.value
        if not isinstance(target, ast.Name) or target.id.startswith(("_", "dummy", "unused")):
            continue
        # A reshape in vain costs nothing; a layer in vain is a layer less.
        if not isinstance(value, ast.Call) or not _calls_own(value):
            continue
        if _pure(network, value) is None:
            continue
        if not _read_later(target.id, forward.body[position + 1 :]):
            yield _dropped(network, value, target.id)
    yield from _never_read(network, forward)


def _never_read(network: NetworkClass, forward: ast.FunctionDef) -> Iterator[Dropped]:
    """`h = F.dropout(h0)`, below an `if` or not, where nothing in the whole method reads h."""
    read = loaded(forward.body)
    for statement in walk(forward):
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target, value = statement.targets[0], statement.value
        if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
            continue
        effect = isinstance(value.func, ast.Attribute) and value.func.attr in _EFFECTS
        if not effect or target.id in read or target.id.startswith(("_", "dummy", "unused")):
            continue
        if _pure(network, value) in read and not _calls_own(value):
            yield _dropped(network, value, target.id)


def _calls_own(value: ast.expr) -> bool:
    """Whether self.something(...) is in it."""
    return any(isinstance(n, ast.Call) and is_own(n.func) for n in walk(value))


def _read_later(name: str, body: list[ast.stmt]) -> bool:
    for statement in body:
        if name in loaded([statement]):
            return True
        if isinstance(statement, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == name for t in statement.targets
        ):
            return False  # set anew
    return False


def _dropped(network: NetworkClass, call: ast.Call, name: str | None) -> Dropped:
    found = network.call(call)
    last = found.last if found is not None else ""
    own = network.layers.get(found.raw.removeprefix("self.")) if found is not None else None
    text = network.text(call)
    return Dropped(
        what=text if len(text) <= 60 else f"{text[:57]}...",
        place=network.place(call),
        name=name,
        reshapes=last in RESHAPES or (own is not None and own.last == "Flatten"),
        function=found.function if found is not None else "",
    )


def _pure(network: NetworkClass, node: ast.Call) -> str | None:
    """The variable that a call without side effects is given; None for any other call."""
    call = network.call(node)
    if (
        call is None
        or "inplace" in call.keywords
        or "out" in call.keywords
        or "**" in call.keywords
    ):
        return None
    func = node.func
    flags = node.args[3:] if call.last.startswith("dropout") else node.args[1:]
    if any(isinstance(a, ast.Constant) and a.value is True for a in flags):
        return None  # in place
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        receiver = func.value.id
        if receiver == "self":
            layer = network.layers.get(func.attr)
            return _given(network, node) if layer is not None and _is_quiet(layer) else None
        if call.name.startswith("torch.") or receiver in ("F", "torch"):
            return _given(network, node) if func.attr in _FUNCTIONS else None
        if func.attr in _OF_TENSORS and (node.args or func.attr in ("squeeze", "flatten", "relu")):
            return receiver
        return None
    return (
        _given(network, node)
        if call.name.startswith("torch.") and call.last in _FUNCTIONS
        else None
    )


def _is_quiet(layer: Call) -> bool:
    """Whether calling this layer does nothing but return something new."""
    if layer.last == "Sequential":
        inside = " ".join(a.text for a in layer.args)
        return bool(layer.args) and not _KEEPS.search(inside)
    if layer.last not in _LAYERS or "inplace" in layer.keywords:
        return False
    return not any(a.constant is True for a in layer.args)


def _given(network: NetworkClass, node: ast.Call) -> str | None:
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Call):
        return _pure(network, first)
    return first.id if isinstance(first, ast.Name) else None


def all_bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for inner in walk(node):
        yield from bodies(inner)


def loaded(body: Sequence[ast.AST]) -> set[str]:
    return {
        n.id
        for statement in body
        for n in walk(statement)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }
