"""Dropout too high.

What it looks for
    Dropout that drops 70% or more of a layer in training (or several in a row that leave a tenth
    in all), in a network that underfits: with dropout it gets far fewer training samples right
    than the same network gets without, or it has learned little altogether.

Why it hurts
    Too little of each image's signal passes: the layers behind see mostly zeros, gradients are
    mostly noise, and the network can't fit even its training data.

How to fix it
    In torch, p is the share to drop: nn.Dropout(0.2) keeps 80%. Where 0.8 was meant as the share
    to keep, write 0.2; usual values are 0.1 to 0.5.

When it is fine
    A large p where the network learns well all the same, on inputs or wide layers with much
    redundancy.

References
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014),
    section 7.3 and appendix A.4 (there p is the share to keep); torch.nn.Dropout.
"""

from __future__ import annotations

import math
import re

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import ENOUGH_SAMPLES, layer_name, places
from whytorch.checks._lab import gained, proven
from whytorch.checks._learning import FAILED, WELL, learning, skill
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import called_anew, calls_here, number, valued
from whytorch.checks.evaluation._held_out import is_real_training
from whytorch.evidence.facts import (
    DropoutFacts,
    LossCalls,
    Network,
    Passes,
    PassFacts,
    Run,
    Training,
)
from whytorch.evidence.facts.experiments import DropoutScaled
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, SetArgument, Severity

HIGH = 0.7  # the literature's grid ends at 0.5; from 0.7 on its training error climbs steeply
MEANT_TO_STAY = 0.75  # who writes 0.75, 0.8 or 0.9 often means the share to keep
COUNTED = 0.4  # smaller ones add up over many residual blocks, and harm nobody
LEFT = 0.1  # of the signal, after all of them: VGG's two of 0.5 leave a quarter
LOWER = 0.1  # training accuracy (with dropout) this far below evaluation (without)

_LAYERS = tuple(f"torch.nn.Dropout{n}" for n in ("", "1d", "2d", "3d"))
_FUNCTIONS = tuple(f"torch.nn.functional.dropout{n}" for n in ("", "1d", "2d", "3d"))
_KEPT = re.compile(r"(?:[\w.]*[._])?keep(?:_?(?:prob|rate|p|ratio|probability))?", re.IGNORECASE)

# Units die of what is multiplied by 1 / (1 - p), not the other way round.
CONSEQUENCE_OF = tuple(id for id in SPOILS_LEARNING if id != "dead-relu")

# What trying the repair on the bench is.
TRIALS = (DropoutScaled,)


def decide(network: Network, passes: Passes, run: Run) -> list[Finding] | NotJudged:
    dropping = [d for d in network.dropouts if d.in_training]
    highest = max(dropping, key=lambda d: d.p, default=None)
    if highest is None:
        return []
    left = math.prod(1 - d.p for d in dropping if d.p >= COUNTED)
    alone = highest.p >= HIGH
    if not alone and left > LEFT:
        return []
    trained, evaluated = _last(passes, "train"), _last(passes, "eval")
    if trained is None and alone and evaluated is not None:
        reached = skill(evaluated, run.classes)
        return [] if reached is None or reached >= WELL else [_doubtful(highest, evaluated)]
    if trained is None or not is_real_training(passes) or run.classification is not True:
        return NotJudged("needs the accuracy of a whole training")
    severity = _severity(trained, evaluated, run, alone)
    if severity is None:
        return []
    if run.training_shortened and severity != "advice":
        if 1 - highest.p <= LEFT and severity == "error":
            severity = "warning"  # nobody keeps so little on purpose, however early it is
        elif alone and evaluated is not None:
            return [_doubtful(highest, evaluated)]
        else:
            return NotJudged("dropout slows the start; this run was shortened")
    return [_finding(highest, dropping, left, alone, trained, evaluated, severity)]


def _last(passes: Passes, phase: str) -> PassFacts | None:
    found = [p for p in passes.passes if p.phase == phase and not p.interleaved]
    return next((p for p in reversed(found) if (p.counted or 0) >= ENOUGH_SAMPLES), None)


def _severity(
    trained: PassFacts, evaluated: PassFacts | None, run: Run, alone: bool
) -> Severity | None:
    """By what the network knows without dropout, and what dropout costs it in training."""
    with_dropout = skill(trained, run.classes) or 0.0
    without = skill(evaluated, run.classes)
    reached = without if without is not None else with_dropout
    lower = evaluated is not None and _below(trained, evaluated)
    if reached >= WELL:  # in spite of it; a network that hardly learns with it is held back
        return ("warning" if lower and with_dropout < FAILED else "advice") if alone else None
    little = with_dropout < FAILED and reached < FAILED
    if not alone:  # several usual ones: only where both say so
        return "warning" if lower and with_dropout < FAILED else None
    if little or (lower and with_dropout < FAILED):
        return "error"
    return "warning" if lower else None


