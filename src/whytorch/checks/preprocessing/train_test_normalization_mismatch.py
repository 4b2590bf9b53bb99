"""Training and evaluation images are normalized differently.

What it looks for
    The tensors that enter the network in evaluation have another range than those in training,
    and one linear map (times a, plus b) takes the range, the mean and the spread of the one to
    those of the other: the same kind of data, scaled differently.

Why it hurts
    The network is tested on numbers it has never seen. Its weights and its BatchNorm statistics
    fit the training scale only, so evaluation falls far below training, often down to guessing.

How to fix it
    Use the same Normalize, with the constants of the training data, in both transforms.
    Augmentation belongs to training alone, normalization to both.

When it is fine
    Constants that differ a little, or each split's own mean and deviation, move the numbers by a
    few percent only. Darker images, noise or augmentation change the mean, but not the range
    together with it: that is a shift of the data, not of the scale. A series that grows, split in
    time, has other numbers in its later part.

References
    torchvision.transforms.Normalize.
"""

from __future__ import annotations

import ast
import math
import re

from msgspec.structs import replace

from whytorch.checks._handed import in_one_alone, loop_place
from whytorch.checks._helpers import places
from whytorch.checks._learning import FAILED, WELL, skill
from whytorch.checks._places import called_for, input_made, loader_of, same
from whytorch.checks._promises import pays
from whytorch.checks._repairs import in_loop, own_change
from whytorch.checks._rescaling import as_in_training, normalized
from whytorch.checks._rewriting import statement, told
from whytorch.checks.preprocessing import _split_arithmetic, _transforms_apart
from whytorch.checks.preprocessing._moved_on import moved_on
from whytorch.checks.preprocessing._other_looks import altered_on_purpose
from whytorch.evidence.facts import (
    DataFlow,
    LoaderFacts,
    LossCalls,
    Passes,
    PassFacts,
    Phase,
    Run,
    Samples,
    TensorStats,
)
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, Severity

_Constants = tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]  # (mean, std) in order

ENOUGH = 16  # samples; over fewer, the range of small images is chance
# Images that lost their content have no range.
CONSEQUENCE_OF = ("degenerate-images",)

# In units of the training spread. Splits of one data set stay below 0.1; augmentation (crops,
# erasing, colour) moves the mean by up to 0.3 and the spread by up to a third.
SHIFT = 0.35
RATIO = 1.4
MOVED = 0.5  # of the mean as it is stored
CENTRED = 0.2  # of its spread, at most, the mean of what was standardized is away from 0


def decide(
    data: DataFlow,
    passes: Passes,
    run: Run,
    source: Source | None,
    samples: Samples | None,
    losses: LossCalls | None,
) -> list[Finding] | NotJudged:
    seen = data.entering("train")
    trained = [p for p in passes.of("train") if p.inputs is not None]
    evaluated = [p for p in passes.of("eval") if _comparable(p, seen.model if seen else None)]
    if seen is None or not trained or not evaluated:
        return NotJudged("needs training and evaluation inputs of the same shape")
    if trained[-1].codes:  # sampled in training, their means in evaluation; they are no data
        return NotJudged("needs data; what enters this network is made by another one")
    found = [p for p in evaluated if differs(seen.model, p.inputs)]
    if not found and _one_split_is_centred(trained, evaluated):
        found = evaluated
    found = [p for p in found if not _is_of_other_days(seen.model, p, data, losses)]
    usual = [p for p in evaluated if p not in found]
    found = [p for p in found if not altered_on_purpose(p, usual, passes)]
    if not found:
        return []
    made = _finding(seen.model, trained[-1], found[-1], data, run, source)
    seen_alone = in_one_alone(samples, "scaled") if samples is not None else None
    alone = seen_alone or _written_in_one_alone(source, passes)
    place = loop_place(source, passes, alone) if alone is not None else None
    if alone is None or place is None:
        return [made]
    # Written down, and nothing is ever evaluated as it was trained: that it costs little is luck.
    certain = alone == "eval" and not usual and made.severity == "advice"
    return [_in_the_loop(made, alone, place, "warning" if certain else made.severity)]


def _written_in_one_alone(source: Source | None, passes: Passes) -> Phase | None:
    """The one phase whose loop has `x = (x - 40) / 0.05` for what enters the network."""
    if source is None:
        return None
    phases: tuple[Phase, ...] = ("train", "eval")
    places_of = {phase: loop_place(source, passes, phase) for phase in phases}
    found = [p for p, place in places_of.items() if place is not None and _scales(source, place)]
    return found[0] if len(found) == 1 else None


def _scales(source: Source, place: Place) -> bool:
    """Whether a statement in a loop does arithmetic with a name and numbers, and nothing else."""
    node = statement(source, place)
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.BinOp):
        return False
    read = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
    return read == {ast.unparse(node.targets[0])} and in_loop(source, place)


