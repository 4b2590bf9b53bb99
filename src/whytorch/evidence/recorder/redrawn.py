"""Weights that are loaded, and drawn anew before the network is called for the first time; or whose
network is gone by then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import ref

import torch
from torch import Tensor, nn

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here

_DRAW = ("kaiming_normal_", "kaiming_uniform_", "xavier_normal_", "xavier_uniform_", "normal_",
         "uniform_", "trunc_normal_", "orthogonal_", "constant_", "zeros_", "sparse_")  # fmt: skip
_NUMBERS = 256  # of each matrix
_FEWEST = 64
_SOON = 3  # steps: that many change a weight's direction little
# The cosine of a matrix with itself, drawn anew, is 0 within 1/sqrt(numbers): 0.06; of one that was
# scaled, pruned, rounded or averaged it is far above.
OTHER = 0.3
_MOST_MATRICES = 60


class Redrawn:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._waiting: list[tuple[dict[str, Any], list[tuple[ref[Tensor], Tensor]]]] = []
        self._memory: dict[int, dict[str, Any]] = {}  # of what was loaded: its facts

    def install(self, patches: Patches) -> None:
        for name in _DRAW:
            if hasattr(nn.init, name):
                patches.wrap(nn.init, name, self._wrap)

    def _wrap(self, original: Any) -> Any:
        def draw(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(tensor, *args, **kwargs)
            if self._memory and isinstance(tensor, Tensor):
                self._drawn(tensor)
            return result

        draw.__wrapped__ = original  # type: ignore[attr-defined]
        draw.__name__ = original.__name__
        return draw

    @harmless
    def _drawn(self, tensor: Tensor) -> None:
        facts = self._memory.get(tensor.data_ptr())
        if facts is not None and facts.get("redrawn_place") is None:
            facts["redrawn_place"] = here()

    @harmless
    def loaded(self, module: nn.Module, names: Sequence[str], facts: dict[str, Any]) -> None:
        """A state was put into a module; `names` are those it had."""
        given = set(names)
        matrices = [p for n, p in module.named_parameters() if n in given and p.ndim > 1]
        large = [p for p in matrices if p.numel() >= _FEWEST and p.is_floating_point()]
        matrices = large[:_MOST_MATRICES]
        here_now = {id(p) for p in matrices}
        self._waiting = [w for w in self._waiting if not _ids(w[1]) & here_now]
        self._waiting.append((facts, [(ref(p), _some(p)) for p in matrices]))
        self._memory.update((p.data_ptr(), facts) for p in matrices)

    @harmless
    def called(self) -> None:
        """A network is about to be called, or to be stepped: what was loaded is in use."""
        if not self._waiting:
            return
        for facts, kept in self._waiting:
            if self.recorder.steps > facts["step"] + _SOON:
                continue
            pairs = [(p, old) for known, old in kept if (p := known()) is not None]
            facts["matrices"], facts["gone"] = len(pairs), len(kept) - len(pairs)
            facts["redrawn"] = sum(_is_other(_some(p), old) for p, old in pairs)
        self._waiting, self._memory = [], {}


def _ids(kept: list[tuple[ref[Tensor], Tensor]]) -> set[int]:
    return {id(p) for known, _ in kept if (p := known()) is not None}


@torch.no_grad()
def _some(tensor: Tensor) -> Tensor:
    return tensor.detach().reshape(-1)[:_NUMBERS].float().clone()


def _is_other(now: Tensor, old: Tensor) -> bool:
    if now.shape != old.shape or now.device != old.device:
        return False
    length = (now.norm() * old.norm()).item()
    return bool((now @ old).item() < OTHER * length) if length else bool((now != old).any())
