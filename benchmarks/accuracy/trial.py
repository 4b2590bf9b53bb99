"""Runs one script, bare or under whytorch, in a fork of a process that has torch imported."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import runpy
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from accuracy.scripts import DATA, ROOT, Subject

sys.path.insert(0, str(ROOT / "tests"))
import warm

LONGEST = 90  # seconds of a bare run; a mutant that takes longer counts as failed
BUDGET = 60.0


def warm_up() -> None:
    """What every trial needs, once in a worker."""
    warm.warm_up()


def result_of(subject: Subject, seed: int) -> float | None:
    """The result that the script states at its end; None if it crashed, hung, or stated none."""
    output = _output(subject, seed)
    return None if output is None else stated(subject, output)


def printed_by(subject: Subject) -> str | None:
    """A digest of all that the script prints; None if it crashed or hung."""
    output = _output(subject, 0)
    return None if output is None else hashlib.sha256(output.encode()).hexdigest()[:12]


def _output(subject: Subject, seed: int) -> str | None:
    with tempfile.TemporaryDirectory(prefix="wt-") as folder:
        script, output = Path(folder, "train.py"), Path(folder, "out.txt")
        script.write_text(subject.text, encoding="utf-8")
        pid = os.fork()
        if pid == 0:
            _run(script, subject.args, output, seed)
        return output.read_text(errors="replace") if _ended_well(pid) else None


def stated(subject: Subject, output: str) -> float | None:
    """The last result in a script's output, as a number."""
    found = re.findall(subject.result or "(?!)", output)
    with contextlib.suppress(ValueError, IndexError):
        value = float(found[-1])
        return value if value == value else None
    return None


def _ended_well(pid: int) -> bool:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def _run(script: Path, args: tuple[str, ...], output: Path, seed: int) -> None:
    code = 70
    try:
        import torch

        os.chdir(script.parent)
        stream = open(output, "w", buffering=1)  # noqa: SIM115 - the process ends with it
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
        sys.stdout = sys.stderr = stream
        offline()
        plain = torch.manual_seed
        torch.manual_seed = lambda given: plain(int(given) + 1000 * seed)
        sys.argv = [str(script), *args]
        sys.path[0] = str(script.parent)
        runpy.run_path(str(script), run_name="__main__")
        code = 0
    except SystemExit as end:
        code = 0 if not end.code else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def offline() -> None:
    folder = DATA.parent / "offline"
    if folder.is_dir():
        warm.offline(folder)()


def diagnosis(subject: Subject) -> dict[str, Any]:
    """What whytorch says: {findings, verdict, exit, seconds}."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wt-") as name:
        folder = Path(name)
        script = folder / "train.py"
        script.write_text(subject.text, encoding="utf-8")
        report = warm.diagnose(
            script, folder, subject.args, lab=True, budget=BUDGET, before=offline
        )
    return {
        "findings": [
            {
                "id": f.id,
                "severity": f.severity,
                "grade": f.grade,
                "confidence": f.confidence,
                "line": f.places[0].line if f.places else None,
                "says": f.says,
            }
            for f in report.findings
        ],
        "verdict": report.verdict.kind,
        "headline": report.verdict.headline,
        "not_judged": {n.id: n.reason for n in report.not_judged},
        "exit": report.run.exit,
        "seconds": time.monotonic() - started,
    }
