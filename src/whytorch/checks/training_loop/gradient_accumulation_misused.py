"""Gradient accumulation does not add up.

What it looks for
    Steps that follow several backwards on different batches, where the loss was not divided by
    their number although it is a mean; where the gradients of all but the last were cleared; or
    where the batches left over at the end of an epoch never reach a step.

Why it hurts
    Undivided, the gradient is that many times larger, and so is the learning rate in effect;
    batches whose gradient is cleared or left over were computed for nothing.

How to fix it
    Write (loss / steps).backward(), clear the gradients only after a step, and step at the last
    batch of an epoch, too.

When it is fine
    Adam and its kin, which do not mind the size of a gradient; a loss that sums over samples; a
    rate chosen for the sum; a remainder of a few batches.

References
    PyTorch, "Automatic mixed precision examples", section on gradient accumulation.
"""

from __future__ import annotations

import re
from statistics import median

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._learning import learning
from whytorch.checks._mending import called_at
from whytorch.checks._mending import owner as spoken_of
from whytorch.checks._moved import moved_behind
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import number, told
from whytorch.checks.training_loop._last_batch import at_the_last_batch
from whytorch.checks.training_loop._loop import loss_name, optimizer_name, owner
from whytorch.evidence.facts import LossCalls, MicroBatches, Passes, Run, Training, Upkeep
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceExpression, Severity

# A mean over k batches divides by k, whatever else is added to the loss: the value that backward
# starts from is then at most 1/2 of the criterion's. Within 2 percent of 1 nothing was divided.
UNDIVIDED = 0.02
# drop_last loses up to a batch of every epoch and nobody minds; a fifth of all batches is no rest.
LOST_SHARE = 0.2
ALWAYS = 0.9
# Who goes back from a loss that is handed over.
_BACKWARDS = ("backward", "manual_backward")
# Their step does not depend on the size of the gradient.
SCALE_FREE = ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Rprop", "Adagrad",
              "Adadelta", "Lion", "AdamW8bit", "LAMB", "Lamb", "Adafactor")  # fmt: skip


