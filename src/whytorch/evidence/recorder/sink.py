"""The record on disk: JSON lines, each a whole snapshot of one subject, appended and flushed.

The last line of a subject (`kind`, `key`) wins, so a record cut anywhere is still readable, and
the file is bounded: past `limit` bytes only `crash` and `end` are still written.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import msgspec

LIMIT = 20_000_000
_ALWAYS = {"crash", "end", "fault", "bench", "experiment"}
_RESERVE = 500_000  # kept free for the lines that must always fit


def _plain(value: Any) -> Any:
    """What msgspec cannot encode, as text; numpy and torch scalars as numbers."""
    if hasattr(value, "item") and getattr(value, "numel", lambda: 1)() == 1:
        return value.item()
    return repr(value)[:200]


class Sink:
    """Appends snapshots to one file. Safe to lose: a failed write turns it off, silently."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self._limit = limit
        self._size = 0
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115 - lives as long as the run
        self._pid = os.getpid()
        self._encoder = msgspec.json.Encoder(enc_hook=_plain)
        self._last: dict[tuple[str, str], int] = {}

    def write(self, kind: str, key: str, data: Any) -> None:
        """Append one snapshot, unless it equals the last one of its subject."""
        if self._file.closed or os.getpid() != self._pid:
            return
        line = self._encoder.encode({"kind": kind, "key": key, "data": data}) + b"\n"
        room = self._limit - self._size - len(line)
        if room < 0 or (room < _RESERVE and kind not in _ALWAYS):
            return
        digest = hash(line)
        if self._last.get((kind, key)) == digest:
            return
        self._last[kind, key] = digest
        try:
            self._file.write(line)
        except OSError:  # disk full: the script must go on
            self._file.close()
            return
        self._size += len(line)

    def close(self) -> None:
        self._file.close()


def finite(value: float | None) -> float | None:
    """The value, or None where JSON (and a reader) could not use it."""
    return value if value is not None and math.isfinite(value) else None


def number(value: object) -> float | None:
    """As a float, where it is one and finite: a rate may be a tensor, or not given at all."""
    try:
        return finite(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, RuntimeError):
        return None