def _doubtful(highest: DropoutFacts, evaluated: PassFacts) -> Finding:
    """Of mixed labels there is no accuracy in training, and dropout slows the start of one that was
    shortened: the lab can tell what it costs."""
    layer = "nn.Dropout" if highest.made_place else f"F.{highest.function}"
    return Finding(
        says=f"{_named(highest)} drops {highest.p:.0%} in training; without it "
        f"{evaluated.accuracy:.0%} of held-out samples are right",
        places=places(highest.made_place or highest.place, highest.place),
        severity="advice",
        confidence=0.6,
        grade="suspected",
        measured={"p": highest.p, "evaluation_accuracy": evaluated.accuracy},
        fix=_fix(highest, layer, alone=True),
    )


def _named(dropout: DropoutFacts) -> str:
    return layer_name(dropout.name or "", "Dropout") if dropout.name else str(dropout.function)


def _below(trained: PassFacts, evaluated: PassFacts) -> bool:
    a, b = trained.accuracy or 0.0, evaluated.accuracy or 0.0
    error = math.sqrt(max(b * (1 - b), 0.01) / (evaluated.counted or 1))
    return b - a > max(LOWER, 3 * error)


def _finding(
    highest: DropoutFacts,
    dropping: list[DropoutFacts],
    left: float,
    alone: bool,
    trained: PassFacts,
    evaluated: PassFacts | None,
    severity: Severity,
) -> Finding:
    if alone:
        what = f"{_named(highest)} drops {highest.p:.0%} in training"
    else:
        what = f"{len(dropping)} dropouts in training leave {left:.0%} of the signal"
    without = f", without it {evaluated.accuracy:.0%} of held-out ones" if evaluated else ""
    layer = "nn.Dropout" if highest.made_place else f"F.{highest.function}"
    return Finding(
        says=f"{what}; with it {trained.accuracy:.0%} of the training samples are right{without}",
        places=places(
            highest.made_place or highest.place, highest.place, *(d.made_place for d in dropping)
        ),
        severity=severity,
        confidence=0.8 if alone else 0.6,
        measured={
            "p": highest.p,
            "dropouts": len(dropping),
            "share_left": left,
            "training_accuracy": trained.accuracy,
            "evaluation_accuracy": evaluated.accuracy if evaluated else None,
        },
        explains=()
        if severity == "advice"
        else ("underfitting", "loss-not-decreasing", "loss-at-chance", "same-class-predicted"),
        fix=_fix(highest, layer, alone),
    )


def _fix(highest: DropoutFacts, layer: str, alone: bool) -> Fix:
    if not alone:
        return Fix("write p=0.2 in each dropout, or leave out those between the convolutions")
    if highest.p >= 1:  # True, as in F.dropout(x, self.training)
        return Fix(f"write {layer}(x, 0.5, training=self.training): the second argument is p")
    meant = f" if {highest.p:g} is the share to keep" if highest.p >= MEANT_TO_STAY else ""
    return Fix(f"write p={1 - highest.p:.2g} in {layer}{meant}")


def suspect(source: Source) -> list[Finding]:
    """A share that its own name says is kept, given as the one to drop."""
    found = []
    for call in source.calls_to(*_LAYERS, *_FUNCTIONS):
        position = 0 if call.last.startswith("D") else 1
        given = call.keywords.get("p") or (
            call.args[position] if position < len(call.args) else None
        )
        if given is None or not _KEPT.fullmatch(given.text) or given.constant == 0.5:
            continue
        found.append(
            Finding(
                says=f"{call.raw} is given {given.text}: it drops that share instead of keeping it",
                places=places(call.place),
                severity="warning",
                grade="suspected",
                confidence=0.8,
                explains=("underfitting",),
                fix=Fix(f"write 1 - {given.text}"),
            )
        )
    return found


def prove(
    scaled: DropoutScaled,
    network: Network,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
) -> list[Finding]:
    """With less dropout, or none, the same steps learn."""
    dropping = [d for d in network.dropouts if d.in_training]
    highest = max(dropping, key=lambda d: d.p, default=None)
    if highest is None:
        return []
    return proven(
        gained(scaled),
        learning(run, losses, training, passes),
        f"dropout takes {highest.p:.0%} of the signal in training",
        places(highest.made_place, highest.place),
        "write p=0.5 or lower, or leave the dropout out",
        confidence=0.8,
    )


SAFE = "another dropout changes the result of every training"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    new, old = number(r"write p=([\d.]+)", finding), finding.measured.get("p")
    callees = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "dropout", "dropout2d")
    edits: list[AnyEdit] = [] if new else called_anew(finding, source)
    for call in calls_here(finding, source, *callees) if new else ():
        position = 0 if call.last[:1].isupper() else 1
        given = call.argument("p")
        if finding.measured.get("dropouts", 1) > 1 and given is not None and not given.is_constant:
            return valued(call, source, "p", new or "", old, position)
        edits.append(SetArgument(call.place, (), call.last, "p", new or "", position, anyhow=True))
    return edits if finding.measured.get("dropouts", 1) > 1 else edits[:1]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
train_set, test_set = random_split(TensorDataset(x, torch.tensor(digits.target)), [1400, 397])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)

keep_prob = 0.9
model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(72, 32), nn.ReLU(),
    nn.Dropout(keep_prob),  # <- here
    nn.Linear(32, 10),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(6):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: test accuracy {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace("nn.Dropout(keep_prob),  # <- here", "nn.Dropout(1 - keep_prob),")
