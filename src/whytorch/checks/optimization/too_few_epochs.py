"""Too few epochs.

What it looks for
    A training that ends after one to three epochs and a few hundred steps of a sane size, with the
    loss still falling clearly and hardly anything learned yet.

Why it hurts
    Nothing is broken: the network is on its way and was stopped. What it would come to nobody
    knows yet, least of all whether another architecture is needed.

How to fix it
    Train on until the validation loss has stopped falling for several epochs, and only then judge
    the result.

When it is fine
    Short demonstrations, tuning of a trained network, one pass over very much data. Where the
    weights hardly move the learning rate is to blame, and where an epoch is a handful of steps the
    batch size.

References
    Prechelt, Early stopping, but when? (1998).
"""

from __future__ import annotations

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import calls_here, number
from whytorch.checks.data_order._used_up_batches import used_up
from whytorch.checks.optimization._progress import Progress, progress
from whytorch.evidence.facts import LossCalls, Network, Passes, PassFacts, Run, Training
from whytorch.evidence.source import Loop, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceConstant, Severity

CONSEQUENCE_OF = (
    *SPOILS_LEARNING,
    "learning-rate-too-low", "unsuitable-momentum", "unsuitable-optimizer",
    "batch-size-too-large", "batch-size-too-small", "dropout-too-high", "unsuitable-activation",
    "early-stopping-misfires", "underfitting-capacity",
)  # fmt: skip

MOST_EPOCHS = 3
# Beyond these a sound network has left a skill of 0.3 behind on everything small; a long first
# epoch on a hard set (a CIFAR-10 tutorial: 12,500 steps an epoch) is nobody's mistake.
MOST_STEPS = 400
ENOUGH_STEPS = 12
LITTLE = 0.3  # skill; the tutorial's two epochs come to 0.5
BEGUN = 0.9  # of the first loss; a short trial of a sound script is below it within an epoch
SANE_UPDATE = 3e-4  # below it the rate is what lacks
STILL = 0.3  # of the whole fall in its second half: a straight line has a half, a bend less


def decide(
    training: Training,
    run: Run,
    network: Network | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if run.training_shortened or run.exit not in ("finished", "exited"):
        return NotJudged("needs the whole training; this run ended early")
    made = progress(training)
    if training.steps < ENOUGH_STEPS or (made is not None and made.steps < ENOUGH_STEPS):
        return NotJudged(f"needs {ENOUGH_STEPS} steps; this run has {training.steps}")
    if made is None or made.usual_update is None:
        return NotJudged("the size of the updates was not seen")
    if run.classification is False or sum(o.steps > 0 for o in training.optimizers) > 1:
        return []  # networks against each other, or one after the other
    train = passes.of("train") if passes is not None else ()
    count = _epochs(train)
    if not train or count > MOST_EPOCHS or made.steps > MOST_STEPS:
        return []
    outcome = learning(run, losses, training, passes)
    severity = _severity(made, outcome, network)
    if used_up(passes, outcome, source) is not None:
        return []  # its epochs are enough: all but the first are empty
    if severity is None or not _one_run(train[-1].first_step, len(train), made.steps):
        return []
    middle, last = made.level(0.4, 0.6), made.level(0.9, 1)
    loop = _loop_of_epochs(source, training)
    epochs = f"{count} epoch" + ("s" if count > 1 else "")
    return [
        Finding(
            says=f"the training ends after {epochs} and {made.steps} steps while the loss still "
            f"falls: from {made.level(0, 0.05):.3g} over {middle:.3g} halfway to {last:.3g}"
            f"{outcome.reached()}",
            places=places(loop, made.optimizer.step_place),
            severity=severity,
            confidence=0.6,
            measured={
                "epochs": count,
                "steps": made.steps,
                "loss_halfway": middle,
                "last_loss": last,
                "usual_update_ratio": made.usual_update,
            },
            explains=("underfitting", "loss-at-chance") if severity != "advice" else (),
            fix=Fix(f"train for {max(10, 10 * count)} epochs, and watch the validation loss"),
        )
    ]


def _severity(made: Progress, outcome: Learning, network: Network | None) -> Severity | None:
    first, middle, last = made.level(0, 0.05), made.level(0.4, 0.6), made.level(0.9, 1)
    if first is None or middle is None or last is None or outcome.broke_at is not None:
        return None
    if (made.usual_update or 0.0) < SANE_UPDATE or outcome.skill is None or outcome.works:
        return None
    if not made.falls or first <= last or middle - last < STILL * (first - last):
        return None
    loaded = network is not None and network.loaded
    hardly_begun = outcome.skill < LITTLE and last > BEGUN * first and not loaded
    return "warning" if hardly_begun else "advice"


def _epochs(train: tuple[PassFacts, ...]) -> int:
    """Batches cut by hand form one long pass: there each sample's turns are counted."""
    new = sum(p.new_samples or 0 for p in train)
    turns = round(sum(p.samples for p in train) / new) if new else 0
    return max(len(train), turns)


def _one_run(last_starts: int, epochs: int, steps: int) -> bool:
    """Whether the passes are equal epochs of one training, not phases or folds."""
    return abs(last_starts - steps * (epochs - 1) / epochs) <= 0.1 * steps + 1


def _loop_of_epochs(source: Source | None, training: Training) -> Place | None:
    """The loop around the loop that steps; the function's caller's, where that has only one."""
    place = training.step_place
    if source is None or place is None:
        return None
    path = source.complete(place).path
    around = [x for x in source.loops if _inside(place, path, x)]
    if len(around) >= 2:
        return around[-2].place
    named = [x for x in source.loops if "epoch" in (x.target or "") and x not in around]
    return named[0].place if len(named) == 1 else around[0].place if around else None


def _inside(place: Place, path: str, loop: Loop) -> bool:
    last = loop.place.end_line or loop.place.line
    return loop.place.path == path and loop.place.line < place.line <= last


SAFE = "a longer training takes longer"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    new, old = number(r"train for (\d+) epochs", finding), finding.measured.get("epochs")
    if new is None or old is None or not finding.places:
        return []
    for call in calls_here(finding, source, "range"):
        if len(call.args) == 1 and not call.args[0].is_constant:
            defined = source.definition(call.place, 0)
            return [ReplaceConstant(defined, old=old, new=new)] if defined is not None else []
        return [ReplaceConstant(finding.places[0], old=old, new=new)]
    return []


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
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
for epoch in range(1):  # <- here
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("range(1):  # <- here", "range(15):")
