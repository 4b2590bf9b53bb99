"""Repairs of what stands between the convolutions and the first linear layer."""

from __future__ import annotations

import re

from whytorch.checks._mending import owner, sized
from whytorch.checks._rewriting import calls_here, told
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, ReplaceExpression

_LINEAR = re.compile(r"nn\.Linear\((\d+), ")
_FLATTENED = re.compile(r"write torch\.flatten\(\w+, 1\) before ([\w.]+)")


def mended(finding: Finding, source: Source) -> list[AnyEdit]:
    """The reshape keeps the batch, and the layer takes as many numbers as come; no edit where only
    one of two things that are to change was found."""
    says = told(finding)
    if before := _FLATTENED.match(says):
        return _flattened(finding, source, before[1].rpartition(".")[2])
    linear, edits = _LINEAR.search(says), list[AnyEdit]()
    if ".size(0), -1)" in says:
        edits = kept_batch(finding, source)
        if not edits:
            return []
    if linear is None:
        return edits
    old, new = finding.measured.get("in_features") or _row(finding), int(linear[1])
    if not old:
        return []
    resized = sized(finding, source, "Linear", "in_features", 0, old, new, reckoned=True)
    return [*edits, *resized] if resized else []


def _row(finding: Finding) -> int | None:
    """The length of the rows that the reshape makes, which is what the layer takes."""
    view = re.search(r"(\d+)\W*$", str(finding.measured.get("view") or ""))
    return finding.measured.get("row_length") or (int(view[1]) if view else None)


def kept_batch(finding: Finding, source: Source) -> list[AnyEdit]:
    """The reshape at the finding's places flattens each sample for itself."""
    for call in calls_here(finding, source, "view", "reshape"):
        array = owner(call)
        if array and array not in ("torch", "np", "F"):
            plain = array.isidentifier()
            new = f"{array}.view({array}.size(0), -1)" if plain else f"{array}.flatten(1)"
            return [ReplaceExpression(call.place, old=call.written, new=new)]
    return []


def _flattened(finding: Finding, source: Source, layer: str) -> list[AnyEdit]:
    for call in calls_here(finding, source, layer):
        if len(call.args) == 1 and not call.keywords:
            new = f"{call.raw}(torch.flatten({call.args[0].text}, 1))"
            return [ReplaceExpression(call.place, ("import torch",), old=call.written, new=new)]
    return []
