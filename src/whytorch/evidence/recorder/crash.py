"""The exception that ended the script, in terms of the user's own frames, layers and tensors."""

from __future__ import annotations

import re
import traceback
from types import FrameType, TracebackType
from typing import Any

from torch import Tensor

from whytorch.evidence.recorder.places import is_user_file
from whytorch.evidence.recorder.tensors import dtype, shape

_GRAD_NODE = re.compile(r"\b(\w+Backward\d*)\b")
_IN_WORKER = re.compile(r"Caught \w+ in DataLoader worker process")
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_MOST_TENSORS = 20


def _frames(error: BaseException) -> list[tuple[FrameType, int]]:
    found: list[tuple[FrameType, int]] = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if is_user_file(trace.tb_frame.f_code.co_filename):
            found.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return found


def _tensors(frame: FrameType) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, value in list(frame.f_locals.items()):
        if isinstance(value, Tensor) and len(found) < _MOST_TENSORS:
            device = str(value.device)
            found.append(
                {"name": name, "shape": shape(value), "dtype": dtype(value), "device": device}
            )
    return found


def _during(recorder: Any, error: BaseException, text: str) -> str:
    if recorder is None:
        return "other"
    if recorder.gradients.running:
        return "backward"
    if recorder.losses.current is not None:
        return "loss"
    if recorder.modules.layers_of(error):
        return "forward"
    if "optim" in text and ".step(" in text:
        return "step"
    if "torch/utils/data" in text.replace("\\", "/"):
        return "data"
    return "import" if isinstance(error, ImportError) else "other"


def _cut(error: BaseException) -> str:
    """The traceback without the frames of whytorch, which the script does not have by itself."""
    kept = [
        f
        for f in traceback.extract_tb(error.__traceback__)
        if "whytorch" not in f.filename.replace("\\", "/").split("/")
        and not f.filename.startswith("<frozen")
    ]
    lines = [*traceback.format_list(kept), *traceback.format_exception_only(error)]
    return "Traceback (most recent call last):\n" + "".join(lines)


def describe(error: BaseException, recorder: Any) -> dict[str, Any]:
    """As `CrashFacts`."""
    frames = _frames(error)
    text = _cut(error)
    message = str(error)[:4000]
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        places = [{"path": error.filename, "line": error.lineno}]
        functions = ["<module>"]
    else:
        places = [{"path": f.f_code.co_filename, "line": line} for f, line in frames]
        functions = [f.f_code.co_name for f, _ in frames]
    if _IN_WORKER.match(message):  # the worker's own traceback came along as text
        inner = [m for m in _FRAME.findall(message) if is_user_file(m[0])]
        places += [{"path": path, "line": int(line)} for path, line, _ in inner]
        functions += [name for *_, name in inner]
        message = message.strip().splitlines()[-1].partition(": ")[2] + "\n" + message
    return {
        "type": type(error).__name__,
        "message": message,
        "frames": places,
        "functions": functions,
        "during": _during(recorder, error, text),
        "layers": recorder.modules.layers_of(error) if recorder is not None else [],
        "tensors": _tensors(frames[-1][0]) if frames else [],
        "traceback": text[-6000:],
        "loss_function": recorder.losses.current if recorder is not None else None,
        "grad_nodes": list(dict.fromkeys(_GRAD_NODE.findall(message))),
    }
