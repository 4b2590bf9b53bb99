"""What the command prints where: pipes, narrow encodings, terminals with a line of progress."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import REPORT, Run, on_a_terminal
from msgspec.structs import replace

from whytorch import progress, saved
from whytorch.records import (
    ProgressState,
    Verdict,
)


class TestStreams:
    def test_a_reader_that_leaves_early_is_no_error(self, tmp_path: Path) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w") as stream:
            done = subprocess.run(
                [sys.executable, "-m", "whytorch", "list"],
                stdout=stream,
                stderr=subprocess.PIPE,
                check=False,
                cwd=tmp_path,
            )
        assert (done.returncode, done.stderr) == (0, b"")

    def test_a_closed_standard_output(self, tmp_path: Path) -> None:
        done = subprocess.run(
            ["sh", "-c", '"$0" -m whytorch --version >&-', sys.executable],
            stderr=subprocess.PIPE,
            check=False,
            cwd=tmp_path,
        )
        assert (done.returncode, done.stderr) == (0, b"")

    def test_a_stream_that_knows_ascii_only(self, run: Run, tmp_path: Path) -> None:
        folder = tmp_path / "saved"
        folder.mkdir()
        saved.store(replace(REPORT, verdict=Verdict("mistake", "größer → ✓")), folder)
        done = run("report", "saved", env={"PYTHONIOENCODING": "ascii"})
        assert done.returncode == 1
        assert done.stdout.splitlines()[0] == r"gr\xf6\xdfer -> \u2713"

    def test_colour_is_for_terminals_only(self, tmp_path: Path) -> None:
        saved.store(REPORT, tmp_path)
        words = ("report", str(tmp_path))
        assert b"\x1b[" in on_a_terminal(*words, cwd=tmp_path)
        assert b"\x1b[" not in on_a_terminal(*words, cwd=tmp_path, NO_COLOR="1")
        assert b"\x1b[" not in on_a_terminal(*words, cwd=tmp_path, TERM="dumb")

    def test_progress_is_shown_on_a_terminal_and_leaves_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_text("print('no torch here')\n")
        home = str(tmp_path / "home")
        shown = on_a_terminal("train.py", cwd=tmp_path, WHYTORCH_HOME=home)
        assert b"reading" in shown
        assert b"starting" in shown
        quiet = on_a_terminal("--quiet", "train.py", cwd=tmp_path, WHYTORCH_HOME=home)
        assert b"starting" not in quiet


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (ProgressState("reading"), "reading"),
        (
            ProgressState("training", 120, 2, 1.23456, 12.3, 60.0, "validation"),
            "training  step 120  epoch 2  loss 1.235  12 of 60 s  next: validation",
        ),
        (
            ProgressState("starting", budget=60.0, next="the first step"),
            "starting  next: the first step",
        ),
    ],
)
def test_progress_line(state: ProgressState, line: str) -> None:
    assert progress.line(state) == line
