"""Rehearsals done by workers: in other processes, or on other machines that see the same files.

What comes back is what a rehearsal here would have left: its record and its output, in the same
folder. Where a worker can't do it, it is done here.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from whytorch.evidence.rehearsal import Rehearsed, Request, rehearse
from whytorch.workers import Workers, workers


class Brought(Struct, frozen=True):
    """A rehearsal with the record that it wrote."""

    rehearsed: Rehearsed
    record: bytes


class Elsewhere:
    """`spec` as of `workers`, which are there from the first rehearsal on; None: it is done here,
    when it is waited for."""

    def __init__(self, spec: str | None) -> None:
        self._spec = spec
        self._workers: Workers | None = None

    def begin(self, request: Request) -> Callable[[], Rehearsed]:
        """Have it done; what is returned waits for it."""
        if self._workers is None and self._spec is not None:
            with contextlib.suppress(Exception):  # no cluster answers: then it is done here
                self._workers = workers(self._spec)
        if self._workers is None:
            return lambda: rehearse(request)
        doing = self._workers.submit(rehearse_there, request, os.getcwd())
        return lambda: _fetched(doing, request)

    def __enter__(self) -> Elsewhere:
        return self

    def __exit__(self, *raised: object) -> None:
        """What nobody waits for any more is given up."""
        if self._workers is not None:
            self._workers.close()


def rehearse_there(request: Request, folder: str) -> Brought:
    """In the worker. `folder` is where the script was started."""
    os.chdir(folder)
    with tempfile.TemporaryDirectory(prefix="wt-") as name:
        moved = replace(request, folder=Path(name), python=sys.executable)
        rehearsed = rehearse(moved)
        return Brought(rehearsed, rehearsed.record.read_bytes())


def _fetched(doing: Future[Brought], request: Request) -> Rehearsed:
    try:
        brought = doing.result()
    except (Exception, CancelledError):  # no such folder there, no torch, a cluster that has gone
        return rehearse(request)
    request.folder.mkdir(parents=True, exist_ok=True)
    record = request.folder / "record.jsonl"
    record.write_bytes(brought.record)
    output = brought.rehearsed.output
    (request.folder / "output.txt").write_text(output, encoding="utf-8", errors="replace")
    return replace(brought.rehearsed, record=record)
