"""The record on disk: JSON lines, each a whole snapshot of one subject, appended and flushed.

The last line of a subject (`kind`, `key`) wins, so a record cut anywhere is still readable, and
the file is bounded: past `limit` bytes only `crash` and `end` are still written. The record of a
watched training, which may take weeks, is packed instead: what later lines replaced is left out.
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

    def __init__(self, path: Path, limit: int = LIMIT, packs: bool = False) -> None:
        self.path = path
        self._packs = packs
        self._pack_at = limit // 2
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
        if self._packs and self._size > self._pack_at:
            self._pack()
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

    def _pack(self) -> None:
        """Keep the last line of each subject. Readers see the whole file of before or of after."""
        part = self.path.with_name(self.path.name + ".part")
        try:
            kept = packed(self.path.read_bytes())
            part.write_bytes(kept)
            os.replace(part, self.path)
            self._file.close()
            self._file = open(self.path, "ab", buffering=0)  # noqa: SIM115
        except OSError:  # no room for a second file: go on with the first
            self._pack_at = self._limit
            return
        self._size = len(kept)
        self._pack_at = max(self._limit // 2, 2 * self._size)

    def close(self) -> None:
        self._file.close()


def packed(record: bytes) -> bytes:
    """The lines of a record that no later line of the same subject replaces, in their order."""
    lines = record.split(b"\n")
    last: dict[tuple[str, str], int] = {}
    subject = msgspec.json.Decoder(_Subject)
    for number, line in enumerate(lines):
        try:
            named = subject.decode(line)
        except msgspec.DecodeError:  # the cut end of a run that was killed
            continue
        last[named.kind, named.key] = number
    kept = sorted(last.values())
    return b"".join(lines[number] + b"\n" for number in kept)


class _Subject(msgspec.Struct):
    kind: str
    key: str


def finite(value: float | None) -> float | None:
    """The value, or None where JSON (and a reader) could not use it."""
    return value if value is not None and math.isfinite(value) else None


def number(value: object) -> float | None:
    """As a float, where it is one and finite: a rate may be a tensor, or not given at all."""
    try:
        return finite(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, RuntimeError):
        return None
