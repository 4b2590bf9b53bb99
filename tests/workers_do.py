"""What the workers of tests/test_workers.py are given to do, wherever they are."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from whytorch.evidence import rehearsal
from whytorch.evidence.elsewhere import rehearse_there as rehearse_really

BEGUN: list[int] = []


def begin() -> None:
    BEGUN.append(os.getpid())


def who() -> tuple[int, list[int]]:
    return os.getpid(), BEGUN


def fails() -> None:
    raise ArithmeticError("by itself")


def first_time(folder: str, name: str) -> bool:
    """Whether this is done for the first time, by whatever process."""
    with contextlib.suppress(FileExistsError):
        (Path(folder) / name).touch(exist_ok=False)
        return True
    return False


def squared(number: int, folder: str, doomed: tuple[int, ...] = (), always: bool = False) -> int:
    """Of the doomed numbers, the worker is killed in the middle: the first time, or always."""
    if number in doomed and (first_time(folder, f"killed-{number}") or always):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return number * number


def rehearse_at_the_second_try(request: rehearsal.Request, folder: str):  # type: ignore[no-untyped-def]
    """The worker is killed at the first try, while its rehearsal runs."""
    if first_time(folder, f"rehearsal-{request.reseed}"):
        import threading

        threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
    return rehearse_really(request, folder)
