"""Learning rate too high.

What it looks for
    Training starts at a sane loss, single steps rewrite a large part of the weights, the loss
    jumps far above where it started (or is no longer a number) or whole layers of ReLU units die,
    and in the end little is learned.

Why it hurts
    Each step goes far beyond the point where its gradient was true. The loss leaps, ReLU units die
    on the way, and the network ends up guessing, or with numbers that are not finite.

How to fix it
    Lower the learning rate; a step should change the weights by about 0.1 to 1 percent. Usual
    starts: 1e-3 for Adam, 0.01 to 0.1 for SGD.

When it is fine
    A network that learns well may take large first steps: SGD at 0.1 with BatchNorm, the top of a
    OneCycle schedule. A first loss that is already too high has its cause before the first step:
    inputs or initial weights.

References
    Y. Bengio, Practical recommendations for gradient-based training of deep architectures (2012).
"""

from __future__ import annotations

import math
from itertools import pairwise

from msgspec.structs import replace

from whytorch.checks._lab import proven, swept
from whytorch.checks._learning import Learning, has_no_level, learning
from whytorch.checks._mending import rate
from whytorch.checks._promises import pays
from whytorch.checks.optimization._configured import configured
from whytorch.checks.optimization._progress import (
    main_optimizer,
    short,
    trained_steps,
)
from whytorch.checks.optimization._thrown_off import died, grown
from whytorch.evidence.facts import (
    Activations,
    LossCalls,
    Network,
    OptimizerFacts,
    Passes,
    Run,
    Training,
)
from whytorch.evidence.facts.experiments import LrSweep
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Severity

CONSEQUENCE_OF = ("missing-zero-grad", "unscaled-inputs", "poor-initialization",
                  "mse-on-class-labels", "nll-without-log-softmax", "unsuitable-momentum",
                  "batch-size-too-small", "batchnorm-on-tiny-batches",
                  "gradient-accumulation-misused", "mixed-precision-without-scaler",
                  "misaligned-images-and-labels", "degenerate-images",
                  "excessive-augmentation", "unsuitable-normalization",
                  # A logarithm of 0 comes of confident outputs, at any rate.
                  "undefined-in-loss",
                  # What is minimized then is no loss of the task, or of one class at a time: no
                  # rate makes it learn, and a lower loss at another rate says nothing.
                  "backward-on-wrong-tensor", "broadcast-loss",
                  "unshuffled-training-data")  # fmt: skip

# Measured on small CNNs and MLPs, with and without BatchNorm, SGD and Adam, over learning rates
# of 1e-3 to 10: of those that came to nothing, none had a largest update below 0.22 or a peak
# below 1.5 times the first loss. Sound ones may have either (Adam at 0.03: 0.7; SGD at 1 with
# BatchNorm: a peak of 3.6 times), and learn all the same.
REWRITES = 0.2
MOVES = 0.02  # SGD at 1 with momentum 0.9: a layer died of steps of 4 % each
PEAK = 1.4
GROWTH = 3.0
HIGH_PEAK = 3.0  # for those that learn something
RUN = 4  # losses, one step after the other
BLOWN_UP = 30.0  # times the level: each step made it worse, and more so
SANE_START = 2.0  # times the loss of guessing
ENOUGH_STEPS = 20
USUAL_UPDATE = 0.05  # of the weights in the largest step of a run that learns

DROPS_NEARLY_ALL = 0.9
FAR_ABOVE = 0.03  # 30 times the usual 1e-3 of these
_OF_ADAM = ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop")

# What trying the repair on the bench is.
TRIALS = (LrSweep,)


