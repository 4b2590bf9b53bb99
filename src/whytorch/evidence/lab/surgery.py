"""What a network computes, call by call, and how to change single calls of it.

Layers, activations and pooling are torch functions in the end, whether a module calls them or the
network's `forward`; so they are found by listening to those functions while the network runs on a
recorded batch, and changed by answering some of them differently. Names of classes and attributes
play no part.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

from whytorch.evidence.lab import program
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt, Surgery
from whytorch.evidence.lab.program import Micro

SATURATING = frozenset({"sigmoid", "tanh", "hardtanh", "hardsigmoid", "softsign", "logsigmoid"})
ACTIVATIONS = SATURATING | {
    "relu", "relu6", "leaky_relu", "prelu", "elu", "celu", "selu", "gelu", "silu", "mish",
    "hardswish", "softplus", "softmax", "log_softmax", "softmin", "threshold", "rrelu", "glu",
}  # fmt: skip
# Functions that curve what goes through them without being called an activation.
CURVED = ACTIVATIONS | {
    "clamp", "clip", "clamp_min", "maximum", "abs", "exp", "square", "pow", "__pow__", "where",
    "sin", "cos", "multi_head_attention_forward", "lstm", "gru", "rnn_tanh", "rnn_relu",
}  # fmt: skip
CONVOLUTIONS = frozenset(f"conv{t}{n}d" for t in ("", "_transpose") for n in (1, 2, 3))
NORMS = frozenset({"batch_norm", "instance_norm", "group_norm", "layer_norm", "rms_norm"})
VIEWS = frozenset({
    "view", "reshape", "flatten", "squeeze", "unsqueeze", "contiguous", "float", "double", "to",
    "permute", "transpose", "__getitem__", "unflatten", "clone",
})  # fmt: skip
PRODUCTS = frozenset({"mul", "multiply", "__mul__", "__rmul__", "__imul__"})
_WITH_WEIGHTS = frozenset({"matmul", "__matmul__", "mm", "addmm", "einsum", "bmm", "embedding"})

Rule = Callable[[Callable[..., Any], Any, Any], Any]  # of (function, args, kwargs)


def plain(function: Callable[..., Any]) -> str:
    """The function's name; `relu` of `relu_` too."""
    name = getattr(function, "__name__", "")
    return name if name.startswith("__") else name.rstrip("_")


@dataclass
class Event:
    """A torch function called by a network. `sources`: the events whose results it took."""

    name: str
    module: str | None  # the innermost module that was running, by its dotted name
    args: Any
    kwargs: Any
    sources: list[int]
    result: Any

    @property
    def tensors(self) -> list[Tensor]:
        leaves = pytree.tree_leaves((self.args, self.kwargs))
        return [leaf for leaf in leaves if isinstance(leaf, Tensor)]

    @property
    def layer(self) -> bool:
        """Whether it multiplies with weights."""
        if self.name in CONVOLUTIONS or self.name in ("linear", "bilinear"):
            return True
        return self.name in _WITH_WEIGHTS and any(isinstance(t, nn.Parameter) for t in self.tensors)


@dataclass
class Trace:
    """One call of the trained network on a recorded batch."""

    events: list[Event] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    ends: list[int | None] = field(default_factory=list)  # the event that made each output

    def users(self, number: int) -> list[int]:
        """The events that took the result of one."""
        return [n for n, event in enumerate(self.events) if number in event.sources]

    def behind(self, number: int, through: Collection[str]) -> Iterator[int]:
        """The events reached from one going back; from a name not in `through`, no further."""
        seen, todo = set(), [number]
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            yield at
            if self.events[at].name in through:
                todo += self.events[at].sources

    def last_layers(self) -> set[int]:
        """The layers with weights that nothing but functions without weights lies behind."""
        found, seen, todo = set(), set(), [n for n in self.ends if n is not None]
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            if self.events[at].layer:
                found.add(at)
            else:
                todo += self.events[at].sources
        return found

    def rank(self, number: int, names: Collection[str]) -> int:
        """How many events with one of these names come before."""
        return sum(event.name in names for event in self.events[:number])

    def named(self, names: Collection[str]) -> list[str]:
        return [event.name for event in self.events if event.name in names]


