"""Rehearsing scripts in forks of this process, which has torch imported already (0.1 s, not 7 s).

The fork runs the same `child.main` as a real rehearsal; only the start of the process differs.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import runpy
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from whytorch.evidence import child, reading
from whytorch.evidence.rehearsal import GRACE, Lab, Rehearsed, Request, lay_out
from whytorch.evidence.session import Session
from whytorch.records import Report


@cache
def warm_up() -> None:
    """Import what scripts import, and what torch imports late, before the first fork."""
    import sklearn.datasets  # noqa: F401
    import torch
    import torch.utils.data

    with contextlib.suppress(ImportError):  # an older torch in the matrix has none
        import torchvision  # noqa: F401
    from torch._dynamo import config  # noqa: F401 - an optimizer's first step imports it

    from whytorch.evidence import dress, kernel, loops, running  # noqa: F401
    from whytorch.evidence.lapse import Lapse  # noqa: F401
    from whytorch.evidence.recorder import Recorder  # noqa: F401
    from whytorch.evidence.samples import look  # noqa: F401

    torch.set_num_threads(1)
    weight = torch.nn.Parameter(torch.zeros(1))
    torch.optim.SGD([weight], lr=0.1)
    _search_once(dress)


def _search_once(dress: Any) -> None:
    """The dress rehearsal looks through every object of its process for who holds `open` and the
    like, a quarter of what a small case takes. What is there before the forks is looked through
    here, once, and frozen: a search in a fork goes through the new objects alone."""
    found: list[Any] = []

    def search(*wanted: Any) -> list[Any]:
        holders = gc.get_referrers(*wanted)
        found.extend(holders)
        return holders

    with tempfile.TemporaryDirectory() as scratch:
        rehearsal = dress.Dress(Path(scratch))
        dress.gc = SimpleNamespace(get_referrers=search)
        rehearsal.install()
        dress.gc = gc
        rehearsal.uninstall()
    dress.gc = SimpleNamespace(get_referrers=lambda *new: [*found, *gc.get_referrers(*new)])
    gc.freeze()


def rehearse(
    target: Path | str,
    folder: Path,
    args: Sequence[str] = (),
    budget: float = 30.0,
    before: Callable[[], None] | None = None,
    cwd: Path | None = None,
    lab: Lab | None = None,
) -> Rehearsed:
    """Like `whytorch.evidence.rehearsal.rehearse`, in a fork of this process.

    A `target` that is no Path is the name of a module below `cwd`. `before` runs in the fork first;
    `lab` is called when the script is over, and may ask for experiments.
    """
    warm_up()
    module = not isinstance(target, Path)
    request = Request(str(target), folder, args, module=module, budget=budget)
    record, options, scratch = lay_out(request)
    output = folder / "output.txt"
    started = time.monotonic()
    read, write = os.pipe()
    if lab is not None:
        options.write_text(json.dumps({**json.loads(options.read_text()), "lab": read}))
    pid = os.fork()
    if pid == 0:
        os.close(write)
        _run(options, output, cwd or Path(target).parent, scratch / "t", before)
    os.close(read)
    child = _Child(pid)
    if lab is not None:
        _experiment(child, record, write, started, lab)
    os.close(write)
    status = child.wait(None if lab is None else GRACE)
    shutil.rmtree(scratch, ignore_errors=True)
    return Rehearsed(
        record=record,
        exit_code=os.waitstatus_to_exitcode(status),
        stopped=None,
        seconds=time.monotonic() - started,
        output=output.read_text(errors="replace"),
    )


def launch(
    target: Path,
    home: Path | None,
    processes: int = 2,
    seconds: float = 120.0,
) -> list[int]:
    """Watch `target` in as many processes as a launcher would start, as forks of this one, each
    told its rank. Their exit codes by rank; the run lies below `home`. Without, nobody watches."""
    warm_up()
    from torch.nn.parallel import DistributedDataParallel  # noqa: F401

    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = str(free.getsockname()[1])
    group = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "localhost", "MASTER_PORT": port}
    children = []
    for rank in range(processes):
        pid = os.fork()
        if pid == 0:
            os.environ.update(group, RANK=str(rank), LOCAL_RANK=str(rank), WHYTORCH_HOME=str(home))
            _one_of_many(target, home is not None, target.parent / f"output-{rank}.txt")
        children.append(_Child(pid))
    until = time.monotonic() + seconds
    return [os.waitstatus_to_exitcode(c.wait(max(0.1, until - time.monotonic()))) for c in children]


def _one_of_many(target: Path, watched: bool, output: Path) -> None:
    code = 70
    try:
        os.chdir(target.parent)
        _redirect(output)
        if not watched:
            runpy.run_path(target.name, run_name="__main__")
            code = 0
            return
        from whytorch import watching
        from whytorch.records import Options

        code = watching.watched(
            target.name, (), False, Options(), lambda folder: None, lambda report: None
        )
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _redirect(output: Path) -> None:
    """Standard output and error of this process go to a file."""
    stream = open(output, "w", buffering=1)  # noqa: SIM115 - the process ends with it
    os.dup2(stream.fileno(), 1)
    os.dup2(stream.fileno(), 2)
    sys.stdout = sys.stderr = stream


class _Child:
    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._status: int | None = None

    def alive(self) -> bool:
        if self._status is None:
            ended, status = os.waitpid(self._pid, os.WNOHANG)
            self._status = status if ended else None
        return self._status is None

    def wait(self, seconds: float | None = None) -> int:
        """Its exit status; what does not go within `seconds` is killed, as `rehearse` does."""
        until = time.monotonic() + (seconds or 0.0)
        while seconds is not None and self.alive():
            if time.monotonic() > until:
                os.kill(self._pid, signal.SIGKILL)
                break
            time.sleep(0.01)
        if self._status is None:
            _, self._status = os.waitpid(self._pid, 0)
        return self._status


def _experiment(child: _Child, record: Path, pipe: int, started: float, lab: Lab) -> None:
    while b'{"kind":"end"' not in record.read_bytes():
        if not child.alive():
            return
        time.sleep(0.01)
    so_far = Rehearsed(record, 0, None, time.monotonic() - started, "")
    session = Session(record, os.dup(pipe), child.alive)
    try:
        lab(so_far, session)
    finally:
        session.close()  # the child waits for this


def offline(folder: Path) -> Callable[[], None]:
    """What `folder` on PYTHONPATH does at the start of a process, for a fork (see its README)."""

    def install() -> None:
        import importlib

        import torchvision

        runpy.run_path(str(folder / "sitecustomize.py"))
        cifar = importlib.reload(torchvision.datasets.cifar)
        torchvision.datasets.CIFAR10 = cifar.CIFAR10

    return install


def _run(
    options: Path,
    output: Path,
    cwd: Path,
    temporary: Path,
    before: Callable[[], None] | None,
) -> None:
    code = 70
    try:
        os.chdir(cwd)
        os.environ["TMPDIR"] = str(temporary)
        _redirect(output)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        tempfile.tempdir = None  # chosen anew, as in a new process
        if before is not None:
            before()
        child.main(json.loads(options.read_text()))
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def evidence_of(
    target: Path | str,
    folder: Path,
    args: Sequence[str] = (),
    lab: bool | float = False,
    **how: Any,
) -> dict[type, Any]:
    """All evidence on one script, source included; with `lab`, the experiments that the pipeline
    would make, within so many seconds if it is a number. `how` as for `rehearse`."""
    from whytorch import catalog, pipeline, script
    from whytorch.evidence.source import Source, read_source
    from whytorch.records import Options

    module = not isinstance(target, Path)
    read = script.read(str(target), list(args), module=module, cwd=how.get("cwd"))
    source = read_source(read)
    asking = None
    if lab:
        options = Options(budget=how.get("budget", 30.0))
        given = None if lab is True else lab
        asking = pipeline.Laboratory(options, catalog.load_catalog(), source, given=given)
    rehearsed = rehearse(target, folder, args, lab=asking, **how)
    evidence: dict[type, Any] = reading.read_evidence(rehearsed, source.display)
    evidence[Source] = source
    return evidence


def diagnose(target: Path | str, folder: Path, args: Sequence[str] = (), **how: Any) -> Report:
    """The report on one script, as the pipeline would make it."""
    from whytorch import catalog, pipeline
    from whytorch.evidence.source import Source
    from whytorch.script.cells import in_cells

    evidence = evidence_of(target, folder, args, **how)
    first = evidence[Source].files[0]
    return in_cells(pipeline.judge(evidence, catalog.load_catalog()), first.path, first.cells)
