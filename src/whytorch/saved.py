"""Where runs are kept: a folder per diagnosis, with the record, the output and the report."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import msgspec

from whytorch.records import Report

REPORT = "report.msgspec.json"
KEPT = 30  # runs; older ones are deleted


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
    made = Path(tempfile.mkdtemp(prefix=name, dir=folder))
    runs = sorted((p for p in folder.iterdir() if p.is_dir()), key=lambda p: p.name)
    for old in runs[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return made


def store(report: Report, folder: Path) -> None:
    """Keep the report beside the record, so that it can be rendered again without torch."""
    (folder / REPORT).write_bytes(msgspec.json.encode(report))


def load(run: str | Path) -> Report:
    """The report of a saved run. Raises OSError or ValueError if `run` holds none."""
    path = Path(run)
    path = path / REPORT if path.is_dir() else path
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is not a saved run of whytorch: {error}") from error
