"""The first training steps, so that they can be run again: networks, batches, criterion, settings.

From the call of a network until its backward, torch hands every function it is asked for to a mode
of ours, which writes them down (`lab/program.py`). That is the script's criterion, however spelled:
a loss module, a formula, two networks in turn. The first steps without a gap are kept, within a
bound of memory. Off unless a rehearsal switches it on.
"""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import utils
from torch.optim import Optimizer
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.lab import program
from whytorch.evidence.lab.program import Around, Const, Micro, Op, Slot, Step, Weight, pruned
from whytorch.evidence.recorder.late_masks import LateMasks
from whytorch.evidence.recorder.optimizers import _has_gradient
from whytorch.evidence.recorder.overlaps import Overlaps
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.terms import Terms
from whytorch.evidence.recorder.whole_sums import WholeSums

MOST_STEPS = 240
MOST_BYTES = 256_000_000  # of batches
MOST_WEIGHTS = 400_000_000  # bytes of parameters and buffers
_MOST_CALLS = 16  # of networks before a backward
_MOST_OPS = 3000  # between a call and its backward
_NUMBERS = (int, float, bool)


class Network:
    """A network as it was before its first training step."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        named = [*module.named_parameters(), *module.named_buffers()]
        self.initial = {name: tensor.detach().clone() for name, tensor in named}
        self.learns = {name: p.requires_grad for name, p in module.named_parameters()}
        self.names = {id(tensor): name for name, tensor in named}

    @staticmethod
    def size(module: nn.Module) -> int:
        tensors = [*module.parameters(), *module.buffers()]
        return sum(t.numel() * t.element_size() for t in tensors)


class _Watch(TorchFunctionMode):
    """Hands every torch function that is called to the tape."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self._tape = tape

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        random = self._tape.random()
        result = function(*args, **kwargs)
        self._tape.note(function, args, kwargs, result, random)
        return result


