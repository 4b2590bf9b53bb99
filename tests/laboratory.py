"""Experiments on scripts in forks of this process (see warm.py): rehearse, then ask the lab."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import warm

from whytorch.evidence.facts.experiments import EXPERIMENTS, Bench
from whytorch.evidence.rehearsal import Request, lay_out
from whytorch.evidence.session import Session


@dataclass(frozen=True)
class Made:
    """`facts`: experiment -> its facts, or the reason why there are none."""

    bench: Bench
    facts: dict[str, Any]
    faults: list[Any]


def experiment(
    target: Path,
    folder: Path,
    experiments: Sequence[str] = (),
    seconds: float = 20.0,
    budget: float = 30.0,
) -> Made:
    """Rehearse a script and have experiments made, `seconds` for each."""
    warm.warm_up()
    record, options, scratch = lay_out(Request(str(target), folder, (), budget=budget))
    read, write = os.pipe()
    options.write_text(json.dumps({**json.loads(options.read_text()), "lab": read}))
    pid = os.fork()
    if pid == 0:
        os.close(write)
        warm._run(options, folder / "output.txt", target.parent, scratch / "t", None)
    os.close(read)
    ended: list[int] = []

    def alive() -> bool:
        if not ended and os.waitpid(pid, os.WNOHANG)[0]:
            ended.append(pid)
        return not ended

    while b'"kind":"bench"' not in record.read_bytes() and alive():
        time.sleep(0.01)
    session = Session(record, write, alive)
    for name in experiments:
        session.ask(name, seconds)
    session.close()
    while alive():
        time.sleep(0.01)
    shutil.rmtree(scratch, ignore_errors=True)
    return _made(record, folder)


def _made(record: Path, folder: Path) -> Made:
    bench, facts, faults = None, {}, []
    for line in record.read_bytes().splitlines():
        entry = json.loads(line)
        if entry["kind"] == "bench":
            bench = msgspec.convert(entry["data"], Bench, strict=False)
        elif entry["kind"] == "experiment":
            data = entry["data"]
            kind = EXPERIMENTS[entry["key"]]
            measured = data["facts"]
            facts[entry["key"]] = (
                data["problem"]
                if measured is None
                else msgspec.convert(measured, kind, strict=False)
            )
        elif entry["kind"] == "fault":
            faults.append(entry["data"])
    assert bench is not None, (folder / "output.txt").read_text()
    return Made(bench, facts, faults)
