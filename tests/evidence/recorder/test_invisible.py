"""Observing changes nothing: weights, random state and output are the same, bit for bit."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import warm

sys.path.insert(0, str(Path(__file__).parent))
from invisible_scripts import EPILOGUE, PRELUDE, SCRIPTS

from whytorch.evidence import reading


def bare(path: Path, output: Path) -> str:
    """The script's output when it runs in a fork without the recorder."""
    warm.warm_up()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            stream = open(output, "w", buffering=1)  # noqa: SIM115 - the process ends with it
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
            sys.stdout = sys.stderr = stream
            exec(compile(path.read_text(), str(path), "exec"), {"__name__": "__main__"})
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    text = output.read_text()
    assert os.waitstatus_to_exitcode(status) == 0, text
    return text


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_the_same_with_and_without(name: str, tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(PRELUDE + SCRIPTS[name] + EPILOGUE)
    plain = bare(path, tmp_path / "bare.txt")
    assert "weights" in plain
    # With the tape for the lab running as well: it is what looks at the script most closely.
    observed = warm.rehearse(path, tmp_path, lab=lambda so_far, session: session.close())
    assert observed.output == plain
    subjects = reading.read_lines(observed.record)
    assert subjects["end"][""]["exit"] == "finished"
    assert not subjects.get("fault"), subjects["fault"]
    assert subjects["settings"][""]["backwards"] > 0, "it was observed at all"
