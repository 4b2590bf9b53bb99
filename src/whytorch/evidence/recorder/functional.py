"""Gradients that torch.func takes: no backward is called, no optimizer needs to step.

What is trained by them is not seen: the script trained all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here

_transform = getattr(getattr(torch._C, "_functorch", None), "peek_interpreter_stack", lambda: None)


def without_numbers() -> bool:
    """Whether what is called now is traced or transformed: its tensors stand for others, and hold
    no numbers to look at."""
    return bool(torch._C._get_tracing_state()) or _transform() is not None


class Functional:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.first: Any = None  # where the first of them was asked for

    def install(self, patches: Patches) -> None:
        from torch._functorch import eager_transforms

        # All of grad, grad_and_value, vjp and jacrev begin with it.
        patches.wrap(eager_transforms, "grad_increment_nesting", self._wrap)

    def _wrap(self, original: Any) -> Any:
        def grad_increment_nesting(*args: Any, **kwargs: Any) -> Any:
            if self.recorder.on:
                self._asked()
            return original(*args, **kwargs)

        grad_increment_nesting.__wrapped__ = original  # type: ignore[attr-defined]
        return grad_increment_nesting

    @harmless
    def _asked(self) -> None:
        if self.first is None:
            self.first = here()

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        if self.first is not None:
            yield "functional", "", {"place": self.first}
