"""Squared errors that the script computes itself, without torch's loss functions.

Only the graph and the crash are seen of these, not their targets: so the source must name the
one-hot labels, or the shapes at the crash must be those of a classifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from whytorch.checks._helpers import accuracy, learns_well, places, plain
from whytorch.evidence.facts import CrashFacts, LossSite, Passes, Run
from whytorch.evidence.source import Assignment, Source
from whytorch.records import Finding, Fix

_SQUARE = re.compile(r"\*\*\s*2\b|\.pow\(\s*2|square\(|\babs\(")
_SQUARED = ("PowBackward", "AbsBackward", "MulBackward")


def by_hand(
    run: Run, sites: Sequence[LossSite], passes: Passes | None, source: Source | None
) -> list[Finding]:
    """Findings of mse-on-class-labels where the loss is written by hand."""
    crashed = _crashed(run.crash) if run.crash is not None else None
    if crashed is not None:
        return [crashed]
    return [
        _slow(site, statement, passes)
        for site in sites
        if source is not None and _is_squared(site)
        for statement in list(_against_one_hot(source))[:1]
    ]


def _crashed(crash: CrashFacts) -> Finding | None:
    """((outputs - labels) ** 2).mean() with outputs of [N, C] and whole labels of [N]."""
    if not crash.frames or crash.during in ("forward", "data", "import"):
        return None
    code = crash.frames[-1].code or ""
    if "must match the size of tensor" not in crash.message or not _SQUARE.search(code):
        return None
    named = [t for t in crash.tensors if _names(t.name, code)]
    outputs = [t for t in named if "float" in t.dtype and len(t.shape) == 2 and t.shape[1] > 1]
    labels = [t for t in named if t.dtype == "int64" and t.shape[1:] in ((), (1,)) and t.shape]
    if len(outputs) != 1 or len(labels) != 1 or outputs[0].shape[0] != labels[0].shape[0]:
        return None
    one, other = outputs[0], labels[0]
    return Finding(
        says=f"a squared error written by hand was given {one.name} of shape {plain(one.shape)} "
        f"and class numbers {other.name} of shape {plain(other.shape)}",
        places=(crash.frames[-1],),
        confidence=0.9,
        measured={"output_shape": list(one.shape), "label_shape": list(other.shape)},
        explains=("crash",),
        fix=Fix(f"write F.cross_entropy({one.name}, {other.name})"),
    )


def _is_squared(site: LossSite) -> bool:
    """The mean or sum of a square of a difference, as autograd names it."""
    nodes = [name for name in site.graph if not name.startswith(("Mean", "Sum", "Div"))]
    return (
        site.function == "hand-written"
        and len(nodes) > 1
        and nodes[0].startswith(_SQUARED)
        and nodes[1].startswith("SubBackward")
    )


def _against_one_hot(source: Source) -> Iterator[Assignment]:
    """Statements that square a difference from one-hot labels."""
    one_hot = {
        target
        for a in source.assignments
        if a.value is not None and "one_hot(" in a.value.text
        for target in a.targets
    }
    for a in source.assignments:
        text = a.value.text if a.value is not None else ""
        if _SQUARE.search(text) and "-" in text:
            if "one_hot(" in text or any(_names(name, text) for name in one_hot):
                yield a


def _slow(site: LossSite, statement: Assignment, passes: Passes | None) -> Finding:
    reached = accuracy(passes)
    came = f"; accuracy came to {reached:.0%}" if reached is not None else ""
    return Finding(
        says=f"the loss is a squared difference from one-hot labels ({site.calls} calls){came}",
        places=places(statement.place, site.place),
        severity="advice" if learns_well(passes) else "warning",
        confidence=0.85,
        measured={"calls": site.calls, "accuracy": reached},
        explains=("loss-not-decreasing", "underfitting"),
        fix=Fix("write F.cross_entropy(outputs, labels), with the class numbers as labels"),
    )


def _names(name: str, code: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}\b", code) is not None
