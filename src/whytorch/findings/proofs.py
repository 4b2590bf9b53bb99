"""What trying the repairs has shown: fixed, or a finding that is less sure than it looked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from whytorch.findings.costs import surer
from whytorch.records import Finding, Verification

NOT_KEPT = 0.5  # of the confidence is left where the repair did not keep its promise


def weigh(findings: Iterable[Finding], proofs: Mapping[str, Verification]) -> list[Finding]:
    """The findings with the proofs of their repairs."""
    return [_weighed(f, proofs[f.id]) if f.id in proofs else f for f in findings]


def _weighed(finding: Finding, proof: Verification) -> Finding:
    if proof.kept:
        sure = surer(finding.confidence)
        return replace(finding, grade="fixed", confidence=sure, verification=proof)
    if proof.says:  # the copy crashed or ran out of time: that says nothing against the finding
        return replace(finding, verification=proof)
    left = round(finding.confidence * NOT_KEPT, 3)
    return replace(finding, confidence=left, verification=proof)
