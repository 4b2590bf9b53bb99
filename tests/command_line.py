"""What tests of the command share: small sources and how they are written, reports, a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from whytorch.records import Finding, Place, Report, ScriptInfo, Verdict

LOOP = """\
import torch

model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in batches:
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
"""
RIGHT = LOOP.replace("    loss.backward()", "    optimizer.zero_grad()\n    loss.backward()")
SOFTMAX = LOOP.replace("model(x), y)", "model(x).softmax(1), y)")
CODE_LINE = "    loss.backward()"

HEADLINE = "Most likely: gradients are never cleared, train.py:3"
REPORT = Report(
    ScriptInfo("train.py"),
    Verdict("mistake", HEADLINE, "missing-zero-grad"),
    findings=(Finding("cleared 0 times", (Place("train.py", 3),), id="missing-zero-grad", rank=1),),
)
SOUND = Report(ScriptInfo("train.py"), Verdict("nothing-found", "No mistake found"))

Check = Callable[..., tuple[int, str, str]]  # exit code, output, errors
Run = Callable[..., subprocess.CompletedProcess[str]]


def write(path: str, text: str | bytes = LOOP) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text.encode() if isinstance(text, str) else text)


def notebook(*cells: str, **more: object) -> str:
    told = [
        {"cell_type": "code", "source": cell.splitlines(keepends=True), "metadata": {}}
        if not cell.startswith("#md")
        else {"cell_type": "markdown", "source": cell}
        for cell in cells
    ]
    return json.dumps({"cells": told, "nbformat": 4, "metadata": {}, **more})


def on_a_terminal(*words: str, cwd: Path, **environment: str) -> bytes:
    """What the command writes to a terminal, both streams together."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "whytorch", *words],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env={**os.environ, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # Linux's way to say that the other end is closed
        pass
    os.close(ours)
    process.wait()
    return shown
