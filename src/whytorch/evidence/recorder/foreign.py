"""Optimizers and schedulers of libraries that write their own, not built on those of torch.

Their classes are found among the loaded modules when a training gets under way: nothing is
imported, and no import of the script's is touched.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from typing import Any

from whytorch.evidence.recorder.patches import Patches, harmless

_OPTIMIZERS = (("fastai.optimizer", "Optimizer"),)
_SCHEDULERS = (("timm.scheduler", "scheduler.Scheduler"),)


# By the function that makes fastai's step: its optimizers are of one class.
_KINDS = {"sgd_step": "SGD", "momentum_step": "SGD", "adam_step": "Adam", "radam_step": "RAdam",
          "rms_prop_step": "RMSprop"}  # fmt: skip


def kind_of(optimizer: Any) -> str:
    """What kind of optimizer it is, by its name in torch."""
    steps = [getattr(f, "__name__", "") for f in getattr(optimizer, "cbs", ())]
    known = [_KINDS[name] for name in steps if name in _KINDS]
    return known[-1] if known else type(optimizer).__name__


def groups_of(optimizer: Any) -> list[dict[str, Any]]:
    """Its groups, the settings by their names in torch."""
    groups: list[dict[str, Any]] = list(optimizer.param_groups)
    if not hasattr(optimizer, "hypers"):
        return groups
    plain = kind_of(optimizer) == "SGD"
    return [
        {
            **group,
            "weight_decay": group.get("wd"),
            "momentum": group.get("mom") if plain else None,
            "betas": () if plain else (group.get("mom"), group.get("sqr_mom")),
        }
        for group in groups
    ]


class Foreign:
    """Hooks them as `Optimizers` and `Schedulers` hook torch's."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._hooked: set[str] = set()
        self._patches: Patches | None = None

    def install(self, patches: Patches) -> None:
        self._patches = patches

    @harmless
    def look(self) -> None:
        """Hook what was imported since; called where an optimizer is made, and at backwards."""
        for module, name in _OPTIMIZERS:
            for kind in self._found(module, name):
                self._hook_optimizer(kind)
        for module, name in _SCHEDULERS:
            for kind in self._found(module, name):
                for every in (kind, *_below(kind)):
                    self._hook_scheduler(every)

    def _found(self, module: str, name: str) -> Iterator[type]:
        if module in self._hooked or module not in sys.modules or self._patches is None:
            return
        found: Any = sys.modules[module]
        for part in name.split("."):
            found = getattr(found, part, None)
        if isinstance(found, type):
            self._hooked.add(module)
            yield found

    def _hook_optimizer(self, kind: type) -> None:
        assert self._patches is not None
        self._patches.wrap(kind, "step", self._wrap_step)
        self._patches.wrap(kind, "zero_grad", self.recorder.optimizers.wrap_zero_grad)

    def _wrap_step(self, original: Any) -> Any:
        recorder = self.recorder

        @functools.wraps(original)
        def step(optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            self._no_tape()
            recorder.optimizers.before_step(optimizer, args, kwargs)
            recorder.upkeep.before_step(optimizer, args, kwargs)
            result = original(optimizer, *args, **kwargs)
            recorder.optimizers.after_step(optimizer, args, kwargs)
            recorder.upkeep.after_step(optimizer, args, kwargs)
            return result

        return step

    @harmless
    def _no_tape(self) -> None:
        self.recorder.tape.give_up("its optimizer is not one of torch's")

    def _hook_scheduler(self, kind: type) -> None:
        assert self._patches is not None
        schedulers = self.recorder.schedulers
        if "__init__" in vars(kind):
            self._patches.wrap(kind, "__init__", schedulers.wrap_init)
        for method, by_epoch in (("step", True), ("step_update", False)):
            if method in vars(kind):
                make = functools.partial(_counting, schedulers, by_epoch)
                self._patches.wrap(kind, method, make)

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        return iter(())


def _below(kind: type) -> Iterator[type]:
    children: list[type] = kind.__subclasses__()
    for child in children:
        yield child
        yield from _below(child)


def _counting(schedulers: Any, by_epoch: bool, original: Any) -> Any:
    """timm's have two ways to step, once an epoch and once an update: one of them sets the rate,
    and calling the other as well is the custom."""
    counted = schedulers.wrap_step(original)

    @functools.wraps(original)
    def step(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
        chosen = counted if getattr(scheduler, "t_in_epochs", True) == by_epoch else original
        return chosen(scheduler, *args, **kwargs)

    return step
