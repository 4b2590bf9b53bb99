"""What the script prints: each line with its numbers, its place and the moment."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]*\w)")
_MOST_LINES = 4000
_KEPT = 400


class _Tee:
    """A text stream that shows each write to the recorder and is otherwise the original."""

    def __init__(self, stream: Any, note: Any) -> None:
        self._stream = stream
        self._note = note

    def write(self, text: Any) -> Any:
        result = self._stream.write(text)
        self._note(text)
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._stream)


class Printed:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._partial = ""
        self._place: Any = None
        self._count = 0
        self._new: list[tuple[str, dict[str, Any]]] = []
        self._ring: list[tuple[str, dict[str, Any]]] = []

    def install(self, patches: Patches) -> None:
        for name in ("stdout", "stderr"):
            patches.wrap(sys, name, lambda stream: _Tee(stream, self._written))

    @harmless
    def _written(self, text: Any) -> None:
        if not self.recorder.awake or self._count >= _MOST_LINES or not isinstance(text, str):
            return
        if text.strip():
            self._place = here()
        *lines, self._partial = re.split(r"[\r\n]+", self._partial[-2000:] + text[:20_000])
        for line in lines:
            if line.strip():
                self._line(line)

    def _line(self, line: str) -> None:
        numbers = [float(n) for n in _NUMBER.findall(line)[:20]]
        self._count += 1
        entry = {
            "text": line[:300],
            "place": self._place,
            "numbers": numbers,
            "after_pass": self.recorder.phases.latest_pass,
            "step": self.recorder.steps,
        }
        if self._count <= _KEPT:
            self._new.append((str(self._count), entry))
        elif numbers:  # the last ones matter most: final results
            self._ring = [*self._ring[-(_KEPT // 2) :], (str(self._count), entry)]

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        new, self._new = self._new, []
        if final:
            new += self._ring
        for key, entry in new:
            yield "printed", key, entry
