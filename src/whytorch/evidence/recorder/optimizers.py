"""Optimizers: what they hold, when they step, what a step changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder import foreign
from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.patches import Patches, harmless, while_awake
from whytorch.evidence.recorder.places import here
from whytorch.evidence.recorder.set_beside import SetBeside
from whytorch.evidence.recorder.sink import finite, number
from whytorch.evidence.recorder.stages import trains
from whytorch.evidence.recorder.tensors import held, is_shard
from whytorch.evidence.recorder.updates import Update

_AS_BUILT = ("lr", "momentum", "weight_decay", "betas", "dampening")
_PROBES = 4  # the smallest parameters stand for all when gradients are looked for


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
        self.closure = False  # its steps are given one
        self.emptied = False  # at one of its steps there was no gradient
        self.empty_steps = 0  # of them, those before which there had been none either
        self.facts: dict[str, Any] = {}
        self.held: set[int] = set()
        self.beside = SetBeside()


def _has_gradient(parameters: list[Tensor]) -> bool:
    for p in parameters:
        own = held(p.grad) if p.grad is not None else None
        if own is not None and (own.is_sparse or bool(own.any())):
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
        self._update: Update | None = None  # of the step going on, if looked at closely
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
        patches.wrap(Optimizer, "zero_grad", self.wrap_zero_grad, idle=True)
        patches.wrap(nn.Module, "zero_grad", self.wrap_zero_grad, idle=True)
        patches.around_steps(self.before_step, self.after_step)

    # --- optimizers ---------------------------------------------------------------------------

    def _wrap_init(self, original: Any) -> Any:
        def __init__(optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:
            original(optimizer, *args, **kwargs)
            if self.recorder.on:
                self._state(optimizer)
                self.recorder.foreign.look()

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
        state.beside.look(optimizer)
        main = self.recorder.modules.main_group()
        owned = self.recorder.parameters.owned(main).keys() if main else set()
        groups = []
        for group in foreign.groups_of(optimizer):
            groups.append(
                {
                    "lr": number(group.get("lr")),
                    "momentum": number(group.get("momentum")),
                    "weight_decay": number(group.get("weight_decay")),
                    "betas": [b for b in map(number, group.get("betas") or ()) if b is not None],
                    "dampening": number(group.get("dampening")),
                    "maximize": bool(group.get("maximize")),
                    "parameters": len(group["params"]),
                    "trained_parameters": sum(id(p) in owned for p in group["params"]),
                }
            )
        first = state.facts.get("groups")
        if first:  # the rates it was built with, what it holds now
            for old, new in zip(first, groups, strict=False):
                new.update({k: old[k] for k in _AS_BUILT})
        state.facts = {"kind": foreign.kind_of(optimizer), "groups": groups}

    def holds(self, parameter: Tensor) -> bool:
        """Whether any optimizer holds this parameter."""
        return any(id(parameter) in s.held for s in self._states.values())

    def index_of(self, optimizer: Optimizer | None) -> int | None:
        """Its number in the record."""
        state = self._states.get(optimizer) if optimizer is not None else None
        return state.index if state is not None else None

    def wrap_zero_grad(self, original: Any) -> Any:
        def zero_grad(owner: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(owner, *args, **kwargs)
            if self.recorder.awake:
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
        return self.troubled

    @property
    def troubled(self) -> bool:
        """Something was wrong before: from now on look at every step, to count without gaps."""
        return any(state.stale_steps or state.emptied for state in self._states.values())

    def rested(self, steps: Counter[int]) -> None:
        """So many steps of each optimizer (by its id) were looked at by nobody."""
        for optimizer, state in self._states.items():
            state.steps += steps[id(optimizer)]

    def wakes(self) -> None:
        """What was seen before a rest says nothing of the step that goes on now."""
        for state in self._states.values():
            state.used = state.stale = state.had_gradient = False
            state.stale_run, state.backwards_at_step = 0, -1

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

    @while_awake
    def before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        recorder = self.recorder
        state = self._state(optimizer)
        self._nested += 1
        state.step_place = state.step_place or here()
        if not _closure(optimizer, args, kwargs):  # that runs its backward inside the step
            self._count(optimizer, state)
        self._update = None
        if recorder.deep_step:
            self._describe(optimizer, state)
            self._mark_trained(state)
            self._update = Update(optimizer)
            recorder.freezing.before_step(optimizer)
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
                state.empty_steps += not cleared
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
                trains(group, self.recorder.steps)

    def _norm(self, optimizer: Optimizer) -> float | None:
        every = [p.grad for g in optimizer.param_groups for p in g["params"] if p.grad is not None]
        if any(is_shard(grad) or held(grad) is None for grad in every):
            return None  # the norm of all shards is known to no process alone
        grads = [grad.detach().float().norm() for grad in every]
        return finite(torch.stack(grads).norm().item()) if grads else None

    @while_awake
    def after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        recorder = self.recorder
        state = self._state(optimizer)
        if _closure(optimizer, args, kwargs):
            self._count(optimizer, state)
            state.closure = True
        state.steps += 1
        state.used = True
        if self._trace_schedule.due(recorder.steps):
            self._trace(optimizer, state.index, self._update or None)
        self._update = None
        recorder.freezing.after_step()
        recorder.phases.stepped()
        recorder.stepped()
        recorder.beat()

    def _trace(self, optimizer: Optimizer, index: int, update: Update | None) -> None:
        recorder = self.recorder
        latest = recorder.phases.last_trained
        of_step = update.facts() if update is not None else {}
        if update is not None:
            self._trace_layers(update)
        self._traced.append(
            {
                "index": recorder.steps,
                "optimizer": index,
                "loss": recorder.gradients.last_loss,
                "loss_finite": recorder.gradients.last_finite,
                "lr": number(optimizer.param_groups[0].get("lr")),
                "seconds": round(recorder.elapsed(), 4),
                "grad_norm": self._grad_norm if update is not None else None,
                **of_step,
                **latest,
            }
        )

    def _trace_layers(self, update: Update) -> None:
        main = self.recorder.modules.main_group()
        named = self.recorder.parameters.owned(main) if main is not None else {}
        for id_of, ratio in update.ratios.items():
            if main is not None and id_of in named:
                layer = named[id_of].removesuffix(".weight")
                self.recorder.traces.add("update", main.index, layer, ratio)

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
                    "empty_steps": state.empty_steps,
                    "closure": state.closure,
                    "beside": state.beside.facts(),
                },
            )
        traced, self._traced = self._traced, []
        for step in traced:
            yield "step", str(step["index"]), step
        yield from self.recorder.hand_steps.snapshot()
        yield "training", "", self._training()

    @property
    def any_step(self) -> bool:
        return any(state.steps for state in self._all)

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
            "roots_against": recorder.gradients.signs.against(),
            "manual_updates": recorder.parameters.manual_updates,
            "hand_steps": recorder.hand_steps.steps,
            "hand_steps_stale": recorder.hand_steps.stale,
            **self.counts,
            **recorder.settings.facts,
        }
