"""Learning rate too low.

What it looks for
    In the whole run the weights moved by less than three percent of their size, at a rate far
    below the usual one of this optimizer, and little was learned.

Why it hurts
    Each step goes in the right direction and nearly nowhere. The loss falls in a straight line
    that hardly leaves its start, and no number of epochs that you would wait for helps.

How to fix it
    Raise the learning rate by factors of 10 until the loss falls clearly within an epoch. Usual
    starts: 1e-3 for Adam, 0.01 to 0.1 for SGD.

When it is fine
    Weights that were trained before and are only tuned, long runs that reach their goal in small
    steps, warm-up. Gradients that vanish have another cause: there the rate is a usual one.

References
    Y. Bengio, Practical recommendations for gradient-based training of deep architectures (2012).
"""

from __future__ import annotations

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._lab import proven, swept
from whytorch.checks._learning import Learning, has_no_level, learning
from whytorch.checks._mending import rate
from whytorch.checks._promises import pays
from whytorch.checks.optimization._configured import configured
from whytorch.checks.optimization._progress import (
    FAR_ENOUGH,
    Progress,
    progress,
    short,
)
from whytorch.evidence.facts import LossCalls, Network, Passes, Run, Training
from whytorch.evidence.facts.experiments import LrSweep
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Severity

CONSEQUENCE_OF = SPOILS_LEARNING

ENOUGH_STEPS = 40  # fewer say as little of a good rate: the run is too short
# Rates that nobody recommends for networks that start at random: a tenth of the lowest usual one.
# SGD's is the effective one, lr / (1 - momentum): 0.01 without momentum up to 0.1 with 0.9.
# Adadelta's rate is a factor of a step it finds itself, 1 by default.
LOW_PLAIN = 1e-3
LOW = {"Adam": 5e-5, "AdamW": 5e-5, "NAdam": 1e-4, "RAdam": 5e-5, "Adamax": 1e-4,
       "RMSprop": 5e-5, "Adagrad": 5e-4, "Adadelta": 0.02, "SGD": LOW_PLAIN}  # fmt: skip
USUAL = {"SGD": 0.01, "Adagrad": 0.01, "Adadelta": 1.0}
# A step of a shortened run stands for all only if a hundred thousand of them go nowhere.
LONG_RUN = 100_000
HARDLY = 0.15  # of the first loss; what is gone later was learned

# What trying the repair on the bench is.
TRIALS = (LrSweep,)


def decide(
    training: Training,
    run: Run,
    network: Network | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    made = progress(training)
    if made is None or made.travel is None or made.usual_update is None:
        return NotJudged("the size of the updates was not seen")
    if training.steps < ENOUGH_STEPS:
        return NotJudged(f"needs {ENOUGH_STEPS} steps; this run has {training.steps}")
    if not _is_low(made) or made.travel >= FAR_ENOUGH:
        return []
    if run.training_shortened and made.usual_update * LONG_RUN >= FAR_ENOUGH:
        return NotJudged("needs the whole training; this run was shortened")
    severity = _severity(made, learning(run, losses, training, passes), network)
    return [_finding(made, severity, source)] if severity else []


def _is_low(made: Progress) -> bool:
    rate = made.effective_lr
    if made.optimizer.kind == "SGD" and (made.lr or 0.0) >= LOW_PLAIN:
        return False  # what lacks at such a rate is momentum
    return rate is not None and 0 < rate <= 1.001 * LOW.get(made.optimizer.kind, LOW_PLAIN)


def _severity(made: Progress, outcome: Learning, network: Network | None) -> Severity | None:
    """None where it learned, or may have known all before."""
    fell = made.fell
    if outcome.broke_at is not None or outcome.largest_update is None:
        return None
    if outcome.skill is not None:
        if not outcome.failed:
            return None
        return "warning" if network is not None and network.loaded else "error"
    if fell is None or fell >= HARDLY or (network is not None and network.loaded):
        return None
    return "warning"  # without an accuracy nobody knows how low the loss can get


def _finding(made: Progress, severity: Severity, source: Source | None) -> Finding:
    kind, fell = made.optimizer.kind, made.fell or 0.0
    first, last = made.level(0, 0.05), made.level(0.9, 1)
    usual, written = USUAL.get(kind, 1e-3), configured(made.optimizer, "lr", source)
    travel = made.travel or 0.0
    moved = f"{travel:.1%}" if travel >= 5e-4 else "under 0.1%"
    says = f"with lr={short(made.lr)} {kind} moved the weights by {moved} of their size in "
    says += f"{made.steps} steps"
    if first is not None and last is not None:
        says += f"; the loss went from {first:.4g} to {last:.4g}"
    return Finding(
        says=says,
        places=written.places,
        severity=severity,
        confidence=0.88 if severity == "error" else 0.7,
        measured={
            "learning_rate": made.lr,
            "momentum": made.momentum,
            "usual_update_ratio": made.usual_update,
            "weights_moved_share": travel,
            "loss_fell_share": fell,
            "steps": made.steps,
        },
        explains=("loss-not-decreasing", "loss-at-chance", "underfitting",
                  "same-class-predicted"),
        fix=Fix(f"write {written.name}={short(usual)}"),
    )  # fmt: skip


def prove(
    sweep: LrSweep,
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    """At a higher rate the same steps learn, and at the script's they do not."""
    made = progress(training)
    own, best = sweep.own_rate or 0.0, sweep.best_rate or 0.0
    outcome = learning(run, losses, training, passes)
    if has_no_level(losses, training):
        return []
    if made is None or best < 2 * own or outcome.broke_at is not None:
        return []  # where the loss breaks later on, no higher rate of the first steps mends it
    written = configured(made.optimizer, "lr", source)
    return proven(
        swept(sweep),
        outcome,
        f"lr={short(own)} is far below what this network takes",
        written.places,
        f"write {written.name}={best:.2g}",
        measured={"learning_rate": own},
    )


# May a machine change it without asking? (see check_file.py)
SAFE = "another learning rate changes the result of every training"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    return rate(finding, source)


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(32 * 16, 10),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-6)  # <- here
for epoch in range(4):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("lr=3e-6)  # <- here", "lr=3e-3)")
