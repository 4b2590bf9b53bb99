"""Freezing without effect.

What it looks for
    A line that was to freeze weights, and weights that learn all the same: requires_grad set on a
    module, misspelled, compared instead of assigned, or for names that no parameter has. And
    frozen weights that go on moving because momentum or decay still finds a gradient there.

Why it hurts
    Nothing complains: the attribute is simply never read. The backbone that was to stay as it is
    is trained on the little data at hand and forgets what it knew.

How to fix it
    Write module.requires_grad_(False), or set param.requires_grad = False for each parameter in
    module.parameters(). Print which parameters still require gradients.

When it is fine
    Freezing after the weights went to the optimizer: without a gradient they stay. Layers that are
    set free again later.

References
    PyTorch, "Autograd mechanics", section "Setting requires_grad".
"""

from __future__ import annotations

import ast

from msgspec.structs import replace

from whytorch.checks._helpers import places
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import advised, restated, statement
from whytorch.checks.optimization._freezing_source import (
    REAL,
    Attempt,
    ByName,
    attempts,
    by_name,
    frozen_by,
)
from whytorch.checks.optimization.frozen_parameters import freezing_line
from whytorch.evidence.facts import Misnamed, Network, ParameterFacts, Run, Training
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, Grade, NotJudged, Place, ReplaceStatement

_EXPLAINS = ("overfitting", "evaluation-far-below-training")


def decide(
    run: Run, network: Network, training: Training | None, source: Source | None
) -> list[Finding] | NotJudged:
    if source is None:
        return NotJudged("the script's source could not be read")
    parameters = {p.name: p for p in network.parameters()}
    for found in (
        _misnamed(network, parameters, source),
        _unmatched(network, parameters, source, training),
        _moved(network, source),
        _compared(parameters, source, training),
    ):
        if found is not None:
            return [found]
    return []


# --- attributes that nobody reads ---------------------------------------------------------------


def _misnamed(
    network: Network, parameters: dict[str, ParameterFacts], source: Source
) -> Finding | None:
    """What was set where nobody reads it, and the weights did the opposite."""
    lines = [a for a in attempts(source) if a.how in ("misspelled", "module")]
    for one in network.misnamed:
        alike = [m for m in network.misnamed if replace(m, name=one.name) == one]
        together = alike if one.owner == "parameter" else [one]
        below = [p for m in together for p in _below(m, parameters)]
        against = [p for p in below if _disobeys(p, one.value)]
        line = _line(one, lines)
        if not against or len(against) < len(below) / 2 or line is None:
            continue
        says = f"{line.code} = {one.value} sets an attribute that nobody reads: {len(against)} of "
        says += f"{len(below)} parameters "
        says += "it was meant for learn all the same" if not one.value else "stay frozen"
        return _finding(says, line.place, network.place, _instead(line, one.value), 0.9)
    return None


def _below(one: Misnamed, parameters: dict[str, ParameterFacts]) -> list[ParameterFacts]:
    if one.owner == "parameter":
        return [p for name, p in parameters.items() if name == one.name]
    inside = f"{one.name}." if one.name else ""
    return [p for name, p in parameters.items() if name.startswith(inside)]


def _disobeys(p: ParameterFacts, value: bool) -> bool:
    """Frozen where it was to learn, moved where it was to stay."""
    return not p.trainable if value else p.trainable and p.changed is True


def _line(one: Misnamed, lines: list[Attempt]) -> Attempt | None:
    fitting = [a for a in lines if a.code.endswith(f".{one.attribute}")]
    last = one.name.rpartition(".")[2]
    named = [a for a in fitting if last and f".{last}." in f".{a.code}"]
    return next(iter(named or fitting), None)


def _instead(line: Attempt, value: bool) -> str:
    owner = line.code.rpartition(".")[0]
    if line.how == "module":
        return f"write {owner}.requires_grad_({value})"
    return f"write {owner}.{REAL} = {value}"


# --- names that no parameter has ----------------------------------------------------------------


def _unmatched(
    network: Network,
    parameters: dict[str, ParameterFacts],
    source: Source,
    training: Training | None,
) -> Finding | None:
    """The loop ran, and froze nothing: its condition fits none of the names."""
    if any(not p.trainable for p in parameters.values()) or not _learned(parameters, training):
        return None
    for loop in by_name(source):
        ran = any(
            (w.path, w.line) == (loop.loop.path, loop.loop.line)
            for w in map(source.complete, network.walks)
        )
        if not ran or _set_free(source):
            continue
        matched = frozen_by(loop, list(parameters))
        if matched:  # of another network, or later set free
            continue
        return _by_name(loop, list(parameters), network.place)
    return None


