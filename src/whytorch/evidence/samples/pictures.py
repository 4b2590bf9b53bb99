"""A few small images and histograms for the page, bounded in number and size."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whytorch.evidence.samples import items

MOST = 8  # images of a sheet
SIDE = 48  # pixels
BINS = 40
_HISTOGRAM_SAMPLES = 96


def sheet(
    images: Sequence[Tensor | None],
    labels: Sequence[int | None] = (),
    others: Sequence[int | None] = (),
    indices: Sequence[int | None] = (),
) -> dict[str, Any] | None:
    """As `facts.Sheet`, of the first images; those of another number of channels or form are left
    out. None where nothing can be shown."""
    planes = [_plane(image) for image in images[: 4 * MOST]]
    first = next((p for p in planes if p is not None), None)
    if first is None:
        return None
    fitting = [n for n, p in enumerate(planes) if p is not None and p.shape[0] == first.shape[0]]
    rows = fitting[:MOST]
    size = _shrunk(first.shape[1], first.shape[2])
    small = torch.stack([_sized(planes[n], size) for n in rows])
    low, high = (float(v) for v in torch.aminmax(small))
    spread = (high - low) or 1.0
    pixels = ((small - low) / spread * 255).round().to(torch.uint8)

    def chosen(values: Sequence[int | None]) -> list[int | None]:
        return [values[n] if n < len(values) else None for n in rows] if values else []

    return {
        "shape": list(pixels.shape),
        "pixels": base64.b64encode(pixels.contiguous().numpy().tobytes()).decode(),
        "low": low,
        "high": high,
        "size": [int(first.shape[1]), int(first.shape[2])],
        "labels": chosen(labels),
        "others": chosen(others),
        "indices": chosen(indices),
    }


def histogram(images: Sequence[Tensor | None]) -> dict[str, Any] | None:
    """As `facts.Histogram`, over the finite values of images with the same channels."""
    planes = [_plane(image) for image in images[:_HISTOGRAM_SAMPLES]]
    known = [p for p in planes if p is not None]
    known = [p for p in known if p.shape[0] == known[0].shape[0]]
    if not known:
        return None
    channels = [torch.cat([p[c].reshape(-1) for p in known]) for c in range(known[0].shape[0])]
    low = min(float(c.min()) for c in channels)
    high = max(float(c.max()) for c in channels)
    high = high if high > low else low + 1.0
    counts = [torch.histc(c, BINS, low, high).long().tolist() for c in channels]
    return {"low": low, "high": high, "counts": counts, "samples": len(known)}


def write(recorder: Any, name: str, made: dict[str, Any] | None, kind: str = "sheet") -> None:
    """Into the record, if there is anything to see."""
    if made is not None:
        recorder.sink.write(kind, name, made)


def _plane(image: Tensor | None) -> Tensor | None:
    """[1 or 3, H, W] in single precision, finite; flat vectors that are square are images too."""
    if image is None or image.is_complex() or not image.numel():
        return None
    x = image.detach().to("cpu", torch.float32)
    if x.ndim == 1:
        for channels in (1, 3):
            side = math.isqrt(len(x) // channels)
            if side >= 6 and side * side * channels == len(x):
                x = x.reshape(channels, side, side)
                break
    if x.ndim != 3:
        return None
    x = x[:3] if x.shape[0] >= 3 else x[:1]
    return torch.nan_to_num(x, 0.0, 0.0, 0.0)


def _shrunk(height: int, width: int) -> tuple[int, int]:
    scale = min(1.0, SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _sized(plane: Tensor | None, size: tuple[int, int]) -> Tensor:
    assert plane is not None
    if tuple(plane.shape[1:]) == size:
        return plane
    smaller = plane.shape[1] > size[0]
    return functional.interpolate(
        plane[None], size, mode="bilinear", antialias=smaller, align_corners=False
    )[0]


# --- what a look at the data leaves for the page -------------------------------------------------


def of_look(recorder: Any, sets: Sequence[Any], pairs: Sequence[dict[str, Any]]) -> None:
    """After the comparisons: images as they entered, as stored and drawn, doubtful, leaked."""
    main = recorder.modules.main_group()
    for (group, phase), kept in recorder.keeps.inputs.items():
        if main is not None and group == main.index and kept.tensors:
            images = [row for tensor in kept.tensors[:8] for row in tensor[:_HISTOGRAM_SAMPLES]]
            images = [items.as_image(image) for image in images[:_HISTOGRAM_SAMPLES]]
            labels = kept.labels[0].tolist() if kept.labels[0] is not None else ()
            write(recorder, phase, sheet(images[: kept.tensors[0].shape[0]], labels))
            write(recorder, phase, histogram(images), "histogram")
    trained = [s for s in sets if "train" in s.facts["phases"]]
    if trained:
        _transformed(recorder, trained[0])
        _doubtful(recorder, trained[0])
    for pair in pairs:
        twins = pair.get("twins") or {}
        if twins.get("examples"):
            of = {s.facts["id"]: s for s in sets}
            _leaked(recorder, of[pair["train"]], of[pair["eval"]], twins["examples"])
            break


def _transformed(recorder: Any, one: Any) -> None:
    drawn = one.drawn
    pairs = zip(drawn.images, drawn.raw, strict=True)
    rows = [n for n, (a, b) in enumerate(pairs) if a is not None and b is not None and a is not b]
    rows = rows[:MOST]
    for name, images in (("stored", drawn.raw), ("drawn", drawn.images)):
        at = [drawn.indices[n] for n in rows]
        labels = [drawn.labels[n] for n in rows]
        write(recorder, name, sheet([images[n] for n in rows], labels, indices=at))


def _doubtful(recorder: Any, one: Any) -> None:
    doubts = (one.facts.get("neighbours") or {}).get("doubts") or []
    row = {index: n for n, index in enumerate(one.drawn.indices)}
    known = [d for d in doubts if d["index"] in row]
    images = [_best(one, row[d["index"]]) for d in known]
    labels, others = [d["label"] for d in known], [d["neighbours"] for d in known]
    at = [d["index"] for d in known] if one.facts["origin"] == "dataset" else []
    write(recorder, "doubts", sheet(images, labels, others, at))


def _leaked(recorder: Any, train: Any, evaluation: Any, examples: Sequence[Any]) -> None:
    """Of the pairs whose images are at hand on both sides."""
    mine, theirs = _by_base(evaluation), _by_base(train)
    found = [(a, b, mine(a), theirs(b)) for a, b in examples[:MOST]]
    found = [pair for pair in found if pair[2] is not None and pair[3] is not None]
    for name, at, image in (("twins-eval", 0, 2), ("twins-train", 1, 3)):
        indices = [pair[at] for pair in found]
        write(recorder, name, sheet([pair[image] for pair in found], indices=indices))


def _by_base(one: Any) -> Any:
    """Index into the base data set -> the image there, drawn or in the array of all."""
    row = {index: n for n, index in enumerate(one.drawn.base)}

    def image(index: int) -> Tensor | None:
        if index in row:
            return _best(one, row[index])
        rows = one.contents.rows if one.contents is not None else None
        return items.as_image(rows[index]) if rows is not None and index < len(rows) else None

    return image


def _best(one: Any, row: int) -> Tensor | None:
    raw: Tensor | None = one.drawn.raw[row]
    return raw if raw is not None else one.drawn.images[row]
