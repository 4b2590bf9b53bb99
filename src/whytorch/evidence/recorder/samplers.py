"""Samplers: what torch's own ones were told to draw, and where they were made."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils import data as torch_data
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here

_KINDS = ("WeightedRandomSampler", "SubsetRandomSampler", "RandomSampler")


class Samplers:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._made: WeakIdKeyDictionary[Any, Any] = WeakIdKeyDictionary()

    def install(self, patches: Patches) -> None:
        for name in _KINDS:
            patches.wrap(getattr(torch_data, name), "__init__", self._wrap)

    def _wrap(self, original: Any) -> Any:
        @functools.wraps(original)
        def __init__(sampler: Any, *args: Any, **kwargs: Any) -> None:
            original(sampler, *args, **kwargs)
            if self.recorder.on:
                self._constructed(sampler)

        return __init__

    @harmless
    def _constructed(self, sampler: Any) -> None:
        self._made[sampler] = here()

    @harmless
    def describe(self, sampler: Any) -> dict[str, Any] | None:
        """As `SamplerFacts`; None for samplers of other makers."""
        kind = next((k for k in _KINDS if isinstance(sampler, getattr(torch_data, k, ()))), None)
        if kind is None:
            return None
        facts = {
            "kind": kind,
            "place": self._made.get(sampler),
            "draws": len(sampler),
            "replacement": getattr(sampler, "replacement", None),
        }
        if kind == "WeightedRandomSampler":
            weights = torch.as_tensor(sampler.weights)
            facts["weights"] = int(weights.numel())
            facts["equal_weights"] = bool((weights == weights.reshape(-1)[0]).all())
            facts["zero_weights"] = int((weights == 0).sum())
        elif kind == "SubsetRandomSampler":
            indices = [int(i) for i in sampler.indices]
            facts["indices"], facts["distinct_indices"] = len(indices), len(set(indices))
        return facts

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        return iter(())
