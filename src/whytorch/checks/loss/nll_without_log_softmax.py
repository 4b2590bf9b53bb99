"""NLLLoss without log-softmax.

What it looks for
    nll_loss or kl_div during training on rows that are no log-probabilities: the exponentials of
    a row do not sum to 1. They are raw outputs, or probabilities whose logarithm was forgotten.

Why it hurts
    nll_loss only picks the number of the right class and negates it, kl_div weighs these numbers by
    the target. On raw outputs both fall below zero without end as the outputs grow; on
    probabilities their gradient never says "far wrong".

How to fix it
    For raw outputs use nn.CrossEntropyLoss() (it is log-softmax and NLLLoss in one), or end the
    network with F.log_softmax(x, dim=1). Where there is a softmax, make it log_softmax.

When it is fine
    Any way to true log-probabilities: log_softmax, the logarithm of a softmax with a small number
    added, a mixture of several networks' log-probabilities that sums to 1. Log-probabilities that
    were weighted on purpose (focal loss). kl_div between densities that do not sum to 1.

References
    torch.nn.NLLLoss: "The input given through a forward call is expected to contain
    log-probabilities of each class".
"""

from __future__ import annotations

import ast

from whytorch.checks._helpers import (
    accuracy,
    argument_text,
    learns_well,
    loss_call,
    places,
    target_text,
)
from whytorch.checks._modes import without_gradients
from whytorch.checks._promises import pays
from whytorch.checks.loss import _softmax, _suspected
from whytorch.checks.loss.softmax_before_cross_entropy import is_probability
from whytorch.evidence.facts import LossCalls, LossSite, Network, Passes
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, Place, RenameCall

# Log-probabilities have 0 here; log(p + 1e-3) of 100 classes has 0.1, bfloat16 rounds to 0.03.
# Probabilities of C classes have at least ln C + 1/C (1.19 for two), raw outputs about ln C.
WIDEST_GAP = 0.2
# Log-probabilities that were weighted, as the focal loss does, do not sum to 1, but stay below 0.
HIGHEST_LOG = 0.01
EVEN = 1e-3  # softmax in float32 sums to 1 within 1e-6, in bfloat16 within a few thousandths


def decide(
    losses: LossCalls, network: Network | None, passes: Passes | None, source: Source | None
) -> list[Finding]:
    return [
        _finding(site, network, passes, source)
        for site in losses.training()
        if (site.function == "nll_loss" or _is_distillation(site)) and _is_no_log_probability(site)
    ]


def _is_distillation(site: LossSite) -> bool:
    """kl_div towards distributions over the same classes."""
    gap, low = site.target_row_sum_gap, site.target_min
    return site.function == "kl_div" and gap is not None and gap < EVEN and (low or 0.0) >= 0


def _is_no_log_probability(site: LossSite) -> bool:
    shape = site.input_shape
    if shape is None or len(shape) < 2 or shape[1] < 2 or site.connected is False or site.raised:
        return False
    nearest = _softmax.nearest(site)
    if nearest is not None and (nearest.dim != 1 or nearest.function == "log_softmax"):
        return False  # along another dimension: that is softmax-over-wrong-dimension
    if site.logsumexp_gap is None or site.input_max is None:
        return False
    return site.logsumexp_gap > WIDEST_GAP and site.input_max > HIGHEST_LOG


def _finding(
    site: LossSite, network: Network | None, passes: Passes | None, source: Source | None
) -> Finding:
    kind = _softmax.Softmax("softmax", 1, site.input_shape)
    softmax = _softmax.place(kind, site, network, source) if is_probability(site) else None
    if site.function == "kl_div":  # the softmax nearby may be that of its target
        softmax = _made_of_softmax(site, source)
    given = "probabilities" if is_probability(site) else "raw outputs"
    rows = (
        f"every row is nonnegative and sums to 1 (widest gap {site.row_sum_gap:.0e})"
        if is_probability(site)
        else f"ln(sum(exp(row))) is off 0 by up to {site.logsumexp_gap:.2g}"
    )
    fell = ""
    if site.last_value is not None and site.last_value < 0:
        fell = f"; the loss is at {site.last_value:.3g}, below zero"
    return Finding(
        says=f"{site.function} was given {given}, not "
        f"log-probabilities: {rows} over {site.calls} calls{fell}",
        places=places(softmax, site.place, site.made_place),
        severity="warning" if learns_well(passes) else "error",
        confidence=0.97,
        measured={
            "logsumexp_gap": site.logsumexp_gap,
            "row_sum_gap": site.row_sum_gap,
            "calls": site.calls,
            "first_loss": site.first_value,
            "last_loss": site.last_value,
            "accuracy": accuracy(passes),
        },
        explains=("loss-not-decreasing", "underfitting", "exploding-gradients", "loss-oscillates",
                  "same-class-predicted", "non-finite-loss"),
        fix=_fix(site, given, softmax, source),
    )  # fmt: skip


