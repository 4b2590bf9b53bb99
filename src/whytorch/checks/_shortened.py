"""What the build of a network shows, where the run was too short to tell what it costs."""

from __future__ import annotations

from msgspec.structs import replace

from whytorch.checks._learning import Learning
from whytorch.evidence.facts import Network
from whytorch.records import Finding


def unproven(finding: Finding, network: Network, outcome: Learning) -> list[Finding]:
    """The finding as a suspicion, which the lab may try: what it costs only a whole training shows.
    Nothing where the network does well already, or was trained elsewhere."""
    if outcome.works or network.loaded:
        return []
    return [suspicion(finding, "what that costs is not to be seen in a shortened run")]


def evident(finding: Finding, network: Network, outcome: Learning) -> list[Finding]:
    """A build that no sound network has: a warning where little was learned, however early it is.
    A suspicion where nothing was measured."""
    if outcome.skill is None or outcome.works or network.loaded:
        return unproven(finding, network, outcome)
    says = f"{finding.says}; what it costs in the end is not to be seen in a shortened run"
    return [replace(finding, says=says, severity="warning", explains=())]


def suspicion(finding: Finding, why: str) -> Finding:
    """The same, as advice that proves nothing and explains nothing."""
    return replace(
        finding,
        says=f"{finding.says}; {why}",
        severity="advice",
        grade="suspected",
        confidence=min(finding.confidence, 0.4),
        explains=(),
    )
