"""Watching a real training: the record grows while it runs, and can be judged at any time.

`watch()` is for a block of Python, `watched()` for a whole script, `judged()` for the record that
either of them wrote, or still writes, in this process or in another one.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from msgspec.structs import replace

from whytorch import catalog, pipeline, saved, script, version
from whytorch.evidence import peers, reading, watching
from whytorch.evidence.facts import Distributed, Peer
from whytorch.evidence.rehearsal import Rehearsed
from whytorch.evidence.source import Source, read_source
from whytorch.records import Finding, Options, Report, ScriptInfo, Seconds
from whytorch.script.cells import in_cells
from whytorch.script.settings import Nearest

FINDINGS = "findings.jsonl"
PATIENCE = 15.0  # seconds for which the other processes of a launch are waited for
EVERY = 1.0  # seconds between two looks at a record that grows


class Watch:
    """Observes the training inside a `with` block; `report` is there when the block has ended.

    Trained weights, random state and printed output are the same with and without it, and no fault
    of it reaches the block. `folder` holds the saved run; `options` says what is to be judged.
    """

    def __init__(self, options: Options | None = None, overhead: float | None = None) -> None:
        self._options = options or Options()
        target = getattr(sys.modules.get("__main__"), "__file__", None) or "session"
        self.folder = saved.new_run(target)
        about = _about(target, sys.argv[1:], False)
        self._watched = watching.Watched(self.folder, about, overhead)
        self._report: Report | None = None

    def __enter__(self) -> Watch:
        self._watched.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._watched.end()
        elif isinstance(error, KeyboardInterrupt):
            self._watched.end("interrupted", watching.INTERRUPTED)
        else:
            self._watched.crashed(error)
            self._watched.end("crashed", 1)

    @property
    def report(self) -> Report:
        """What the training shows; until the block has ended, what it shows so far."""
        if self._report is not None:
            return self._report
        report = judged(self.folder, self._options)
        if report.run.exit != "running":
            self._report = report
        return report

    def _repr_html_(self) -> str | None:
        shown = getattr(self.report, "_repr_html_", None)
        return shown() if shown is not None else None


def watch(
    *, select: Sequence[str] = (), ignore: Sequence[str] = (), overhead: float | None = None
) -> Watch:
    """Observe a training: `with whytorch.watch() as seen: train()`, then read `seen.report`.

    `select` and `ignore` are ids of mistakes (an empty `select` means all). `overhead` is the share
    of the training's own time that looking may take, from 0.001 to 1; 0.01 where none is given.
    """
    return Watch(Options(select=tuple(select), ignore=tuple(ignore)), overhead)


def watched(
    target: str,
    args: Sequence[str],
    module: bool,
    options: Options,
    begins: Callable[[Path], None],
    over: Callable[[Report], None],
    overhead: float | None = None,
) -> int:
    """Run the whole script under observation, in this process, and give its own exit code.

    `begins` gets the folder of the record, `over` the report when the script has ended; `overhead`
    is the share of the training's time that looking may take. Raises
    `whytorch.script.ScriptError` where there is no script to run.
    """
    script.read(target, args, module=module)
    folder, first = _folder(target)
    seen = watching.Watched(folder, _about(target, args, module), overhead)
    if not first:  # the first one speaks for all
        return watching.run(target, args, module, seen, lambda: None)
    begins(folder)
    return watching.run(target, args, module, seen, lambda: over(judged(folder, options)))


def _folder(target: str) -> tuple[Path, bool]:
    """Where this process keeps its record, and whether it is the first of its group."""
    rank, processes = watching.rank()
    if processes == 1:
        return saved.new_run(target), True
    shared = saved.runs_folder() / f"{time.strftime('%Y%m%d')}-launch-{watching.launch()}"
    return (shared, True) if rank == 0 else (shared / watching.RANK.format(rank), False)


def report(run: str | Path) -> Report:
    """The report of a saved run, or of a watched training that may still go on. Raises OSError or
    ValueError if `run` holds none."""
    folder = Path(run)
    if (folder / watching.ABOUT).exists() and not (folder / saved.REPORT).exists():
        return judged(folder)
    return saved.load(run)


def judged(folder: Path, options: Options | None = None) -> Report:
    """The report on a watched training, from what its record holds by now; kept beside it once the
    training has ended. Raises OSError or ValueError if the folder holds no such record."""
    options = options or Options()
    about = _about_of(folder)
    started = time.monotonic()
    source = _source(about)
    settings = Nearest().of(str(Path(about["cwd"]) / about["target"]))
    checks = catalog.settled(settings, options.select, options.ignore)
    record = folder / watching.RECORD
    stopped = "running" if not _ended(record) and _runs(about["pid"]) else None
    rehearsed = Rehearsed(record, None if stopped else -1, stopped, _age(about, record), "")
    evidence = reading.read_evidence(rehearsed, source.display if source else str)
    if Distributed in evidence:
        display = source.display if source else str
        others = tuple(_peers(folder, display))
        own = peers.read_peer(record, evidence[Distributed].rank, display) if others else None
        evidence[Distributed] = replace(evidence[Distributed], peers=others, own=own)
    if source is not None:
        evidence[Source] = source
    report = pipeline.judge(evidence, checks)
    if source is not None:
        report = in_cells(report, source.files[0].path, source.files[0].cells)
    report = replace(
        report,
        script=ScriptInfo(
            about["target"], tuple(about["args"]), source.script.sha256 if source else None
        ),
        seconds=Seconds(rehearsal=report.run.seconds, total=time.monotonic() - started),
        saved=str(folder),
        version=version.installed(),
    )
    if report.run.exit != "running":
        with contextlib.suppress(OSError):
            report = pipeline.stored(report, folder)
    return report


def _peers(folder: Path, display: Callable[[str], str]) -> Iterator[Peer]:
    """The other processes of the launch, by rank; the last steps of those that still run are
    waited for a moment."""
    found = sorted(folder.glob(watching.RANK.format("*")), key=lambda p: int(p.name.split("-")[1]))
    deadline = time.monotonic() + PATIENCE
    for one in found:
        record = one / watching.RECORD
        while _size(record) and not _ended(record) and time.monotonic() < deadline:
            if not _ended(folder / watching.RECORD):
                break  # nobody has ended yet
            time.sleep(0.1)
        if not _size(record):
            continue
        yield peers.read_peer(record, int(one.name.split("-")[1]), display)


def follow(folder: Path, options: Options, tell: Callable[[Report], bool]) -> Report:
    """Judge a growing record again whenever it has grown, until its training ends.

    `tell` gets every report; it ends the following where it answers False.
    """
    size = 0
    while True:
        grown = _size(folder / watching.RECORD)
        if grown and grown != size:
            size = grown
            report = judged(folder, options)
            if not tell(report) or report.run.exit != "running":
                return report
        elif size and not _runs(_about_of(folder)["pid"]):
            return judged(folder, options)  # killed: the record ends where it ends
        time.sleep(EVERY)


class Early:
    """What a growing record shows for the first time, said while the training still runs.

    `say` gets a finding once two judgements in a row agree on it (the first may rest on a handful
    of steps); it goes into `findings.jsonl` beside the record, too. `stop_on`, "error" or
    "warning", ends the training at the first such finding that is surer than `SURE`.
    """

    SURE = 0.9
    GRACE = 10.0  # seconds that a training has to end
    WENT_ON = 20  # steps behind them: it did not hear

    def __init__(self, folder: Path, stop_on: str | None, say: Callable[[Finding], None]) -> None:
        self._folder, self._stop_on, self._say = folder, stop_on, say
        self._before: set[str] = set()
        self._told: set[str] = set()
        self._pressed: float | None = None  # when it was told to end
        self._since: int | None = None  # its steps when the time to end was over

    def __call__(self, report: Report) -> bool:
        """Always True: an ending training is followed until it has ended."""
        serious = [f for f in report.findings if f.severity != "advice"]
        agreed = [f for f in serious if f.id in self._before]
        self._before = {f.id for f in serious}
        for finding in agreed:
            if finding.id not in self._told:
                self._told.add(finding.id)
                self._note(finding)
        dooms = ("error",) if self._stop_on == "error" else ("error", "warning")
        doomed = any(f.severity in dooms and f.confidence >= self.SURE for f in agreed)
        if self._stop_on and report.run.exit == "running":
            due = doomed if self._pressed is None else self._goes_on(report.run.steps or 0)
            if due:
                self._press()
        return True

    def _note(self, finding: Finding) -> None:
        with contextlib.suppress(OSError), (self._folder / FINDINGS).open("ab") as file:
            file.write(msgspec.json.encode(finding) + b"\n")
        self._say(finding)

    def _goes_on(self, steps: int) -> bool:
        """Whether it trains on. Python loses an interrupt that comes while a destructor or the
        callback of a weak reference runs."""
        if time.monotonic() - (self._pressed or 0.0) < self.GRACE:
            return False
        if self._since is None:
            self._since = steps
        return steps >= self._since + self.WENT_ON

    def _press(self) -> None:
        """As Ctrl-C would: the script may save what it has."""
        self._pressed, self._since = time.monotonic(), None
        with contextlib.suppress(OSError):
            os.kill(_about_of(self._folder)["pid"], signal.SIGINT)


def _about(target: str, args: Sequence[str], module: bool) -> dict[str, Any]:
    return {"target": target, "args": list(args), "module": module}


def _about_of(folder: Path) -> dict[str, Any]:
    """What is watched in `folder`: target, args, module, cwd, pid, time."""
    found: dict[str, Any] = json.loads((folder / watching.ABOUT).read_text(encoding="utf-8"))
    return found


def _source(about: dict[str, Any]) -> Source | None:
    """What the source says; None where there is no file of it, as in a live session."""
    try:
        read = script.read(
            about["target"], about["args"], module=about["module"], cwd=Path(about["cwd"])
        )
        return read_source(read)
    except (script.ScriptError, OSError):
        return None


def _ended(record: Path) -> bool:
    """The last line is written when the training has ended."""
    with record.open("rb") as file:
        file.seek(max(0, record.stat().st_size - 65_536))
        return b'\n{"kind":"end"' in file.read()


def _size(record: Path) -> int:
    """Bytes; 0 before the first line, when torch is still being imported."""
    try:
        return record.stat().st_size
    except OSError:
        return 0


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _age(about: dict[str, Any], record: Path) -> float:
    return max(0.0, record.stat().st_mtime - about["time"])
