"""Weight decay too high.

What it looks for
    What weight decay asks of the weights is of the size of what the loss asks, the weights have
    shrunk since the start, and little was learned.

Why it hurts
    Every step pulls the weights towards zero faster than the gradient can use them. The outputs
    shrink to the same small numbers for every input, and the network guesses.

How to fix it
    Lower weight_decay: 1e-4 to 5e-4 are usual for SGD, 0 to 1e-4 for Adam (where it is an L2 term
    in the gradient), 0.01 to 0.1 for AdamW.

When it is fine
    Strong decay that the network learns with: behind BatchNorm the size of the weights does not
    matter. At the end of a training that went well the two pulls balance by themselves.

References
    Krogh and Hertz, A simple weight decay can improve generalization (1992). Loshchilov and Hutter,
    Decoupled weight decay regularization (2019).
"""

from __future__ import annotations

from statistics import median

from whytorch.checks._lab import gained, proven
from whytorch.checks._learning import Learning, learning
from whytorch.checks._mending import OPTIMIZERS
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import number, setting
from whytorch.checks.optimization._configured import configured
from whytorch.checks.optimization._progress import main_optimizer, short
from whytorch.evidence.facts import (
    GroupFacts,
    LossCalls,
    OptimizerFacts,
    Passes,
    Run,
    StepFacts,
    Training,
)
from whytorch.evidence.facts.experiments import WeightDecayScaled
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Severity

CONSEQUENCE_OF = ("loss-cut-from-model", "missing-backward", "frozen-parameters",
                  "zero-grad-before-step", "gradient-clipping-misused")  # fmt: skip

# Measured on MLPs and CNNs with SGD, Adam and AdamW, decays from 5e-4 to 100: where the pull of
# decay stayed below 0.25 of that of the loss (median of the second half) nothing was lost; where
# it was above, the weights had shrunk, and nets without BatchNorm had lost a fifth of their skill.
PULL = 0.3
# Decay beside the gradient (AdamW) meets no resistance where the gradient is small, as for rare
# rows of an embedding. Where it did harm, it was as large as all that moved, and the weights came
# to less than half.
PULL_BESIDE = 0.8
# What AdamW's weights learn in a step is decayed to a third within 1 / (rate * decay) steps. Usual
# settings keep it for thousands; where that is a part of a short run, the bench tells what it cost.
FORGETFUL = 0.3  # of the run's steps
ENOUGH_STEPS = 20
ENOUGH_LOOKS = 4
# A decay of this size halves the weights within a hundred steps at a rate of 0.01 if nothing
# resists; the largest recommended for an L2 term is 1e-2.
ABSURD = 0.5
COUPLED = ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam")
USUAL = {"SGD": 5e-4, "AdamW": 0.01}

# What trying the repair on the bench is.
TRIALS = (WeightDecayScaled,)