def _by_name(loop: ByName, names: list[str], place: Place | None) -> Finding:
    shown = ", ".join(names[:3])
    says = f"the condition {loop.condition} freezes none of the {len(names)} parameters: their "
    says += f"names are {shown}" + (" ..." if len(names) > 3 else "")
    fix = "print the names from named_parameters() and compare with the condition"
    return _finding(says, loop.place, place, fix, 0.85)


def _set_free(source: Source) -> bool:
    """Whether some line lets parameters learn again."""
    assigned = any(
        a.value is not None
        and a.value.constant is True
        and any(t.endswith(f".{REAL}") for t in a.targets)
        for a in source.assignments
    )
    return assigned or any(
        not call.args or call.args[0].constant is True
        for call in source.calls_to("*.requires_grad_")
    )


def _learned(parameters: dict[str, ParameterFacts], training: Training | None) -> bool:
    moved = [p for p in parameters.values() if p.changed]
    return training is not None and training.steps > 0 and len(moved) >= len(parameters) / 2


# --- the rest -----------------------------------------------------------------------------------


def _moved(network: Network, source: Source) -> Finding | None:
    """Frozen, with a gradient of zeros left: momentum and decay carry it on."""
    names = network.frozen_but_moved
    if not names:
        return None
    says = f"{len(names)} frozen parameters ({', '.join(names[:3])}) went on moving: their "
    says += "gradients were zero, not None, and the optimizer's momentum or decay did the rest"
    layers = [x for x in network.layers if any(p.name in names for p in x.parameters)]
    fix = "build a new optimizer with the parameters that still learn, or zero_grad() without "
    fix += "set_to_none=False"
    return _finding(says, freezing_line(source, layers), network.place, fix, 0.8)


def _compared(
    parameters: dict[str, ParameterFacts], source: Source, training: Training | None
) -> Finding | None:
    if any(not p.trainable for p in parameters.values()) or not _learned(parameters, training):
        return None
    for one in attempts(source):
        if one.how in ("comparison", "uncalled"):
            return _without_effect(one, "observed")
    return None


def _without_effect(one: Attempt, grade: Grade) -> Finding:
    owner = one.code.rpartition(".")[0]
    if one.how == "comparison":
        says = f"{one.code} == ... compares and assigns nothing: {owner} learns as before"
        fix = f"write {owner}.{REAL} = False"
    elif one.how == "uncalled":
        says = f"{one.code} is named and not called: nothing is frozen"
        fix = f"write {owner}.requires_grad_(False)"
    else:
        what = "is a module" if one.how == "module" else "has no such attribute"
        says = f"{one.code} = ... sets an attribute that nobody reads: {owner} {what}"
        fix = _instead(one, False)
    return replace(_finding(says, one.place, None, fix, 0.8), grade=grade)


def _finding(
    says: str, first: Place | None, other: Place | None, fix: str, confidence: float
) -> Finding:
    return Finding(
        says=says,
        places=places(first, other),
        severity="warning",
        confidence=confidence,
        explains=_EXPLAINS,
        fix=Fix(fix),
    )


def suspect(source: Source) -> list[Finding]:
    """Lines that can't freeze anything, whatever runs before them."""
    return [_without_effect(one, "suspected") for one in attempts(source) if one.proven]


SAFE = "fewer weights learn than before"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    code, place = advised(finding) or "", next(iter(finding.places), None)
    node = statement(source, place) if place is not None else None
    if (
        place is not None
        and isinstance(node, ast.Assign)
        and code.endswith(".requires_grad_(False)")
    ):
        return [ReplaceStatement(place, code=code)]
    return restated(finding, source)


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)


def fit(model, images, labels, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(epochs):
        for a, b in DataLoader(TensorDataset(images, labels), batch_size=32, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(a), b).backward()
            optimizer.step()


body = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.Flatten())
fit(nn.Sequential(body, nn.Linear(256, 10)), x[:900], y[:900], epochs=4)
for param in body.parameters():
    param.require_grad = False  # <- here
model = nn.Sequential(body, nn.Linear(256, 10))
fit(model, x[900:1400], y[900:1400], epochs=5)

model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""

GOOD = BAD.replace("param.require_grad = False  # <- here", "param.requires_grad = False")
