"""Changes of images that nobody takes: `np.fliplr(img)` as a statement of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.checks._rewriting import statement
from whytorch.checks.architecture._dropped import Dropped
from whytorch.evidence.source import Source

# They return something new and change nothing, unless they are given where to write.
_OF_ARRAYS = ("fliplr", "flipud", "flip", "rot90", "roll", "pad", "transpose", "swapaxes",
              "moveaxis", "reshape", "squeeze", "expand_dims", "clip")  # fmt: skip
_OF_TENSORS = ("flip", "fliplr", "flipud", "rot90", "roll", "permute", "transpose", "reshape",
               "squeeze", "unsqueeze", "clamp", "clip")  # fmt: skip
_OF_IMAGES = ("hflip", "vflip", "rotate", "affine", "crop", "center_crop", "resized_crop", "resize",
              "pad", "adjust_brightness", "adjust_contrast", "to_tensor", "rgb_to_grayscale",
              "gaussian_blur")  # fmt: skip
_PURE = (
    *(f"numpy.{name}" for name in _OF_ARRAYS),
    *(f"torch.{name}" for name in _OF_TENSORS),
    *(f"torchvision.transforms.functional.{name}" for name in _OF_IMAGES),
    *(f"torchvision.transforms.v2.functional.{name}" for name in _OF_IMAGES),
)
_WRITES = {"out", "inplace", "**"}


def in_preparation(source: Source) -> Iterator[Dropped]:
    """Where images are prepared, as functions see it: what was given is read again below."""
    for call in source.calls_to(*_PURE):
        if not call.args or not call.args[0].text.isidentifier() or _WRITES & call.keywords.keys():
            continue
        node, around = statement(source, call.place), source.enclosing_function(call.place)
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call) or around is None:
            continue
        if ast.unparse(node.value.func) != call.raw or not _read_below(
            source, node, around.place.end_line, call.place.path, call.args[0].text
        ):
            continue
        given = call.args[0].text
        what = f"{call.raw}({', '.join(a.text for a in call.args)})"
        yield Dropped(what[:60], call.place, None, False, call.function, given)


def _read_below(source: Source, node: ast.stmt, last: int | None, path: str, name: str) -> bool:
    file = source.file(path)
    return file is not None and any(
        isinstance(n, ast.Name)
        and n.id == name
        and isinstance(n.ctx, ast.Load)
        and (node.end_lineno or node.lineno) < n.lineno <= (last or n.lineno)
        for n in ast.walk(file.tree)
    )
