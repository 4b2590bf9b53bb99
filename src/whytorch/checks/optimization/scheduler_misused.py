"""Learning rate scheduler misused.

What it looks for
    What the rate really does over the run: it decays to nothing in the first half, never gets up
    to the height it was to reach, swings up and down within an epoch, or stays because nothing
    ever steps the scheduler, because its milestones or its step_size are no whole numbers, because
    it is made anew, or because it steers an optimizer that is not the one in use. And a plateau
    scheduler that waits for the opposite of what it is given, or any other one that is given the
    loss for an epoch. A rate that the script lowers to nothing by hand as well, or writes where no
    step reads it (`optimizer.lr`).

Why it hurts
    From the moment the rate is next to nothing the weights stand still: the epochs that follow
    cost time and teach nothing. A rate that never rises or never falls is not the plan either.

How to fix it
    Step the scheduler as often as its numbers count: StepLR, MultiStepLR and cosine with T_max in
    epochs once an epoch, behind the loop over the batches; OneCycleLR and warm-ups in batches
    after every optimizer.step().

When it is fine
    Per-batch schedules whose numbers count batches, tiny rates at the very end, cycles on purpose
    (CyclicLR, warm restarts), a rate that decays once the network has learned.

References
    torch.optim, "How to adjust learning rate".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import setting, told
from whytorch.checks.optimization._by_hand import lowered
from whytorch.checks.optimization._progress import short
from whytorch.checks.optimization._schedule_moved import moved
from whytorch.checks.optimization._schedule_source import written
from whytorch.checks.optimization._schedule_told import rate_as_factor, stayed, taken_for_epochs
from whytorch.checks.optimization._schedules import (
    TINY,
    Schedule,
    between_steps,
    counted_in_batches,
    died_at,
    found_low,
    is_stepped_somewhere,
    made_anew,
    missed,
    never_rose,
    schedules,
    swings,
    wrong_direction,
)
from whytorch.checks.optimization._set_beside import rewrites, set_beside, suspected
from whytorch.evidence.facts import LossCalls, Passes, Run, Training
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, Severity

CONSEQUENCE_OF = ("missing-optimizer-step", "missing-backward",
                  "model-recreated-while-training")  # fmt: skip

_EXPLAINS = ("loss-not-decreasing", "loss-at-chance", "underfitting", "same-class-predicted")
# A scheduler that none of so many stepped was forgotten. Epochs without a loader are hard to tell.
FIRST = 0.25  # of the run: with a rate for so little of it, even what learned well lost most
SELDOM = 4  # optimizer steps for each of the scheduler's, at least, where it counts epochs
NO_MORE = 0.95  # skill: here there was nothing left to learn
ENOUGH_EPOCHS = 2
ENOUGH_STEPS = 50


def decide(
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if not training.steps:
        return []
    outcome = learning(run, losses, training, passes)
    by_hand = lowered(training, run, outcome, source) or set_beside(training, outcome, source)
    if by_hand or not training.schedulers:
        return by_hand
    every = schedules(training, passes)
    found = [f for one in every if (f := _judge(one, run, outcome, passes, training, source))]
    anew = made_anew(training)
    if anew and not found:
        says = f"the {anew[0].kind} is made anew {len(anew)} times for the same optimizer: each "
        says += "one starts its schedule from the beginning"
        fix = "make it once, in front of the loop over the epochs"
        found.append(_finding(says, anew[0].place, None, _mild(outcome), fix, {"made": len(anew)}))
    if not found and run.training_shortened:
        return NotJudged("needs the whole schedule; this run was shortened")
    return found


def _judge(
    one: Schedule,
    run: Run,
    outcome: Learning,
    passes: Passes | None,
    training: Training,
    source: Source | None,
) -> Finding | None:
    """The worst that can be said of one scheduler."""
    wrong = wrong_direction(one, passes)
    if wrong is not None:
        return _wrong_way(one, wrong, outcome)
    if taken_for_epochs(one):
        return _not_an_epoch(one, outcome)
    dead = died_at(one, run)
    if dead is not None:
        return _dead(one, dead, outcome)
    if one.facts.steps == 0:
        return _never_stepped(one, run, outcome, source)
    if _steers_nothing(one, training):
        says = f"the {one.facts.kind} sets the rate of an optimizer that makes no step; the one in "
        says += "use keeps its rate"
        fix = "build the scheduler with the optimizer that the loop steps, after it"
        return _finding(says, one.facts.place, one.facts.step_place, _mild(outcome), fix, {})
    if missed(one) or between_steps(one) is not None:
        return _between(one)
    if run.training_shortened and not one.squared:
        return None
    if (built := found_low(one)) is not None:
        return _low_from_the_start(one, built, outcome)
    if never_rose(one):
        return _still_low(one, outcome)
    if counted_in_batches(one) and source is not None and not _plain(one, source):
        return _in_batches(one, outcome)
    if one.facts.kind == "CosineAnnealingLR" and swings(one) >= 1:
        return _swinging(one, outcome)
    if one.facts.before_optimizer:
        says = "the scheduler steps before the optimizer does: the first rate is never used"
        fix = "write scheduler.step() after optimizer.step()"
        return _finding(says, one.facts.step_place, one.facts.place, "advice", fix, {})
    return None


def _mild(outcome: Learning) -> Severity:
    """Of a rate that is not the one planned: how much that cost nobody can tell."""
    return "advice" if outcome.works else "warning"


def _dead(one: Schedule, step: int, outcome: Learning) -> Finding:
    says = f"{one.facts.kind} took the learning rate from {short(one.peak)} below "
    says += f"{short(TINY * one.peak)} by step {step} of {one.steps}, after {one.facts.steps} "
    says += f"calls of its step(){outcome.reached()}"
    if one.every_batch:
        fix = "step the scheduler once an epoch, behind the loop over the batches"
    else:
        fix = "let it decay more slowly: a larger step_size, or a gamma nearer to 1"
    first = one.facts.step_place if one.every_batch else one.facts.place
    other = one.facts.place if one.every_batch else one.facts.step_place
    numbers = {"peak_lr": one.peak, "tiny_from_step": step, "steps": one.steps,
               "scheduler_steps": one.facts.steps}  # fmt: skip
    severity = outcome.severity()
    if _cut_short(one, step) and severity == "advice" and (outcome.skill or 0.0) < NO_MORE:
        severity = "warning"
    return _finding(says, first, other, severity, fix, numbers, 0.9)


def _cut_short(one: Schedule, step: int) -> bool:
    """Counted in batches where epochs were meant: hardly any of the training had a rate. What
    waits for a plateau decays because the network has learned."""
    return one.every_batch and one.epochs > 1 and not one.facts.mode and step <= FIRST * one.steps


def _never_stepped(
    one: Schedule, run: Run, outcome: Learning, source: Source | None
) -> Finding | None:
    """Nobody steps it: not in this run, and nowhere in the source."""
    enough = one.epochs >= ENOUGH_EPOCHS or one.steps >= ENOUGH_STEPS
    done = run.exit == "finished" and enough and not run.training_shortened
    moved = one.optimizer is not None and one.optimizer.steps - one.facts.made_at_step > 0
    if not (done and moved) or source is None or is_stepped_somewhere(one.facts, source):
        return None
    rate, base = one.facts.first_lr or 0.0, one.facts.base_lr or 0.0
    says = f"nothing ever steps the {one.facts.kind}: the rate stays at {short(rate)} for all "
    says += f"{one.steps} steps"
    low = 0 < rate < base / 2
    says += f", and was to rise to {short(base)}" if low else ""
    often = "batch" if one.facts.kind in ("OneCycleLR", "CyclicLR") else "epoch"
    severity = outcome.severity() if low else _mild(outcome)
    numbers = {"lr": rate, "steps": one.steps, "epochs": one.epochs}
    fix = f"call its step() once a{'n' if often == 'epoch' else ''} {often}, after optimizer.step()"
    return _finding(says, one.facts.place, None, severity, fix, numbers, 0.85)


def _steers_nothing(one: Schedule, training: Training) -> bool:
    """Its optimizer never steps, and another one does all the time, at rates of its own.

    An optimizer around another one (SAM, Lookahead) shares its rates and lets it do the steps.
    """
    others = [o for o in training.optimizers if o is not one.optimizer and o.steps >= 20]
    if one.optimizer is None or one.optimizer.steps or one.facts.steps < 2 or not others:
        return False
    set_to = {rate for _, rate in one.facts.lr_history} - {one.facts.first_lr}
    used = {t.lr for t in training.trace}
    return bool(set_to) and not set_to & used


def _wrong_way(one: Schedule, wrong: tuple[str, int], outcome: Learning) -> Finding:
    what, times = wrong
    mode, other = one.facts.mode, "max" if one.facts.mode == "min" else "min"
    rates = [rate for _, rate in one.facts.lr_history]
    cuts = sum(b < a for a, b in pairwise(rates))
    says = f"ReduceLROnPlateau(mode={mode!r}) is given the {what} ({times} of "
    says += f"{len(one.facts.metrics)} times): it takes every improvement for none, and cut the "
    says += f"rate {cuts} times"
    severity: Severity = "advice" if not cuts else "error" if outcome.failed else "warning"
    numbers = {"cuts": cuts, "given": len(one.facts.metrics)}
    fix = f'write mode="{other}"'
    return _finding(says, one.facts.place, one.facts.step_place, severity, fix, numbers, 0.85)


def _not_an_epoch(one: Schedule, outcome: Learning) -> Finding:
    given = taken_for_epochs(one)
    says = f"step() of {one.facts.kind} takes a number for the epoch it is at, and is given "
    says += f"{', '.join(short(x) for x in given[:3])}, ... in {len(given)} calls: a figure such "
    says += "as the loss"
    if stayed(one):
        says += f"; after {one.steps} steps the rate is still {short(one.rates[-1][1])}"
    says += outcome.reached()
    severity: Severity = "error" if outcome.failed else "warning"
    numbers = {"given": given[:20], "calls": len(given), "peak_lr": one.peak}
    fix = "call step() without an argument; only ReduceLROnPlateau is to be given a figure"
    return _finding(says, one.facts.step_place, one.facts.place, severity, fix, numbers, 0.95)


def _still_low(one: Schedule, outcome: Learning) -> Finding:
    base = one.facts.base_lr or 0.0
    says = f"the learning rate was to rise to {short(base)} and came to {short(one.peak)} in "
    says += f"{one.steps} steps: {one.facts.kind} was stepped {one.facts.steps} times"
    says += outcome.reached()
    first, other = one.facts.place, one.facts.step_place
    if one.every_epoch and one.facts.step_place is not None:
        first, other = other, first
        fix = "step the scheduler after every optimizer.step(), inside the loop over the batches"
    else:
        fix = "let the warm-up end within the first tenth of the training"
    numbers = {"planned_lr": base, "highest_lr": one.peak, "scheduler_steps": one.facts.steps}
    severity = outcome.severity()
    if _batches_as_epochs(one) and severity == "advice" and (outcome.skill or 0.0) < NO_MORE:
        severity = "warning"
    return _finding(says, first, other, severity, fix, numbers, 0.85)


def _batches_as_epochs(one: Schedule) -> bool:
    """Planned in batches, as these are, and hardly begun when the training ended."""
    few = SELDOM * one.facts.steps <= one.steps
    return one.facts.kind in ("OneCycleLR", "CyclicLR") and few and one.epochs > 1


def _low_from_the_start(one: Schedule, built: float, outcome: Learning) -> Finding:
    low = one.facts.first_lr or 0.0
    says = f"the optimizer was built with a rate of {short(built)}; when the {one.facts.kind} was "
    says += f"made it stood at {short(low)}, and the scheduler takes that for its height: at most "
    says += f"{short(one.peak)} in {len(one.rates)} steps{outcome.reached()}"
    fix = "make this scheduler before the warm-up lowers the rate"
    if one.facts.kind == "LambdaLR" and not one.facts.made_at_step:
        says, fix = rate_as_factor(one, built)
        says += outcome.reached()
    if one.facts.made_at_step:
        fix = "set the rate back before, or use CosineAnnealingWarmRestarts"
    numbers = {"built_lr": built, "found_lr": low, "highest_lr": one.peak}
    first, other = one.facts.place, one.facts.step_place
    return _finding(says, first, other, outcome.severity(), fix, numbers, 0.9)


def _between(one: Schedule) -> Finding:
    passed, size = missed(one), between_steps(one)
    rates = {rate for _, rate in one.facts.lr_history}
    named = ", ".join(short(m) for m in passed[:3])
    says = f"{one.facts.kind} counts whole steps and never meets the milestones {named}: "
    fix = "make them whole numbers: milestones=[int(m) for m in ...]"
    if size is not None:
        says = f"{one.facts.kind} counts whole steps, and its step_size is {short(size)}: "
        fix = "let step_size be the number of epochs (or steps) after which the rate is to fall"
    says += f"{one.facts.steps} calls of step() passed {'it' if size is not None else 'them'}"
    if len(rates) == 1:
        says += f", and the rate stayed at {short(rates.pop())}"
    numbers = {"milestones_missed": passed, "step_size": size, "scheduler_steps": one.facts.steps}
    first, other = one.facts.place, one.facts.step_place
    return _finding(says, first, other, "warning", fix, numbers, 0.95)


def _plain(one: Schedule, source: Source) -> bool:
    """Whether the period is written as a number: then it is one of batches by chance."""
    calls = (
        source.calls_within(Place(one.facts.place.path, one.facts.place.line))
        if one.facts.place
        else ()
    )
    made = [c for c in calls if c.last == one.facts.kind]
    given = [v.text for c in made for v in (*c.args[1:], *c.keywords.values())]
    number = f"{one.facts.period:g}"
    return not made or any(text.replace("_", "") == number for text in given)


def _in_batches(one: Schedule, outcome: Learning) -> Finding:
    period, last = one.facts.period or 0.0, one.facts.lr_history[-1][1]
    says = f"the {one.facts.kind} needs {period:g} calls of its step(), a number of batches, and "
    says += f"got {one.facts.steps}, one an epoch: the rate only came from {short(one.peak)} to "
    says += short(last)
    fix = "step it after every optimizer.step(), or count its period in epochs"
    numbers = {"period": period, "scheduler_steps": one.facts.steps, "epochs": one.epochs}
    first, other = one.facts.step_place, one.facts.place
    return _finding(says, first, other, _mild(outcome), fix, numbers, 0.85)


def _swinging(one: Schedule, outcome: Learning) -> Finding:
    times = swings(one)
    often = one.every_batch and times >= one.epochs > 0
    says = f"the cosine goes down and up again {times} times in {one.epochs} epochs: T_max counts "
    says += "calls of step()"
    fix = f"write T_max={one.facts.steps}, the number of calls"
    if often:
        fix = "step the scheduler once an epoch, behind the loop over the batches"
    severity = _mild(outcome) if often else "advice"
    first = one.facts.step_place if often else one.facts.place
    numbers = {"swings": times, "epochs": one.epochs, "scheduler_steps": one.facts.steps}
    return _finding(says, first, one.facts.place, severity, fix, numbers, 0.7)


def _finding(
    says: str,
    first: Place | None,
    other: Place | None,
    severity: Severity,
    fix: str,
    measured: Mapping[str, object],
    confidence: float = 0.75,
) -> Finding:
    return Finding(
        says=says,
        places=places(first, other),
        severity=severity,
        confidence=confidence,
        measured=dict(measured),
        explains=() if severity == "advice" else _EXPLAINS,
        fix=Fix(fix),
    )


def suspect(source: Source) -> list[Finding]:
    """What the source alone proves: a scheduler that nothing steps, or every batch by mistake."""
    return [*written(source), *suspected(source)]


SAFE = "the learning rate takes another course"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if found := re.match(r'write mode="(\w+)"', told(finding)):
        return setting(finding, source, ("ReduceLROnPlateau",), "mode", f'"{found[1]}"')
    if total := re.match(r"write T_max=(\d+)", told(finding)):
        return setting(finding, source, ("CosineAnnealingLR",), "T_max", total[1])
    return rewrites(finding, source) or moved(finding, source)


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
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.3)
for epoch in range(5):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
        scheduler.step()  # <- here

model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("        scheduler.step()  # <- here", "    scheduler.step()")
