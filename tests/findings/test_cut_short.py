"""What only the lab says of a training that was cut short is advice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from whytorch.evidence.facts import Run
from whytorch.evidence.facts.experiments import LrSweep
from whytorch.findings.cut_short import lowered
from whytorch.records import Finding, Report, ScriptInfo, Verdict, VerdictKind

SHOWN = Finding("too deep", id="overfitting-capacity", measured={"bench_steps": 60})
SWEEP = object()  # what the lab found: here only whether it is handed on


def judged(kind: VerdictKind, asked: list[Mapping[type, Any]]) -> Any:
    def judge(evidence: Mapping[type, Any]) -> Report:
        asked.append(evidence)
        return Report(ScriptInfo("train.py"), Verdict(kind, ""))

    return judge


@pytest.mark.parametrize(
    ("cut", "kind", "severity"),
    [
        (True, "nothing-found", "advice"),
        (True, "unknown-cause", "error"),  # the run by itself gave reason to ask
        (True, "mistake", "error"),
        (False, "nothing-found", "error"),  # it had its time
    ],
)
def test_what_the_lab_alone_shows(cut: bool, kind: VerdictKind, severity: str) -> None:
    run = Run(exit="finished", steps=80, training_shortened=cut)
    asked: list[Mapping[type, Any]] = []
    (found,) = lowered([SHOWN], {Run: run, LrSweep: SWEEP}, judged(kind, asked))
    assert found.severity == severity
    assert ("cut short after 80 steps" in found.says) == (severity == "advice")
    assert all(LrSweep not in evidence for evidence in asked)


def test_other_findings_stay_and_nothing_is_asked() -> None:
    run = Run(exit="finished", steps=80, training_shortened=True)
    seen = replace(SHOWN, measured={})
    asked: list[Mapping[type, Any]] = []
    assert lowered([seen], {Run: run}, judged("nothing-found", asked)) == [seen]
    assert not asked
