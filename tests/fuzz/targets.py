"""What is thrown bytes at: the readers of sources and of records, with all that follows them.

Each target takes any bytes and may answer what its reader is allowed to answer; everything else
that it raises is a bug. `tests/fuzz/test_targets.py` gives them hypothesis' bytes and what is known
to be hard, `tests/fuzz/run.py` atheris', which follow the branches that they reach.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from whytorch import catalog, pipeline, saved, scan
from whytorch.evidence import peers, reading
from whytorch.evidence.facts import Distributed
from whytorch.evidence.rehearsal import Rehearsed
from whytorch.records import Report, ScriptInfo, Verdict
from whytorch.reports import FORMATS, render
from whytorch.reports.page import excerpts

# Pieces of programs as they stand in scripts, to be put together in every order.
PIECES = (
    "import torch\n", "from torch import nn\n", "def f(x):\n", "class A(nn.Module):\n",
     "    def forward(self, x):\n", "for i in range(3):\n", "    ", "        ", "return x\n",
     "loss.backward()\n", "optimizer.step()\n", "optimizer.zero_grad()\n", "x = model(x)\n",
     "if x:\n", "else:\n", "lambda: 0\n", "(", ")", "[", "]", "{", "}", "\\\n", "\n", "\r", "\f",
     "'''", '"""', "f'{x!r:>{y}}'", "# whytorch: ignore[", "]\n", "# -*- coding: latin-1 -*-\n",
     "nn.Conv2d(3, 6, 5)\n", "nn.CrossEntropyLoss()(", "torch.softmax(x, 1)", ", ", "**", "*x, ",
     "=", ":=", "async ", "await ", "match x:\n", "    case [a, *b]: pass\n", "\ufeff", "\u00e9",
     "nn.Sequential(", "DataLoader(train, shuffle=", "True", "None", "-1", "1e400", "0x1p3",
     "with ",
)  # fmt: skip


@cache
def _folder() -> Path:
    """In memory where there is such a place: a file is written for every input."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="wt-fuzz-", dir=memory if memory.is_dir() else None))


def clean() -> None:
    shutil.rmtree(_folder(), ignore_errors=True)
    _folder.cache_clear()


def source(data: bytes) -> None:
    """A Python file, and what all checks say of it: findings, or why it cannot be read."""
    _checked("train.py", data)


def program(data: bytes) -> None:
    """Each byte is a piece of a program: more of these are Python than of random bytes."""
    source("".join(PIECES[byte % len(PIECES)] for byte in data).encode())


def notebook(data: bytes) -> None:
    """The bytes as a notebook; and, where they are text, as one code cell of a right one."""
    _checked("train.ipynb", data)
    cell = {"cell_type": "code", "source": data.decode("utf-8", "replace"), "metadata": {}}
    whole = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    _checked("train.ipynb", json.dumps(whole).encode())


def _checked(name: str, data: bytes) -> None:
    path = str(_folder() / name)
    Path(path).touch()
    checked = scan.check([path], cwd=str(_folder()), texts={path: data})
    assert checked.files or checked.unread, "read, or said why not"


def record(data: bytes) -> None:
    """The record of a run that was cut, changed on a bad disk, or written by another version."""
    path = _folder() / "record.jsonl"
    path.write_bytes(data)
    evidence = reading.read_evidence(Rehearsed(path, -9, None, 1.0, ""))
    report = pipeline.judge(evidence, catalog.load_catalog())
    for format in FORMATS:
        if format != "html":  # its templates take a second
            render(report, format)


def launch(data: bytes) -> None:
    """The records of two processes of a launch; the second has the lines in reversed order."""
    one, other = _folder() / "record.jsonl", _folder() / "rank-1.jsonl"
    one.write_bytes(data)
    other.write_bytes(b"\n".join(reversed(data.split(b"\n"))))
    evidence = reading.read_evidence(Rehearsed(one, -9, None, 1.0, ""))
    told = (peers.read_peer(one, 0), peers.read_peer(other, 1))
    group = evidence.get(Distributed) or Distributed(2, 0, None)
    evidence[Distributed] = replace(group, own=told[0], peers=told[1:])
    pipeline.judge(evidence, catalog.load_catalog())


def report(data: bytes) -> None:
    """A saved report, and the lines of source beside it."""
    (_folder() / saved.REPORT).write_bytes(data)
    with contextlib.suppress(ValueError):
        saved.load(_folder())
    (_folder() / excerpts.FILE).write_bytes(data)
    told = Report(ScriptInfo(""), Verdict("nothing-found", ""), saved=str(_folder()))
    excerpts.excerpts(told)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "source": source,
    "program": program,
    "notebook": notebook,
    "record": record,
    "launch": launch,
    "report": report,
}
