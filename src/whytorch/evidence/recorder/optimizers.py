"""Optimizers and schedulers: what they hold, when they step, what a step changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer, lr_scheduler
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here
from whytorch.evidence.recorder.sink import finite

_PROBES = 4  # the smallest parameters stand for all when gradients are looked for
_MOST_WEIGHTS = 8  # tensors over which the size of an update is measured
_MOST_NUMBERS = 100_000  # of each of them


class _State:
    """What is known about one optimizer."""

    def __init__(self, index: int, place: Any) -> None:
        self.index = index
        self.place = place
        self.steps = 0
        self.step_place: Any = None
        self.zero_grad_calls = 0
        self.backwards_at_step = -1
        self.used = False  # its gradients were used by a step and not cleared since
        self.stale = False  # a backward added to used gradients
        self.stale_steps = 0
        self.stale_run = 0  # of them in a row, until now
        self.had_gradient = False  # the last backward left it some
        self.seen_training = False  # described at a backward
        self.emptied = False  # at one of its steps there was no gradient
        self.facts: dict[str, Any] = {}
        self.held: set[int] = set()


def _has_gradient(parameters: list[Tensor]) -> bool:
    for p in parameters:
        if p.grad is not None and (p.grad.is_sparse or bool(p.grad.any())):
            return True
    return False


def _closure(optimizer: Optimizer, args: Any, kwargs: Any) -> bool:
    """Whether a step was given a closure; hooks get the optimizer among the arguments."""
    given = [*args, kwargs.get("closure")]
    return any(callable(a) and a is not optimizer for a in given)


class Optimizers:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._states: WeakIdKeyDictionary[Optimizer, _State] = WeakIdKeyDictionary()
        self._all: list[_State] = []
        self._schedulers: list[dict[str, Any]] = []
        self._scheduler_of: WeakIdKeyDictionary[Any, dict[str, Any]] = WeakIdKeyDictionary()
        self._building = 0  # schedulers being constructed: their first step is not the script's
        self._before: list[tuple[Tensor, Tensor]] = []
        self._grad_norm: float | None = None
        self._trace_schedule = Schedule(dense=300, growth=1.02)
        self._traced: list[dict[str, Any]] = []
        self._nested = 0
        self.counts = dict.fromkeys(
            ("clears", "stale_backwards", "stale_backwards_longest", "cleared_before_step",
             "steps_without_backward", "steps_without_gradient"), 0,
        )  # fmt: skip
        self.zero_grad_place: Any = None
        self._latest_clear: Any = None  # place of a zero_grad since the last backward

    def install(self, patches: Patches) -> None:
        patches.wrap(Optimizer, "__init__", self._wrap_init)
        patches.wrap(Optimizer, "zero_grad", self._wrap_zero_grad)
        patches.wrap(nn.Module, "zero_grad", self._wrap_zero_grad)
        patches.later(register_optimizer_step_pre_hook(self._pre).remove)
        patches.later(register_optimizer_step_post_hook(self._post).remove)
        for scheduler in vars(lr_scheduler).values():
            if not isinstance(scheduler, type) or scheduler.__module__ != lr_scheduler.__name__:
                continue
            if "step" in vars(scheduler) and hasattr(scheduler, "state_dict"):
                patches.wrap(scheduler, "step", self._wrap_scheduler_step)
                if "__init__" in vars(scheduler):
                    patches.wrap(scheduler, "__init__", self._wrap_scheduler_init)

    # --- optimizers ---------------------------------------------------------------------------

    def _wrap_init(self, original: Any) -> Any:
        def __init__(optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:
            original(optimizer, *args, **kwargs)
            if self.recorder.on:
                self._state(optimizer)

        __init__.__wrapped__ = original  # type: ignore[attr-defined]
        return __init__

    @harmless
    def _state(self, optimizer: Optimizer) -> _State:
        state = self._states.get(optimizer)
        if state is None:
            state = self._states[optimizer] = _State(len(self._all), here())
            self._all.append(state)
            self._describe(optimizer, state)
        return state

    def _describe(self, optimizer: Optimizer, state: _State) -> None:
        """Snapshot of the groups; repeated at steps, since scripts add groups and change rates."""
        state.held = {id(p) for g in optimizer.param_groups for p in g["params"]}
        main = self.recorder.modules.main_group()
        owned = self.recorder.parameters.owned(main).keys() if main else set()
        groups = []
        for group in optimizer.param_groups:
            momentum = group.get("momentum")
            groups.append(
                {
                    "lr": _number(group.get("lr")),
                    "momentum": _number(momentum if momentum is not None else None),
                    "weight_decay": _number(group.get("weight_decay")),
                    "parameters": len(group["params"]),
                    "trained_parameters": sum(id(p) in owned for p in group["params"]),
                }
            )
        first = state.facts.get("groups")
        if first:  # the rates it was built with, what it holds now
            for old, new in zip(first, groups, strict=False):
                new.update({k: old[k] for k in ("lr", "momentum", "weight_decay")})
        state.facts = {"kind": type(optimizer).__name__, "groups": groups}

    def holds(self, parameter: Tensor) -> bool:
        """Whether any optimizer holds this parameter."""
        return any(id(parameter) in s.held for s in self._states.values())

    def _wrap_zero_grad(self, original: Any) -> Any:
        def zero_grad(owner: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(owner, *args, **kwargs)
            if self.recorder.on:
                self._cleared(owner)
            return result

        zero_grad.__wrapped__ = original  # type: ignore[attr-defined]
        return zero_grad

    @harmless
    def _cleared(self, owner: Any) -> None:
        self.zero_grad_place = self.zero_grad_place or here()
        if self._due():
            self._latest_clear = here()
        if isinstance(owner, Optimizer):
            self._state(owner).zero_grad_calls += 1

    def _probes(self, optimizer: Optimizer) -> list[Tensor]:
        held = [p for g in optimizer.param_groups for p in g["params"] if p.requires_grad]
        small = sorted(held, key=lambda p: p.numel())[:_PROBES]
        return [*small, *held[-1:]]

    def _due(self) -> bool:
        recorder = self.recorder
        if recorder.steps < 60 or recorder.deep_step or recorder.steps % 8 == 0:
            return True
        # Something was wrong before: from now on look at every step, to count without gaps.
        return any(state.stale_steps or state.emptied for state in self._states.values())

    def before_backward(self) -> None:
        """Are the gradients of an earlier step still there?"""
        self._latest_clear = None
        if not self._due():
            for state in self._states.values():
                state.stale = False  # not looked at: in favour of the script
            return
        for optimizer, state in list(self._states.items()):
            if _has_gradient(self._probes(optimizer)):
                state.stale = state.stale or state.used
            else:
                self.counts["clears"] += 1
                state.used = state.stale = False

    def after_backward(self) -> None:
        if not self._due():
            return
        for optimizer, state in list(self._states.items()):
            state.had_gradient = _has_gradient(self._probes(optimizer))
            if not state.seen_training:  # by now the trained network is known; a step may not come
                state.seen_training = True
                self._describe(optimizer, state)

    @harmless
    def _pre(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        recorder = self.recorder
        if not recorder.on or threading.get_ident() != recorder.thread:
            return
        state = self._state(optimizer)
        self._nested += 1
        state.step_place = state.step_place or here()
        if not _closure(optimizer, args, kwargs):  # that runs its backward inside the step
            self._count(optimizer, state)
        self._before = []
        if recorder.deep_step:
            self._describe(optimizer, state)
            self._mark_trained(state)
            held = [p for g in optimizer.param_groups for p in g["params"] if p.ndim > 1]
            with torch.no_grad():
                for p in held[:: max(1, len(held) // _MOST_WEIGHTS)]:
                    flat = p.detach().reshape(-1)[:_MOST_NUMBERS]
                    self._before.append((p, flat.clone()))
            self._grad_norm = self._norm(optimizer)

    def _count(self, optimizer: Optimizer, state: _State) -> None:
        counts, recorder = self.counts, self.recorder
        if state.backwards_at_step == recorder.backwards or recorder.backwards == 0:
            counts["steps_without_backward"] += 1
        elif self._due() and not _has_gradient(self._probes(optimizer)):
            grads = [p for g in optimizer.param_groups for p in g["params"]]
            if not _has_gradient(grads):
                state.emptied = True
                cleared = state.had_gradient
                counts["cleared_before_step" if cleared else "steps_without_gradient"] += 1
                if cleared:  # of several clears, the one that does it
                    self.zero_grad_place = self._latest_clear or self.zero_grad_place
        if state.stale:
            counts["stale_backwards"] += 1
            state.stale_steps += 1
            state.stale_run += 1
            longest = counts["stale_backwards_longest"]
            counts["stale_backwards_longest"] = max(longest, state.stale_run)
        else:
            state.stale_run = 0
        state.backwards_at_step = recorder.backwards

    def _mark_trained(self, state: _State) -> None:
        for group in self.recorder.modules.groups.values():
            if state.held & self.recorder.parameters.owned(group).keys():
                group.trained = True

    def _norm(self, optimizer: Optimizer) -> float | None:
        held = (p for g in optimizer.param_groups for p in g["params"])
        grads = [p.grad.detach().float().norm() for p in held if p.grad is not None]
        return finite(torch.stack(grads).norm().item()) if grads else None

    @harmless
    def _post(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        recorder = self.recorder
        if not recorder.on or threading.get_ident() != recorder.thread:
            return
        state = self._state(optimizer)
        if _closure(optimizer, args, kwargs):
            self._count(optimizer, state)
        state.steps += 1
        state.used = True
        deep = bool(self._before)
        if self._trace_schedule.due(recorder.steps):
            self._trace(optimizer, deep)
        self._before = []
        recorder.phases.stepped()
        recorder.stepped()
        recorder.beat()

    @torch.no_grad()
    def _update_ratio(self) -> float | None:
        moved = size = 0.0
        for parameter, before in self._before:
            flat = parameter.detach().reshape(-1)[:_MOST_NUMBERS]
            moved += (flat - before).double().square().sum().item()
            size += before.double().square().sum().item()
        return finite((moved / size) ** 0.5) if size else None

    def _trace(self, optimizer: Optimizer, deep: bool) -> None:
        recorder = self.recorder
        latest = recorder.phases.last_trained
        self._traced.append(
            {
                "index": recorder.steps,
                "loss": recorder.gradients.last_loss,
                "loss_finite": recorder.gradients.last_finite,
                "lr": _number(optimizer.param_groups[0].get("lr")),
                "seconds": round(recorder.elapsed(), 4),
                "grad_norm": self._grad_norm if deep else None,
                "update_ratio": self._update_ratio() if deep else None,
                **latest,
            }
        )

    # --- schedulers -----------------------------------------------------------------------------

    def _wrap_scheduler_init(self, original: Any) -> Any:
        def __init__(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            self._building += 1
            try:
                original(scheduler, *args, **kwargs)
            finally:
                self._building -= 1
            if self.recorder.on and not self._building:
                self._note_scheduler(scheduler)

        __init__.__wrapped__ = original  # type: ignore[attr-defined]
        return __init__

    @harmless
    def _note_scheduler(self, scheduler: Any) -> None:
        facts: dict[str, Any] = {
            "kind": type(scheduler).__name__, "place": here(), "steps": 0, "step_place": None,
            "before_optimizer": False, "lr_history": [],
        }  # fmt: skip
        self._scheduler_of[scheduler] = facts
        self._schedulers.append(facts)

    def _wrap_scheduler_step(self, original: Any) -> Any:
        def step(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
            outer = scheduler in self._scheduler_of and not self._building
            self._building += 1  # schedulers inside this one step with it
            try:
                result = original(scheduler, *args, **kwargs)
            finally:
                self._building -= 1
            if outer and self.recorder.on:
                self._scheduler_stepped(scheduler)
            return result

        step.__wrapped__ = original  # type: ignore[attr-defined]
        return step

    @harmless
    def _scheduler_stepped(self, scheduler: Any) -> None:
        facts = self._scheduler_of[scheduler]
        facts["steps"] += 1
        facts["step_place"] = facts["step_place"] or here()
        if self.recorder.steps == 0:
            facts["before_optimizer"] = True
        optimizer = getattr(scheduler, "optimizer", None)
        if optimizer is not None and len(facts["lr_history"]) < 400:
            lr = _number(optimizer.param_groups[0].get("lr"))
            facts["lr_history"].append((self.recorder.steps, lr or 0.0))

    # --- the record -----------------------------------------------------------------------------

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        for optimizer, state in list(self._states.items()):
            self._describe(optimizer, state)
        for state in self._all[:50]:
            yield (
                "optimizer",
                str(state.index),
                {
                    **state.facts,
                    "place": state.place,
                    "steps": state.steps,
                    "step_place": state.step_place,
                    "zero_grad_calls": state.zero_grad_calls,
                    "stale_steps": state.stale_steps,
                },
            )
        for index, facts in enumerate(self._schedulers[:50]):
            yield "scheduler", str(index), facts
        traced, self._traced = self._traced, []
        for step in traced:
            yield "step", str(step["index"]), step
        yield "training", "", self._training()

    def _training(self) -> dict[str, Any]:
        recorder = self.recorder
        first = next((s for s in self._all if s.step_place), None)
        steps = sum(s.steps for s in self._all)
        return {
            "backwards": recorder.backwards,
            "steps": steps,
            "backward_place": recorder.gradients.place,
            "step_place": first.step_place if first else None,
            "zero_grad_place": self.zero_grad_place,
            "backwards_per_step": recorder.backwards / steps if steps else None,
            "backward_roots_cut": recorder.gradients.roots_cut,
            "manual_updates": recorder.parameters.manual_updates,
            **self.counts,
            **recorder.settings.facts,
        }


def _number(value: Any) -> float | None:
    try:
        return finite(float(value))
    except (TypeError, ValueError):
        return None
