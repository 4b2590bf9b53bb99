"""Weights that are taken by state_dict(), loaded, saved and read back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here, places_from, user_frame
from whytorch.evidence.recorder.redrawn import Redrawn
from whytorch.evidence.recorder.tensors import tensors_in

_MARKED = 8  # tensors of a state dict that are remembered
_MOST_SEEN = 2000  # tensors looked through for such
_MOST = 50  # entries of each list
_MOST_EVENTS = 300
_FEW = 4


class Weights:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.redrawn = Redrawn(recorder)
        # A state dict's tensors are new objects on the live memory: (steps, place, fingerprint).
        self._taken: WeakIdKeyDictionary[Tensor, tuple[int, Any, float]] = WeakIdKeyDictionary()
        self._depth = 0
        self._kept: dict[Any, dict[str, Any]] = {}
        self._loaded: list[dict[str, Any]] = []
        self._read: list[dict[str, Any]] = []
        self._file: list[str] = []  # names of the weights in the file that was read last
        self._events: list[dict[str, Any]] = []

    def install(self, patches: Patches) -> None:
        self.redrawn.install(patches)
        patches.wrap(nn.Module, "state_dict", self._wrap_taken)
        patches.wrap(nn.Module, "load_state_dict", self._wrap_load)
        patches.wrap(Optimizer, "load_state_dict", self._wrap_optimizer_load)
        patches.wrap(torch, "save", self._wrap_save)
        patches.wrap(torch, "load", self._wrap_read)

    # --- taken --------------------------------------------------------------------------------

    def _wrap_taken(self, original: Any) -> Any:
        def state_dict(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            self._depth += 1
            try:
                result = original(module, *args, **kwargs)
            finally:
                self._depth -= 1
            if not self._depth and self.recorder.on:
                self._took(result)
            return result

        state_dict.__wrapped__ = original  # type: ignore[attr-defined]
        return state_dict

    @harmless
    def _took(self, result: Any) -> None:
        tensors = [t for t in result.values() if isinstance(t, Tensor) and t.is_floating_point()]
        place = here()
        self._event("taken", place)
        for tensor in tensors[:: max(1, len(tensors) // _MARKED)]:
            self._taken[tensor] = (self.recorder.steps, place, _fingerprint(tensor))

    def _event(self, kind: str, place: Any) -> None:
        """When weights are set aside and put back tells what they were chosen by."""
        if len(self._events) < _MOST_EVENTS:
            phases, steps = self.recorder.phases, self.recorder.steps
            event = {"kind": kind, "place": place, "after_pass": phases.latest_pass, "step": steps}
            self._events.append(event)

    def _stale(self, value: Any) -> tuple[int, Any] | None:
        """The (steps, place) of weights in `value` that have changed since they were taken."""
        for number, tensor in enumerate(tensors_in(value)):
            known = self._taken.get(tensor)
            if known is not None and known[0] < self.recorder.steps:
                if _fingerprint(tensor) != known[2]:
                    return known[0], known[1]
            if number > _MOST_SEEN:
                break
        return None

    def _was_taken_elsewhere(self, value: Any, place: Any) -> bool:
        """Weights taken at another line, for several files maybe: here it is decided which."""
        for number, tensor in enumerate(tensors_in(value)):
            known = self._taken.get(tensor)
            if known is not None and known[0] == self.recorder.steps:
                return bool(known[1] != place)
            if number > _MOST_SEEN:
                break
        return False

    def _note(self, used: str, value: Any) -> None:
        stale = self._stale(value)
        if stale is None:
            return
        place = here()
        key = (used, place and (place["path"], place["line"]))
        known = self._kept.get(key)
        if known is not None:
            known["uses"] += 1
        elif len(self._kept) < _MOST:
            self._kept[key] = {
                "taken_place": stale[1],
                "used_place": place,
                "used": used,
                "steps_between": self.recorder.steps - stale[0],
                "tensors": sum(1 for _ in tensors_in(value)),
                "uses": 1,
            }

    # --- loaded -------------------------------------------------------------------------------

    def _wrap_load(self, original: Any) -> Any:
        def load_state_dict(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            if not self.recorder.on:
                return original(module, *args, **kwargs)
            state = args[0] if args else kwargs.get("state_dict")
            self._loading(module, state)
            try:
                result = original(module, *args, **kwargs)
            except RuntimeError:
                self._load(module, args, kwargs, None)
                raise
            self._load(module, args, kwargs, result)
            return result

        load_state_dict.__wrapped__ = original  # type: ignore[attr-defined]
        return load_state_dict

    @harmless
    def _loading(self, module: nn.Module, state: Any) -> None:
        """Into the very memory that the state lies in, or into another network."""
        live = {p.data_ptr() for p in module.parameters()}
        own = sum(t.data_ptr() in live for t in tensors_in(state) if t.numel())
        stale = self._stale(state)
        # Into another network, the weights of now may be what is meant (a target network).
        if stale is not None and (own or stale[0] > 0):
            self._note("loaded" if own else "copied", state)

    @harmless
    def _load(self, module: nn.Module, args: Any, kwargs: Any, result: Any) -> None:
        state = args[0] if args else kwargs.get("state_dict")
        self._event("loaded", here())
        for one in self._read:
            one["module_loads"] += 1
        if len(self._loaded) >= _MOST or not isinstance(state, dict):
            return
        if result is None:
            own = set(module.state_dict())
            missing, unexpected = sorted(own - set(state)), sorted(set(state) - own)
        else:
            missing, unexpected = list(result.missing_keys), list(result.unexpected_keys)
        strict = args[1] if len(args) > 1 else kwargs.get("strict", True)
        matched = len(state) - len(unexpected)
        self._loaded.append(
            {
                "place": here(),
                "callers": places_from(user_frame()),
                "kind": type(module).__name__,
                "strict": bool(strict),
                "expected": matched + len(missing),
                "given": len(state),
                "matched": matched,
                "step": self.recorder.steps,
                "missing": missing[:_FEW],
                "unexpected": [str(k) for k in unexpected[:_FEW]],
                "raised": result is None,
                **self._own_again(module, state),
            }
        )
        if result is not None:
            names = [str(k) for k in state if k not in set(unexpected)]
            self.redrawn.loaded(module, names, self._loaded[-1])

    def _own_again(self, module: nn.Module, state: dict[Any, Any]) -> dict[str, Any]:
        """Of a state that is the network's own, tensor for tensor: what it has in common with the
        file that was read last, where that is of weights and nothing was made of it since."""
        read = self._read[-1] if self._read else None
        untouched = read is not None and read["module_loads"] == 1  # this one
        if read is None or not untouched or read["step"] != self.recorder.steps:
            return {}
        own = module.state_dict()
        live = {t.data_ptr() for t in own.values() if isinstance(t, Tensor) and t.numel()}
        given = [t for t in state.values() if isinstance(t, Tensor) and t.numel()]
        if not given or not self._file or any(t.data_ptr() not in live for t in given):
            return {}
        return {
            "of_file": sum(name in own for name in self._file),
            "file_entries": len(self._file),
            "unexpected": self._file[:_FEW],
            "missing": list(own)[:_FEW],
        }

    def _wrap_optimizer_load(self, original: Any) -> Any:
        def load_state_dict(optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(optimizer, *args, **kwargs)
            if self.recorder.on:
                self._optimizer_loaded(optimizer)
            return result

        load_state_dict.__wrapped__ = original  # type: ignore[attr-defined]
        return load_state_dict

    @harmless
    def _optimizer_loaded(self, optimizer: Any) -> None:
        self.recorder.schedulers.optimizer_loaded(optimizer)
        for one in self._read:
            one["optimizer_loads"] += 1

    # --- files --------------------------------------------------------------------------------

    def _wrap_save(self, original: Any) -> Any:
        def save(*args: Any, **kwargs: Any) -> Any:
            if self.recorder.on:
                self._save(args[0] if args else kwargs.get("obj"))
            return original(*args, **kwargs)

        save.__wrapped__ = original  # type: ignore[attr-defined]
        return save

    @harmless
    def _save(self, value: Any) -> None:
        place = here()
        if isinstance(value, nn.Module) or self._was_taken_elsewhere(value, place):
            self._event("taken", place)
        stale = self._stale(value)
        if stale is not None and stale[0] > 0:
            self._note("saved", value)

    def _wrap_read(self, original: Any) -> Any:
        def load(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if self.recorder.on:
                self._was_read(result)
            return result

        load.__wrapped__ = original  # type: ignore[attr-defined]
        return load

    @harmless
    def _was_read(self, result: Any) -> None:
        if not isinstance(result, dict) or len(self._read) >= _MOST:
            return
        states = [k for k, v in result.items() if _is_optimizer_state(v)]
        self._file = _weights_in(result)
        self._read.append(
            {
                "place": here(),
                "keys": [str(k) for k in list(result)[:20]],
                "optimizer_keys": [str(k) for k in states[:_FEW]],
                "step": self.recorder.steps,
                "epoch": _epoch_in(result),
                "module_loads": 0,
                "optimizer_loads": 0,
            }
        )

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        for number, event in enumerate(self._events):
            yield "weights", str(number), event
        if self._kept or self._loaded or self._read:
            facts = {"kept": list(self._kept.values()), "loaded": self._loaded, "read": self._read}
            yield "checkpoints", "", facts


def _fingerprint(tensor: Tensor) -> float:
    """Changes when the numbers of the tensor do."""
    return float(tensor.detach().reshape(-1)[:1000].double().sum())


def _epoch_in(read: dict[Any, Any]) -> int | None:
    known = [read.get(k) for k in ("epoch", "start_epoch")]
    return next((v for v in known if type(v) is int and v > 0), None)


def _weights_in(read: dict[Any, Any]) -> list[str]:
    """Names of the tensors in a file: of itself, or of the largest dict in it."""
    parts = [read, *(v for v in read.values() if isinstance(v, dict))]
    named = [[str(k) for k, v in part.items() if isinstance(v, Tensor)] for part in parts]
    most = max(named, key=len)
    return most if 2 * sum("." in name for name in most) > len(most) else []


def _is_optimizer_state(value: Any) -> bool:
    return isinstance(value, dict) and "param_groups" in value and bool(value.get("state"))
