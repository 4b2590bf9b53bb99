"""Dropout stays active in evaluation.

What it looks for
    Dropout drops units while the network is in evaluation mode: F.dropout called without
    training=self.training, a dropout layer made anew in forward, one that eval() does not reach,
    or attention with a dropout_p that is not set to 0.

Why it hurts
    model.eval() does not stop it. Every prediction is made by a randomly damaged network: accuracy
    is lower than the trained network's, and another one each time.

How to fix it
    Write F.dropout(x, p, training=self.training), or make nn.Dropout(p) once in __init__ and call
    that in forward.

When it is fine
    Drawing several predictions of the same samples on purpose (MC dropout), generators that take
    their noise from dropout, and dropout layers switched on again by hand.

References
    torch.nn.functional.dropout: "training: apply dropout if is True. Default: True".
"""

from __future__ import annotations

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import calls_here, setting, told
from whytorch.checks.evaluation._held_out import drawn_again, evaluations
from whytorch.checks.regularization._dropped import says_training, ungoverned
from whytorch.evidence.facts import DropoutFacts, Network, Passes, PassFacts, Run
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, ReplaceExpression, Severity

# The layers in question belong to these mistakes when they have weights of their own to lose, too.
CONSEQUENCE_OF = ("unregistered-modules",)

_LAYERS = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")


def decide(
    network: Network, passes: Passes, run: Run, source: Source | None
) -> list[Finding] | NotJudged:
    every = evaluations(passes.passes)
    measured = [p for p in every if p.train_mode is False and not drawn_again(p, every)]
    if not measured:
        return NotJudged("no evaluation in evaluation mode was seen")
    found = [(d, seen) for d in network.dropouts if (seen := _seen(d, measured))]
    if not found or run.classification is False:
        return []
    return [_finding(found, passes, run, source)]


def _seen(dropout: DropoutFacts, measured: list[PassFacts]) -> list[PassFacts]:
    """Where it dropped. A layer that eval() reached was switched on again on purpose."""
    if dropout.owner == "layer":
        return []
    return [p for p in measured if p.index in dropout.eval_passes]


def _finding(
    found: list[tuple[DropoutFacts, list[PassFacts]]],
    passes: Passes,
    run: Run,
    source: Source | None,
) -> Finding:
    dropout, seen = max(found, key=lambda pair: pair[0].p)
    one = seen[-1]
    reached = f" ({one.accuracy:.0%} right)" if one.accuracy is not None else ""
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    what = {
        "fresh": "a dropout layer made in forward",
        "stray": f"the dropout layer {dropout.name}, which the network does not know,",
    }.get(dropout.owner, f"{dropout.function}{more}")
    return Finding(
        says=f"{what} drops {dropout.p:.0%} in evaluation mode too, in "
        f"{sum(len(s) for _, s in found)} evaluations looked at; the last has {one.samples} "
        f"samples{reached}",
        places=places(dropout.place, dropout.made_place, *(d.place for d, _ in found)),
        severity=_severity(dropout, passes, run, source),
        confidence=0.95,
        measured={
            "p": dropout.p,
            "places": len(found),
            "network_calls_in_evaluation": dropout.in_evaluation,
            "evaluation_accuracy": one.accuracy,
        },
        explains=("evaluation-far-below-training", "results-vary-between-runs"),
        fix=_fix(dropout),
    )


def _severity(dropout: DropoutFacts, passes: Passes, run: Run, source: Source | None) -> Severity:
    if run.classification is not True:  # who writes training=True there wants the noise
        told = says_training(source, dropout.place) if source else None
        return "advice" if told == "True" else "warning"
    return "warning" if learns_well(passes) else "error"


def _fix(dropout: DropoutFacts) -> Fix:
    if dropout.owner == "fresh":
        return Fix(
            f"make nn.Dropout({dropout.p:g}) once in __init__, and call it in forward; "
            "or give the new one the mode of the network: .train(self.training)"
        )
    if dropout.owner == "stray":
        return Fix(
            "assign the layer to an attribute (or use nn.ModuleList), so that eval() finds it"
        )
    if dropout.function == "scaled_dot_product_attention":
        return Fix(f"write dropout_p={dropout.p:g} if self.training else 0.0")
    return Fix(f"write F.{dropout.function}(x, {dropout.p:g}, training=self.training)")


def suspect(source: Source) -> list[Finding]:
    found = []
    for call, made in ungoverned(source):
        share = call.argument("p")
        p = share.text if share is not None and len(share.text) < 30 else "0.5"
        says = (
            f"a new {call.raw} is made in each forward pass, and a new layer is in training mode"
            if made
            else f"{call.raw} is called without training=..., and drops in evaluation mode as well"
        )
        fix = (
            f"make {call.raw}({p}) once in __init__, and call it in forward"
            if made
            else f"write {call.raw}(..., {p}, training=self.training)"
        )
        found.append(
            Finding(
                says=says,
                places=places(call.place),
                severity="warning",
                grade="suspected",
                confidence=0.85,
                explains=("evaluation-far-below-training", "results-vary-between-runs"),
                fix=Fix(fix),
            )
        )
    return found


SAFE = "predictions may be sampled with dropout on purpose"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    around = source.enclosing_function(finding.places[0]) if finding.places else None
    if around is None or around.in_class is None or around.parameters[:1] != ("self",):
        return []
    for call in calls_here(finding, source, "scaled_dot_product_attention"):
        share = call.argument("dropout_p")
        if share is not None:
            value = f"{share.text} if self.training else 0.0"
            return [ReplaceExpression(call.place, old=share.text, new=value)]
    if "once in __init__" in told(finding):
        return _governed(finding, source)
    if "training=self.training" not in told(finding):
        return []
    callees = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout")
    return setting(finding, source, callees, "training", "self.training", position=2)


def _governed(finding: Finding, source: Source) -> list[AnyEdit]:
    """A layer that is made anew in forward is given the mode of the network that makes it."""
    for call in calls_here(finding, source, *_LAYERS):
        given = [v.text for v in call.args] + [f"{k}={v.text}" for k, v in call.keywords.items()]
        made = f"{call.raw}({', '.join(given)})"
        return [ReplaceExpression(call.place, old=made, new=f"{made}.train(self.training)")]
    return []


BAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc1 = nn.Linear(16 * 36, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.fc1(F.relu(self.conv(x)).flatten(1)))
        x = F.dropout(x, 0.6)  # <- here
        return self.fc2(x)


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
data = TensorDataset(images, torch.tensor(digits.target))
train_set, test_set = random_split(data, [1400, 397])
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)

net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(5):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(f"epoch {epoch}: test accuracy {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace("0.6)  # <- here", "0.6, training=self.training)")
