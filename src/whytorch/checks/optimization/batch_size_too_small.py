"""Batch size too small.

What it looks for
    Batches of a few samples at a learning rate that suits batches of dozens: single steps are of a
    sane size, and yet the loss jumps far above where it started, the weights grow, and little is
    learned in very many steps.

Why it hurts
    The gradient of one or two samples is mostly noise. At a usual rate the steps go astray faster
    than their mean gets anywhere: what one sample taught the next one undoes.

How to fix it
    Use batches of 32 or more, or lower the learning rate as much as the batch is smaller.

When it is fine
    Small batches at a small rate, Adam at 1e-3 or less, micro-batches whose gradients are
    accumulated. A rate that is too high for every batch size is another mistake: there already
    single steps rewrite the weights.

References
    McCandlish et al., An empirical model of large-batch training (2018). Goyal et al., Accurate,
    large minibatch SGD (2017): the rate goes with the batch size.
"""

from __future__ import annotations

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import number, setting
from whytorch.checks.optimization._progress import Progress, progress
from whytorch.evidence.facts import (
    DataFlow,
    LossCalls,
    Network,
    Passes,
    Run,
    StepFacts,
    Training,
)
from whytorch.evidence.facts.experiments import BatchSize
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, Severity

CONSEQUENCE_OF = (
    *SPOILS_LEARNING,
    "unsuitable-momentum",
)

FEW = 4
FEWEST = 2
ENOUGH_STEPS = 200
# Measured on small CNNs with SGD at 0.05 and momentum 0.9: batches of 32 learn, those of 4 and 1
# fail; their single steps stay below 7 % of the weights, the loss peaks at 1.6 times its start and
# more, and the weights nearly double. At a rate as much lower batches of 1 and 2 learn as well:
# what counts is the effective rate a sample. It was 0.05 where they learned and 0.1 where not; the
# tutorial's batches of 4 at 0.001 and momentum 0.9 come to 0.0025.
PEAK = 1.4
HIGH_PEAK = 2.0  # for those that learn something
GREW = 1.4
NOISY_PLAIN = 0.1
NOISY_NORMALIZING = 3e-3
SANE_STEP = 0.2  # above it the rate alone explains it

# What trying the repair on the bench is.
TRIALS = (BatchSize,)


def decide(
    training: Training,
    run: Run,
    network: Network | None,
    losses: LossCalls | None,
    passes: Passes | None,
    data: DataFlow | None,
) -> list[Finding] | NotJudged:
    made = progress(training)
    if made is None or made.batch is None:
        return NotJudged("the size of the batches was not seen")
    if made.batch > FEW:
        return []
    if training.steps < ENOUGH_STEPS:
        return NotJudged(f"needs {ENOUGH_STEPS} steps; this run has {training.steps}")
    outcome = learning(run, losses, training, passes)
    severity = _severity(made, training, outcome, run)
    if severity is None:
        return []
    first, peak = outcome.first_loss or 0.0, outcome.highest_loss or 0.0
    rate = made.lr or 0.0
    few = "one sample" if made.batch == 1 else f"{made.batch} samples"
    return [
        Finding(
            says=f"each of {made.steps} steps follows {few} at lr={rate:g}: the loss began at "
            f"{first:.3g} and went up to {peak:.3g}, and the weights grew {_grown(training):.1f} "
            f"times{outcome.reached()}",
            places=places(_where(data), made.optimizer.place),
            severity=severity,
            confidence=0.88 if made.batch <= FEWEST and outcome.stuck else 0.75,
            measured={
                "batch_size": made.batch,
                "learning_rate": rate,
                "highest_loss": peak,
                "first_loss": first,
                "weights_grew_times": _grown(training),
                "steps": made.steps,
            },
            explains=("loss-oscillates", "loss-not-decreasing", "loss-at-chance", "underfitting",
                      "same-class-predicted"),
            fix=Fix(f"write batch_size=32, or lr={rate * made.batch / 32:.1g} with this one"),
        )
    ]  # fmt: skip


def _severity(made: Progress, training: Training, outcome: Learning, run: Run) -> Severity | None:
    noisy = NOISY_NORMALIZING if made.normalizes else NOISY_PLAIN
    rate = made.effective_lr or 0.0
    if not made.at_usual_rate:
        return None
    if rate / (made.batch or 1) < 0.999 * noisy:
        return None
    if (made.batch or 0) <= FEWEST and outcome.stuck:
        # The gradient of a single sample is many times the mean's: its steps rewrite the weights at
        # rates that are usual, and it is the size of the batch that is not.
        return "error" if outcome.thrown_off else None
    if outcome.broke_at is not None or (outcome.largest_update or 1.0) >= SANE_STEP:
        return None
    level, peak = outcome.level, outcome.highest_loss or 0.0
    if level <= 0 or peak < PEAK * level or _grown(training) < GREW:
        return None
    if outcome.skill is None or outcome.works:
        return None
    if outcome.failed:
        return "warning" if run.training_shortened else "error"
    return "warning" if peak >= HIGH_PEAK * level and not run.training_shortened else None


def _grown(training: Training) -> float:
    looked: list[StepFacts] = [s for s in training.trace if s.weight_norm]
    first = looked[0].weight_norm if looked else None
    return max(s.weight_norm or 0.0 for s in looked) / first if first else 1.0


def _where(data: DataFlow | None) -> Place | None:
    """The loader that training draws from; a batch cut by hand has no line of its own."""
    feeding = data.feeding("train") if data is not None else ()
    small = [x for x in feeding if x.batch_size is not None and x.batch_size <= FEW]
    return small[0].place if small else None


SAFE = "another batch size changes the result of every training"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    new, old = number(r"write batch_size=(\d+)", finding), finding.measured.get("batch_size")
    return setting(finding, source, ("DataLoader",), "batch_size", new, old, 1) if new else []


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
train_set = TensorDataset(x_train, y_train)
loader = DataLoader(train_set, batch_size=2, shuffle=True)  # <- here

model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(2):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("batch_size=2, shuffle=True)  # <- here", "batch_size=32, shuffle=True)")
