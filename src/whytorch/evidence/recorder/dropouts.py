"""Dropout that is at work, also where the script calls it as a function."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch.nn import functional as F

from whytorch.evidence.recorder.patches import Patches, harmless

_NAMES = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout")


class Dropouts:
    """Counts, in each network call, the dropout calls that drop something."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder

    def install(self, patches: Patches) -> None:
        for name in _NAMES:
            patches.wrap(F, name, self._wrap)

    def _wrap(self, original: Any) -> Any:
        recorder = self.recorder

        def dropout(*args: Any, **kwargs: Any) -> Any:
            if (
                not torch.compiler.is_compiling()
                and recorder.on
                and recorder.modules.call is not None
                and threading.get_ident() == recorder.thread
            ):
                self._note(args, kwargs)
            return original(*args, **kwargs)

        dropout.__wrapped__ = original  # type: ignore[attr-defined]
        dropout.__name__ = getattr(original, "__name__", "dropout")
        return dropout

    @harmless
    def _note(self, args: Any, kwargs: Any) -> None:
        share = args[1] if len(args) > 1 else kwargs.get("p", 0.5)
        training = args[2] if len(args) > 2 else kwargs.get("training", True)
        if training and share > 0:
            self.recorder.modules.call.dropouts += 1

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        return iter(())