class _Listening(TorchFunctionMode):
    def __init__(self, trace: Trace, running: list[str]) -> None:
        super().__init__()
        self._trace, self._running = trace, running
        self.made: dict[int, int] = {}  # id of a tensor -> the event that made or changed it last

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        sources = [
            self.made[id(leaf)]
            for leaf in pytree.tree_leaves((args, kwargs))
            if isinstance(leaf, Tensor) and id(leaf) in self.made
        ]
        result = function(*args, **kwargs)
        results = [leaf for leaf in pytree.tree_leaves(result) if isinstance(leaf, Tensor)]
        if results:
            module = self._running[-1] if self._running else None
            event = Event(plain(function), module, args, kwargs, sources, result)
            self.made.update((id(t), len(self._trace.events)) for t in results)
            self._trace.events.append(event)  # which keeps the tensors, and so their ids
        return result


def first_micro(bench: Bench) -> Micro:
    """The first backward in which the trained network is called."""
    for step in bench.steps:
        for micro in step.micros:
            if any(op.call == bench.main for op in micro.ops if isinstance(op.call, int)):
                return micro
    raise NotRebuilt("the loss does not come from a network")


def trace(bench: Bench, evaluating: bool = False) -> Trace:
    """The calls of the network at its first weights, in the modes that the script set."""
    return _traced(bench, bench.networks(), evaluating)


def _traced(bench: Bench, networks: list[nn.Module], evaluating: bool = False) -> Trace:
    network, made = networks[bench.main], Trace()
    running: list[str] = []
    forward = network.forward

    def listening(*args: Any, **kwargs: Any) -> Any:
        if made.outputs:  # called once more in the same step
            return forward(*args, **kwargs)
        if evaluating:
            network.eval()
        with _Listening(made, running) as mode:
            output = forward(*args, **kwargs)
        leaves = pytree.tree_leaves(output)
        made.outputs = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        made.ends = [mode.made.get(id(t)) for t in made.outputs]
        return output

    network.forward = listening
    for name, module in network.named_modules():
        if module is not network:
            module.register_forward_pre_hook(lambda m, a, name=name: running.append(name))
            module.register_forward_hook(lambda m, a, o: void(running.pop()))
    with bench.aside():
        program.run(first_micro(bench).ops, networks, until_network=True)
    return made


def void(_: Any) -> None:
    """Hooks whose result is not None replace the output."""


def rewritten(network: nn.Module, names: Collection[str], rules: Mapping[int, Rule]) -> nn.Module:
    """The network, in each of its calls of which some torch functions are answered by rules: the
    n-th call of one of these names by `rules[n]`."""
    forward = network.forward

    def answering(*args: Any, **kwargs: Any) -> Any:
        with _Answering(names, rules):
            return forward(*args, **kwargs)

    network.forward = answering
    return network


class _Answering(TorchFunctionMode):
    def __init__(self, names: Collection[str], rules: Mapping[int, Rule]) -> None:
        super().__init__()
        self._names, self._rules, self._count = names, rules, 0

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if plain(function) in self._names:
            rule = self._rules.get(self._count)
            self._count += 1
            if rule is not None:
                return rule(function, args, kwargs)
        return function(*args, **kwargs)


def require_steady(bench: Bench, own: Trace, names: Collection[str]) -> None:
    """Rules count calls: raises NotRebuilt where evaluation makes others than training."""
    if trace(bench, evaluating=True).named(names) != own.named(names):
        raise NotRebuilt("the network computes something else in evaluation than in training")


def fits(bench: Bench, own: Trace, surgery: Surgery) -> str | None:
    """None where the changed network gives outputs of the same shapes; else why not."""
    try:
        changed = _traced(bench, bench.networks(Change(network=surgery)))
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:120]}"
    shapes = [[tuple(t.shape) for t in outputs] for outputs in (own.outputs, changed.outputs)]
    return None if shapes[0] == shapes[1] else f"its output would be {shapes[1]}, not {shapes[0]}"


def skipped(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """The rule that leaves a function out."""
    return args[0] if args else kwargs["input"]


def rectified(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """The rule that puts a ReLU in the place of another activation."""
    given = skipped(function, args, kwargs)
    in_place = function.__name__.endswith("_") or kwargs.get("inplace", False)
    return torch.relu_(given) if in_place else torch.relu(given)