def _in_the_loop(finding: Finding, alone: Phase, place: Place, severity: Severity) -> Finding:
    """The loop of one phase scales its batches on their way into the network, the other does not.

    What the training's loop does is the mistake where it takes the values away from the usual size.
    """
    near, far = (_size(finding.measured[f"{x}_range"]) for x in ("evaluation", "training"))
    wrong = alone == "eval" or far > near
    side = "evaluation" if alone == "eval" else "training"
    fix = "take the scaling out of this loop" if wrong else "scale in the loop of evaluation, too"
    return replace(
        finding,
        says=f"{finding.says}; it is the loop of the {side} that scales them",
        severity=severity,
        places=places(place, *finding.places[1:]),
        fix=Fix(fix),
    )


def _size(limits: list[float | None]) -> float:
    """How many times larger or smaller than 1 the largest value is."""
    return abs(math.log(max(abs(x or 0.0) for x in limits) or math.inf))


def _comparable(one: PassFacts, train: TensorStats | None) -> bool:
    stats = one.inputs
    if stats is None or train is None or one.interleaved or stats.samples < ENOUGH:
        return False
    whole = one.loader is not None and one.samples >= (one.dataset_length or math.inf)
    if not (one.outputs_used or whole) or "int" in stats.dtype:  # a timing, a trace; names of words
        return False
    return stats.shape[1:] == train.shape[1:] and not stats.nonfinite_share


def differs(train: TensorStats, evaluation: TensorStats | None) -> bool:
    """Whether another scale explains the difference, and no smaller one does."""
    if evaluation is None or _fits(train, evaluation, 1.0, 0.0):
        return False
    scaled = _map(train, evaluation)
    return scaled is not None and _fits(train, evaluation, *scaled)


def _is_of_other_days(
    train: TensorStats, one: PassFacts, data: DataFlow, losses: LossCalls | None
) -> bool:
    """Numbers are predicted, no transform scales their inputs, and the inputs went up or down."""
    scaled = any(x.dataset.normalize for x in data.loaders)
    there = _map(train, one.inputs) if one.inputs is not None else None
    if one.accuracy is not None or scaled or there is None:
        return False
    return moved_on(*there, losses)


def _one_split_is_centred(trained: list[PassFacts], evaluated: list[PassFacts]) -> bool:
    """Values about 0 in every pass of one split, and in the other not one below it: each feature
    may have been shifted and scaled by numbers of its own, so that no one scale explains it."""
    one, other = ([p.inputs for p in passes if p.inputs] for passes in (trained, evaluated))
    return any(
        all(map(_is_centred, a)) and all(map(_is_never_negative, b)) and _was_moved(a[-1], b[-1])
        for a, b in ((one, other), (other, one))
    )


def _was_moved(centred: TensorStats, as_stored: TensorStats) -> bool:
    """Centring takes the mean to 0. Noise, however loud, leaves it where it was."""
    stored, now = as_stored.mean or 0.0, centred.mean or 0.0
    return abs(stored - now) > MOVED * stored


def _is_centred(stats: TensorStats) -> bool:
    if stats.mean is None or not stats.std or stats.minimum is None:
        return False
    return abs(stats.mean) < CENTRED * stats.std and stats.minimum < -stats.std


def _is_never_negative(stats: TensorStats) -> bool:
    return stats.minimum is not None and stats.minimum >= 0 and bool(stats.std)


def _map(train: TensorStats, evaluation: TensorStats) -> tuple[float, float] | None:
    """(a, b) that take the training range to that of evaluation; None where it is the same."""
    limits = (train.minimum, train.maximum, evaluation.minimum, evaluation.maximum)
    low, high, to_low, to_high = (v if v is not None else 0.0 for v in limits)
    span = high - low
    if span <= 0 or to_high <= to_low:
        return None
    if max(abs(to_low - low), abs(to_high - high)) < 0.2 * span:
        return None
    a = (to_high - to_low) / span
    return a, to_low - a * low


def _fits(train: TensorStats, evaluation: TensorStats, a: float, b: float) -> bool:
    """Whether a * x + b of the training inputs has the mean and spread seen in evaluation."""
    mean, std, to_mean, to_std = train.mean, train.std, evaluation.mean, evaluation.std
    if mean is None or not std or to_mean is None or not to_std:
        return True
    spread = a * std
    return abs(a * mean + b - to_mean) < SHIFT * spread and 1 / RATIO < to_std / spread < RATIO


