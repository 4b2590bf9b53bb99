"""Experiments on scripts in forks of this process (see warm.py): rehearse, then ask the lab; and a
bench set up by hand, for one network and its batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import warm

from whytorch.evidence.facts.experiments import EXPERIMENTS, Bench
from whytorch.evidence.reading import read_lines
from whytorch.evidence.rehearsal import Rehearsed
from whytorch.evidence.session import Session


@dataclass(frozen=True)
class Made:
    """`facts`: experiment -> its facts, or the reason why there are none."""

    bench: Bench
    facts: dict[str, Any]
    faults: dict[str, str]


def experiment(
    target: Path,
    folder: Path,
    experiments: Sequence[str] = (),
    seconds: float = 20.0,
    budget: float = 30.0,
) -> Made:
    """Rehearse a script and have experiments made, `seconds` for each."""

    def ask(so_far: Rehearsed, session: Session) -> None:
        for name in experiments:
            session.ask(name, seconds)
        session.close()

    rehearsed = warm.rehearse(target, folder, budget=budget, lab=ask)
    lines = read_lines(rehearsed.record)
    assert "bench" in lines, rehearsed.output
    facts = {name: _facts(name, data) for name, data in lines.get("experiment", {}).items()}
    bench = msgspec.convert(lines["bench"][""], Bench, strict=False)
    return Made(bench, facts, lines.get("fault", {}).get("", {}))


def _facts(name: str, data: dict[str, Any]) -> Any:
    if data["facts"] is None:
        return data["problem"]
    return msgspec.convert(data["facts"], EXPERIMENTS[name], strict=False)


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
            modules=SimpleNamespace(group_of=lambda module: group, main_group=lambda: group),
        )
    )