def _made_of_softmax(site: LossSite, source: Source | None) -> Place | None:
    """Where the name that the loss is given was set, if a softmax stands there."""
    name = argument_text(loss_call(source, site), "input", 0, "")
    if source is None or site.place is None or not name.isidentifier():
        return site.place if "softmax" in name.lower() else None
    around = source.enclosing_function(site.place)
    inside = around.qualname if around else "<module>"
    made = [
        (a.place, a.value.text)
        for a in source.assignments
        if a.function == inside and a.place.path == site.place.path
        if name in a.targets and a.place.line <= site.place.line and a.value is not None
    ]
    return made[-1][0] if made and "softmax" in made[-1][1].lower() else None


def _fix(site: LossSite, given: str, softmax: Place | None, source: Source | None) -> Fix:
    if site.function == "kl_div" and softmax is None:
        return Fix("give kl_div the log_softmax of the outputs")
    if given == "probabilities":
        where = "here" if softmax is not None else "before the loss"
        return Fix(f"write log_softmax instead of softmax {where}")
    if site.function == "kl_div":
        return Fix("give kl_div the log_softmax of the outputs")
    if site.made_place is None:
        outputs = argument_text(loss_call(source, site), "input", 0, "outputs")
        return Fix(f"write F.cross_entropy({outputs}, {target_text(source, site)})")
    names = source.names_assigned_at(site.made_place) if source else ()
    name = f"{names[0]} = " if len(names) == 1 else ""
    return Fix(f"write {name}nn.CrossEntropyLoss(), or end the network with log_softmax")


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = []
    calls = _suspected.without_logarithm(seen)
    quiet = list(without_gradients(seen)) if calls else []
    only_told = {id(n) for block in quiet for n in ast.walk(block)}
    for call, one in calls:
        if id(call.node) in only_told:
            continue  # nothing is trained by it
        made = one.op
        raw = made[:1].isupper() or made.startswith(("linear", "conv"))
        what = f"the raw outputs of a {made} layer" if raw else f"what {made} gives"
        found.append(
            Finding(
                says=f"this loss needs the logarithms of probabilities, and is given {what}",
                places=(seen.place(call.block, call.node),)
                if raw
                else (seen.place(one.block, one.node), seen.place(call.block, call.node)),
                severity="error",
                confidence=0.9,
                explains=("loss-not-decreasing", "loss-oscillates", "non-finite-loss"),
                fix=Fix(
                    "write cross_entropy (nn.CrossEntropyLoss) in its place"
                    if raw
                    else f"write log_softmax in place of {made}"
                ),
            )
        )
    return found


# May a machine change it without asking? (see check_file.py)
SAFE = True
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    says = finding.fix.says if finding.fix else ""
    pairs = {"NLLLoss": "CrossEntropyLoss", "nll_loss": "cross_entropy"}
    if says.startswith("write log_softmax"):
        pairs = {"softmax": "log_softmax", "Softmax": "LogSoftmax"}
    for place in finding.places:
        for call in source.calls_within(Place(place.path, place.line)):
            if new := pairs.get(call.raw.rpartition(".")[2]):
                return [RenameCall(call.place, callees=tuple(pairs), new=new)]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn, optim

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten())
        self.classifier = nn.Linear(576, 10)

    def forward(self, images):
        return self.classifier(self.features(images))


def train(model, loss_fn, optimizer, epochs=4):
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(x_train)).split(64):
            optimizer.zero_grad()
            loss_fn(model(x_train[batch]), y_train[batch]).backward()  # <- here
            optimizer.step()


model = ConvNet()
loss_fn = nn.NLLLoss()
train(model, loss_fn, optim.SGD(model.parameters(), lr=0.05, momentum=0.9))
model.eval()
with torch.no_grad():
    print("accuracy", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("nn.NLLLoss()", "nn.CrossEntropyLoss()").replace("  # <- here", "")