def decide(
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    optimizer = main_optimizer(training)
    group = _decayed(optimizer.groups) if optimizer is not None else None
    if optimizer is None or group is None:
        return []
    if training.steps < ENOUGH_STEPS:
        return NotJudged(f"needs {ENOUGH_STEPS} steps; this run has {training.steps}")
    index = training.optimizers.index(optimizer)
    looked = [s for s in training.trace if s.weight_norm and s.optimizer in (None, index)]
    late = looked[len(looked) // 2 :]
    pulls = [s.decay_pull for s in late if s.decay_pull is not None]
    if len(pulls) < ENOUGH_LOOKS:
        return NotJudged("what weight decay pulls at the weights was not seen")
    pull = median(pulls)
    beside = optimizer.kind not in COUPLED
    outcome = learning(run, losses, training, passes)
    severity = _severity(pull, looked, outcome, beside)
    if severity is None:
        forgets = beside and pull >= PULL_BESIDE and _may_have_lost(outcome)
        return _forgetful(group, training, optimizer, outcome, source) if forgets else []
    first, last = looked[0].weight_norm or 0.0, looked[-1].weight_norm or 0.0
    usual = USUAL.get(optimizer.kind, 1e-4)
    return [
        Finding(
            says=f"weight_decay={short(group.weight_decay)} pulls at the weights {pull:.2g} times "
            f"as hard as the loss does: their size went from {first:.3g} to {last:.2g} in "
            f"{training.steps} steps" + outcome.reached(),
            places=configured(optimizer, "weight_decay", source).places,
            severity=severity,
            confidence=0.9 if severity == "error" else 0.75,
            measured={
                "weight_decay": group.weight_decay,
                "decay_pull": pull,
                "first_weight_norm": first,
                "last_weight_norm": last,
                "steps": training.steps,
            },
            explains=("loss-not-decreasing", "loss-at-chance", "underfitting",
                      "same-class-predicted", "vanishing-gradients"),
            fix=Fix(f"write weight_decay={short(usual)}"),
        )
    ]  # fmt: skip


def _decayed(groups: tuple[GroupFacts, ...]) -> GroupFacts | None:
    """Of the groups with weights of the network, the one that decays most."""
    held = [g for g in groups if g.trained_parameters and (g.weight_decay or 0.0) > 0]
    return max(held, key=lambda g: g.weight_decay or 0.0, default=None)


def _severity(
    pull: float, looked: list[StepFacts], outcome: Learning, beside: bool
) -> Severity | None:
    """None where decay is not to blame, or costs nothing."""
    first, last = looked[0].weight_norm or 0.0, looked[-1].weight_norm or 0.0
    if pull < PULL or last >= first or outcome.broke_at is not None or outcome.works:
        return None
    if beside and (pull < PULL_BESIDE or last > first / 2):
        return None
    if outcome.skill is None:  # no accuracy: decay that won by far, and a loss that stayed
        return "warning" if pull >= 1 and last < first / 4 and outcome.stuck else None
    return "error" if outcome.failed else "warning"


def _may_have_lost(outcome: Learning) -> bool:
    return outcome.skill is not None and outcome.broke_at is None and not outcome.works


def _forgetful(
    group: GroupFacts,
    training: Training,
    optimizer: OptimizerFacts,
    outcome: Learning,
    source: Source | None,
) -> list[Finding]:
    """Each step's lesson is gone long before the run ends: large gradients keep the weights up, and
    only a trial tells what that cost."""
    share = (group.lr or 0.0) * (group.weight_decay or 0.0)
    if share * training.steps * FORGETFUL < 1:
        return []
    return [
        Finding(
            says=f"weight_decay={short(group.weight_decay)} at lr={short(group.lr)} takes "
            f"{share:.1%} of each weight in a step: within {1 / share:.0f} of the "
            f"{training.steps} steps two thirds of what one has taught are gone"
            + outcome.reached(),
            places=configured(optimizer, "weight_decay", source).places,
            severity="advice",
            grade="suspected",
            confidence=0.6,
            measured={
                "weight_decay": group.weight_decay,
                "lr": group.lr,
                "steps": training.steps,
            },
            fix=Fix(f"write weight_decay={short(USUAL.get(optimizer.kind, 1e-4))}"),
        )
    ]


def suspect(source: Source) -> list[Finding]:
    """A decay written as a number that no network withstands; AdamW multiplies it by the rate."""
    found = []
    for call in source.calls_to(*(f"torch.optim.{kind}" for kind in COUPLED)):
        given = call.argument("weight_decay")
        value = given.constant if given is not None and given.is_constant else None
        if call.keywords.get("decoupled_weight_decay") is not None:
            continue
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= ABSURD:
            found.append(
                Finding(
                    says=f"{call.last} with weight_decay={value:g} adds {value:g} times each "
                    "weight to its gradient; 0.01 is a large value",
                    places=(call.place,),
                    confidence=0.8,
                    grade="suspected",
                    explains=("loss-at-chance", "underfitting", "same-class-predicted"),
                    fix=Fix(f"write weight_decay={short(USUAL.get(call.last, 1e-4))}"),
                )
            )
    return found


def prove(
    scaled: WeightDecayScaled,
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    """Without the decay, or with less of it, the same steps learn."""
    optimizer = main_optimizer(training)
    group = _decayed(optimizer.groups) if optimizer is not None else None
    if optimizer is None or group is None:
        return []
    return proven(
        gained(scaled),
        learning(run, losses, training, passes),
        f"weight_decay={short(group.weight_decay)} keeps the network from learning",
        configured(optimizer, "weight_decay", source).places,
        f"write weight_decay={USUAL.get(optimizer.kind, 1e-4):g}",
        confidence=0.8,
    )


SAFE = "another weight decay changes the result of every training"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    new = number(r"write weight_decay=([\de.-]+)", finding)
    old = finding.measured.get("weight_decay")
    if new is None or old is None or float(new) >= old:
        return []
    return setting(finding, source, OPTIMIZERS, "weight_decay", new, old)


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
optimizer = torch.optim.Adam(model.parameters(), lr=0.003, weight_decay=1.0)  # <- here
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

GOOD = BAD.replace("weight_decay=1.0)  # <- here", "weight_decay=1e-4)")
