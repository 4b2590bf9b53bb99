"""Gradient clipping and GradScaler: when they come between backward and step, and what they do."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.nn import utils

from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.optimizers import _has_gradient
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here
from whytorch.evidence.recorder.sink import finite
from whytorch.evidence.recorder.tensors import held, is_shard

_MOST_LINES = 20


class Scaling:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._clips: dict[Any, dict[str, Any]] = {}
        self._clipping = False
        self._backwards_at_step = 0
        self._pending: tuple[dict[str, Any], int] | None = None  # a clip that seems to come late
        self._scaled_root: Any = None  # weak: the last tensor that a scaler gave
        self._unscaled_value = 0.0
        self._root_is_scaled = False
        self.grads_scaled = False
        self._stepping = False
        self._scaler: dict[str, Any] | None = None

    def install(self, patches: Patches) -> None:
        for owner in (utils, utils.clip_grad):
            for kind in ("norm", "value"):
                make = functools.partial(self._wrap_clip, kind)
                patches.wrap(owner, f"clip_grad_{kind}_", make, idle=True)
        scaler = torch.amp.GradScaler
        patches.wrap(scaler, "scale", lambda o: self._wrap_scaler(o, None, self._scaled))
        patches.wrap(scaler, "unscale_", lambda o: self._wrap_scaler(o, None, self._unscale))
        patches.wrap(scaler, "step", lambda o: self._wrap_scaler(o, self._begin_step, self._step))
        patches.wrap(scaler, "update", lambda o: self._wrap_scaler(o, None, self._update))

    # --- clipping -----------------------------------------------------------------------------

    def _wrap_clip(self, kind: str, original: Any) -> Any:
        def clip(*args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_compiling() or not self.recorder.awake or self._clipping:
                return original(*args, **kwargs)
            self._clipping = True
            try:
                result = original(*args, **kwargs)
            finally:
                self._clipping = False
            self._clipped(kind, args, kwargs, result)
            return result

        clip.__wrapped__ = original  # type: ignore[attr-defined]
        return clip

    @harmless
    def _clipped(self, kind: str, args: Any, kwargs: Any, result: Any) -> None:
        place = here()
        key = (kind, place and (place["path"], place["line"]))
        facts = self._clips.get(key)
        if facts is None:
            if len(self._clips) >= _MOST_LINES:
                return
            facts = self._clips[key] = {
                "place": place, "kind": kind, "calls": 0, "limit": None, "late": 0, "scaled": 0,
                "empty": 0, "looked_at": 0, "scale": None, "seen": [], "schedule": Schedule(12),
            }  # fmt: skip
        given = args[1] if len(args) > 1 else kwargs.get("max_norm", kwargs.get("clip_value"))
        facts["limit"] = float(given) if given is not None else None
        late = self.recorder.backwards == self._backwards_at_step
        facts["late"] += late
        self._pending = (facts, self.recorder.backwards) if late else None
        facts["scaled"] += self.grads_scaled and not late
        if self.grads_scaled and facts["scale"] is None and self._scaler:
            facts["scale"] = self._scaler["scale"]
        if facts["schedule"].due(facts["calls"]):
            self._look(facts, kind, result)
        facts["calls"] += 1

    def _look(self, facts: dict[str, Any], kind: str, result: Any) -> None:
        facts["looked_at"] += 1
        optimizers = self.recorder.optimizers
        probes = [p for o in list(optimizers._states.keys()) for p in optimizers._probes(o)]
        if is_shard(result):
            return  # to read it would call on all processes
        if kind == "norm" and isinstance(result, Tensor):
            norm = finite(float(result))
            if norm is not None:
                facts["seen"].append(norm)
            facts["empty"] += norm == 0.0 and _has_gradient(probes)
        elif facts["limit"]:
            known = (held(p.grad) for p in probes if p.grad is not None)
            grads = [grad.detach().abs() for grad in known if grad is not None]
            cut = [float((g >= 0.999 * facts["limit"]).float().mean()) for g in grads]
            facts["seen"].append(sum(cut) / len(cut) if cut else 0.0)

    # --- scaler -------------------------------------------------------------------------------

    def _wrap_scaler(self, original: Any, before: Callable | None, after: Callable) -> Any:
        def method(scaler: Any, *args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_compiling() or not self.recorder.on:
                return original(scaler, *args, **kwargs)
            if before is not None:
                before(scaler, args, None)
            result = original(scaler, *args, **kwargs)
            after(scaler, args, result)
            return result

        method.__wrapped__ = original  # type: ignore[attr-defined]
        return method

    def _known(self, scaler: Any) -> dict[str, Any]:
        if self._scaler is None:
            self._scaler = {
                "place": here(), "scaled": 0, "steps": 0, "updates": 0, "bare_steps": 0,
                "bare_place": None, "scale": float(scaler.get_scale()),
            }  # fmt: skip
        return self._scaler

    @harmless
    def _scaled(self, scaler: Any, args: Any, result: Any) -> None:
        if not scaler.is_enabled() or not isinstance(result, Tensor):
            return
        self._known(scaler)["scaled"] += 1
        self._scaled_root = weakref.ref(result)
        self._unscaled_value = args[0].detach()

    @harmless
    def _unscale(self, scaler: Any, args: Any, result: Any) -> None:
        if scaler.is_enabled():
            self.grads_scaled = False

    @harmless
    def _begin_step(self, scaler: Any, args: Any, result: Any) -> None:
        self._stepping = True

    @harmless
    def _step(self, scaler: Any, args: Any, result: Any) -> None:
        self._stepping = False
        if scaler.is_enabled():
            self._known(scaler)["steps"] += 1
            self.grads_scaled = False
            self._backwards_at_step = self.recorder.backwards  # also where it skipped the step

    @harmless
    def _update(self, scaler: Any, args: Any, result: Any) -> None:
        if scaler.is_enabled():
            self._known(scaler)["updates"] += 1

    def unscaled(self, root: Tensor) -> float:
        """The loss of a backward, without the scaler's factor."""
        scaled = self._scaled_root() if self._scaled_root is not None else None
        value = self._unscaled_value if scaled is root else root.detach()
        return float(value)

    # --- the loop -----------------------------------------------------------------------------

    @harmless
    def before_backward(self, root: Tensor) -> None:
        scaled = self._scaled_root() if self._scaled_root is not None else None
        self.grads_scaled = scaled is root

    @harmless
    def before_step(self) -> None:
        if self._pending is not None:  # another optimizer steps now, with what was clipped
            facts, backwards = self._pending
            facts["late"] -= backwards == self.recorder.backwards
            self._pending = None
        if self.grads_scaled and not self._stepping and self._scaler is not None:
            self._scaler["bare_steps"] += 1
            self._scaler["bare_place"] = self._scaler["bare_place"] or here()

    @harmless
    def stepped(self) -> None:
        self._backwards_at_step = self.recorder.backwards

    def facts(self) -> dict[str, Any]:
        """`clips` and `scaling`, as in `Upkeep`."""
        clips = []
        for known in self._clips.values():
            shown = {k: v for k, v in known.items() if k not in ("seen", "schedule")}
            seen = median(known["seen"]) if known["seen"] else None
            of = "norm_before" if known["kind"] == "norm" else "share_at_limit"
            clips.append({**shown, of: seen})
        return {"clips": clips, "scaling": self._scaler}
