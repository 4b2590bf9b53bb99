"""Batch size too large for so few epochs.

What it looks for
    The whole training makes a handful of updates, each of a sane size, because one batch holds a
    large part of the training data; the loss is on its way down when it ends. Or at a usual rate
    the weights are still where they began, and nothing was learned. In a run that ended
    early, a handful of updates in each epoch is a suspicion.

Why it hurts
    An update costs one pass over its batch, and its gradient is hardly better with thousands of
    samples than with dozens. Ten updates don't train a network, however many samples they saw.

How to fix it
    Use batches of 32 to 128: the same epochs then make many times as many updates.

When it is fine
    Full batches over hundreds of epochs, methods that need them (L-BFGS), tuning a network that
    knows its task, and whatever learns well.

References
    Keskar et al., On large-batch training for deep learning (2017). Masters and Luschi, Revisiting
    small batch training for deep neural networks (2018).
"""

from __future__ import annotations

from statistics import median

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._mending import OPTIMIZERS
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import number, setting
from whytorch.checks.optimization._gathering import each_batch
from whytorch.checks.optimization._progress import FAR_ENOUGH, Progress, progress
from whytorch.checks.optimization._unmoved import faster, stays
from whytorch.evidence.facts import DataFlow, LossCalls, Network, Passes, Run, Training, Upkeep
from whytorch.evidence.facts.experiments import BatchSize
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, Severity

CONSEQUENCE_OF = (
    *SPOILS_LEARNING,
    "learning-rate-too-low",
)

LARGE = 128  # samples; below it is the number of epochs that is small
USUAL = 32
VERY_LARGE = 512  # samples, of which an epoch has few: full batches of small data sets are usual
FEW_AN_EPOCH = 10
FEW_UPDATES = 40  # small networks with Adam at 1e-3 or SGD at 0.05 pass a skill of 0.5 after these
ENOUGH_UPDATES = 100  # that the same epochs must make at the usual size
LITTLE = 0.75  # of the loss of always giving the same answer is left: next to nothing was learned
FAR = 0.17  # of the weights' size: what goes so far in a whole training learns (see _progress)
SANE_UPDATES = (5e-4, 0.2)  # of the weights, in a step: below or above the rate is to blame

# What trying the repair on the bench is.
TRIALS = (BatchSize,)


def decide(
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    data: DataFlow | None,
    upkeep: Upkeep | None,
    network: Network | None,
) -> list[Finding] | NotJudged:
    if (none := _no_batch(training, data)) is not None:
        return [none]
    made = progress(training)
    if made is None or made.batch is None or made.usual_update is None:
        return NotJudged("the size of the batches was not seen")
    if made.batch < LARGE or made.steps > FEW_UPDATES:
        return []
    outcome = learning(run, losses, training, passes)
    if run.training_shortened or run.exit not in ("finished", "exited"):
        planned = [p.planned_batches or 0 for p in passes.of("train")] if passes else []
        where = _where(data, made, training, None)
        if not outcome.works and _hardly_moves(made, run, network):
            return [_of_the_plan(made, run.planned_steps or 0, where)]
        few = 0 < max(planned, default=0) <= FEW_AN_EPOCH
        if not few or made.batch < VERY_LARGE or outcome.works:
            return NotJudged("needs the whole training; this run ended early")
        return [_suspicion(made, max(planned), where)]
    severity = _severity(made, outcome)
    still = severity is None and _unmoved(made, outcome, network)
    if severity is None and not still:
        return []
    gathered = _gathered(upkeep, made.batch)
    times = gathered or made.batch / USUAL
    each = "step" if made.steps == 1 else "steps"
    first, last = made.level(0, 0.05), made.level(0.9, 1)
    rate = faster(made, USUAL) if still and not gathered else None
    went = f"the loss went from {first:.3g} to {last:.3g}"
    if still:
        went = f"they moved the weights by {made.travel or 0.0:.1g} of their size"
    return [
        Finding(
            says=f"the whole training makes {made.steps} {each}, of {made.batch} samples each; "
            f"{went}{outcome.reached()}",
            places=places(*_where(data, made, training, upkeep if gathered else None)),
            severity=severity or "error",
            confidence=0.75,
            measured={
                "batch_size": made.batch,
                "steps": made.steps,
                "weights_moved_share": made.travel,
                "learning_rate": made.lr,
                "steps_at_32": round(made.steps * made.batch / USUAL),
                "batches_per_step": gathered,
                "usual_update_ratio": made.usual_update,
            },
            explains=("underfitting", "loss-not-decreasing", "loss-at-chance",
                      "same-class-predicted"),
            fix=Fix(
                f"{_what(gathered)}: {round(made.steps * times)} steps in the same epochs"
                + (f"; and write lr={rate}" if rate else "")
            ),
        )
    ]  # fmt: skip


def _unmoved(made: Progress, outcome: Learning, network: Network | None) -> bool:
    """Fewer updates than a tutorial's first minute makes, and nothing of the task was learned."""
    enough = made.steps * (made.batch or 1) >= ENOUGH_UPDATES * USUAL
    return enough and (made.batch or 0) >= VERY_LARGE and stays(made, outcome, network)


