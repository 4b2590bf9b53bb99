"""Gradients cleared between backward and step.

What it looks for
    Steps whose optimizer had gradients after the backward and none, or only zeros, when it came to
    step: something cleared them in between.

Why it hurts
    The step sees no gradient, so it changes nothing (or only decays the weights): the network stays
    as it was at the start, while loss and accuracy are still printed.

How to fix it
    Move optimizer.zero_grad() before loss.backward(), or behind optimizer.step().

When it is fine
    A step left out now and then on purpose, such as after a loss that is not a number.

References
    torch.optim.Optimizer.zero_grad; "Optimizing model parameters" in the PyTorch tutorials.
"""

from __future__ import annotations

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._mending import called_at
from whytorch.checks._promises import pays
from whytorch.checks.training_loop import _suspected
from whytorch.checks.training_loop._loop import loss_name, optimizer_name, owner
from whytorch.evidence.facts import Passes, Training
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, Move, NotJudged

# A right loop has none at all. With two optimizers, or a clear for some batches only, it is a part
# of the steps; below a third the others train the network, and a skipped step may be on purpose.
CLEARED_SHARE = 1 / 3


def decide(training: Training, passes: Passes | None) -> list[Finding] | NotJudged:
    if not training.steps:
        return NotJudged("needs an optimizer step; this run has none")
    cleared = training.cleared_before_step
    zeroed_by_clipping = training.clip_max_norm == 0
    if cleared < max(2.0, CLEARED_SHARE * training.steps) or zeroed_by_clipping:
        return []
    clear = training.zero_grad_place
    stepped = next((o for o in training.optimizers if o.steps), None)
    backward = f"{loss_name(training)}.backward()"
    step = f"{optimizer_name(stepped)}.step()"
    what = "the gradients" if clear is None else f"{owner(clear, 'zero_grad', 'it')}.zero_grad()"
    return [
        Finding(
            says=f"at {cleared} of {training.steps} steps the gradients of the backward had been "
            "cleared before the optimizer could use them",
            places=places(clear, training.step_place, training.backward_place),
            severity="warning" if learns_well(passes) else "error",
            confidence=0.97,
            measured={"steps": training.steps, "steps_without_their_gradients": cleared},
            explains=(
                "weights-unchanged", "loss-not-decreasing", "loss-at-chance",
                "same-class-predicted", "underfitting",
            ),
            fix=Fix(
                f"clear the gradients before {backward}, not between it and {step}"
                if clear is None
                else f"move {what} before {backward}, or behind {step}"
            ),
        )
    ]  # fmt: skip


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = []
    for clear, step in _suspected.cleared_before_step(seen):
        cleared, stepped = (seen.text(site.block, site.node) for site in (clear, step))
        found.append(
            Finding(
                says=f"{cleared} stands between backward and {stepped}: the step has no gradients "
                "to use",
                places=(
                    seen.place(clear.block, clear.node),
                    seen.place(step.block, step.node),
                ),
                severity="error",
                confidence=0.95,
                explains=("weights-unchanged", "loss-not-decreasing", "loss-at-chance"),
                fix=Fix(f"move {cleared} before backward, or behind {stepped}"),
            )
        )
    return found


# May a machine change it without asking? (see check_file.py)
SAFE = True
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    clear = called_at(finding, source, "zero_grad")
    step = called_at(finding, source, "step")
    return [Move(clear.place, after=step.place)] if clear and step else []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
order = torch.randperm(len(x))
x, y = x[order], torch.tensor(y)[order]
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc = nn.Linear(16 * 36, 10)

    def forward(self, x):
        return self.fc(torch.relu(self.conv(x)).flatten(1))


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(3):
    for inputs, labels in loader:
        loss = nn.functional.cross_entropy(net(inputs), labels)
        loss.backward()
        opt.zero_grad()  # <- here
        opt.step()

net.eval()
with torch.no_grad():
    print("test accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""

GOOD = BAD.replace(
    "        opt.zero_grad()  # <- here\n        opt.step()\n",
    "        opt.step()\n        opt.zero_grad()\n",
)
