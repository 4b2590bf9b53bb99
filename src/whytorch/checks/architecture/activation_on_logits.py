"""Activation after the last layer.

What it looks for
    In the autograd graph of the training loss, an activation (ReLU, sigmoid, tanh and their kin)
    whose output is what cross_entropy or binary_cross_entropy_with_logits is given, or what the
    softmax or sigmoid right before the loss is given. For a squared or absolute error: an
    activation after the last layer whose range a good share of the targets lies outside of.

Why it hurts
    These losses need raw scores, of any size and sign. A ReLU makes every negative score 0 and
    stops its gradient; sigmoid and tanh hold the scores so close together that no prediction can
    become certain. Where numbers are wanted, those outside its range are never reached.

How to fix it
    Return the last layer's output as it is. Activations belong between the layers. Where the output
    is to have limits, bring the targets within the same ones.

When it is fine
    A scaled tanh that only limits the logits, such as 30 * tanh(x / 30), and an activation with
    pooling behind it (SqueezeNet): there it is no longer the last operation.
    Softmax before cross-entropy, and sigmoid before binary_cross_entropy_with_logits, have checks
    of their own.

References
    torch.nn.CrossEntropyLoss: "input is expected to contain the unnormalized logits".
"""

from __future__ import annotations

import math

from whytorch.checks._helpers import accuracy, learns_well, places
from whytorch.checks._mending import unwrapped
from whytorch.checks._promises import pays
from whytorch.checks.architecture import _last
from whytorch.checks.architecture._reach import Beyond, beyond
from whytorch.checks.architecture._suspected import activation_before_loss
from whytorch.evidence.facts import LossCalls, LossSite, Network, Passes
from whytorch.evidence.facts.experiments import LastActivationRemoved
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, Severity

# What may stand between the activation and the loss: the loss's own other half.
LOSSES: dict[str, tuple[str, ...]] = {
    "cross_entropy": ("LogSoftmax",),  # which changes nothing before cross_entropy
    "nll_loss": ("LogSoftmax",),
    "binary_cross_entropy_with_logits": (),
    "binary_cross_entropy": ("Sigmoid",),
}

# Scores of both signs would have shown a negative one by then: in training calls, with so many
# outputs (one may be positive for every image by its bias), and answers of which a tenth is no.
ENOUGH = 100
OUTPUTS = 4
BALANCED = 0.3  # loss of always giving the base rate: 0.33 where a tenth of the answers differs

# What trying the repair on the bench is.
TRIALS = (LastActivationRemoved,)


def decide(
    losses: LossCalls, network: Network | None, passes: Passes | None, source: Source | None
) -> list[Finding]:
    found = []
    for site in losses.training():
        activation = _on_logits(site)
        if activation is not None:
            found.append(_finding(site, activation, network, passes, source))
        elif _never_says_no(site) and not _after_a_sigmoid(site):
            found.append(_positive(site, network))
    if not found and len(losses.training()) == 1:  # of several, another may ask for the rest
        limits = [(s, b) for s in losses.training() if (b := beyond(s))]
        found = [_limited(site, what, network, source) for site, what in limits]
    return found[:1]


def _limited(
    site: LossSite, what: Beyond, network: Network | None, source: Source | None
) -> Finding:
    name = what.activation.name
    low, high = site.target_min or 0.0, site.target_max or 0.0
    where = _last.place(what.activation, site, network, source)
    return Finding(
        says=f"the outputs come straight out of {name}, which gives {what.reach}, but "
        f"{what.outside:.0%} of the numbers they are compared with lie outside ({low:.3g} to "
        f"{high:.3g}): the squared error cannot fall below {what.least:.3g}, and always giving the "
        f"mean costs {what.mean:.3g}",
        places=places(*where, site.place),
        severity="error" if what.ruins else "warning",
        confidence=0.9,
        measured={"activation": name, "outside": what.outside, "least_error": what.least,
                  "error_of_the_mean": what.mean},
        explains=("loss-not-decreasing", "underfitting", "same-class-predicted"),
        fix=Fix(f"remove the {name} after the last layer, or scale the targets to {what.reach}"),
    )  # fmt: skip


def _never_says_no(site: LossSite) -> bool:
    """Scores that are sums of what is never negative: whatever makes them, not one of many outputs
    falls below 0 while the network learns, though a good share of the answers is no."""
    outputs = (site.input_shape or ())[1:2]
    learns = (site.last_value or 0.0) < (site.first_value or 0.0)
    return (
        site.function == "binary_cross_entropy_with_logits"
        and site.nonnegative is True
        and site.connected is not False
        and site.calls >= ENOUGH
        and bool(outputs)
        and outputs[0] >= OUTPUTS
        and site.target_min == 0
        and (site.guess_loss or 0.0) >= BALANCED
        and learns
    )


