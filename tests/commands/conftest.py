"""The command, called in this process or started as one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Check, Run

from whytorch import cli
from whytorch.records import Report


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(["check", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the command in an empty folder."""

    def start(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "WHYTORCH_HOME": str(tmp_path / "home"), **more.pop("env", {})}
        return subprocess.run(
            [sys.executable, "-m", "whytorch", *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            **more,
        )

    return start


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Any], list[Any]]:
    """Lets the diagnosis come to a given report, or fail; gives the calls that were made."""
    monkeypatch.chdir(tmp_path)

    def set_answer(answer: Any) -> list[Any]:
        calls: list[Any] = []

        def diagnose(target: str, args: Any, **options: Any) -> Report:
            calls.append((target, args, options))
            if isinstance(answer, BaseException):
                raise answer
            return answer

        monkeypatch.setattr("whytorch.pipeline.diagnose", diagnose)
        return calls

    return set_answer
