"""Sigmoid before a binary cross-entropy with logits, or binary losses for exclusive classes.

What it looks for
    What binary_cross_entropy_with_logits is given in training comes straight out of a sigmoid (or
    a softmax): probabilities, to which it applies a sigmoid of its own. And binary cross-entropy
    on one-hot rows of three or more classes, where the run learned little.

Why it hurts
    The second sigmoid sees numbers from 0 to 1 only and turns them into 0.50 to 0.73: no prediction
    can become certain, the loss keeps a high floor and the gradient fades.

How to fix it
    Give it the raw outputs of the last layer and apply sigmoid only where probabilities are shown;
    or keep the sigmoid and use nn.BCELoss(). For classes that exclude each other use
    nn.CrossEntropyLoss() with class numbers.

When it is fine
    Sigmoid before nn.BCELoss, sigmoid gates inside the network, sigmoid behind the loss. Rows with
    several ones or none (multi-label), where each output is a question of its own. One-hot rows
    that are learned well all the same: then this is only advice.

References
    torch.nn.BCEWithLogitsLoss: "combines a Sigmoid layer and the BCELoss in one single class".
"""

from __future__ import annotations

import math

from whytorch.checks._helpers import learns_well, places, target_text
from whytorch.checks._learning import learning
from whytorch.checks._mending import unwrapped
from whytorch.checks._promises import pays
from whytorch.checks.architecture import _last
from whytorch.checks.loss import _softmax
from whytorch.checks.loss._given import calls_of
from whytorch.evidence.facts import LossCalls, LossSite, Network, Passes, Run, Training
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.evidence.source_outcomes import outcomes
from whytorch.records import AnyEdit, Finding, Fix, Place

_LOGITS = "binary_cross_entropy_with_logits"
# -ln sigmoid(1) and -ln(1 - sigmoid(0)): the least loss of a positive and of a negative.
FLOOR_ONE, FLOOR_ZERO = math.log(1 + math.exp(-1)), math.log(2)
# 1 / (1 + exp(-x)) by hand, as autograd names it, nearest first.
_BY_HAND = (("Reciprocal", "Div"), ("Add",), ("Exp",), ("Neg",))
# Rows that all hold exactly one 1: by chance alone so many never do, if labels are independent.
ENOUGH_ROWS = 200
ENOUGH_STEPS = 50  # before little learned can be laid at the loss's door
_EXPLAINS = ("loss-not-decreasing", "loss-at-chance", "underfitting", "vanishing-gradients",
             "same-class-predicted")  # fmt: skip


