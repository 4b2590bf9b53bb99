"""Reshapes in the source that are given pictures, whose channels come last."""

from __future__ import annotations

import re
from collections.abc import Iterator

from whytorch.evidence.source import Call, Source

RESHAPES = ("*.reshape", "*.view", "*.resize_", "*.reshape_")
# What gives an array [height, width, 3]; a grey picture has no channels to mix up.
_READS = re.compile(r"""imread\(|Image\.open\(|convert\(\s*['"]RGB['"]""")
_GREY = re.compile(r"""IMREAD_GRAYSCALE|as_gray|as_grey|,\s*0\s*\)|convert\(\s*['"]L['"]|GRAY""")
_MOVES = re.compile(
    r"transpose|permute|moveaxis|rollaxis|swapaxes|einsum|rearrange|\.T\b|ToTensor|to_tensor|"
    r"pil_to_tensor|read_image|split|ravel|resize_"
)
# np.array(image, ...) and (image.astype(...) / 255) are about `image`.
_CONVERTED = re.compile(r"(?:np|numpy|torch|cv2)\.\w+\((\w[\w.]*)[,)].*", re.DOTALL)
_PLAIN = re.compile(r"\(?(\w+)\)?(?:\s*[/*+-].*|\.\w+\(.*|\[.*)?", re.DOTALL)
_HOPS = 6


def to_channels_first(source: Source) -> Iterator[Call]:
    """Reshapes to (3, H, W), behind at most a batch dimension."""
    for call in source.calls_to(*RESHAPES):
        sizes = _sizes(call)
        if sizes[:1] in (["1"], ["-1"]) and len(sizes) == 4:
            sizes = sizes[1:]
        if len(sizes) == 3 and sizes[0] == "3" and sizes[2] != "3":
            yield call


def is_moved_on(source: Source, call: Call) -> bool:
    """Whether its dimensions are permuted at once: `x.reshape(-1, 3, 32, 32).transpose(...)`."""
    return any(
        c.last in ("transpose", "permute", "moveaxis", "movedim", "swapaxes")
        and c.place.path == call.place.path
        and c.raw.startswith(f"{call.raw}(")
        for c in source.calls
    )


def of_a_picture(source: Source, call: Call) -> bool:
    """Whether the source shows that a picture came in with its channels last, and stayed so."""
    text = _receiver(call)
    line, hops = call.place.line, _HOPS
    while text and hops:
        hops -= 1
        if _MOVES.search(text) or _GREY.search(text):
            return False
        if _READS.search(text):
            return True
        name = _root(text)
        before = [
            a
            for a in source.assignments
            if a.function == call.function
            and a.place.path == call.place.path
            and a.place.line <= line
            and a.targets == (name,)
            and a.value is not None
            and a.place.line != call.place.line
        ]
        if not before or before[-1].augmented:
            return False
        text, line = before[-1].value.text, before[-1].place.line - 1  # type: ignore[union-attr]
    return False


def _sizes(call: Call) -> list[str]:
    """The sizes as written, one by one or in a tuple; np.reshape takes the array first."""
    texts = [a.text for a in call.args]
    if _is_function(call):
        texts = texts[1:]
    if len(texts) == 1 and texts[0][:1] in "([":
        texts = [part.strip() for part in texts[0].strip("()[] ").split(",") if part.strip()]
    return texts


def _is_function(call: Call) -> bool:
    return call.raw.split(".")[0] in ("np", "numpy", "torch")


def _receiver(call: Call) -> str:
    if _is_function(call):
        return call.args[0].text if call.args else ""
    return call.raw.rpartition(".")[0]


def _root(text: str) -> str:
    """The variable an expression is about: the first argument of a chain of plain conversions."""
    while True:
        inner = _CONVERTED.fullmatch(text) or _PLAIN.fullmatch(text)
        found = inner[1] if inner else ""
        if found == text or not inner:
            return found
        text = found
