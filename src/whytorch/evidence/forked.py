"""A rehearsal in a fork of this process: of objects that live here, such as a notebook's.

The fork has a copy of everything (loaders, lambdas, open notebooks), so nothing has to be pickled,
and nothing that happens there changes anything here: no weight, no random state, no loader.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import TimeoutExpired
from typing import IO, Any

from whytorch.evidence import child, rehearsal

_kept: list[Any] = []  # what must not be finalized in the fork


def rehearse(
    job: Callable[[Any], None],
    request: rehearsal.Request,
    shortened: str = "",
    on_progress: Callable[[dict[str, Any]], None] | None = None,
    lab: rehearsal.Lab | None = None,
) -> rehearsal.Rehearsed:
    """As `rehearsal.rehearse`, of a function of this process; it is given the time-lapse."""
    start = partial(_start, job, shortened)
    return rehearsal.rehearse(request, on_progress, lab, start)


class Fork:
    """The child, as `subprocess.Popen` would show it."""

    def __init__(self, pid: int, stdout: IO[bytes]) -> None:
        self.pid = pid
        self.stdout: IO[bytes] | None = stdout
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise TimeoutExpired("the fork", timeout or 0.0)
            time.sleep(0.01)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)


def _start(
    job: Callable[[Any], None],
    shortened: str,
    request: rehearsal.Request,
    options: Path,
    scratch: Path,
) -> tuple[Fork, int | None]:
    told = json.loads(options.read_text())
    ask, asked = os.pipe() if request.lab else (None, None)
    read, write = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()  # else the fork has it too
    pid = os.fork()
    if pid == 0:
        os.close(read)
        if asked is not None:
            os.close(asked)
        _in_the_fork(partial(child.rehearse, {**told, "lab": ask}, job, shortened), write, scratch)
    os.close(write)
    if ask is not None:
        os.close(ask)
    return Fork(pid, open(read, "rb", buffering=0)), asked


def _in_the_fork(run: Callable[[], None], output: int, scratch: Path) -> None:
    code = 70
    try:
        _settle(output, scratch)
        run()
        code = 0
    except BaseException:
        import traceback

        with contextlib.suppress(BaseException):
            os.write(output, traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(code)  # nothing of the process it came from may be finalized here


def _settle(output: int, scratch: Path) -> None:
    """Cut what ties the fork to the process it came from."""
    import torch

    os.setsid()  # Ctrl-C reaches the parent alone, which tells the fork
    os.dup2(output, 1)
    os.dup2(output, 2)
    _kept.extend((sys.stdout, sys.stderr, sys.stdin))
    sys.stdout = sys.stderr = open(output, "w", buffering=1, errors="replace", closefd=False)  # noqa: SIM115
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    os.environ["TMPDIR"] = str(scratch / "t")
    tempfile.tempdir = None  # chosen anew, as in a new process
    sys.dont_write_bytecode = True
    signal.set_wakeup_fd(-1)  # of an event loop
    torch.set_num_threads(1)  # threads do not outlive a fork, and OpenMP waits for its own
    _silence_jupyter()


def _silence_jupyter() -> None:
    """What the fork displays goes nowhere: Jupyter's sockets belong to the parent."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        return
    with contextlib.suppress(Exception):
        from IPython.core.displaypub import CapturingDisplayPublisher

        _kept.append((shell.display_pub, sys.displayhook))
        shell.display_pub = CapturingDisplayPublisher()
        sys.displayhook = sys.__displayhook__
