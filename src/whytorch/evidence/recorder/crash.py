"""The exception that ended the script, in terms of the user's own frames, layers and tensors."""

from __future__ import annotations

import ast
import linecache
import re
import traceback
from itertools import islice
from types import FrameType, TracebackType
from typing import Any

from torch import Tensor, nn

from whytorch.evidence.recorder.layers import kind_of, settings_of
from whytorch.evidence.recorder.places import is_library_file, is_user_file
from whytorch.evidence.recorder.tensors import dtype, shape, tensors_in

_GRAD_NODE = re.compile(r"\b(\w+Backward\d*)\b")
_IN_WORKER = re.compile(r"Caught \w+ in DataLoader worker process")
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_MOST_TENSORS = 30
_MOST_LINES = 12  # of an expression


def _frames(error: BaseException) -> list[tuple[FrameType, int, str]]:
    """The user's frames with the line and the expression that raised, outermost first."""
    found: list[tuple[FrameType, int, str]] = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if is_user_file(trace.tb_frame.f_code.co_filename):
            found.append((trace.tb_frame, trace.tb_lineno, _expression(trace)))
        trace = trace.tb_next
    return found


def _expression(trace: TracebackType) -> str:
    """The source of what was being computed in a frame; empty where Python (3.10) can't say."""
    positions = getattr(trace.tb_frame.f_code, "co_positions", None)
    if positions is None:
        return ""
    at = next(islice(positions(), trace.tb_lasti // 2, None), (None,) * 4)
    first, last, start, end = at
    if first is None or last is None or start is None or end is None:
        return ""
    path = trace.tb_frame.f_code.co_filename
    lines = [linecache.getline(path, n).encode() for n in range(first, last + 1)]
    if not lines or len(lines) > _MOST_LINES:
        return ""
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    text = b"".join(lines).decode(errors="replace")
    try:
        return ast.unparse(ast.parse(text.strip(), mode="eval"))[:300]
    except (SyntaxError, ValueError, RecursionError):
        return " ".join(text.split())[:300]


def _tensors(frame: FrameType) -> list[dict[str, Any]]:
    """The tensors a frame knows by name, also those in a tuple or dict of it."""
    found: list[dict[str, Any]] = []
    for name, value in list(frame.f_locals.items()):
        for path, tensor in _named(name, value):
            if isinstance(tensor, Tensor) and len(found) < _MOST_TENSORS:
                found.append(
                    {
                        "name": path,
                        "shape": shape(tensor),
                        "dtype": dtype(tensor),
                        "device": str(tensor.device),
                    }
                )
    return found


def _named(name: str, value: Any) -> list[tuple[str, Any]]:
    if type(value) is dict:
        return [(f"{name}[{key!r}]", item) for key, item in list(value.items())[:8]]
    if type(value) in (tuple, list):
        return [(f"{name}[{i}]", item) for i, item in enumerate(value[:4])]
    return [(name, value)]


def _keys(frame: FrameType) -> dict[str, list[str]]:
    """The keys of the dicts that a frame knows by name."""
    dicts = {n: v for n, v in list(frame.f_locals.items())
             if isinstance(v, dict) and not n.startswith("__")}  # fmt: skip
    return {n: [str(k)[:60] for k in list(v)[:12]] for n, v in list(dicts.items())[:12]}


def layer_of(recorder: Any, root: nn.Module, module: nn.Module, args: Any) -> dict[str, Any]:
    """As `LayerAtCrash`."""
    tensors = list(tensors_in(args))[:4]
    weight = next(iter(module.parameters(recurse=True)), None)
    return {
        "name": recorder.layers.name_in(root, module),
        "kind": kind_of(module),
        "place": recorder.modules.made.get(module) or None,
        "settings": {**settings_of(module), **_more_settings(module, tensors)},
        "in_shapes": [shape(t) for t in tensors],
        "in_dtypes": [dtype(t) for t in tensors],
        "in_devices": [str(t.device) for t in tensors],
        "weight_dtype": None if weight is None else dtype(weight),
        "weight_device": None if weight is None else str(weight.device),
    }


def _more_settings(module: nn.Module, tensors: list[Tensor]) -> dict[str, Any]:
    """What a crash in an embedding or a recurrent layer is about."""
    names = ("num_embeddings", "embedding_dim", "input_size", "num_layers", "batch_first")
    found = {n: getattr(module, n) for n in names if isinstance(getattr(module, n, None), int)}
    if "num_embeddings" in found and tensors and tensors[0].numel() and not tensors[0].is_cuda:
        low, high = tensors[0].min().item(), tensors[0].max().item()
        found |= {"smallest_index": int(low), "largest_index": int(high)}
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


def _library(error: BaseException) -> str | None:
    """The installed package that raised it, torch aside: "lightning", "sklearn"."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not is_library_file(trace.tb_frame.f_code.co_filename):
        return None
    parts = trace.tb_frame.f_code.co_filename.replace("\\", "/").split("-packages/")
    return parts[-1].split("/")[0]


def describe(error: BaseException, recorder: Any) -> dict[str, Any]:
    """As `CrashFacts`."""
    frames = _frames(error)
    text = _cut(error)
    message = str(error)[:4000]
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        places = [{"path": error.filename, "line": error.lineno}]
        functions, expressions = ["<module>"], [""]
    else:
        places = [{"path": f.f_code.co_filename, "line": line} for f, line, _ in frames]
        functions = [f.f_code.co_name for f, *_ in frames]
        expressions = [text for *_, text in frames]
    if _IN_WORKER.match(message):  # the worker's own traceback came along as text
        inner = [m for m in _FRAME.findall(message) if is_user_file(m[0])]
        places += [{"path": path, "line": int(line)} for path, line, _ in inner]
        functions += [name for *_, name in inner]
        expressions += [""] * len(inner)
        message = message.strip().splitlines()[-1].partition(": ")[2] + "\n" + message
    return {
        "type": type(error).__name__,
        "bases": [c.__name__ for c in type(error).__mro__[1:-1]],
        "message": message,
        "frames": places,
        "functions": functions,
        "expressions": expressions,
        "during": _during(recorder, error, text),
        "layers": recorder.modules.layers_of(error) if recorder is not None else [],
        "tensors": _tensors(frames[-1][0]) if frames else [],
        "keys": _keys(frames[-1][0]) if isinstance(error, KeyError) and frames else {},
        "traceback": text[-6000:],
        "library": _library(error),
        "loss_function": recorder.losses.current if recorder is not None else None,
        "grad_nodes": list(dict.fromkeys(_GRAD_NODE.findall(message))),
    }
