"""What a training step computes, as a list of operations that can be run again.

An operation is a torch function or a call of a network; its arguments are constants (the batch as
it was), weights of a network by name, or results of earlier operations. It was written down while
the script ran, between the call of its network and its backward (see `recorder/tape.py`), so it is
the script's own criterion in whatever way the script spells it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

Generators = tuple[Tensor, Tensor | None]  # states: the CPU's, that of the current GPU


def generators() -> Generators:
    """The states of torch's generators; no GPU is set up for it."""
    on_gpu = torch.cuda.is_initialized()
    return torch.get_rng_state(), torch.cuda.get_rng_state() if on_gpu else None


def restore(states: Generators) -> None:
    """Put the generators back into these states."""
    torch.set_rng_state(states[0])
    if states[1] is not None:
        torch.cuda.set_rng_state(states[1])


@dataclass(frozen=True)
class Slot:
    """The result of an earlier operation."""

    number: int


@dataclass(frozen=True)
class Weight:
    """A parameter or buffer of a network, by its name."""

    network: int
    name: str


@dataclass(frozen=True)
class Const:
    """A tensor as it was: a batch, its targets, class weights."""

    value: Tensor
    gradient: bool = False


@dataclass(frozen=True)
class Around:
    """The state of torch around an operation."""

    grad: bool = True
    autocast: tuple[tuple[str, torch.dtype], ...] = ()  # (device type, dtype) where it is on
    modes: tuple[bool, ...] = ()  # training flags of a network's modules, in their order
    random: Generators | None = None

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            stack.enter_context(torch.set_grad_enabled(self.grad))
            for device, kind in self.autocast:
                stack.enter_context(torch.autocast(device, dtype=kind))
            yield


@dataclass(frozen=True)
class Op:
    """`call` is a torch function, or the number of a network. `outputs` are the slots of the
    tensors in the result, in the order of torch's pytree; of an operation that changes its first
    argument and returns nothing, the one slot of that argument from then on."""

    call: Callable[..., Any] | int
    args: Any
    kwargs: Any
    outputs: tuple[int, ...]
    around: Around = Around()
    changes_first: bool = False

    def slots(self) -> set[int]:
        """The results it needs."""
        leaves = pytree.tree_leaves((self.args, self.kwargs))
        return {leaf.number for leaf in leaves if isinstance(leaf, Slot)}

    def consts(self) -> list[Tensor]:
        leaves = pytree.tree_leaves((self.args, self.kwargs))
        return [leaf.value for leaf in leaves if isinstance(leaf, Const)]


@dataclass
class Micro:
    """One backward: the operations up to its root, and what gradients it found."""

    ops: list[Op]
    root: int
    loss: float
    stale: tuple[bool, ...] = ()  # for each optimizer: gradients of before were still there
    labels: Tensor | None = None


@dataclass
class Step:
    """The backwards before one optimizer step, its settings, and what clipped its gradients."""

    micros: list[Micro]
    optimizer: int
    settings: list[dict[str, Any]]  # numbers of each parameter group, as the step found them
    clips: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = field(
        default_factory=list
    )


def pruned(ops: list[Op], root: int) -> list[Op]:
    """The operations that a result depends on, in their order."""
    needed, kept = {root}, []
    for op in reversed(ops):
        if needed & set(op.outputs):
            kept.append(op)
            needed |= op.slots()
    return kept[::-1]


Swap = Callable[[Tensor], Tensor]


def run(
    ops: Iterable[Op],
    networks: list[nn.Module],
    *,
    exact: bool = False,
    swap: Swap | None = None,
    until_network: bool = False,
) -> dict[int, Any]:
    """Slot -> result. `exact` restores the random state that each operation found; `swap` stands in
    for constants; `until_network` ends after the last call of a network."""
    found: dict[int, Any] = {}
    listed = list(ops)
    if until_network:
        last = max((n for n, op in enumerate(listed) if isinstance(op.call, int)), default=-1)
        listed = listed[: last + 1]

    def value(leaf: Any) -> Any:
        if isinstance(leaf, Slot):
            return found[leaf.number]
        if isinstance(leaf, Weight):
            return weight(networks[leaf.network], leaf.name)
        if isinstance(leaf, Const):
            kept = leaf.value if swap is None else swap(leaf.value)
            return kept.clone().requires_grad_() if leaf.gradient else kept
        return leaf

    for op in listed:
        args, kwargs = pytree.tree_map(value, (op.args, op.kwargs))
        with op.around.restored():
            result = _called(op, args, kwargs, networks, exact)
        if op.changes_first:
            found[op.outputs[0]] = args[0]
            continue
        tensors = [leaf for leaf in pytree.tree_leaves(result) if isinstance(leaf, Tensor)]
        found.update(zip(op.outputs, tensors, strict=True))
    return found


def _called(op: Op, args: Any, kwargs: Any, networks: list[nn.Module], exact: bool) -> Any:
    if exact and op.around.random is not None:
        restore(op.around.random)
    if not isinstance(op.call, int):
        return op.call(*args, **kwargs)
    network = networks[op.call]
    _restore_modes(network, op.around.modes)
    return network(*args, **kwargs)


_MODULES = "_modules_before_surgery"


def remember_modules(network: nn.Module) -> None:
    """Note which modules the recorded modes belong to, before others are added."""
    network.__dict__[_MODULES] = list(network.modules())


def _restore_modes(network: nn.Module, modes: tuple[bool, ...]) -> None:
    """As they were recorded; modules added since are in the mode of the whole."""
    modules = network.__dict__.get(_MODULES)
    if modules is None:
        modules = list(network.modules())
    else:
        network.train(bool(modes and modes[0]))
    if len(modules) == len(modes):
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode
    else:
        network.train(bool(modes and modes[0]))


def weight(network: nn.Module, name: str) -> Tensor:
    """A parameter or buffer by its dotted name."""
    owner, _, own = name.rpartition(".")
    return getattr(network.get_submodule(owner), own)


# --- whose steps ---------------------------------------------------------------------------------


def networks_of(step: Step) -> set[int]:
    """Numbers of the networks that a step calls."""
    return {op.call for m in step.micros for op in m.ops if isinstance(op.call, int)}


def moving(steps: Sequence[Step], networks: Sequence[Any], main: int) -> list[Step]:
    """The steps that can move the network `main`: of folds, members of an ensemble, or a training
    before its own, the others only hide what a change does to it. Networks belong together that
    are called in one step, or share weights."""
    called = [networks_of(step) for step in steps]
    weights = [set(network.names) for network in networks]
    near, grown = {main}, True
    while grown:
        held = set().union(*(weights[n] for n in near))
        more = {n for c in called if c & near for n in c}
        more |= {n for n, own in enumerate(weights) if own & held}
        grown = not more <= near
        near |= more
    return [s for s, c in zip(steps, called, strict=True) if c & near or not s.micros]