def _finding(
    train: TensorStats,
    trained: PassFacts,
    worst: PassFacts,
    data: DataFlow,
    run: Run,
    source: Source | None,
) -> Finding:
    evaluation = worst.inputs
    assert evaluation is not None
    loaders = [loader_of(p, data.loaders) for p in (trained, worst)]
    constants = [x.dataset.normalize if x else () for x in loaders]
    where, proof = _place(source, trained, worst, *loaders), ""
    if constants[1] and not constants[0] and source is not None:
        where = input_made(source, trained, loaders[0]) or where  # it is missing in training
    if constants[0] != constants[1]:
        proof = f"; Normalize is {_written(constants[1])} in evaluation and "
        proof += f"{_written(constants[0])} in training"
    return Finding(
        says=f"evaluation feeds values from {evaluation.minimum:.3g} to {evaluation.maximum:.3g} "
        f"(mean {evaluation.mean:.3g}, {evaluation.samples} samples), training from "
        f"{train.minimum:.3g} to {train.maximum:.3g} (mean {train.mean:.3g}, {train.samples} "
        f"samples): the same data on another scale{proof}",
        places=places(where, worst.place),
        severity=_severity(trained, worst, run),
        confidence=0.95 if proof else 0.85,
        measured={
            "training_range": [train.minimum, train.maximum],
            "evaluation_range": [evaluation.minimum, evaluation.maximum],
            "training_mean_std": [train.mean, train.std],
            "evaluation_mean_std": [evaluation.mean, evaluation.std],
            "training_accuracy": trained.accuracy,
            "evaluation_accuracy": worst.accuracy,
        },
        explains=("evaluation-far-below-training", "overfitting", "same-class-predicted"),
        fix=_fix(constants[0], constants[1]),
    )


def _severity(trained: PassFacts, worst: PassFacts, run: Run) -> Severity:
    reached = skill(worst, run.classes)
    if reached is None:
        return "error"
    before = skill(trained, run.classes)
    # Mixed or soft labels: what training comes to is not known, so that only a result with hardly
    # an error shows that nothing was lost.
    lost = (1.0 if before is None else before) - reached
    if reached >= WELL and lost < 0.05:
        return "advice"
    sure = before is not None and lost > 0.1
    return "error" if reached < FAILED or sure else "warning"


def _written(constants: _Constants) -> str:
    if not constants:
        return "missing"
    return ", ".join(f"({_numbers(m)}, {_numbers(s)})" for m, s in constants)


def _numbers(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{v:g}" for v in values) + ("," if len(values) == 1 else "") + ")"


def _fix(training: _Constants, evaluation: _Constants) -> Fix:
    if training:
        return Fix(f"write Normalize{_written(training)} in the evaluation transform too")
    if evaluation:
        return Fix(f"write Normalize{_written(evaluation)} in the training transform too")
    return Fix("scale the evaluation data exactly as the training data, with its constants")


def _place(
    source: Source | None,
    trained: PassFacts,
    worst: PassFacts,
    train_loader: LoaderFacts | None,
    loader: LoaderFacts | None,
) -> Place | None:
    """The evaluation side; the training side where evaluation data were just split off."""
    if source is None:
        return None
    here = input_made(source, worst, loader)
    there = input_made(source, trained, train_loader)
    if here is None or there is None:
        return here
    if same(here, there):
        return called_for(source, here, loader, train_loader) or here
    made_together = set(source.names_assigned_at(here)) & set(source.names_assigned_at(there))
    return there if made_together else here


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    apart = _transforms_apart.normalized_apart(seen)
    if apart is not None:
        return [
            Finding(
                says=f"{apart.says}: the network is judged on numbers it was not trained for",
                places=(seen.place(apart.made.block, apart.made.node),),
                severity="error",
                confidence=0.92,
                explains=("evaluation-far-below-training",),
                fix=Fix("give both the same Normalize"),
            )
        ]
    return [
        Finding(
            says=f"the two parts of one split are scaled differently: {one.own}, but {one.other}",
            places=(seen.place(one.block, one.node),),
            severity="error",
            confidence=0.9,
            explains=("evaluation-far-below-training",),
            fix=Fix("scale both parts alike, with the training part's numbers"),
        )
        for one in _split_arithmetic.scaled_apart(seen)
    ]


SAFE = "the network sees other numbers in evaluation"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if not finding.places:
        return []
    place = finding.places[0]
    if told(finding).startswith("take the scaling out"):
        return own_change(source, place)
    if told(finding).startswith("scale in the loop"):
        return []
    found = re.match(
        r"write Normalize\((\(.*?\)), (\(.*?\))\) in the (\w+) transform too", told(finding)
    )
    if found is None:
        return as_in_training(source, place)
    return normalized(source, place, found[1], found[2], found[3] == "training")


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
mean, std = x_train.mean(), x_train.std()
x_train = (x_train - mean) / std
x_test = x_test / 255  # <- here
train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
test_loader = DataLoader(TensorDataset(x_test, y_test), batch_size=100)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(4):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    hits = sum((model(images).argmax(1) == labels).sum().item() for images, labels in test_loader)
print(f"test accuracy: {hits / len(x_test):.3f}")
"""

GOOD = BAD.replace("x_test = x_test / 255  # <- here", "x_test = (x_test - mean) / std")
