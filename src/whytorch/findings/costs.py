"""What each finding costs, where the lab has measured it: confirmed, or harmless here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from whytorch.catalog import Check
from whytorch.checks._lab import Gain, cost_of, gained, harmless, pays_well, swept
from whytorch.checks._learning import learned
from whytorch.evidence.facts import Run, Trial
from whytorch.evidence.facts.experiments import LrSweep
from whytorch.records import Finding, Fix

# Doubt that is left of a finding whose repair was tried on the bench, twice, and paid.
DOUBT_LEFT = 1 / 3


def weigh(
    findings: Iterable[Finding], checks: Iterable[Check], evidence: Mapping[type, Any]
) -> list[Finding]:
    """The findings with what trying their repair has shown."""
    orders = {check.id: check.experiments for check in checks}
    guessing = _guessing(evidence)
    return [_weighed(f, orders.get(f.id, ()), evidence, guessing) for f in findings]


def _guessing(evidence: Mapping[type, Any]) -> float | None:
    """The loss of always giving the same answer, where it is known."""
    if evidence.get(Run) is None:
        return None
    state = learned(evidence)
    return state.guess_loss or state.chance_loss


def _weighed(
    finding: Finding,
    ordered: tuple[type, ...],
    evidence: Mapping[type, Any],
    guessing: float | None,
) -> Finding:
    for kind in ordered:
        tried = evidence.get(kind)
        if isinstance(tried, LrSweep):
            gain: Gain | None = swept(tried)
        elif isinstance(tried, Trial):
            gain = gained(tried)
        else:
            continue
        if gain is not None:
            return _confirmed(finding, gain, _rate(tried, finding))
        if not isinstance(tried, Trial) or finding.severity == "error":
            return finding
        return _harmless(finding, tried) if harmless(tried, guessing) else finding
    return finding


def _rate(tried: object, finding: Finding) -> Fix | None:
    """The rate that did best, as a person writes it, by the name that the finding gives it."""
    if not isinstance(tried, LrSweep) or not tried.best_rate:
        return None
    told = re.match(r"write (\w+)=", finding.fix.says if finding.fix is not None else "")
    name, best = told[1] if told else "lr", float(f"{tried.best_rate:.0e}")
    return Fix(f"write {name}={best:g}: of the rates tried, none did much better")


def surer(confidence: float) -> float:
    """The confidence in a finding whose repair was tried and paid."""
    return round(1 - (1 - confidence) * DOUBT_LEFT, 3)


def _confirmed(finding: Finding, gain: Gain, fix: Fix | None) -> Finding:
    told = "" if "tried: " in finding.says else f"; {gain.told()}"
    doubtful = (finding.severity, finding.grade) == ("advice", "suspected")
    return replace(
        finding,
        severity="warning" if doubtful and pays_well(gain) else finding.severity,
        says=finding.says + told + (gain.told_right() if doubtful else ""),
        fix=fix or finding.fix,
        grade="confirmed" if finding.grade in ("suspected", "observed") else finding.grade,
        confidence=surer(finding.confidence),
        measured={
            **finding.measured,
            **cost_of(gain),
        },
    )


def _harmless(finding: Finding, trial: Trial) -> Finding:
    best = trial.best()
    end = best.end if best is not None else None
    says = (
        f"{finding.says}; harmless here: with {best.says if best else 'the change'} the same "
        f"{trial.own.steps} steps end at loss {end:.3g}, as it is at {trial.own.end:.3g}"
    )
    return replace(finding, says=says, severity="advice", explains=())


def cost(finding: Finding) -> float:
    """The measured cost, 0..1; 0 where nothing was measured."""
    return float(finding.measured.get("cost_share_of_first_loss", 0.0))
