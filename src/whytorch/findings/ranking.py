"""The order of the answer: what to mend first, and which symptom is explained by which finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from whytorch.findings.costs import cost
from whytorch.records import Finding, Symptom

_SEVERITY = {"error": 0, "warning": 1, "advice": 2}


def rank(
    findings: Iterable[Finding], consequence_of: Mapping[str, tuple[str, ...]]
) -> tuple[Finding, ...]:
    """Numbered from 1. `consequence_of` says which mistakes, when found too, explain another away:
    the explained one stays in the list, as advice, below everything that explains it."""
    settled = sorted(settle(merge(findings), consequence_of), key=_key)
    return tuple(replace(f, rank=n) for n, f in enumerate(settled, 1))


def settle(
    findings: Iterable[Finding], consequence_of: Mapping[str, tuple[str, ...]]
) -> list[Finding]:
    """The findings in their order, those that others explain away as advice."""
    found = list(findings)
    causes = _causes(sorted(found, key=_key), consequence_of)
    return [_demote(f, causes[f.id]) for f in found]


def _causes(
    found: list[Finding], consequence_of: Mapping[str, tuple[str, ...]]
) -> dict[str, set[str]]:
    """What explains each finding away. Where two explain each other, the stronger one stays."""
    standing = {f.id: f for f in found if f.severity != "advice"}
    causes = {}
    for finding in reversed(found):  # the weakest first
        named = (standing.keys() - {finding.id}) & set(consequence_of.get(finding.id, ()))
        causes[finding.id] = {c for c in named if not _saves_more(finding, standing[c])}
        if causes[finding.id]:
            standing.pop(finding.id, None)
    return causes


def _saves_more(finding: Finding, cause: Finding) -> bool:
    """Whether mending it alone was measured to save more than mending what would be its cause: a
    consequence cannot."""
    return cost(finding) > cost(cause) > 0


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for each mistake: the strongest, with the places of the others behind its own."""
    by_id: dict[str, Finding] = {}
    for finding in sorted(findings, key=_key):
        first = by_id.get(finding.id)
        if first is None:
            by_id[finding.id] = finding
        else:
            more = tuple(p for p in finding.places if p not in first.places)
            by_id[finding.id] = replace(first, places=first.places + more)
    return list(by_id.values())


def _demote(finding: Finding, causes: set[str]) -> Finding:
    if not causes or finding.severity == "advice":
        return finding
    says = f"{finding.says} (follows from {', '.join(sorted(causes))})"
    return replace(finding, severity="advice", says=says, explains=())


def _key(finding: Finding) -> tuple[bool, int, float, int]:
    """A crash comes first: nothing else can be seen before it is mended. Then by what it costs:
    as measured in the lab, and as sure as it is where nothing was measured."""
    return (
        "crash" not in finding.explains,
        _SEVERITY[finding.severity],
        -finding.confidence - cost(finding),
        -len(finding.explains),
    )


def explain(symptoms: Iterable[Symptom], findings: Iterable[Finding]) -> tuple[Symptom, ...]:
    """Each symptom with the ids of the findings that say they explain it."""
    ranked = list(findings)
    return tuple(
        replace(s, explained_by=tuple(f.id for f in ranked if s.id in f.explains)) for s in symptoms
    )
