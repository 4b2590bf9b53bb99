"""Experiments on scripts in forks of this process (see warm.py): rehearse, then ask the lab; and a
bench set up by hand, for one network and its batches."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
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


def bench_of(
    network: Any,
    batches: Sequence[tuple[Any, Any]],
    loss: Any,
    optimizer: Any = None,
    clips: Sequence[Any] = (),
) -> Any:
    """A bench as if a script had trained the network on these (inputs, labels), a step each."""
    import torch

    from whytorch.evidence.lab.bench import Bench as LabBench
    from whytorch.evidence.lab.program import Around, Const, Micro, Op, Slot, Step
    from whytorch.evidence.recorder.tape import Network

    optimizer = optimizer or torch.optim.SGD(network.parameters(), lr=0.1)
    settings = [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]
    modes = tuple(m.training for m in network.modules())
    steps = []
    for x, y in batches:
        called = Op(0, (Const(x),), {}, (0,), Around(modes=modes))
        judged = Op(loss, (Slot(0), Const(y)), {}, (1,))
        steps.append(Step([Micro([called, judged], 1, 0.0)], 0, settings, list(clips)))
    tape = SimpleNamespace(
        steps=steps,
        problem=None,
        networks=[Network(network)],
        optimizers=[optimizer],
        states=[None],
    )
    group = SimpleNamespace(gives_logits=False, scores_at=None, index=0)
    seen = SimpleNamespace(tensors=[x for x, _ in batches], labels=[y for _, y in batches])
    return LabBench(
        SimpleNamespace(
            tape=tape,
            keeps=SimpleNamespace(inputs={(0, "train"): seen}),
            modules=SimpleNamespace(group_of=lambda module: group),
        )
    )
