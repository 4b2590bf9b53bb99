"""Asking experiments of a child whose rehearsal is over; the other side is `lab/serve.py`."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

_PATIENCE = 1.5  # times the seconds an experiment was given, before it is given up
_START = 10.0  # seconds for the bench to be set up


class Session:
    """`alive` tells whether the child is still there; `pipe` is where requests are written."""

    def __init__(self, record: Path, pipe: int, alive: Callable[[], bool]) -> None:
        self._record = record
        self._pipe: int | None = pipe
        self._alive = alive
        self._serial = 0
        self._at = record.stat().st_size
        self._rest = b""
        self.check: Callable[[], None] = lambda: None  # raises what should end the waiting

    def ask(self, experiment: str, seconds: float) -> bool:
        """Have one experiment made; its result is then in the record. False if none will come."""
        if self._pipe is None or not self._alive():
            return False
        self._serial += 1
        request = {"serial": self._serial, "experiment": experiment, "seconds": seconds}
        try:
            os.write(self._pipe, json.dumps(request).encode() + b"\n")
        except OSError:
            return False
        until = time.monotonic() + seconds * _PATIENCE + _START
        while time.monotonic() < until and self._alive():
            self.check()
            if self._answered():
                return True
            time.sleep(0.02)
        return self._answered()

    def _answered(self) -> bool:
        """Whether the record holds the answer to the latest request."""
        with open(self._record, "rb") as file:
            file.seek(self._at)
            data = self._rest + file.read()
            self._at = file.tell()
        *lines, self._rest = data.split(b"\n")
        for line in lines:
            if line.startswith(b'{"kind":"experiment"'):
                if json.loads(line)["data"]["serial"] == self._serial:
                    return True
        return False

    def close(self) -> None:
        """No more requests: the child may go."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            with contextlib.suppress(OSError):
                os.close(pipe)