def decide(
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    activations: Activations | None,
    network: Network | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    outcome = learning(run, losses, training, passes)
    if training.steps < ENOUGH_STEPS and outcome.broke_at is None:
        return NotJudged(f"needs {ENOUGH_STEPS} steps; this run has {training.steps}")
    if outcome.first_loss is None or outcome.largest_update is None:
        return NotJudged("the loss and the size of the updates were not seen")
    if has_no_level(losses, training) and outcome.broke_at is None:
        return []
    away = _ran_away(training, outcome)
    if away and (outcome.largest_update or 0.0) < 1.0:  # that step was not among those measured
        outcome = replace(outcome, largest_update=1.0)
    severity = _severity(outcome, died(activations) and grown(network))
    if outcome.broke_at is None and drops_nearly_all(network):
        severity = None  # a noise that no rate takes out of the loss; the lab tries lower ones
    optimizer = main_optimizer(training)
    if severity is None and optimizer is not None and _far_above_usual(optimizer, outcome):
        severity = "advice"
    if severity is None or optimizer is None or not trained_steps(optimizer):
        return []
    return [_finding(optimizer, outcome, severity, source, away)]


def _far_above_usual(optimizer: OptimizerFacts, outcome: Learning) -> bool:
    """Behind a warm-up, or clipped, a rate far above all usual ones throws nothing off, and learns
    a little. Whether it is the rate that keeps it from more, the lab tries."""
    rate = max((g.lr or 0.0 for g in optimizer.groups if g.trained_parameters), default=0.0)
    far = optimizer.kind in _OF_ADAM and rate >= FAR_ABOVE
    return far and outcome.skill is not None and not outcome.works


def _ran_away(training: Training, outcome: Learning) -> bool:
    """Whether the loss rose manyfold at each of the last steps before it broke: each step made it
    worse. An overflow, a log of 0 or a broken image come at once."""
    if outcome.broke_at is None or outcome.level <= 0:
        return False
    before = [s for s in training.trace if s.loss is not None and s.index < outcome.broke_at]
    last = before[-RUN:]
    if len(last) < RUN or last[-1].index - last[0].index != RUN - 1:
        return False
    losses = [s.loss or 0.0 for s in last]
    rises = all(b > GROWTH * a for a, b in pairwise(losses))
    return rises and losses[-1] >= BLOWN_UP * outcome.level


def drops_nearly_all(network: Network | None) -> bool:
    """Whether a dropout leaves hardly anything, and multiplies what it leaves by ten and more."""
    return any(
        d.in_training and d.p >= DROPS_NEARLY_ALL for d in (network.dropouts if network else ())
    )


def _severity(outcome: Learning, thrown_off: bool) -> Severity | None:
    """None where the learning rate is not to blame."""
    start, update = outcome.first_loss or 0.0, outcome.largest_update or 0.0
    level = max(start, outcome.chance_loss or 0.0)
    if outcome.chance_loss is not None and start > SANE_START * outcome.chance_loss:
        return None
    if level <= 0 or update < MOVES or outcome.works:
        return None
    # Not every step was measured, and momentum adds up small ones: units that died while the signal
    # grew, or a loss that blew up, show what was missed.
    if thrown_off and outcome.stuck and outcome.failed:
        return "error"
    if update < REWRITES / 2:
        return None
    peak = (outcome.highest_loss or 0.0) / level
    if peak >= BLOWN_UP and outcome.stuck and outcome.failed:
        return "error"
    if update < REWRITES:
        return None
    peak = math.inf if outcome.broke_at is not None else peak
    if outcome.stuck and peak >= PEAK:
        return "error"
    if peak < HIGH_PEAK:
        return None
    little = outcome.failed and outcome.steps >= 5 * ENOUGH_STEPS
    return "warning" if little else "advice"


def _finding(
    optimizer: OptimizerFacts,
    outcome: Learning,
    severity: Severity,
    source: Source | None,
    away: bool,
) -> Finding:
    rate, written = optimizer.groups[0].lr, configured(optimizer, "lr", source)
    peak = (
        f"is no number from step {outcome.broke_at + 1} on"
        if outcome.broke_at is not None
        else f"went up to {outcome.highest_loss:.3g}, and ended at {outcome.last_loss:.3g}"
    )
    how = f"changed the weights by {outcome.largest_update:.0%} of their size in one step"
    if away:
        how = "made the loss several times larger at each of the last steps"
    elif (outcome.largest_update or 0.0) < REWRITES / 2:
        how = "made a layer's signal several times larger and killed its units in training"
    return Finding(
        says=f"{optimizer.kind} with lr={short(rate)} {how}; the loss began at "
        f"{outcome.first_loss:.3g} and {peak}, in {outcome.steps} steps",
        places=written.places,
        severity=severity,
        # It learned something all the same: whether a lower rate does better, the lab tries.
        grade="suspected" if severity == "advice" else "observed",
        confidence=0.85 if severity == "error" else 0.65,
        measured={
            "learning_rate": rate,
            "largest_update_ratio": outcome.largest_update,
            "first_loss": outcome.first_loss,
            "highest_loss": outcome.highest_loss,
            "last_loss": outcome.last_loss,
            "steps": outcome.steps,
            "training_accuracy": outcome.train_accuracy,
        },
        explains=("loss-oscillates", "loss-not-decreasing", "loss-at-chance", "non-finite-loss",
                  "exploding-gradients", "underfitting", "same-class-predicted"),
        fix=_fix(written.name, rate, outcome),
    )  # fmt: skip


def _fix(name: str, rate: float | None, outcome: Learning) -> Fix:
    if not rate:
        return Fix("lower the learning rate by a factor of 10")
    # A blow-up multiplies the updates themselves; beyond 30 times the weights it says no more.
    wanted = rate * USUAL_UPDATE / min(outcome.largest_update or 1.0, 30.0)
    wanted = min(wanted, rate / 3)
    digit = 10 ** math.floor(math.log10(wanted))
    return Fix(f"write {name}={short(max(1, math.floor(wanted / digit)) * digit)} or lower")


def prove(
    sweep: LrSweep,
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    """At a lower rate the same steps learn, and at the script's they do not."""
    optimizer = main_optimizer(training)
    own, best = sweep.own_rate or 0.0, sweep.best_rate or 0.0
    if optimizer is None or best > own / 2 or has_no_level(losses, training):
        return []
    written = configured(optimizer, "lr", source)
    built = optimizer.groups[0].lr or own
    begins = f", {short(own)} where the schedule begins," if built > 2 * own else ""
    return proven(
        swept(sweep),
        learning(run, losses, training, passes),
        f"lr={short(built if begins else own)}{begins} is above what this network takes",
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
optimizer = torch.optim.Adam(model.parameters(), lr=0.3)  # <- here
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

GOOD = BAD.replace("lr=0.3)  # <- here", "lr=0.003)")
