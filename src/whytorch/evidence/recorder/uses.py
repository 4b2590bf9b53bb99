"""Whether anything is read off a network's output: a class, a probability, the larger ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from whytorch.evidence.recorder.patches import Patches, harmless

_OF_TENSOR = ("argmax", "max", "topk", "softmax", "log_softmax", "sigmoid", "__gt__", "__ge__",
              "tolist", "numpy")  # fmt: skip
_OF_TORCH = ("argmax", "max", "topk", "softmax", "log_softmax", "sigmoid", "gt", "ge")
_JOINING = (
    "cat",
    "concat",
    "concatenate",
    "stack",
    "vstack",
)  # kept, to be read when all are there
_MOST_JOINED = 8  # the last ones: the latest call's is among them


class Uses:
    """A call whose output nobody reads measures nothing: a trial, a timing, BatchNorm's upkeep."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder

    def install(self, patches: Patches) -> None:
        for name in _OF_TENSOR:
            patches.wrap(Tensor, name, self._wrap, idle=True)
        for name in (*_OF_TORCH, *_JOINING):
            patches.wrap(torch, name, self._wrap, idle=True)
        for name in ("softmax", "log_softmax"):
            patches.wrap(F, name, self._wrap, idle=True)

    def _wrap(self, original: Any) -> Any:
        recorder = self.recorder

        def use(*args: Any, **kwargs: Any) -> Any:
            if (
                not torch.compiler.is_compiling()
                and recorder.awake
                and recorder.phases.latest is not None
                and not recorder.phases.latest.used
                and recorder.modules.call is None
                and threading.get_ident() == recorder.thread
            ):
                self._note(args[0] if args else kwargs.get("input"))
            return original(*args, **kwargs)

        use.__wrapped__ = original  # type: ignore[attr-defined]
        use.__name__ = getattr(original, "__name__", "use")
        return use

    @harmless
    def _note(self, given: Any) -> None:
        call = self.recorder.phases.latest
        joined = isinstance(given, (list, tuple))
        every = given[-_MOST_JOINED:] if joined else [given]
        if any(isinstance(t, Tensor) and _same(t, o) for t in every for o in call.outputs):
            call.kept |= joined
            call.used |= not joined

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        return iter(())


def _same(one: Tensor, other: Tensor) -> bool:
    """The same tensor, or a view of all of it (squeezed, detached, on the same device)."""
    if one is other:
        return True
    return one.numel() == other.numel() and one.data_ptr() == other.data_ptr() != 0
