"""Experiments on scripts in forks of this process (see warm.py): rehearse, then ask the lab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
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
