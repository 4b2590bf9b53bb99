"""What the lab alone says of a training that was cut short: it may yet begin to learn by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from whytorch.evidence.facts import EXPERIMENTS, Run
from whytorch.records import Finding, Report


def lowered(
    findings: list[Finding],
    evidence: Mapping[type, Any],
    judge: Callable[[Mapping[type, Any]], Report],
) -> list[Finding]:
    """Advice instead of errors, where the run by itself gave no reason to doubt the script but that
    it had learned nothing when it was cut. Deep networks without normalization do so for hundreds
    of steps, and then learn. `judge` gives the report on evidence."""
    run: Run = evidence[Run]
    alone = [f for f in findings if f.severity != "advice" and "bench_steps" in f.measured]
    if not run.training_shortened or not alone:
        return findings
    bare = {kind: facts for kind, facts in evidence.items() if kind not in EXPERIMENTS.values()}
    if judge(bare).verdict.kind != "nothing-found":
        return findings
    return [_advice(f, run) if f in alone else f for f in findings]


def _advice(finding: Finding, run: Run) -> Finding:
    says = f"{finding.says}; cut short after {run.steps} steps, the run may yet have begun to learn"
    return replace(finding, says=says, severity="advice")
