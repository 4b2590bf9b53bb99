"""Softmax before cross-entropy.

What it looks for
    Every row that cross_entropy was given during training is nonnegative and sums to 1:
    probabilities, where it needs raw outputs and applies a softmax of its own.

Why it hurts
    The second softmax sees numbers between 0 and 1 only, so even a perfect prediction keeps a high
    loss, and the gradient fades where it is needed most: the network learns slowly or stalls.

How to fix it
    Return the raw outputs of the last layer. For probabilities, apply softmax after training, or
    where they are shown; the predicted class (argmax) is the same without it.

When it is fine
    Log-softmax before cross-entropy changes nothing (its own softmax is then idle), and softmax
    inside attention or behind the loss is no matter: neither makes the rows sum to 1.

References
    torch.nn.CrossEntropyLoss: "input is expected to contain the unnormalized logits".
"""

from __future__ import annotations

import math

from whytorch.checks._helpers import accuracy, learns_well, places
from whytorch.checks._mending import unwrapped
from whytorch.checks._promises import pays
from whytorch.checks.loss import _softmax, _suspected
from whytorch.evidence.facts import LossCalls, LossSite, Network, Passes
from whytorch.evidence.facts.experiments import LastActivationRemoved, LossSwapped
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix

# Rounding in the sum of a row: float32 stays below 1e-5 up to thousands of classes; half precision
# has 3 digits. Raw outputs do not sum to 1 in every row of every call.
WIDEST_GAP = 1e-3
WIDEST_GAP_HALF = 2e-2

# What trying the repair on the bench is.
TRIALS = (
    LastActivationRemoved,
    LossSwapped,
)


def decide(
    losses: LossCalls, network: Network | None, passes: Passes | None, source: Source | None
) -> list[Finding]:
    given = [s for s in losses.sites if s.function == "cross_entropy" and is_probability(s)]
    trained = [s for s in losses.training() if s in given]
    # A network that ends in a softmax in eval mode only is trained well, and then measured wrongly.
    sites = trained or [s for s in given if s.phase == "eval"][-1:]
    return [_finding(site, network, passes, source) for site in sites]


def is_probability(site: LossSite) -> bool:
    """Whether every row of the input was a distribution over the classes, in all calls."""
    shape = site.input_shape
    if shape is None or len(shape) < 2 or shape[1] < 2 or site.connected is False:
        return False
    gap = WIDEST_GAP if site.input_dtype in ("float32", "float64") else WIDEST_GAP_HALF
    return bool(site.nonnegative) and site.row_sum_gap is not None and site.row_sum_gap <= gap


def _finding(
    site: LossSite, network: Network | None, passes: Passes | None, source: Source | None
) -> Finding:
    assert site.input_shape is not None
    classes = site.input_shape[1]
    # A perfect row is (1, 0, ..., 0); cross-entropy of it is ln(e + C - 1) - 1.
    lowest = math.log(math.e + classes - 1) - 1
    evaluated = site.phase == "eval"
    softmax = _softmax.Softmax("softmax", 1, site.input_shape)
    where = _softmax.place(softmax, site, network, source)
    return Finding(
        says=f"every row given to cross_entropy is nonnegative and sums to 1 (widest gap "
        f"{site.row_sum_gap:.0e} over {site.calls} calls): with {classes} classes the loss "
        f"cannot fall below {lowest:.2f}, however well it predicts"
        + ("; in evaluation only: the training gets raw outputs" if evaluated else ""),
        places=places(where, site.place),
        # A sound script never does this, and even where it learns, the loss it shows is wrong.
        severity="warning" if evaluated or learns_well(passes) else "error",
        confidence=0.97,
        measured={
            "row_sum_gap": site.row_sum_gap,
            "calls": site.calls,
            "classes": classes,
            "lowest_possible_loss": lowest,
            "last_loss": site.last_value,
            "accuracy": accuracy(passes),
        },
        explains=("evaluation-far-below-training",) if evaluated else (
            "loss-not-decreasing", "loss-at-chance", "underfitting", "vanishing-gradients",
            "same-class-predicted",
        ),
        fix=_fix(where, source),
    )  # fmt: skip


def _fix(where: object, source: Source | None) -> Fix:
    remove = "remove this softmax" if where is not None else "remove the softmax before the loss"
    return Fix(f"{remove}, so that cross_entropy gets the raw outputs")


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = []
    for call, softmaxes in _suspected.softmax_inputs(seen):
        loss = seen.place(call.block, call.node)
        for one in softmaxes:
            found.append(
                Finding(
                    says=f"this softmax makes what cross_entropy is given ({loss}), which applies "
                    "a softmax of its own",
                    places=(seen.place(one.block, one.node), loss),
                    severity="error",
                    confidence=0.93,
                    explains=("loss-not-decreasing", "underfitting", "vanishing-gradients"),
                    fix=Fix("remove this softmax, so that cross_entropy gets the raw outputs"),
                )
            )
    return found


# May a machine change it without asking? (see check_file.py)
SAFE = "what the network returns changes: code that reads it as probabilities has to be changed too"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    return unwrapped(finding, source, ("softmax", "Softmax", "Softmax2d"))


BAD = """
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc = nn.Linear(16 * 6 * 6, 10)

    def forward(self, x):
        x = F.relu(self.conv(x)).flatten(1)
        return F.softmax(self.fc(x), dim=1)  # <- here


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
for epoch in range(5):
    for images, labels in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(images), labels).backward()
        optimizer.step()

net.eval()
with torch.no_grad():
    print("test accuracy:", (net(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("F.softmax(self.fc(x), dim=1)  # <- here", "self.fc(x)")
