"""Single calls that set something: gradient clipping, autocast, GradScaler, seeds, eval mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import utils

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here

_MOST_EVAL_CALLS = 200


class Settings:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.seeded = False
        self._eval_calls: list[tuple[int, dict[str, object] | None]] = []
        self.facts: dict[str, Any] = {
            "clip_calls": 0, "clip_place": None, "clip_max_norm": None,
            "autocast_dtypes": [], "grad_scaler": False,
        }  # fmt: skip

    def install(self, patches: Patches) -> None:
        for owner in (utils, utils.clip_grad):
            for name in ("clip_grad_norm_", "clip_grad_value_"):
                patches.wrap(owner, name, lambda original: self._wrap(original, self._clipped))
        patches.wrap(torch.autocast, "__enter__", lambda o: self._wrap(o, self._autocast))
        patches.wrap(torch.amp.GradScaler, "__init__", lambda o: self._wrap(o, self._scaler))
        patches.wrap(nn.Module, "eval", lambda o: self._wrap(o, self._evaluating))
        patches.wrap(torch, "manual_seed", lambda o: self._wrap(o, self._seed))

    def _wrap(self, original: Any, note: Any) -> Any:
        def called(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if not torch.compiler.is_compiling() and self.recorder.on:
                note(args, kwargs)
            return result

        called.__wrapped__ = original  # type: ignore[attr-defined]
        return called

    @harmless
    def _clipped(self, args: Any, kwargs: Any) -> None:
        self.facts["clip_calls"] += 1
        self.facts["clip_place"] = self.facts["clip_place"] or here()
        limit = args[1] if len(args) > 1 else kwargs.get("max_norm", kwargs.get("clip_value"))
        self.facts["clip_max_norm"] = float(limit) if limit is not None else None

    @harmless
    def _autocast(self, args: Any, kwargs: Any) -> None:
        context = args[0]
        kind = str(getattr(context, "fast_dtype", "")).removeprefix("torch.")
        if getattr(context, "_enabled", False) and kind not in self.facts["autocast_dtypes"]:
            self.facts["autocast_dtypes"].append(kind)

    @harmless
    def _scaler(self, args: Any, kwargs: Any) -> None:
        self.facts["grad_scaler"] = self.facts["grad_scaler"] or args[0].is_enabled()

    @harmless
    def _seed(self, args: Any, kwargs: Any) -> None:
        self.seeded = True

    @harmless
    def _evaluating(self, args: Any, kwargs: Any) -> None:
        if len(self._eval_calls) >= _MOST_EVAL_CALLS or next(args[0].children(), None) is None:
            return  # a single layer, such as a BatchNorm to be kept as it is
        call = (self.recorder.steps, here())
        if call not in self._eval_calls[-1:]:
            self._eval_calls.append(call)

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        yield (
            "settings",
            "",
            {
                "seed_set": self.seeded,
                "torch_version": torch.__version__,
                "seconds": round(self.recorder.elapsed(), 3),
                "steps": self.recorder.steps,
                "backwards": self.recorder.backwards,
                "epochs": self.recorder.phases.epochs,
            },
        )
        yield "eval_calls", "", [{"step": s, "place": p} for s, p in self._eval_calls]