class Tape:
    """`steps` are whole and follow each other without a gap; `problem`: why there are no more."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.on = False
        self.problem: str | None = None
        self.full = False
        self.steps: list[Step] = []
        self.networks: list[Network] = []
        self.optimizers: list[Optimizer] = []
        self.states: list[Any] = []  # of the optimizers before their first step; None if empty
        self.bytes = 0
        self._watch: _Watch | None = None
        self._ops: list[Op] = []
        self._slots: WeakIdKeyDictionary[Tensor, int] = WeakIdKeyDictionary()
        self._clones: WeakIdKeyDictionary[Tensor, tuple[int, Const]] = WeakIdKeyDictionary()
        self._next = 0
        self._calls = 0
        self._moment: Any = None
        self._micros: list[Micro] = []
        self._clips: list[Any] = []
        self._settings: list[dict[str, Any]] = []
        self._terms = Terms()
        self._overlaps, self._whole_sums = Overlaps(), WholeSums()
        self._late_masks = LateMasks()

    def install(self, patches: Patches) -> None:
        if not self.on:
            return
        patches.wrap(Tensor, "backward", self._wrap_backward)
        patches.wrap(torch, "compile", self._wrap_compile)
        for name in ("trace", "trace_module"):
            patches.wrap(torch.jit, name, self._wrap_trace)
        for owner in (utils, utils.clip_grad):
            for name in ("clip_grad_norm_", "clip_grad_value_"):
                patches.wrap(owner, name, self._wrap_clip)
        patches.around_steps(self._pre, self._post)
        patches.later(self.pause)

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        """Of it only what the losses' terms and masks show goes into the record."""
        yield from self._terms.snapshot()
        yield from self._overlaps.snapshot()
        yield from self._whole_sums.snapshot()
        yield from self._late_masks.snapshot()

    @harmless
    def give_up(self, why: str) -> None:
        """No more steps are kept."""
        self.problem, self.on = self.problem or why, False
        self._ops, self._micros = [], []

    def _wrap_trace(self, original: Any) -> Any:
        """`torch.jit.trace` runs the network several times and compares the graphs, to the names of
        variables, which it reads from the frames of callers: none may be the tape's."""

        @functools.wraps(original)
        def trace(*args: Any, **kwargs: Any) -> Any:
            self.pause()
            on, self.on = self.on, False
            try:
                return original(*args, **kwargs)
            finally:
                self.on = on and self.problem is None

        return trace

    # --- watching -----------------------------------------------------------------------------

    @harmless
    def pause(self) -> None:
        """Take the mode away; where the script has put another above it, it only falls silent."""
        watch, self._watch = self._watch, None
        if watch is None:
            return
        if torch.overrides._get_current_function_mode() is watch:
            watch.__exit__(None, None, None)
        else:
            self.give_up("the script switches torch's function modes itself")

    @harmless
    def _resume(self) -> None:
        if self.on and self._watch is None:
            self._watch = _Watch(self)
            self._watch.__enter__()

    @harmless
    def random(self) -> program.Generators | None:
        """The state of the generator before an operation; asked for only where one may draw."""
        return program.generators() if self.on and self._watch is not None else None

    @harmless
    def note(self, function: Any, args: Any, kwargs: Any, result: Any, random: Any) -> None:
        """A torch function was called between a network's call and its backward."""
        if not self.on or self._watch is None:
            return
        leaves = pytree.tree_leaves((args, kwargs))
        if not any(isinstance(x, Tensor) and self._depends(x) for x in leaves):
            return
        name = getattr(function, "__name__", "")
        if name == "__setitem__":
            self._append(function, args, kwargs, [args[0]], Around(), True)
            return
        tensors = [x for x in pytree.tree_leaves(result) if isinstance(x, Tensor)]
        if tensors:
            self._append(function, args, kwargs, tensors, self._around(random), False)
        if len(self._ops) > _MOST_OPS:
            self.give_up("too much is computed between the network and its backward")

    def _depends(self, tensor: Tensor) -> bool:
        if isinstance(tensor, nn.parameter.UninitializedTensorMixin):
            return False
        return tensor in self._slots or isinstance(tensor, nn.Parameter)

    def _append(
        self,
        call: Any,
        args: Any,
        kwargs: Any,
        results: list[Tensor],
        around: Around,
        changes: bool,
    ) -> None:
        kept_args, kept_kwargs = pytree.tree_map(self._leaf, (tuple(args), dict(kwargs)))
        given = [(a, self._slots.get(a)) for a in args if isinstance(a, Tensor)]
        numbers = []
        for tensor in results:
            self._slots[tensor] = self._next
            numbers.append(self._next)
            self._next += 1
        self._ops.append(Op(call, kept_args, kept_kwargs, tuple(numbers), around, changes))
        self._terms.made(self._ops[-1], results)
        name = getattr(call, "__name__", "")
        self._overlaps.made(name, given, numbers)
        self._whole_sums.made(name, args, given, numbers, results)
        self._late_masks.made(name, given, numbers, results)

    def _leaf(self, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        slot = self._slots.get(value)
        if slot is not None:
            return Slot(slot)
        for number, network in enumerate(self.networks):
            name = network.names.get(id(value))
            if name is not None:
                return Weight(number, name)
        return self._constant(value)

    def _constant(self, value: Tensor) -> Const:
        known = self._clones.get(value)
        if known is not None and known[0] == value._version:
            return known[1]
        kept = Const(value.detach().clone(), value.requires_grad and value.is_leaf)
        self._clones[value] = (value._version, kept)
        self.bytes += value.numel() * value.element_size()
        return kept

    def _around(self, random: Any, module: nn.Module | None = None) -> Around:
        cast = []
        for device in {"cpu", "cuda"} if torch.cuda.is_initialized() else {"cpu"}:
            if torch.is_autocast_enabled(device):
                cast.append((device, torch.get_autocast_dtype(device)))
        modes = tuple(m.training for m in module.modules()) if module is not None else ()
        return Around(torch.is_grad_enabled(), tuple(cast), modes, random)

    # --- calls of networks --------------------------------------------------------------------

    @harmless
    def entering(self, module: nn.Module, args: Any, kwargs: Any) -> Any:
        """A network is about to be called; what `left` needs, or None."""
        self.pause()
        if not self.on or not torch.is_grad_enabled():
            return None
        moment = self.recorder.data.batch_serial
        if moment != self._moment or self._calls >= _MOST_CALLS:
            self._forget()  # an evaluation with gradients on: nothing came of it
        self._moment = moment
        self._calls += 1
        if not (self.steps or self._micros or self._ops):
            self.networks = []  # what was called before the first step may have changed since
        number = self._number(module)
        if number is None:
            return None
        kept = pytree.tree_map(self._leaf, (tuple(args), dict(kwargs)))
        return number, kept, self._around(program.generators(), module)

    @harmless
    def left(self, entered: Any, output: Any) -> None:
        """The network's call is over; from here on the script computes its loss."""
        if entered is None or not self.on:
            return
        number, (args, kwargs), around = entered
        numbers = []
        tensors = [t for t in pytree.tree_leaves(output) if isinstance(t, Tensor)]
        for tensor in tensors:
            self._slots[tensor] = self._next
            numbers.append(self._next)
            self._next += 1
        self._ops.append(Op(number, args, kwargs, tuple(numbers), around))
        self._terms.output(tensors, numbers)
        self._overlaps.output(numbers, tensors)
        self._whole_sums.output(numbers, tensors)
        self._resume()

    def _number(self, module: nn.Module) -> int | None:
        if any(isinstance(p, nn.parameter.UninitializedParameter) for p in module.parameters()):
            return None  # lazy modules know their shapes after the first call
        for number, network in enumerate(self.networks):
            if network.module is module:
                return number
        if type(module).__name__ == "OptimizedModule":
            self.give_up("the network is compiled")
        elif len(self.networks) >= 4:
            self.give_up("more than four networks are trained")
        elif Network.size(module) > MOST_WEIGHTS:
            self.give_up("the network is too large to keep its first weights")
        else:
            self.networks.append(Network(module))
            return len(self.networks) - 1
        return None

    def _forget(self) -> None:
        self._ops, self._calls = [], 0
        self._overlaps.forget()
        self._whole_sums.forget()
        self._late_masks.forget()

    # --- backward and step --------------------------------------------------------------------

    def _wrap_backward(self, original: Any) -> Any:
        @functools.wraps(original)
        def backward(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == self.recorder.thread:
                self.pause()  # before torch looks for modes: inside one it could not be taken away
            return original(tensor, *args, **kwargs)

        return backward

    @harmless
    def before_backward(self, roots: Any) -> None:
        """A backward begins: the operations behind it are one part of a step."""
        self.pause()
        root = roots if isinstance(roots, Tensor) else roots[0]
        if not self.on:
            return
        for optimizer in list(self.recorder.optimizers._states.keys()):
            self._know(optimizer)
        slot = self._slots.get(root)
        if slot is None or root.numel() != 1:
            self.give_up("the loss does not come from a network's output by way of torch alone")
            return
        probes = self.recorder.optimizers._probes
        stale = tuple(_has_gradient(probes(o)) for o in self.optimizers)
        latest = self.recorder.phases.latest
        labels = latest.labels.detach().clone() if latest and latest.labels is not None else None
        ops = pruned(self._ops, slot)
        self._terms.backward(ops, slot)
        made = {n for op in ops for n in op.outputs}
        if any(op.slots() - made for op in ops):
            self.give_up("several losses are computed from one call of a network")
            return
        self._micros.append(Micro(ops, slot, float(root.detach()), stale, labels))
        self._forget()

    def _know(self, optimizer: Optimizer) -> int:
        for number, known in enumerate(self.optimizers):
            if known is optimizer:
                return number
        self.optimizers.append(optimizer)
        state = optimizer.state_dict()["state"] if optimizer.state else None
        self.states.append(copy.deepcopy(state))
        return len(self.optimizers) - 1

    def _wrap_compile(self, original: Any) -> Any:
        @functools.wraps(original)
        def compile(*args: Any, **kwargs: Any) -> Any:
            self.give_up("the script compiles its network")
            return original(*args, **kwargs)

        return compile

    def _wrap_clip(self, original: Any) -> Any:
        @functools.wraps(original)
        def clip(parameters: Any, *args: Any, **kwargs: Any) -> Any:
            if self.on and not torch.compiler.is_compiling():
                self._clips.append((original, args, kwargs))
            return original(parameters, *args, **kwargs)

        return clip

    @harmless
    def _pre(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        self.pause()
        if not self.on or threading.get_ident() != self.recorder.thread:
            return
        if any(callable(a) and a is not optimizer for a in (*args, kwargs.get("closure"))):
            self.give_up("its optimizer takes a closure")
            return
        self._know(optimizer)
        self._settings = [
            {k: v for k, v in group.items() if k != "params" and _plain(v)}
            for group in optimizer.param_groups
        ]

    @harmless
    def _post(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self.on or threading.get_ident() != self.recorder.thread:
            return
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        self._terms.stepped(n for n, x in enumerate(self.networks) if held & x.names.keys())
        step = Step(self._micros, self._know(optimizer), self._settings, self._clips)
        self.steps.append(step)
        self._micros, self._clips = [], []
        self._forget()
        if self.bytes > MOST_BYTES or len(self.steps) >= MOST_STEPS:
            self.on, self.full = False, True


def _plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(isinstance(v, _NUMBERS) for v in value)
    return value is None or isinstance(value, _NUMBERS)
