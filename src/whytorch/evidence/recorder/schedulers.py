"""Learning rate schedulers: whose rate they set, when they step, and what the rate does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch.optim import lr_scheduler
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here
from whytorch.evidence.recorder.sink import finite, number

_MOST_CHANGES = 400
_MOST_METRICS = 200
_MOST_MILESTONES = 20
_PERIODS = ("T_max", "step_size", "T_0", "total_iters")


class Schedulers:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._facts: list[dict[str, Any]] = []
        self._of: WeakIdKeyDictionary[Any, dict[str, Any]] = WeakIdKeyDictionary()
        # Optimizers whose state was loaded: (its rate, its first rate, steps until then).
        self._loaded: WeakIdKeyDictionary[Any, tuple[float, float, int]] = WeakIdKeyDictionary()
        self._building = 0  # being constructed: their first step is not the script's
        self._stepping: list[Any] = []  # schedulers inside one that steps step with it

    def install(self, patches: Patches) -> None:
        for scheduler in vars(lr_scheduler).values():
            if not isinstance(scheduler, type) or scheduler.__module__ != lr_scheduler.__name__:
                continue
            if "step" in vars(scheduler) and hasattr(scheduler, "state_dict"):
                patches.wrap(scheduler, "step", self.wrap_step)
                if "__init__" in vars(scheduler):
                    patches.wrap(scheduler, "__init__", self.wrap_init)

    def wrap_init(self, original: Any) -> Any:
        def __init__(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            self._building += 1
            try:
                original(scheduler, *args, **kwargs)
            finally:
                self._building -= 1
            if self.recorder.on and not self._building:
                self._note(scheduler)

        __init__.__wrapped__ = original  # type: ignore[attr-defined]
        return __init__

    @harmless
    def _note(self, scheduler: Any) -> None:
        optimizer = getattr(scheduler, "optimizer", None)
        group = optimizer.param_groups[0] if optimizer is not None else {}
        facts: dict[str, Any] = {
            "kind": type(scheduler).__name__,
            "place": here(),
            "optimizer": self.recorder.optimizers.index_of(optimizer),
            "made_at_step": self.recorder.steps,
            "base_lr": number(group.get("max_lr", group.get("initial_lr", group.get("lr")))),
            "first_lr": number(group.get("lr")),
            "mode": getattr(scheduler, "mode", None),
            "steps": 0,
            "step_place": None,
            "before_optimizer": False,
            "lr_history": [],
            "metrics": [],
            "epochs_given": [],
            "milestones": _milestones(scheduler),
            "period": _period(scheduler),
        }
        for inner in getattr(scheduler, "_schedulers", ()):
            if inner in self._of:
                self._of[inner]["inside"] = True
        self._of[scheduler] = facts
        self._facts.append(facts)

    def wrap_step(self, original: Any) -> Any:
        def step(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
            self._stepping.append(scheduler)
            try:
                result = original(scheduler, *args, **kwargs)
            finally:
                self._stepping.pop()
            if self.recorder.on and not self._building:
                self._stepped(scheduler, args, kwargs)
            return result

        step.__wrapped__ = original  # type: ignore[attr-defined]
        return step

    @harmless
    def _stepped(self, scheduler: Any, args: Any, kwargs: Any) -> None:
        facts = self._of.get(scheduler)
        if facts is None:
            return
        if self._stepping:
            facts["inside"] = self._stepping[-1] is not scheduler
            return
        facts["steps"] += 1
        facts["step_place"] = facts["step_place"] or here()
        if self.recorder.steps == 0:
            facts["before_optimizer"] = True
        if facts["mode"] in ("min", "max"):
            self._note_metric(facts, args[0] if args else kwargs.get("metrics"))
        else:
            self._note_epoch(facts, args[0] if args else kwargs.get("epoch"))
        optimizer = getattr(scheduler, "optimizer", None)
        if optimizer is not None:
            self._note_rate(facts, number(optimizer.param_groups[0].get("lr")) or 0.0)
            self._resumed(facts, scheduler, self._loaded.get(optimizer))

    def optimizer_loaded(self, optimizer: Any) -> None:
        """The state of an optimizer was loaded; where a schedule had set its rate, it says so."""
        group = optimizer.param_groups[0]
        now, first = number(group.get("lr")), number(group.get("initial_lr"))
        if now and first:
            self._loaded[optimizer] = (now, first, self.recorder.steps)

    def _resumed(
        self, facts: dict[str, Any], scheduler: Any, loaded: tuple[float, float, int] | None
    ) -> None:
        """At its first step after a training went on: whether it begins at its own beginning. Who
        loads its state, or steps it until it is there, finds it further on."""
        if loaded is None or facts.get("resumed") is not None or self.recorder.steps <= loaded[2]:
            return
        facts["resumed"] = {
            "lr": loaded[0],
            "first_lr": loaded[1],
            "anew": getattr(scheduler, "last_epoch", None) == 1,
        }

    def _note_metric(self, facts: dict[str, Any], value: Any) -> None:
        if value is not None and len(facts["metrics"]) < _MOST_METRICS:
            metric = finite(float(value))
            facts["metrics"].append((self.recorder.steps, metric, self.recorder.phases.latest_pass))

    def _note_epoch(self, facts: dict[str, Any], value: Any) -> None:
        """All others take it for the epoch that they are at, whatever it is."""
        if value is not None and len(facts["epochs_given"]) < _MOST_METRICS:
            facts["epochs_given"].append(finite(float(value)))

    def _note_rate(self, facts: dict[str, Any], lr: float) -> None:
        """Of a rate that stays the first and the last moment, of very many every other."""
        history, now = facts["lr_history"], (self.recorder.steps, lr)
        if len(history) > 1 and history[-1][1] == history[-2][1] == lr:
            history[-1] = now
            return
        history.append(now)
        if len(history) > _MOST_CHANGES:
            history[1:-1] = history[2:-1:2]

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        for index, facts in enumerate(self._facts[:50]):
            yield "scheduler", str(index), facts


def _milestones(scheduler: Any) -> list[float]:
    """Of MultiStepLR: at which counts of its steps the rate is to change."""
    given = getattr(scheduler, "milestones", None) or ()
    return sorted(float(m) for m in list(given)[:_MOST_MILESTONES])


def _period(scheduler: Any) -> float | None:
    """After how many of its steps it is through, or the rate changes for the first time."""
    given = (getattr(scheduler, name, None) for name in _PERIODS)
    return next((float(n) for n in given if isinstance(n, (int, float))), None)
