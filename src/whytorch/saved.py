"""Where runs are kept: a folder per diagnosis, with the record, the output and the report."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from whytorch.records import Report

REPORT = "report.msgspec.json"
KEPT = 30  # runs; older ones are deleted
PAGES = 10  # runs that keep their page, of 5 MB; it can be made again from any run
_MOST_SOURCE = 2_000_000  # characters of source kept with a run
PAGE = "report.html"


def runs_folder() -> Path:
    """Where runs are kept: WHYTORCH_HOME, else the user's cache folder, else the temporary one."""
    home = os.environ.get("WHYTORCH_HOME")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    for base in (home, os.path.join(cache, "whytorch"), tempfile.gettempdir() + "/whytorch"):
        if not base:
            continue
        folder = Path(base) / "runs"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="whytorch-"))


def new_run(target: str) -> Path:
    """A new, empty folder for one diagnosis; the oldest ones are deleted."""
    folder = runs_folder()
    stem = "".join(c if c.isalnum() or c in "-_." else "-" for c in Path(target).stem)[:40]
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{stem or 'script'}-"
    made = Path(tempfile.mkdtemp(prefix=name, dir=folder)).absolute()
    runs = sorted((p for p in folder.iterdir() if p.is_dir()), key=lambda p: p.name)
    for old in runs[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    for older in runs[-KEPT:-PAGES]:
        with contextlib.suppress(OSError):
            (older / PAGE).unlink(missing_ok=True)
    return made


def store(report: Report, folder: Path) -> None:
    """Keep the report beside the record, so that it can be rendered again without torch."""
    (folder / REPORT).write_bytes(msgspec.json.encode(report))


def keep_sources(files: Iterable[tuple[str, str]], folder: Path) -> None:
    """Keep what the script said, by path as shown, so that two runs can be compared."""
    kept: dict[str, str] = {}
    room = _MOST_SOURCE
    for path, text in files:
        room -= len(text)
        if room < 0:
            break
        kept[path] = text
    safe = json.dumps(kept)  # of names and texts that are not UTF-8, too
    (folder / "sources.json").write_text(safe, encoding="ascii")


def sources(run: str | Path) -> dict[str, str]:
    """The script and its files as they were, the script first; empty if they were not kept."""
    folder = Path(run)
    folder = folder if folder.is_dir() else folder.parent
    try:
        kept = json.loads((folder / "sources.json").read_text(encoding="ascii"))
        return {str(path): str(text) for path, text in kept.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def shown(run: str) -> str:
    """What of a saved run a person opens: its page, or its folder where there is none."""
    page = Path(run) / PAGE
    return str(page) if page.is_file() else run


def load(run: str | Path) -> Report:
    """The report of a saved run: of its folder, its page, or the file itself. Raises OSError or
    ValueError if `run` holds none."""
    path = Path(run)
    path = path.with_name(REPORT) if path.name == PAGE else path
    path = path / REPORT if path.is_dir() else path
    try:
        report = msgspec.json.decode(path.read_bytes(), type=Report)
        return replace(report, saved=str(path.parent)) if report.saved else report
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ValueError(f"{path} is not a saved run of whytorch: {error}") from error
