"""Warnings name the line of the script that they are about, whatever hooks stand in between.

A warning says how many frames above it the line stands. Our hooks are frames as well, and Python
tells warnings of one text apart by their lines: with ours among them, one would stand for all.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import is_ours


class Warned:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder

    def install(self, patches: Patches) -> None:
        patches.wrap(warnings, "warn", self._wrap)

    def _wrap(self, original: Any) -> Any:
        @functools.wraps(original)
        def warn(
            message: Any, category: Any = None, stacklevel: int = 1, *args: Any, **kwargs: Any
        ) -> None:
            if torch.compiler.is_compiling():
                return original(message, category, stacklevel, *args, **kwargs)
            more = self._ours(sys._getframe(1), stacklevel) or 0
            return original(message, category, stacklevel + 1 + more, *args, **kwargs)

        return warn

    @harmless
    def _ours(self, frame: FrameType, wanted: int) -> int:
        """How many of the frames up to the `wanted`-th of the script's and torch's are there by us:
        hooks, and what hands a function of torch to a mode of ours, which calls it once more."""
        ours, handed, last = 0, False, None
        for one in _above(frame):
            code = one.f_code
            if is_ours(code.co_filename):
                ours += 1
                handed = handed or code.co_name == "__torch_function__"
            elif handed and code.co_filename == torch.overrides.__file__:
                ours += 1
            elif handed and code is last:
                ours, handed = ours + 1, False
            elif (wanted := wanted - 1) <= 0:
                return ours
            else:
                last, handed = code, False
        return 0

    def snapshot(self, final: bool) -> tuple[()]:
        return ()


def _above(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