def decide(
    upkeep: Upkeep,
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    micro = upkeep.micro
    if micro is None or not training.steps:
        return NotJudged("needs an optimizer step; this run has none")
    count = _usual(micro)
    if count < 2:
        return []
    found = (
        _cleared(micro, count, training, passes, run)
        or _undivided(micro, count, training, run, losses, passes, source)
        or _left_over(micro, count, training, run, passes)
    )
    return [found] if found else []


def _usual(micro: MicroBatches) -> int:
    """How many batches a step follows, as a rule."""
    counts = [int(k) for k, n in micro.per_step.items() for _ in range(n)]
    return int(median(counts)) if len(counts) > 1 else 1


# --- cleared -------------------------------------------------------------------------------------


def _cleared(
    micro: MicroBatches, count: int, training: Training, passes: Passes | None, run: Run
) -> Finding | None:
    # Of k batches a step, the k - 1 that follow the first are looked at.
    at_the_end = micro.bare_ends >= max(3, ALWAYS * micro.ends)
    if not at_the_end and micro.discarded < max(3, 0.5 * micro.looked_at):
        return None
    clear = training.zero_grad_place
    step = f"{optimizer_name(next((o for o in training.optimizers if o.steps), None))}.step()"
    call = f"{owner(clear, 'zero_grad', 'the optimizer')}.zero_grad()"
    mend = f"move {call} to where {step} is, behind it"
    if _once_a_pass(count, passes, run):  # nobody means to add up all batches that there are
        mend = f"move {step} into the loop over the batches, right behind the backward"
    cleared = f"{micro.discarded} of {micro.looked_at} of the later ones"
    if at_the_end and micro.discarded < 0.5 * micro.looked_at:
        cleared = f"the last of them, at {micro.bare_ends} of {micro.ends} steps"
        mend = f"move {call} behind {step}"
    return Finding(
        says=f"each step follows {count} backwards, and the gradients were cleared before "
        f"{cleared}: only the last batch counts",
        places=places(clear, micro.place, training.step_place),
        severity="warning" if learns_well(passes) else "error",
        confidence=0.95,
        measured={"batches_per_step": count, "cleared_unused": micro.discarded},
        explains=("underfitting", "loss-not-decreasing"),
        fix=Fix(mend),
    )


def _once_a_pass(count: int, passes: Passes | None, run: Run) -> bool:
    """Whether the batches of one step are all the samples that there are to train on."""
    trained = passes.of("train") if passes else ()
    sizes = {p.batch_size for p in trained}
    samples = sum(p.new_samples or 0 for p in trained)
    if run.shortened or len(sizes) != 1 or None in sizes or not samples:
        return False
    return samples <= count * max(size or 0 for size in sizes)


# --- not divided ---------------------------------------------------------------------------------


def _undivided(
    micro: MicroBatches,
    count: int,
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> Finding | None:
    if micro.ratio is None or abs(micro.ratio - 1) > UNDIVIDED or (micro.ratio_spread or 0) > 0.05:
        return None
    sites = losses.training() if losses else ()
    if not sites or any(s.options.get("reduction") == "sum" for s in sites):
        return None
    if source is not None and _rescales(source):
        return None
    kind = next((o.kind for o in training.optimizers if o.steps), "")
    severity: Severity = learning(run, losses, training, passes).severity()
    if kind in SCALE_FREE and not training.clip_calls:
        severity = "advice"
    return _undivided_finding(micro, count, training, severity, _divided(count, training, source))


def _divided(count: int, training: Training, source: Source | None) -> str:
    """The backward as it should be written: the loss divided, whoever is asked to go back from it
    (`accelerator.backward(loss)`, `self.manual_backward(loss)`)."""
    if source is not None and training.backward_place is not None:
        line = Place(training.backward_place.path, training.backward_place.line)
        for call in source.calls_within(line):
            if call.last in _BACKWARDS and _handed(call, source):
                return f"{call.raw}({_over(call.args[0].text, count)})"
    return f"({loss_name(training)} / {count}).backward()"


def _handed(call: Call, source: Source) -> bool:
    """Whether it is given the loss, and not a gradient, as a tensor's own `backward` is."""
    if call.last == "manual_backward" or not call.args:
        return bool(call.args)
    helpers = source.calls_to("*.Accelerator", "*.Fabric")
    named = {name for made in helpers for name in source.names_assigned_at(made.place)}
    return call.raw.rpartition(".")[0] in named


def _over(loss: str, count: int) -> str:
    return f"{loss} / {count}" if re.fullmatch(r"[\w.]+", loss) else f"({loss}) / {count}"


def _undivided_finding(
    micro: MicroBatches, count: int, training: Training, severity: Severity, divided: str
) -> Finding:
    kind = next((o.kind for o in training.optimizers if o.steps), "the optimizer")
    rate = next((g.lr for o in training.optimizers if o.steps for g in o.groups if g.lr), None)
    times = f": {kind} at {rate:g} moves as at {rate * count:g}" if rate else ""
    return Finding(
        says=f"the gradients of {count} batches are added up for each step and the loss is not "
        f"divided by {count}{times}",
        places=places(micro.place, training.step_place),
        severity=severity,
        confidence=0.85,
        measured={"batches_per_step": count, "backward_to_criterion": micro.ratio, "lr": rate},
        explains=("loss-oscillates", "loss-not-decreasing", "non-finite-loss", "loss-at-chance"),
        fix=Fix(f"write {divided}"),
    )


def _rescales(source: Source) -> bool:
    """Whether the script divides the gradients themselves, or the rate."""
    lines = (line for file in source.files for line in file.lines if "grad" in line or "lr" in line)
    return any(re.search(r"\.grad\b.*(/=|\*=|div_|mul_)|lr\W.*/\s*\w*accum", x) for x in lines)


# --- left over -----------------------------------------------------------------------------------


def _left_over(
    micro: MicroBatches, count: int, training: Training, run: Run, passes: Passes | None
) -> Finding | None:
    trained = [p for p in (passes.of("train") if passes else ()) if p.steps and not p.shortened]
    if run.shortened or not trained:
        return None
    rests = [p.batches - count * p.steps for p in trained]
    lost = min(rests)
    # Gradients that wait for the next epoch's first step are late, not lost: no clear came between.
    kept = micro.discarded < len(trained) - 1 if len(trained) > 1 else False
    share = lost / max(p.batches for p in trained)
    if lost < 1 or kept or share < LOST_SHARE or max(rests) >= count:
        return None
    return Finding(
        says=f"of {trained[0].batches} batches an epoch the last {lost} ({share:.0%}) reach no "
        f"step: steps come every {count} batches, and the rest is cleared",
        places=places(training.step_place, micro.place),
        severity="warning",
        confidence=0.85,
        measured={"batches": trained[0].batches, "left_over": lost, "batches_per_step": count},
        explains=("underfitting",),
        fix=Fix(f"step at the last batch as well: (i + 1) % {count} == 0 or i + 1 == len(loader)"),
    )


SAFE = "the learning rate may have been chosen for the sum"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    step = called_at(finding, source, "step")
    if " to where " in told(finding) and step is not None:
        clear = called_at(finding, source, "zero_grad")
        return moved_behind(source, clear, step.place) if clear is not None else []
    if " into the loop over the batches" in told(finding) and step is not None:
        backward = called_at(finding, source, "backward")
        return moved_behind(source, step, backward.place) if backward is not None else []
    if told(finding).startswith("step at the last batch") and step is not None:
        return at_the_last_batch(source, step)
    call, count = (
        called_at(finding, source, *_BACKWARDS),
        number(r"/ (\d+)\)(?:\.backward\(\))?$", finding),
    )
    if call is None or count is None:
        return []
    if call.args and _handed(call, source):
        loss = call.args[0].text
        new = f"{call.raw}({_over(loss, int(count))})"
        return [ReplaceExpression(call.place, old=call.written, new=new)]
    old = f"{spoken_of(call)}.backward()"
    return [ReplaceExpression(call.place, old=old, new=f"({spoken_of(call)} / {count}).backward()")]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16
labels = torch.tensor(labels)
loader = DataLoader(TensorDataset(images[:1440], labels[:1440]), batch_size=15, shuffle=True)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(256, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.15, momentum=0.9)
accumulation_steps = 16

for epoch in range(10):
    for i, (x, y) in enumerate(loader):
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()  # <- here
        if (i + 1) % accumulation_steps == 0:
            optimizer.step()
            optimizer.zero_grad()
    print(epoch, loss.item())

model.eval()
with torch.no_grad():
    print("test accuracy", (model(images[1440:]).argmax(1) == labels[1440:]).float().mean().item())
"""

GOOD = BAD.replace("loss.backward()  # <- here", "(loss / accumulation_steps).backward()")
