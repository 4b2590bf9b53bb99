"""Every call of a module: which networks there are, and what entered and left them.

A *root* is a module with parameters that is called by something that is not a module: what the
script calls its model. Roots with the same parameter shapes form one *group* (a copy for EMA, a new
model for each fold). Modules without parameters (losses, transforms) are passed through.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Iterator
from inspect import isfunction
from types import FrameType
from typing import Any
from weakref import ref

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.functional import without_numbers
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import (
    constructs,
    is_library_file,
    is_user_file,
    place_of,
    user_frame,
    way_to,
)
from whytorch.evidence.recorder.stages import Uses, main_of
from whytorch.evidence.recorder.tensors import Pool, first_tensors, shape, tensors_in

_FIRST_CALLS = 2  # of a network, looked at closely whenever they come


class Group:
    """Roots with the same parameter shapes; `root` is the one that was called last to learn.

    What is evaluated only (an averaged copy, a teacher) is it as long as none of them learned.
    """

    def __init__(self, index: int, root: nn.Module) -> None:
        self.index = index
        self.kind = type(root).__name__
        self.root = ref(root)
        self.root_learns = False
        self.calls = self.forward_serial = 0
        self.call_place: dict[str, Any] | None = None
        self.output_shape: list[int] | None = None
        self.output_kind: str | None = None
        self.input_pools: dict[tuple[str, str], Pool] = {}  # (phase, "model" | "first_layer")
        self.phase_places: dict[str, Any] = {}
        self.made: set[str] = set()  # phases in which its input came out of another network
        self.loss_inputs = 0  # times its output was a loss's input
        self.scores_at: int | None = None  # which of its outputs a loss took for class scores
        self.gives_logits = False  # its output went into a loss that takes logits, one a sample
        self.binary = False  # its loss takes 0 and 1 as floats, one a sample
        self.names_classes = self.compares_whole = False  # by a loss or a comparison; argmax of all
        self.trained: tuple[int, int] | None = None  # the first and the last step seen to train it
        self.uses = Uses()
        self.loaded, self.size = False, 0
        self.first_layer: str | None = None  # name of the first layer with weights
        self.order_kept: bool | None = None  # of images given channels last: see tensors.order_kept
        self.description: dict[str, Any] = {}
        self.eval_schedule = Schedule()
        self.eval_calls = 0


class Call:
    """One call of a root, from entering it until its phase is known."""

    __slots__ = (
        "batch", "content", "deep", "dropouts", "grad", "graph", "group", "input",
        "input_pool", "inputs", "inside_function", "kept", "labels", "layer_pool", "layers",
        "moment", "order", "outputs", "partly", "place", "predictions", "root", "samples",
        "serial", "targets", "training", "used", "way", "weights",
    )  # fmt: skip

    def __init__(self, group: Group, root: nn.Module, deep: bool) -> None:
        self.group = group
        self.root = root
        self.deep = deep
        self.grad = torch.is_grad_enabled()
        self.training = root.training
        self.serial = group.forward_serial
        self.order = 0
        self.layers: list[str] = []
        self.outputs: list[Tensor] = []
        self.graph: dict[str, Any] = {}  # layer name -> autograd node of its output
        self.input: Tensor | None = None  # the first of
        self.inputs: list[Tensor] = []
        self.input_pool: Pool | None = None
        self.layer_pool: Pool | None = None
        self.labels: Tensor | None = None
        self.targets: list[Tensor] = []  # what losses asked of it: classes, numbers
        self.predictions: Tensor | None = None
        self.samples = self.dropouts = 0  # dropouts: calls in it that dropped something
        self.kept = False  # joined with the outputs of other calls
        self.partly: bool | None = None  # see partly.py
        self.used = self.inside_function = False  # inside: a watched function is being computed
        self.batch: Any = None  # of a loader, that the input is
        self.moment: Any = None  # the batch delivered last when the call was made
        self.content: list[int] = []
        self.place: dict[str, Any] | None = None
        self.weights: int | None = None  # see worn.py
        self.way: tuple[tuple[str, int, int], ...] = ()  # see way_to


class Modules:
    """Patches `nn.Module`: construction places, calls, and the context of a crash."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.groups: dict[tuple[Any, ...], Group] = {}
        self.call: Call | None = None  # the root call going on
        self.made: WeakIdKeyDictionary[nn.Module, dict[str, Any]] = WeakIdKeyDictionary()
        self.from_library: WeakIdKeyDictionary[nn.Module, bool] = (
            WeakIdKeyDictionary()
        )  # put together by an installed package
        self.made_inside: WeakIdKeyDictionary[nn.Module, int] = WeakIdKeyDictionary()
        self._groups_of: WeakIdKeyDictionary[nn.Module, Group | None] = WeakIdKeyDictionary()
        self._watched: set[type] = set()  # classes whose forward was looked for
        self._forwards: set[type] = set()  # and those that define it
        self.crash_layers: list[dict[str, Any]] = []
        self._crash: BaseException | None = None

    def install(self, patches: Patches) -> None:
        self._patches = patches
        patches.wrap(nn.Module, "__init__", self._wrap_init)
        self.hook = patches.wrap(nn.Module, "__call__", self._wrap_call)
        self._watch_forward(nn.Sequential)
        patches.wrap(nn.Module, "load_state_dict", self._wrap_load)

    # --- construction -------------------------------------------------------------------------

    def _wrap_init(self, original: Any) -> Any:
        def __init__(module: nn.Module, *args: Any, **kwargs: Any) -> None:
            original(module, *args, **kwargs)
            if not torch.compiler.is_compiling() and self.recorder.on:
                self._constructed(module)

        __init__.__wrapped__ = original  # type: ignore[attr-defined]
        return __init__

    @harmless
    def _constructed(self, module: nn.Module) -> None:
        self._watch_forward(type(module))
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and not is_user_file(frame.f_code.co_filename):
            if is_library_file(frame.f_code.co_filename) and not constructs(frame, module):
                self.from_library[module] = True
            frame = frame.f_back
        while frame is not None and constructs(frame, module):
            frame = user_frame(frame.f_back)
        if frame is None:
            return
        self.made[module] = place_of(frame) or {}
        if self.call is not None:
            self.made_inside[module] = self.call.serial

    def _wrap_load(self, original: Any) -> Any:
        def load_state_dict(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            result = original(module, *args, **kwargs)
            if self.recorder.on:
                self._loaded(module, args[0] if args else kwargs.get("state_dict"))
            return result

        load_state_dict.__wrapped__ = original  # type: ignore[attr-defined]
        return load_state_dict

    @harmless
    def _loaded(self, module: nn.Module, state: Any) -> None:
        for name, parameter in module.named_parameters():
            if name in state:
                self.recorder.parameters.loaded.add(id(parameter))

    # --- calls --------------------------------------------------------------------------------

    def _wrap_call(self, original: Any) -> Any:
        recorder = self.recorder
        get_ident, rest = threading.get_ident, recorder.rest

        def __call__(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            if (
                torch.compiler.is_compiling()
                or get_ident() != recorder.thread
                or not (recorder.awake or (not rest.in_step and rest.sees()))
            ):
                return original(module, *args, **kwargs)
            call = self.call
            if call is None:
                return self._root_call(original, module, args, kwargs)
            try:
                if not call.deep:
                    return original(module, *args, **kwargs)
                order = call.order
                call.order += 1
                output = original(module, *args, **kwargs)
            except Exception as error:
                self._note_crash(error, module, args)
                raise
            recorder.layers.called(call, module, args, output, order)
            return output

        __call__.__wrapped__ = original  # type: ignore[attr-defined]
        return __call__

    def _watch_forward(self, kind: type[nn.Module]) -> None:
        """Many scripts write `model.forward(x)`, which goes past `__call__`."""
        if kind in self._watched:
            return
        self._watched.add(kind)
        owner = next((c for c in kind.__mro__ if "forward" in vars(c)), nn.Module)
        torchs_own = owner.__module__.startswith("torch.") and owner is not nn.Sequential
        if torchs_own or owner in self._forwards or not isfunction(vars(owner)["forward"]):
            return
        self._forwards.add(owner)
        self._patches.wrap(owner, "forward", self._wrap_forward, idle=True)

    def _wrap_forward(self, original: Any) -> Any:
        recorder = self.recorder

        @functools.wraps(original)
        def forward(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            if (
                self.call is not None
                or torch.compiler.is_compiling()
                or not recorder.awake
                or threading.get_ident() != recorder.thread
                or torch._C._get_tracing_state()
                or not any(isinstance(x, Tensor) for x in (*args, *kwargs.values()))
                or self.group_of(module) is None
            ):
                return original(module, *args, **kwargs)
            return self._root_call(original, module, args, kwargs)

        return forward

    def _root_call(self, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        group = self.group_of(module)
        if group is None:
            try:
                return original(module, *args, **kwargs)
            except Exception as error:
                self._note_crash(error, module, args)
                raise
        self.recorder.tick()
        call = self.call = self._enter(group, module, args, kwargs)
        taped = self.recorder.tape.entering(module, args, kwargs)
        try:
            output = original(module, *args, **kwargs)
        except Exception as error:
            self._note_crash(error, module, args)
            raise
        finally:
            self.call = None
        if call is not None:
            self._leave(call, module, args, output)
        self.recorder.tape.left(taped, output)
        return output

    @harmless
    def group_of(self, module: nn.Module) -> Group | None:
        """The group a root belongs to; None for modules without parameters."""
        if without_numbers():
            return None
        if module in self._groups_of:
            return self._groups_of[module]
        if any(isinstance(p, nn.parameter.UninitializedParameter) for p in module.parameters()):
            return None  # lazy modules know their shapes after the first call
        shapes = tuple(tuple(p.shape) for p in module.parameters())
        group = None
        if shapes:
            group = self.groups.get(shapes)
            if group is None:
                group = self.groups[shapes] = Group(len(self.groups), module)
                group.size = sum(p.numel() for p in module.parameters())
        self._groups_of[module] = group
        return group

    @harmless
    def _enter(self, group: Group, module: nn.Module, args: Any, kwargs: Any) -> Call:
        recorder = self.recorder
        learning = torch.is_grad_enabled() and module.training
        if learning:
            recorder.ranks.entering()
            deep = recorder.deep_step or group.calls < _FIRST_CALLS
        else:
            deep = group.eval_schedule.due(group.eval_calls) or recorder.phases.fresh
            group.eval_calls += 1
        recorder.phases.before_call(group)
        if learning or not group.root_learns or group.root() is None:
            group.root, group.root_learns = ref(module), learning
        group.calls += 1
        group.forward_serial += 1
        call = Call(group, module, deep)
        frame = user_frame()
        call.place = place_of(frame)
        call.way = way_to(frame)
        group.call_place = group.call_place or call.place
        call.inputs = first_tensors((args, kwargs))
        call.input = next(iter(call.inputs), None)
        group.uses.called(recorder.steps, call.input)
        if call.input is not None and call.input.ndim:
            call.samples = int(call.input.shape[0])
            if deep:
                call.input_pool = Pool()
                call.input_pool.add(call.input)
        if deep:
            if group.root() is module:
                recorder.parameters.first_look(group, module)
            recorder.layers.begin(call)
            recorder.relus.begin(call)
            recorder.saturation.begin(call)
        return call

    @harmless
    def _leave(self, call: Call, module: nn.Module, args: Any, output: Any) -> None:
        if call.deep:
            self.recorder.layers.called(call, module, args, output, -1)
        call.outputs = list(tensors_in(output))
        call.group.output_kind = type(output).__name__
        if call.outputs:
            call.group.output_shape = shape(call.outputs[0])
        self.recorder.upkeep.called(call)
        self.recorder.ranks.called(call)
        self.recorder.phases.called(call)

    # --- crash --------------------------------------------------------------------------------

    @harmless
    def _note_crash(self, error: Exception, module: nn.Module, args: Any) -> None:
        """Called for each module the exception passes through, innermost first."""
        from whytorch.evidence.recorder.crash import layer_of

        if error is not self._crash:
            self._crash, self.crash_layers = error, []
        root = self.call.root if self.call else module
        self.crash_layers.insert(0, layer_of(self.recorder, root, module, args))

    def layers_of(self, error: BaseException) -> list[dict[str, Any]]:
        """The modules an exception passed through, innermost last."""
        return self.crash_layers if error is self._crash else []

    # --- which network is trained ---------------------------------------------------------------

    def main_group(self) -> Group | None:
        """The trained network: see `stages.main_of`."""
        latest = self.recorder.phases.latest
        if self.recorder.gradients.running and latest is not None:
            return latest.group  # its backward raised
        return main_of(list(self.groups.values()))

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        group = self.main_group()
        if group is None:
            return
        root = group.root()
        if root is not None:
            file = sys.modules.get(type(root).__module__)
            group_file = getattr(file, "__file__", None) or ""
            self._describe(group, root, is_user_file(group_file) if group_file else True)
        yield "network", "", group.description
        for phase in ("train", "eval"):
            pool = group.input_pools.get((phase, "model"))
            if pool is None:
                continue
            first = group.input_pools.get((phase, "first_layer"))
            layer = self.recorder.layers.first_layer(group)
            yield (
                "input",
                phase,
                {
                    "phase": phase,
                    "model": pool.facts(),
                    "first_layer": first.facts() if first else None,
                    "first_layer_name": layer.get("name"),
                    "first_layer_kind": layer.get("kind"),
                    "normalized_by": layer.get("normalized_by"),
                    "order_kept": group.order_kept,
                    "made": phase in group.made,
                    "place": group.phase_places.get(phase),
                },
            )

    def _describe(self, group: Group, root: nn.Module, user_defined: bool) -> None:
        group.description = {
            "group": group.index,
            "kind": type(root).__name__,
            "place": self.made.get(root) or None,
            "call_place": group.call_place,
            "output_shape": group.output_shape,
            "output_kind": group.output_kind,
            "user_defined": user_defined,
            "loaded": self.recorder.parameters.any_loaded(group),
        }
