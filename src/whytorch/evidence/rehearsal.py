"""Running the user's script in a child process under the recorder, whatever the script does.

The child writes the record (see `recorder/sink.py`); this side watches it grow for the progress
line, keeps a bounded part of what the script prints, and ends a child that does not end itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from msgspec import Struct

from whytorch.evidence.session import Session

START_LIMIT = 180.0  # seconds to import torch and reach the script
GRACE = 5.0  # seconds between asking a child to end and killing it
_COMPILER_CACHES = {"TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "TORCH_EXTENSIONS_DIR"}
_HEAD, _TAIL = 65_536, 262_144  # bytes of the script's output that are kept


class Request(Struct, frozen=True):
    """What to rehearse. `folder` receives record.jsonl and output.txt."""

    target: str
    folder: Path
    args: Sequence[str] = ()
    module: bool = False
    budget: float = 60.0
    seed: int | None = None
    python: str = sys.executable
    patched: Mapping[str, bytes] = {}  # real path -> what a repaired copy has in its place
    reseed: int = 0  # is added to the seeds that the script sets itself
    lab: bool = False  # keep the child for experiments when the script is over


class Rehearsed(Struct, frozen=True):
    """How the child ended. `exit_code` is negative for a signal; `stopped` says who ended it."""

    record: Path
    exit_code: int | None
    stopped: str | None  # "timeout", "interrupted" or None
    seconds: float
    output: str
    changed: tuple[str, ...] = ()  # user's files that changed all the same


Lab = Callable[["Rehearsed", Session], None]


class Process(Protocol):
    """What is asked of a child: of a new process, or of a fork of this one."""

    pid: int
    returncode: int | None
    stdout: IO[bytes] | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...


Start = Callable[[Request, Path, Path], tuple[Process, int | None]]


def rehearse(
    request: Request,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
    lab: Lab | None = None,
    start: Start | None = None,
) -> Rehearsed:
    """Run the script once and return when its process is gone.

    `start` makes the process, by default a new one. With `request.lab`, `lab` is called when the
    script is over and its process waits for experiments. Raises OSError if `request.folder` cannot
    be written.
    """
    from whytorch.evidence.dress import changed, fingerprint

    record, options, scratch = lay_out(request)
    watched = Path.cwd() if request.module else Path(request.target).resolve().parent
    before = fingerprint(watched)
    started = time.monotonic()
    process, pipe = (start or _start)(request, options, scratch)
    session = Session(record, pipe, lambda: process.poll() is None) if pipe is not None else None
    seconds = None
    try:
        output = _Output(process)
        stopped, waits = _attend(process, record, request.budget, on_progress)
        seconds = time.monotonic() - started
        if waits and session is not None and lab is not None:
            _experiment(lab, session, Rehearsed(record, 0, stopped, seconds, ""))
    finally:
        if session is not None:
            session.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=GRACE)
        _kill_group(process)
        shutil.rmtree(scratch, ignore_errors=True)
    text = output.text()
    (request.folder / "output.txt").write_text(text, encoding="utf-8", errors="replace")
    return Rehearsed(
        record=record,
        exit_code=0 if waits else process.returncode,  # what ended it later is not the script's
        stopped=stopped,
        seconds=seconds,
        output=text,
        changed=tuple(
            name
            for name in changed(before, fingerprint(watched))
            if not (watched / name).is_relative_to(request.folder.resolve())  # ours
        ),
    )


def _experiment(lab: Lab, session: Session, so_far: Rehearsed) -> None:
    """Ctrl-C ends the experiments; what was measured until then stands."""
    pressed = _Pressed()
    session.check = pressed.check
    try:
        lab(so_far, session)
    except KeyboardInterrupt:
        pass
    finally:
        pressed.over()


def lay_out(request: Request) -> tuple[Path, Path, Path]:
    """The files of a run: the record, the child's options, and a new scratch folder.

    The scratch folder has a short path: loader workers put sockets below it, and the path of a
    socket must not exceed about 100 characters.
    """
    request.folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="wt-")).resolve()
    (scratch / "t").mkdir()
    record, options = request.folder / "record.jsonl", request.folder / "options.json"
    record.touch()
    patched = {}
    for number, (path, text) in enumerate(request.patched.items()):
        copy = request.folder / f"patched-{number}.py"
        copy.write_bytes(text)
        patched[os.path.realpath(path)] = str(copy.resolve())
    options.write_text(
        json.dumps(
            {
                "target": request.target,
                "args": list(request.args),
                "module": request.module,
                "record": str(record.resolve()),
                "scratch": str(scratch),
                "budget": request.budget,
                "seed": request.seed,
                "reseed": request.reseed,
                "patched": patched,
            }
        )
    )
    return record, options, scratch


def _start(request: Request, options: Path, scratch: Path) -> tuple[Process, int | None]:
    """The child, and the end of the pipe through which it is asked for experiments."""
    read, write = os.pipe() if request.lab and os.name == "posix" else (None, None)
    if read is not None:
        options.write_text(json.dumps({**json.loads(options.read_text()), "lab": read}))
    environment = {
        **os.environ,
        "TMPDIR": str(scratch / "t"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for cache in _COMPILER_CACHES & environment.keys():  # compilers write without asking Python
        environment[cache] = str(scratch / "t" / cache.lower())
    environment.setdefault("MPLBACKEND", "Agg")  # a window would wait for somebody to close it
    environment.setdefault("WANDB_MODE", "disabled")  # a rehearsal is no run to be uploaded
    child = Path(__file__).with_name("child.py")
    process = subprocess.Popen(
        [request.python, str(child), str(options.resolve())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,  # Ctrl-C reaches us alone; we tell the child
        pass_fds=() if read is None else (read,),
    )
    if read is not None:
        os.close(read)
    return process, write


class _Output:
    """Reads what the child prints to its end, keeping the first and last part."""

    def __init__(self, process: Process) -> None:
        self._head = b""
        self._tail = b""
        self._dropped = 0
        self._stream = process.stdout
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._stream is not None
        while data := os.read(self._stream.fileno(), 65_536):
            room = max(0, _HEAD - len(self._head))
            self._head += data[:room]
            self._tail += data[room:]
            if len(self._tail) > 2 * _TAIL:
                self._dropped += len(self._tail) - _TAIL
                self._tail = self._tail[-_TAIL:]

    def text(self) -> str:
        self._thread.join(timeout=5)
        gap = f"\n... {self._dropped} bytes not kept ...\n" if self._dropped else ""
        return self._head.decode(errors="replace") + gap + self._tail.decode(errors="replace")


def _attend(
    process: Process,
    record: Path,
    budget: float,
    on_progress: Callable[[dict[str, Any]], None] | None,
) -> tuple[str | None, bool]:
    """Wait for the child; ask it to end when its time is up or on Ctrl-C, then insist. Who ended
    it, and whether it now waits for experiments."""
    stopped: str | None = None
    waits = False
    deadline = time.monotonic() + START_LIMIT
    tail = _Tail(record)
    pressed = _Pressed()
    while process.poll() is None and not waits:
        try:
            pressed.check()
            for line in tail.lines():
                if line["kind"] == "started":
                    deadline = time.monotonic() + budget * 1.3 + GRACE
                elif line["kind"] == "end":
                    waits = True
                elif line["kind"] == "progress" and on_progress is not None:
                    on_progress(line["data"])
            if time.monotonic() > deadline:
                if stopped == "killed":
                    break
                _signal(process, signal.SIGKILL if stopped else signal.SIGTERM)
                stopped = "killed" if stopped else "timeout"
                deadline = time.monotonic() + GRACE
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.1)
        except KeyboardInterrupt:
            if stopped == "interrupted":
                pressed.over()
                _kill_group(process)
                raise
            stopped = "interrupted"
            _signal(process, signal.SIGINT)
            deadline = time.monotonic() + GRACE
    pressed.over()
    return "timeout" if stopped == "killed" else stopped, waits


class _Pressed:
    """Ctrl-C as a count: a KeyboardInterrupt raised inside a finalizer would be lost."""

    def __init__(self) -> None:
        self._times = 0
        self._main = threading.current_thread() is threading.main_thread()
        self._before = signal.signal(signal.SIGINT, self._note) if self._main else None

    def _note(self, number: int, frame: object) -> None:
        self._times += 1

    def check(self) -> None:
        """Raise KeyboardInterrupt, once for each time it was pressed."""
        if self._times:
            self._times -= 1
            raise KeyboardInterrupt

    def over(self) -> None:
        """Put the handler of before back."""
        if self._main:
            signal.signal(signal.SIGINT, self._before or signal.SIG_DFL)


def _signal(process: Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def _kill_group(process: Process) -> None:
    """The child and every process it left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)


_TOLD = tuple(b'{"kind":"%s"' % kind for kind in (b"progress", b"started", b"end"))


class _Tail:
    """The lines that a growing file gained since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._rest = b""

    def lines(self) -> Iterator[dict[str, Any]]:
        if self._path.stat().st_size == self._at:
            return
        with open(self._path, "rb") as file:
            file.seek(self._at)
            data = file.read()
        self._at += len(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            if line.startswith(_TOLD):
                yield json.loads(line)
