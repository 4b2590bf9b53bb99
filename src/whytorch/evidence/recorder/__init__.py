"""The recorder: hooks inside the user's process that observe a training and change nothing in it.

One file per thing observed; `core.Recorder` holds them together. `Recorder` is imported on demand,
since it imports torch.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Recorder"]


def __getattr__(name: str) -> Any:
    if name == "Recorder":
        from whytorch.evidence.recorder.core import Recorder

        return Recorder
    raise AttributeError(name)
