"""`kill -9` at any moment of a watched training leaves a record that is read and judged.

WHYTORCH_KILLS=200 kills that many times (some minutes), instead of eight.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
import warm

from whytorch import catalog, pipeline
from whytorch.evidence import reading
from whytorch.evidence import watching as inside
from whytorch.evidence.rehearsal import Rehearsed

SCRIPT = Path(__file__).parent / "scripts" / "broken" / "digits_sgd_fast.py"
KILLS = int(os.environ.get("WHYTORCH_KILLS", "8"))


def started(folder: Path) -> int:
    """The script, watched, in a fork of this process: its process id."""
    folder.mkdir(parents=True)
    pid = os.fork()
    if pid == 0:
        try:
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(os.open("err", os.O_CREAT | os.O_WRONLY), 2)
            sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - the fork's own
            inside.run(str(SCRIPT), (), False, inside.Watched(folder, {}), lambda: None)
        finally:
            os._exit(0)
    return pid


@pytest.fixture(scope="module")
def seconds(tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long it takes to the end."""
    warm.warm_up()
    since = time.monotonic()
    os.waitpid(started(tmp_path_factory.mktemp("whole") / "run"), 0)
    return time.monotonic() - since


@pytest.mark.parametrize("number", range(KILLS))
def test_killed(number: int, seconds: float, tmp_path: Path) -> None:
    """Any exception in reading or judging fails; so does a finding that the whole run has not."""
    pid = started(tmp_path / "run")
    time.sleep(random.Random(number).uniform(0.0, seconds))
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    record = tmp_path / "run" / inside.RECORD
    if not record.exists():  # before the first line
        return
    killed = os.waitstatus_to_exitcode(status)
    evidence = reading.read_evidence(Rehearsed(record, killed, None, 1.0, ""))
    report = pipeline.judge(evidence, catalog.load_catalog())
    assert report.run.exit == ("killed" if killed else "finished")
    assert {f.id for f in report.findings if f.severity == "error"} <= {"learning-rate-too-high"}
