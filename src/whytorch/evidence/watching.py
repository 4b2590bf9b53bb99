"""Observing a whole real training in its own process: nothing shortened, nothing redirected.

`Watched` puts the recorder's hooks in place and takes them out again. `run` is what
`whytorch watch train.py` does: the script as Python runs it, with its own output, its own end and
its own exit code. The record grows in a folder that another process can read meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from whytorch.evidence import running

RECORD, ABOUT = "record.jsonl", "watched.json"
RANK = "rank-{}"  # folder of a process other than the first, in that of the first
INTERRUPTED = 130  # what a shell shows of a program that Ctrl-C ended


class Watched:
    """The recorder around a part of this process. No fault of it reaches the script."""

    def __init__(self, folder: Path, about: dict[str, Any], overhead: float | None = None) -> None:
        self.folder = folder
        self._overhead = overhead  # share of the training's time; None: as the recorder has it
        self._recorder: Any = None
        self._about = {"cwd": os.getcwd(), **about}  # a script may go elsewhere

    def begin(self) -> None:
        """Put the hooks in place; none without torch, or where nothing can be written."""
        with contextlib.suppress(Exception):
            import torch

            from whytorch.evidence.recorder.core import Recorder

            self.folder.mkdir(parents=True, exist_ok=True)
            about = {**self._about, "pid": os.getpid(), "time": time.time()}
            (self.folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
            recorder = Recorder(self.folder / RECORD, watches=True)
            recorder.rest.budget = self._overhead or recorder.rest.budget
            recorder.sink.write("started", "", {"torch_version": str(torch.__version__)})
            self._recorder = recorder
            recorder.install()

    def crashed(self, error: BaseException) -> None:
        """Note the exception that ends the script."""
        if self._recorder is None:
            return
        self._recorder.phases.interrupted = True
        with contextlib.suppress(Exception):
            from whytorch.evidence.recorder.crash import describe

            self._recorder.sink.write("crash", "", describe(error, self._recorder))

    def end(self, how: str = "finished", code: int = 0, message: str | None = None) -> None:
        """Take the hooks out and write the last snapshots."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        with contextlib.suppress(Exception):
            import torch

            if how != "finished":
                recorder.phases.interrupted = True
            recorder.uninstall()
            end = {
                "exit": how,
                "exit_code": code,
                "message": message,
                "reached_end": how == "finished",
                "seconds": recorder.elapsed(),
                "shortened_says": "",
                "imported_torch": True,
                "device": "cuda" if torch.cuda.is_initialized() else "cpu",
            }
            recorder.sink.write("end", "", end)
            recorder.sink.close()


def rank() -> tuple[int, int]:
    """Rank and number of the processes that a launcher (torchrun, Lightning, Accelerate) started
    alike; 0 and 1 where there is none."""
    try:
        return int(os.environ["RANK"]), max(1, int(os.environ["WORLD_SIZE"]))
    except (KeyError, ValueError):
        return 0, 1


def launch() -> str:
    """A name that the processes of one launch on this machine share, and those of no other do."""
    told = (os.environ.get(n, "") for n in ("TORCHELASTIC_RUN_ID", "MASTER_PORT"))
    return "-".join((*told, str(os.getppid())))


def run(
    target: str, args: Sequence[str], module: bool, watched: Watched, over: Callable[[], None]
) -> int:
    """Run the script to its end and give its exit code; `over` is called when it has ended.

    Raises OSError or ModuleNotFoundError, before anything runs, where there is no script.
    """
    sys.path[0] = running.folder_of(target, module)
    script = running.prepare(target, args, module, running.read_file, running.as_written)
    watched.begin()
    try:
        script()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        said = stop.code if isinstance(stop.code, str) else None
        watched.end("exited" if code else "finished", code, said)
        if said is not None:
            sys.stderr.write(said + "\n")
        over()
        return code
    except BaseException as error:
        pressed = isinstance(error, KeyboardInterrupt)
        if not pressed:
            watched.crashed(error)
        code = INTERRUPTED if pressed else 1
        watched.end("interrupted" if pressed else "crashed", code)
        show(error)
        over()
        return code
    watched.end()
    over()
    return 0


def show(error: BaseException) -> None:
    """The traceback that Python itself would have shown: without the frames of this package."""
    trace: TracebackType | None = error.__traceback__
    here = os.path.dirname(os.path.abspath(__file__))
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(here):
        trace = trace.tb_next
    shown = sys.excepthook
    if shown is sys.__excepthook__:
        traceback.print_exception(type(error), error, trace)
    else:  # the script has put in its own
        shown(type(error), error, trace)