def _no_batch(training: Training, data: DataFlow | None) -> Finding | None:
    """Nothing was trained on: the data set is smaller than one batch, and drop_last drops it."""
    for loader in data.loaders if data is not None and not training.steps else ():
        length, size = loader.dataset.length or 0, loader.batch_size or 0
        if not (loader.drop_last and loader.passes and 0 < length < size) or loader.batches:
            continue
        return Finding(
            says=f"the data set has {length} samples, fewer than one batch of {size}, and "
            f"drop_last drops what is no whole batch: {loader.passes} passes over this loader gave "
            "no batch at all, and no step was made",
            places=places(loader.place),
            severity="error",
            confidence=0.97,
            measured={"batch_size": size, "samples": length, "passes": loader.passes, "steps": 0},
            explains=("weights-unchanged", "loss-not-decreasing", "loss-at-chance",
                      "same-class-predicted", "underfitting"),
            fix=Fix(f"write batch_size={USUAL}"),
        )  # fmt: skip
    return None


def _hardly_moves(made: Progress, run: Run, network: Network | None) -> bool:
    """Of a run that ended early: whether the loops say that so few steps were to come that the
    weights would stay where they are, while as many samples in usual batches would move them."""
    planned, each = run.planned_steps, made.settled_update or 0.0
    if planned is None or planned > FEW_UPDATES or (network is not None and network.loaded):
        return False
    at_usual = planned * (made.batch or 1) / USUAL
    return each * planned < FAR_ENOUGH and each * at_usual >= FAR


def _of_the_plan(made: Progress, planned: int, where: tuple[Place | None, ...]) -> Finding:
    batch, each = made.batch or 1, made.settled_update or 0.0
    return Finding(
        says=f"the whole training would make {planned} steps, of {batch} samples each: at "
        f"{each:.1g} of their size a step, the weights would stay where they are",
        places=places(*where),
        severity="error",
        confidence=0.8,
        measured={"batch_size": batch, "planned_steps": planned, "usual_update_ratio": each},
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance", "same-class-predicted"),
        fix=Fix(f"{_what(None)}: {round(planned * batch / USUAL)} steps in the same epochs"),
    )


def _suspicion(made: Progress, each: int, where: tuple[Place | None, ...]) -> Finding:
    """Of how many epochs there were to be, a run that ended early does not tell."""
    steps = "one step" if each == 1 else f"{each} steps"
    return Finding(
        says=f"an epoch makes {steps}, of {made.batch} samples each: a network needs hundreds; how "
        "many epochs there would have been is not to be seen in a run that ended early",
        places=places(*where),
        severity="advice",
        grade="suspected",
        confidence=0.4,
        measured={"batch_size": made.batch, "steps_an_epoch": each},
        fix=Fix(f"write batch_size={USUAL}"),
    )


def _severity(made: Progress, outcome: Learning) -> Severity | None:
    low, high = SANE_UPDATES
    if made.steps * (made.batch or 1) < ENOUGH_UPDATES * USUAL or outcome.broke_at is not None:
        return None
    if not low <= (made.usual_update or 0.0) <= high or outcome.works:
        return None
    values = [x for _, x in made.losses]
    if len(values) < 2 or min(values[-2:]) >= values[0]:
        return None  # not on its way down
    if outcome.skill is None:  # no accuracy: little was learned beyond the same answer for all
        guessing = outcome.guess_loss
        return "warning" if guessing and min(values[-2:]) > LITTLE * guessing else None
    return "error" if outcome.failed else "warning"


def _gathered(upkeep: Upkeep | None, batch: int) -> int | None:
    """How many batches a step follows, where each alone is of a usual size: then it is not the
    batches that are too large."""
    micro = upkeep.micro if upkeep is not None else None
    counts = [int(k) for k, n in micro.per_step.items() for _ in range(n)] if micro else []
    usual = round(median(counts)) if counts else 1
    return usual if usual > 1 and batch / usual < LARGE else None


def _what(gathered: int | None) -> str:
    if gathered is None:
        return f"write batch_size={USUAL}"
    return f"step after every batch, not after {gathered}, and do not divide the loss"


def _where(
    data: DataFlow | None, made: Progress, training: Training, gathering: Upkeep | None
) -> tuple[Place | None, ...]:
    """The loader that training draws from (a batch cut by hand has no line of its own); where
    batches are gathered, the step and the backward."""
    if gathering is not None and gathering.micro is not None:
        return training.step_place, gathering.micro.place
    feeding = data.feeding("train") if data is not None else ()
    size = (made.batch or 0) / 2
    large = [x for x in feeding if x.batch_size is not None and x.batch_size >= size]
    return (large[0].place if large else None), made.optimizer.place


SAFE = "another batch size changes the result of every training"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    new, old = number(r"write batch_size=(\d+)", finding), finding.measured.get("batch_size")
    if finding.measured.get("batches_per_step"):
        return each_batch(finding, source)
    edits = setting(finding, source, ("DataLoader",), "batch_size", new, old, 1) if new else []
    rate, own = number(r"and write lr=(\S+)", finding), finding.measured.get("learning_rate")
    if edits and rate is not None:
        edits += setting(finding, source, tuple(OPTIMIZERS), "lr", rate, own, 1)
    return edits


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
loader = DataLoader(train_set, batch_size=1024, shuffle=True)  # <- here

model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(32 * 16, 10),
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
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

GOOD = BAD.replace("batch_size=1024, shuffle=True)  # <- here", "batch_size=32, shuffle=True)")
