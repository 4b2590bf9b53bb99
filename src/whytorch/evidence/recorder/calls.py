"""Watching calls of a function inside a forward pass that is looked at closely."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.modules import Call


def watch_calls(recorder: Any, note: Callable[[Call, Tensor], None]) -> Callable[[Any], Any]:
    """What `Patches.wrap` makes of a function: the same, with `note(call, output)` after it.

    One function may call another that is watched for the same `note` (`F.relu` calls
    `torch.relu`): only the outer call is noted.
    """

    def make(original: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_compiling() or not recorder.awake:
                return original(*args, **kwargs)
            call = recorder.modules.call
            if (
                call is None
                or not call.deep
                or call.inside_function
                or threading.get_ident() != recorder.thread
            ):
                return original(*args, **kwargs)
            call.inside_function = True
            try:
                output = original(*args, **kwargs)
            finally:
                call.inside_function = False
            note(call, output)
            return output

        watched.__wrapped__ = original  # type: ignore[attr-defined]
        watched.__name__ = getattr(original, "__name__", "function")
        return watched

    return make