def decide(
    losses: LossCalls,
    run: Run,
    training: Training | None,
    network: Network | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    doubled = [_doubled(s, network, passes, source) for s in losses.training()]
    if found := [f for f in doubled if f is not None]:
        return found
    if run.shortened:
        return []  # what was cut short has learned little for that reason
    learned = learning(run, losses, training, passes)
    if not learned.failed or learned.steps < ENOUGH_STEPS or learned.broke_at is not None:
        return []
    reached = learned.reached()
    return [_exclusive(s, reached, source) for s in losses.training() if _is_exclusive(s)]


def _doubled(
    site: LossSite, network: Network | None, passes: Passes | None, source: Source | None
) -> Finding | None:
    if site.function != _LOGITS or site.connected is False:
        return None
    activation = _last.before_loss(site)
    softmax = _softmax.nearest(site)
    where: tuple[Place | None, ...]
    if activation is not None and activation.name == "sigmoid":
        name, where = "sigmoid", _last.place(activation, site, network, source)
    elif softmax is not None and softmax.function == "softmax":
        name, where = "softmax", (_softmax.place(softmax, site, network, source),)
    elif _by_hand(site):
        name, where = "sigmoid", ()
    else:
        return None
    return Finding(
        says=f"what {_LOGITS} is given comes straight out of a {name} "
        f"({site.input_min or 0:.2g} to {site.input_max or 1:.2g} over {site.calls} calls): "
        "it applies a sigmoid of its own, so the loss cannot fall below "
        f"{FLOOR_ONE:.2f} for a label 1 and {FLOOR_ZERO:.2f} for a 0",
        places=places(*where, site.place),
        severity="warning" if learns_well(passes) else "error",
        confidence=0.95,
        measured={
            "activation": name,
            "calls": site.calls,
            "lowest_input": site.input_min,
            "highest_input": site.input_max,
            "lowest_possible_loss": FLOOR_ONE,
            "last_loss": site.last_value,
        },
        explains=_EXPLAINS,
        fix=Fix(_fix(name)),
    )


def _fix(name: str) -> str:
    if name == "softmax":
        return "remove this softmax, so that the loss gets the raw outputs"
    return "remove this sigmoid, so that the loss gets the raw outputs; or write nn.BCELoss()"


def _by_hand(site: LossSite) -> bool:
    """1 / (1 + exp(-x)), given as numbers from 0 to 1 in every call."""
    inside = site.nonnegative and site.input_max is not None and site.input_max <= 1
    nodes = [n for n in site.graph if not n.startswith(_last.SAME_NUMBERS)]
    if not inside or len(nodes) < len(_BY_HAND):
        return False
    nodes = nodes[1:] if nodes[0].startswith("Mul") else nodes  # 1 * reciprocal
    return all(n.startswith(k) for n, k in zip(nodes, _BY_HAND, strict=False))


def _is_exclusive(site: LossSite) -> bool:
    shape = site.input_shape or ()
    rows = site.calls * (shape[0] if shape else 0)
    wide = len(shape) == 2 and shape[1] >= 3
    named = site.function in (_LOGITS, "binary_cross_entropy")
    return bool(wide and named and site.target_one_hot and rows >= ENOUGH_ROWS)


def _exclusive(site: LossSite, reached: str, source: Source | None) -> Finding:
    classes = (site.input_shape or (0, 0))[1]
    labels = target_text(source, site)
    labels = f"{labels}.argmax(1)" if labels.isidentifier() else "class numbers"
    return Finding(
        says=f"{site.function} treats {classes} classes as {classes} separate questions, but every "
        f"row of labels holds exactly one 1 ({site.calls} calls){reached}",
        places=places(site.place, site.made_place),
        severity="warning",
        confidence=0.6,
        measured={"classes": classes, "calls": site.calls},
        explains=("loss-not-decreasing", "underfitting", "same-class-predicted"),
        fix=Fix(f"write nn.CrossEntropyLoss() on the raw outputs (no sigmoid), with {labels}"),
    )


def suspect(source: Source) -> list[Finding]:
    """Every way to the loss's input comes out of a sigmoid or softmax."""
    seen = look(source)
    found = []
    for given in calls_of(seen, _LOGITS, "BCEWithLogitsLoss"):
        ends = outcomes(seen).of(given.block, given.input)
        names = {end.op.lower() for end in ends or ()}
        if not ends or not names <= {"sigmoid", "softmax"}:
            continue
        name = "softmax" if "softmax" in names else "sigmoid"
        found.append(
            Finding(
                says=f"{_LOGITS} is given the output of a {name}, and applies a sigmoid of its own",
                places=places(
                    seen.place(ends[0].block, ends[0].node), seen.place(given.block, given.call)
                ),
                confidence=0.9,
                explains=_EXPLAINS,
                fix=Fix(_fix(name)),
            )
        )
    return found


# May a machine change it without asking? (see check_file.py)
SAFE = "outputs are no probabilities any more: a threshold of 0.5 becomes one of 0"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if finding.measured.get("activation") == "softmax":
        return unwrapped(finding, source, ("softmax", "Softmax"))
    if finding.measured.get("activation") == "sigmoid":
        return unwrapped(finding, source, ("sigmoid", "Sigmoid", "sigmoid_"))
    return []


BAD = """
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class ZeroOrNot(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8 * 36, 1)

    def forward(self, x):
        x = torch.relu(self.conv(x)).flatten(1)
        return torch.sigmoid(self.fc(x))  # <- here


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
labels = torch.tensor(digits.target % 2, dtype=torch.float32).unsqueeze(1)
loader = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=32, shuffle=True)

model = ZeroOrNot()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(4):
    model.train()
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = ((model(images[1400:]) > 0.5).float() == labels[1400:]).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {right:.3f}")
"""

GOOD = BAD.replace("torch.sigmoid(self.fc(x))  # <- here", "self.fc(x)").replace("> 0.5", "> 0.0")
