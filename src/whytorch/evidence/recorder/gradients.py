"""Every backward: where it starts, what its graph reaches, and the gradients it leaves."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.graph import walk
from whytorch.evidence.recorder.modules import Call, Group
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here
from whytorch.evidence.recorder.rest import CHECK_EVERY
from whytorch.evidence.recorder.signs import Signs
from whytorch.evidence.recorder.sink import finite
from whytorch.evidence.recorder.stages import trains

_CLOSE_BACKWARDS = 6  # looked at closely whatever the step schedule says (no step may ever come)


class Gradients:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.place: dict[str, Any] | None = None
        self.roots_cut = 0
        self.last_loss: float | None = None
        self.last_finite = True
        self._means: dict[tuple[Any, Any] | None, bool] = {}  # see _note_loss
        self.running = False
        self._without_step = Schedule(dense=_CLOSE_BACKWARDS)
        self.signs = Signs()
        self._norms: dict[int, dict[str, list[tuple[int, float | None]]]] = {}

    def install(self, patches: Patches) -> None:
        patches.wrap(torch.autograd, "backward", self._wrap)

    def _wrap(self, original: Any) -> Any:
        recorder = self.recorder

        def backward(*args: Any, **kwargs: Any) -> Any:
            if (
                torch.compiler.is_compiling()
                or not recorder.on
                or threading.get_ident() != recorder.thread
            ):
                return original(*args, **kwargs)
            tensors = args[0] if args else kwargs.get("tensors")
            if not recorder.awake:
                recorder.backwards += 1
                if recorder.backwards % CHECK_EVERY == 0:
                    recorder.rest.check(tensors)
                return original(*args, **kwargs)
            recorder.tick()
            recorder.tape.before_backward(tensors)
            look = self._before(tensors)
            self.running = True
            result = original(*args, **kwargs)
            self.running = False
            self._after(look)
            return result

        backward.__wrapped__ = original  # type: ignore[attr-defined]
        return backward

    @harmless
    def _before(self, tensors: Any) -> tuple[list[Group], set[int]] | None:
        recorder = self.recorder
        root = tensors if isinstance(tensors, Tensor) else tensors[0]
        place = here()
        self.place = self.place or place
        recorder.foreign.look()
        recorder.losses.hand_written(root, place)
        self._note_loss(root, place)
        close = recorder.deep_step or self._without_step.due(recorder.backwards)
        nodes: set[Any] | None = None
        leaves: set[int] = set()
        if close:
            nodes, leaves, complete = walk(root)
            if complete:
                self._note_reach(nodes, leaves)
                recorder.strays.before_backward(nodes)
                recorder.bare.before_backward(nodes, place)
                recorder.roots.before_backward(root, nodes, leaves)
        recorder.phases.before_backward(root, nodes)
        recorder.optimizers.before_backward()
        recorder.hand_steps.before_backward(root, nodes)
        recorder.losses.calls_since_backward = recorder.losses.graphed_since_backward = 0
        if not close:
            return None
        groups = recorder.modules.groups.values()
        return [g for g in groups if leaves & recorder.parameters.owned(g).keys()], leaves

    def _note_loss(self, root: Tensor, place: Any) -> None:
        """The loss of this backward: the one loss call before it, else the root itself.

        Those of a validation in between don't count; the root may be that loss times anything. Of
        one that gave a number for each element, the root may be the mean of some: others count for
        nothing where a mask leaves them out. What it is at the first backward here, it remains: a
        sum over a few of them lies among the numbers now and then.
        """
        losses = self.recorder.losses
        value = losses.last_value if losses.calls_since_backward == 1 else root.detach()
        if losses.graphed_since_backward == 1:
            value = losses.last_graphed
            if value is not None:
                self.signs.note(value, root)
        if value is not None and value.numel() > 1:
            where = (place["path"], place["line"]) if place else None
            if self._means.setdefault(where, _is_mean(root.detach(), value)):
                value = root.detach()
        loss = value.float().mean().item() if value is not None else math.nan
        if self.last_finite and not math.isfinite(loss):
            self.recorder.hurry()
            self.recorder.roots.undefined.look(root)
        elif math.isfinite(loss):
            self.recorder.roots.undefined.before_backward(root)
        self.last_finite = math.isfinite(loss)
        self.last_loss = finite(loss)

    def _note_reach(self, nodes: set[Any], leaves: set[int]) -> None:
        recorder = self.recorder
        owned = [recorder.parameters.owned(g).keys() for g in recorder.modules.groups.values()]
        if owned and not any(leaves & ids for ids in owned):
            self.roots_cut += 1
        calls: list[Call] = [*recorder.phases.pending]
        for call in calls:
            recorder.layers.reached(call, nodes)
            recorder.structure.note(call, nodes)

    @harmless
    def _after(self, look: tuple[list[Group], set[int]] | None) -> None:
        recorder = self.recorder
        recorder.backwards += 1
        recorder.optimizers.after_backward()
        recorder.hand_steps.after_backward()
        recorder.roots.undefined.after_backward()
        if look is None:
            return
        groups, leaves = look
        for group in groups:
            trains(group, recorder.steps)
            recorder.parameters.after_backward(group, leaves)
            per_layer = self._norms.setdefault(group.index, {})
            for layer, norm in recorder.parameters.gradients(group).items():
                kept = per_layer.setdefault(layer, [])
                if len(kept) < 60:
                    kept.append((recorder.steps, finite(norm)))
        main = recorder.modules.main_group()
        if not groups and main is not None:
            recorder.parameters.after_backward(main, leaves)

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        group = self.recorder.modules.main_group()
        if group is not None:
            for layer, norms in list(self._norms.get(group.index, {}).items())[:500]:
                yield "gradient", layer, {"layer": layer, "norms": norms}


def _is_mean(root: Tensor, values: Tensor) -> bool:
    """Whether one number may be the mean of several, with whatever weights."""
    if root.numel() != 1:
        return False
    return bool(values.min() <= root) and bool(root <= values.max())
