"""Sheets of the record -> small PNG images in the page, without a library for images."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from whytorch.evidence.facts import Sheet
from whytorch.reports.page.picture import Image, Strip


def arrays(sheet: Sheet) -> np.ndarray:
    """[images, height, width, channels], in the values that the script's images had."""
    pixels = np.frombuffer(base64.b64decode(sheet.pixels), np.uint8).reshape(sheet.shape)
    scaled = sheet.low + pixels.astype(np.float64) / 255 * (sheet.high - sheet.low)
    return np.ascontiguousarray(scaled.transpose(0, 2, 3, 1))


def png(pixels: np.ndarray) -> str:
    """A data URI of bytes [height, width, 1 or 3]."""
    height, width, channels = pixels.shape
    rows = pixels.reshape(height, width * channels)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    body = b"".join(_chunk(kind, data) for kind, data in parts)
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    crc = binascii.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def shades(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values between `low` and `high` as bytes."""
    scaled = (values - low) / ((high - low) or 1.0) * 255
    return np.clip(np.nan_to_num(scaled), 0, 255).round().astype(np.uint8)


def strip(
    sheet: Sheet,
    label: str,
    name: Callable[[int | None], str],
    low: float | None = None,
    high: float | None = None,
    most: int = 8,
) -> Strip:
    """The images of a sheet on one scale of brightness: its own, or the one that is given."""
    low = sheet.low if low is None else low
    high = sheet.high if high is None else high
    images = []
    for n, values in enumerate(arrays(sheet)[:most]):
        given, other = _at(sheet.labels, n), _at(sheet.others, n)
        words = name(given) if given is not None else ""
        if other is not None:
            words = f"{words} → {name(other)}" if words else name(other)
        index = _at(sheet.indices, n)
        alt = f"image {n + 1}" if index is None else f"image {index} of the data set"
        caption = words or ("" if index is None else f"#{index}")
        alt = f"{alt}: {words}" if words else alt
        images.append(Image(png(shades(values, low, high)), alt, caption))
    return Strip(label, tuple(images))


def namer(classes: Sequence[str] | None) -> Callable[[int | None], str]:
    """A class by its name where the data set has names, else by its number."""

    def name(index: int | None) -> str:
        if index is None:
            return ""
        known = classes is not None and 0 <= index < len(classes)
        return f"{index}" if classes is None or not known else str(classes[index])[:24]

    return name


def _at(values: Sequence[int | None], n: int) -> int | None:
    return values[n] if n < len(values) else None
