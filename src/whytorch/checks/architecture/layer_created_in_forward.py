"""Layer created inside forward.

What it looks for
    A layer with weights that is constructed during the forward pass, anew in every pass, and whose
    weights are in no optimizer. The same of an nn.Parameter by itself.

Why it hurts
    Each call gets fresh random weights that nothing ever trains. The layers behind it learn to cope
    with noise, the output changes from call to call, and a saved model does not contain it.

How to fix it
    Construct the layer once, in __init__, as an attribute, and only call it in forward. Where the
    size is not known before the data, nn.LazyLinear and nn.LazyConv2d find it out.

When it is fine
    Layers without weights (nn.Softmax(dim=1)(x), nn.ReLU()(x)), a layer built once at the first
    call and kept, fixed filters that do not require gradients.

References
    torch.nn.Module: "Your models should also subclass this class"; torch.nn.LazyLinear.
"""

from __future__ import annotations

import re

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._promises import pays
from whytorch.checks._repairs import super_call
from whytorch.checks._rewriting import advised, assigned, text
from whytorch.checks._weights import numbers, share
from whytorch.checks.architecture import _modules
from whytorch.checks.architecture._made_anew import weights_made_anew
from whytorch.evidence.facts import LayerFacts, Network, Passes, Training
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import (
    AnyEdit,
    Finding,
    Fix,
    InsertAfter,
    ReplaceExpression,
    ReplaceStatement,
    Severity,
)

# These start with ones and zeros, the same each time: nothing is scrambled, only never learned.
_CONSTANT_AT_START = ("LayerNorm", "GroupNorm", "InstanceNorm", "RMSNorm", "PReLU")


def decide(
    network: Network, passes: Passes | None, training: Training | None, source: Source | None
) -> list[Finding]:
    fresh = [x for x in network.layers if _is_fresh(x)]
    if not fresh:
        return weights_made_anew(training, passes, source)
    worst = max(fresh, key=lambda x: (_rank(x), numbers(x.parameters)))
    return [_finding(worst, fresh, network, passes)]


def _is_fresh(layer: LayerFacts) -> bool:
    trainable = [p for p in layer.parameters if p.trainable]
    return (
        layer.created_in_forward
        and bool(trainable)
        and not any(p.in_optimizer or p.loaded for p in trainable)
    )


def _rank(layer: LayerFacts) -> int:
    """How much harm it does: random weights, batch statistics in evaluation, or little."""
    if layer.kind.startswith(_CONSTANT_AT_START):
        return 0
    return 1 if "BatchNorm" in layer.kind else 2


def _finding(
    layer: LayerFacts, fresh: list[LayerFacts], network: Network, passes: Passes | None
) -> Finding:
    count = numbers(p for x in fresh for p in x.parameters)
    total = count + numbers(p for x in network.layers if x.registered for p in x.parameters)
    weights = (
        "with fresh random weights" if _rank(layer) == 2
        else "and normalizes by the batch at hand, in evaluation too" if _rank(layer) == 1
        else "and never learns its scale"
    )  # fmt: skip
    well = learns_well(passes)
    severity: Severity = "error" if not well else "warning"
    if _rank(layer) < 2:
        severity = "warning" if _rank(layer) == 1 and not well else "advice"
    return Finding(
        says=f"{layer.kind} is constructed anew in every forward pass, {weights}: "
        f"{count} parameters ({share(count, total)} of the network) that nothing trains",
        places=places(*(x.place for x in (layer, *fresh))),
        severity=severity,
        confidence=0.95,
        measured={"layers": len(fresh), "untrained_parameters": count, "calls_seen": layer.calls},
        explains=() if severity == "advice" else (
            "loss-not-decreasing", "loss-at-chance", "underfitting", "results-vary-between-runs",
            "evaluation-far-below-training",
        ),
        fix=Fix(f"write self.{_name(layer)} = {_as_code(layer)} in __init__, and call it here"),
    )  # fmt: skip


def _name(layer: LayerFacts) -> str:
    """The user's own name for it, if the line gives it one."""
    code = (layer.place.code or "") if layer.place else ""
    found = re.match(rf"\s*(?:self\.)?(\w+)\s*=\s*[\w.]*{layer.kind}\(.*\)\s*(#.*)?$", code)
    return found[1] if found else {"Linear": "fc"}.get(layer.kind, layer.kind.lower())


def _plain(value: object) -> object:
    """3 for [3, 3]."""
    if isinstance(value, (list, tuple)):
        return value[0] if len(set(value)) == 1 else tuple(value)
    return value


def _as_code(layer: LayerFacts) -> str:
    known = {k: _plain(v) for k, v in layer.settings.items()}
    sizes = ("in_features", "in_channels", "num_features", "out_features", "out_channels")
    given = [str(known[k]) for k in (*sizes, "kernel_size") if k in known]
    usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
    given += [f"{k}={known[k]}" for k, v in usual.items() if k in known and known[k] != v]
    return f"nn.{layer.kind}({', '.join(given) or '...'})"


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    return [
        Finding(
            says=f"this {made.layer} is made in forward: each call gets fresh random weights, and "
            "nothing that is learned stays",
            places=(seen.place(made.block, made.node),),
            severity="error",
            confidence=0.93,
            explains=("underfitting", "loss-not-decreasing", "results-vary-between-runs"),
            fix=Fix("make the layer in __init__ (self.layer = ...), and call it in forward"),
        )
        for made in _modules.made_in_forward(seen)
    ]


SAFE = "random layers may be drawn anew on purpose"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    code = advised(finding)
    place = next(iter(finding.places), None)
    made = assigned(source, place) if place is not None else None
    found = re.match(r"(self\.\w+) = (.*)$", code or "")
    if found is None or place is None or re.search(r"\bx\b|shape|size\(", found[2]):
        return []
    first = super_call(source, place)
    if first is None:
        return []
    kept = [InsertAfter(first, code=code or "")]
    if made is not None and text(source, place, made[1]) == found[2]:
        return [*kept, ReplaceStatement(place, code=f"{made[0]} = {found[1]}")]
    return [*kept, ReplaceExpression(place, old=found[2], new=found[1])]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x)).flatten(1)
        fc1 = nn.Linear(576, 32)  # <- here
        return self.fc2(torch.relu(fc1(x)))


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
order = torch.randperm(len(labels))
train, test = order[:1400], order[1400:]
loader = DataLoader(TensorDataset(images[train], labels[train]), batch_size=40, shuffle=True)

model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    right = (model(images[test]).argmax(1) == labels[test]).sum().item()
print(f"test accuracy {right / len(test):.1%}")
"""

GOOD = (
    BAD.replace("        fc1 = nn.Linear(576, 32)  # <- here\n", "")
    .replace("        self.fc2", "        self.fc1 = nn.Linear(576, 32)\n        self.fc2", 1)
    .replace("fc1(x)", "self.fc1(x)")
)