def _after_a_sigmoid(site: LossSite) -> bool:
    """sigmoid-before-bce-with-logits names the sigmoid itself, and its line."""
    last = _last.before_loss(site, ())
    return last is not None and last.name == "sigmoid"


def _positive(site: LossSite, network: Network | None) -> Finding:
    return Finding(
        says=f"what {site.function} is given is never below 0, in {site.calls} training calls of "
        f"{site.input_shape} scores ({site.input_min or 0:.3g} to {site.input_max or 0:.3g}): no "
        f"output can say no, and each 0 among the answers costs {math.log(2):.2f} at least",
        places=places(site.place, network.call_place if network else None),
        severity="error",
        confidence=0.85,
        measured={"calls": site.calls, "lowest_logit": site.input_min,
                  "highest_logit": site.input_max},
        explains=("loss-not-decreasing", "loss-at-chance", "underfitting", "same-class-predicted"),
        fix=Fix("let the last layer give numbers of both signs: weights without relu or exp around "
                "them, and a bias"),
    )  # fmt: skip


def _on_logits(site: LossSite) -> _last.Activation | None:
    passed = LOSSES.get(site.function)
    if passed is None or site.connected is False:
        return None
    if site.function in ("nll_loss", "binary_cross_entropy"):
        # Without its other half the loss is given probabilities on purpose, or by another mistake.
        if not any(name.startswith(passed) for name in site.graph):
            return None
    activation = _last.before_loss(site, passed)
    if activation is None or (site.function.startswith("binary") and activation.name == "sigmoid"):
        return None
    return activation


def _finding(
    site: LossSite,
    activation: _last.Activation,
    network: Network | None,
    passes: Passes | None,
    source: Source | None,
) -> Finding:
    shape = site.input_shape or ()
    classes = shape[1] if len(shape) > 1 else 2
    cuts = activation.cuts
    if activation.name in ("sigmoid", "tanh") and classes > 1 and "cross" in site.function:
        spread = 1 if activation.name == "sigmoid" else 2
        lowest = math.log(1 + (classes - 1) * math.exp(-spread))
        cuts += f", and with {classes} classes the loss cannot fall below {lowest:.2f}"
    where = _last.place(activation, site, network, source)
    severity: Severity = "warning" if learns_well(passes) else "error"
    if not cuts:  # a bend, nothing is cut off
        severity = "advice" if learns_well(passes) or accuracy(passes) is None else "warning"
    seen = f", {cuts}" if cuts else ""
    return Finding(
        says=f"what {site.function} is given comes straight out of {activation.name}, in "
        f"{site.calls} training calls{seen}; numbers seen: {site.input_min or 0:.3g} to "
        f"{site.input_max or 0:.3g}",
        places=places(*where, site.place),
        severity=severity,
        confidence=0.95 if cuts else 0.7,
        measured={
            "activation": activation.name,
            "calls": site.calls,
            "lowest_logit": site.input_min,
            "highest_logit": site.input_max,
        },
        explains=("loss-not-decreasing", "loss-at-chance", "underfitting", "same-class-predicted",
                  "vanishing-gradients"),
        fix=Fix(f"remove the {activation.name} after the last layer: return its output as it is"),
    )  # fmt: skip


def suspect(source: Source) -> list[Finding]:
    """A model whose every return is an activation of a linear layer, given to such a loss."""
    return [
        Finding(
            says=f"{loss} is given the output of {made}, which ends in {name}: {cuts}",
            places=places(where, used),
            confidence=0.85,
            explains=("underfitting", "loss-not-decreasing"),
            fix=Fix(f"remove the {name} after the last layer: return its output as it is"),
        )
        for loss, made, name, cuts, where, used in activation_before_loss(source)
    ][:1]


# May a machine change it without asking? (see check_file.py)
SAFE = "the network's outputs may leave the range that the activation gave them"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    for one in _last.ACTIVATIONS:
        if one.name == finding.measured.get("activation"):
            return unwrapped(finding, source, (*one.kinds, *one.calls))
    return []


BAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 48)
        self.fc2 = nn.Linear(48, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))  # <- here
        return x


torch.manual_seed(4)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16.0, dtype=torch.float32)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(8):
    for batch in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = criterion(net(x_train[batch]), y_train[batch])
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("test accuracy", (net(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("F.relu(self.fc2(x))  # <- here", "self.fc2(x)")
