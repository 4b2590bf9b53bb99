"""Following an image through the layers in the source, as far as constants and straight code go."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from whytorch.evidence.source import Call, NetworkClass, Source
from whytorch.evidence.source_networks import is_own
from whytorch.records import Place

_KEEP = ("ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "Dropout", "Dropout2d",
         "Identity", "Hardtanh", "ReLU6", "PReLU")  # fmt: skip
_KEEP_FUNCTIONS = ("relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "dropout",
                   "dropout2d", "contiguous", "float", "relu_")  # fmt: skip


class State(Struct, frozen=True):
    """What goes on from one layer to the next. `flat`: numbers a sample; None: not known."""

    image: bool = True
    channels: int | None = None
    side: int | None = None
    flat: int | None = None

    def flattened(self) -> State:
        if not self.image:
            return self
        known = self.channels is not None and self.side is not None
        numbers = (self.channels or 0) * (self.side or 0) ** 2 if known else None
        return replace(self, image=False, flat=numbers)

    def may_be(self, numbers: int) -> bool:
        """Whether a flat row can hold so many: a whole number of pixels in each channel."""
        if self.flat is not None:
            return self.flat == numbers
        return self.channels is None or numbers % self.channels == 0

    def says(self) -> str:
        if self.channels is None or self.side is None:
            return f"{self.flat}" if self.flat is not None else f"a multiple of {self.channels}"
        return f"{self.channels}x{self.side}x{self.side} = {self.channels * self.side**2}"


class Misfit(Struct, frozen=True):
    """`kind`: channels or features; `layer` expects other than what reaches it."""

    kind: str
    layer: Call
    name: str
    expects: int
    gets: State
    network: str
    place: Place


class _Lost(Exception):
    """Something that is not followed; nothing is claimed behind it."""


class _Walk:
    def __init__(self, network: NetworkClass | None, name: str) -> None:
        self.network = network
        self.name = name
        self.misfits: list[Misfit] = []

    def layer(self, state: State, call: Call, name: str) -> State:
        kind = call.last
        if not call.name.startswith(("torch.nn.", "nn.")) or call.loop_depth:
            raise _Lost
        if kind in _KEEP:
            return state
        if kind == "Flatten" and not call.args and not call.keywords:
            return state.flattened()
        if kind == "Conv2d":
            return self._convolution(state, call, name)
        if kind == "BatchNorm2d":
            self._expect(state, _number(call, "num_features", 0), call, name)
            return state
        if kind in ("MaxPool2d", "AvgPool2d") and state.image:
            return _pooled(state, call)
        if kind in ("AdaptiveAvgPool2d", "AdaptiveMaxPool2d") and state.image:
            return replace(state, side=_size(call, "output_size", 0))
        if kind == "Linear":
            return self._linear(state, call, name)
        raise _Lost

    def _convolution(self, state: State, call: Call, name: str) -> State:
        if not state.image:
            raise _Lost
        self._expect(state, _number(call, "in_channels", 0), call, name)
        kernel = _size(call, "kernel_size", 2)
        stride, padding = _size(call, "stride", 3, 1), _size(call, "padding", 4, 0)
        dilation = _size(call, "dilation", 5, 1)
        side = None
        if state.side is not None and None not in (kernel, stride, padding, dilation):
            assert kernel and stride and padding is not None and dilation
            side = (state.side + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
            if side < 1:
                raise _Lost  # another mistake
        return State(channels=_number(call, "out_channels", 1), side=side)

    def _expect(self, state: State, expected: int | None, call: Call, name: str) -> None:
        if not state.image or expected is None or state.channels in (None, expected):
            return
        found = Misfit("channels", call, name, expected, state, self.name, call.place)
        self.misfits.append(found)
        raise _Lost

    def _linear(self, state: State, call: Call, name: str) -> State:
        expected, made = _number(call, "in_features", 0), _number(call, "out_features", 1)
        if state.image:
            raise _Lost  # on the last dimension, or not flattened: not for here to say
        if expected is None:
            raise _Lost
        if not state.may_be(expected):
            misfit = Misfit("features", call, name, expected, state, self.name, call.place)
            self.misfits.append(misfit)
            raise _Lost
        return State(image=False, flat=made)

    # --- expressions ---------------------------------------------------------------------------

    def value(self, node: ast.expr, known: dict[str, State]) -> State:
        if isinstance(node, ast.Name) and node.id in known:
            return known[node.id]
        if not isinstance(node, ast.Call) or self.network is None:
            raise _Lost
        call = self.network.call(node)
        if call is None:
            raise _Lost
        if isinstance(node.func, ast.Attribute) and is_own(node.func):
            if len(node.args) != 1 or node.keywords:
                raise _Lost
            return self.own(node.func.attr, self.value(node.args[0], known))
        return self._function(node, call, known)

    def own(self, attribute: str, state: State) -> State:
        assert self.network is not None
        call = self.network.layers.get(attribute)
        if call is None:
            raise _Lost
        if call.last == "Sequential":
            parts = sequential(self.network.calls, call)
            for part in parts:
                state = self.layer(state, part, f"{attribute}'s {part.last}")
            return state
        return self.layer(state, call, attribute)

    def _function(self, node: ast.Call, call: Call, known: dict[str, State]) -> State:
        last = call.last
        method = isinstance(node.func, ast.Attribute) and isinstance(
            node.func.value, (ast.Call, ast.Name)
        )
        of_tensor = method and call.raw.split(".")[0] not in ("F", "torch", "nn")
        inner = node.func.value if of_tensor and isinstance(node.func, ast.Attribute) else None
        given = inner if inner is not None else (node.args[0] if node.args else None)
        if given is None:
            raise _Lost
        rest = call.args if inner is not None else call.args[1:]
        state = self.value(given, known)
        if last in _KEEP_FUNCTIONS:
            return state
        if last in ("max_pool2d", "avg_pool2d") and state.image:
            return _pooled(state, replace_args(call, rest))
        if last == "flatten" and [a.constant for a in rest] == [1]:
            return state.flattened()
        if last in ("view", "reshape") and len(rest) == 2:
            return self._view(state, call, [a.text for a in rest], rest[1].constant)
        raise _Lost

    def _view(self, state: State, call: Call, texts: list[str], size: object) -> State:
        """x.view(x.size(0), -1), x.view(-1, 320)"""
        if ".size(0)" in texts[0] or ".shape[0]" in texts[0]:
            if texts[1] == "-1":
                return state.flattened()
        flat = state.flattened()
        if texts[0] == "-1" and isinstance(size, int) and size > 0:
            if flat.may_be(size):
                return replace(flat, flat=size)
            misfit = Misfit("view", call, f"view(-1, {size})", size, state, self.name, call.place)
            self.misfits.append(misfit)
        raise _Lost


def replace_args(call: Call, args: tuple[object, ...]) -> Call:
    """The call as if its tensor came from elsewhere."""
    return replace(call, args=args)


def _number(call: Call, name: str, position: int) -> int | None:
    value = call.keywords.get(name) or (call.args[position] if position < len(call.args) else None)
    return value.constant if value is not None and isinstance(value.constant, int) else None


def _size(call: Call, name: str, position: int, default: int | None = None) -> int | None:
    """A size that is the same in both directions; None if it is not known."""
    value = call.keywords.get(name) or (call.args[position] if position < len(call.args) else None)
    if value is None:
        return default
    size = value.constant
    if isinstance(size, tuple) and len(set(size)) == 1:
        size = size[0]
    return size if isinstance(size, int) and not isinstance(size, bool) else None


def _pooled(state: State, call: Call) -> State:
    kernel = _size(call, "kernel_size", 0)
    stride = _size(call, "stride", 1, kernel)
    padding = _size(call, "padding", 2, 0)
    unusual = "ceil_mode" in call.keywords or "dilation" in call.keywords or len(call.args) > 3
    if state.side is None or not kernel or not stride or padding is None or unusual:
        return replace(state, side=None)
    side = (state.side + 2 * padding - kernel) // stride + 1
    if side < 1:
        raise _Lost
    return replace(state, side=side)


def sequential(calls: tuple[Call, ...], made: Call) -> list[Call]:
    """The constructors directly in nn.Sequential(...), in order."""
    last = (made.place.end_line or made.place.line, 10**6)
    start = (made.place.line, made.place.column or 0)
    inside = [
        c
        for c in calls
        if c.place.path == made.place.path
        and start < (c.place.line, c.place.column or 0) <= last
        and any(a.text.startswith(c.raw + "(") for a in made.args)
    ]
    inside.sort(key=lambda c: (c.place.line, c.place.column or 0))
    # Each argument must be one of them, one for one.
    if len(inside) != len(made.args) or any(
        not a.text.startswith(c.raw + "(") for a, c in zip(made.args, inside, strict=True)
    ):
        raise _Lost
    return inside


def misfits(source: Source, size: tuple[int, int] | None) -> Iterator[Misfit]:
    """Where a layer certainly does not fit what reaches it."""
    convolutional = [n for n in source.networks if any(c.last == "Conv2d" for c in n.calls)]
    for network in convolutional:
        if network.forward is not None:
            alone = len(convolutional) == 1
            yield from _in_forward(network, network.forward, size if alone else None)


def _in_forward(
    network: NetworkClass, forward: ast.FunctionDef, size: tuple[int, int] | None
) -> Iterator[Misfit]:
    names = [a.arg for a in forward.args.args if a.arg != "self"]
    if not names:
        return
    walk = _Walk(network, network.name)
    known = {names[0]: State(channels=None, side=size[1] if size else None)}
    try:
        for statement in forward.body:
            if isinstance(statement, ast.Expr):
                continue  # a docstring, a print
            if isinstance(statement, ast.Return) and statement.value is not None:
                walk.value(statement.value, known)
                break
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
                break
            target = statement.targets[0]
            if not isinstance(target, ast.Name):
                break
            known[target.id] = walk.value(statement.value, known)
    except _Lost:
        pass
    yield from walk.misfits[:1]
