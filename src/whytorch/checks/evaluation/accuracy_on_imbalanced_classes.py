"""Accuracy hides the rare classes.

What it looks for
    One class makes up most of the evaluated samples, accuracy looks good, and a rare class is
    hardly ever recognized. Only accuracy is printed. Of several yes/no answers a sample: most are
    no, hardly any yes is found, and the accuracy counts each no that is right.

Why it hurts
    Naming the commonest class every time is right as often as that class occurs: 95 of 100 sick
    patients missed, and still 95% accuracy. The figure says nothing about the class that matters.

How to fix it
    Report recall, precision and F1 for each class, or balanced accuracy. In training, weigh the
    rare classes: nn.CrossEntropyLoss(weight=...), or a WeightedRandomSampler with a weight for
    each sample.

When it is fine
    Where the script reports recall, F1, AUC or a confusion matrix too, and where the rare classes
    are recognized about as well as the others.

References
    scikit-learn, Metrics and scoring: "Balanced accuracy score"; H. He and E. Garcia, Learning
    from imbalanced data (2009).
"""

from __future__ import annotations

import re

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import places
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import told
from whytorch.checks._shortened import suspicion
from whytorch.checks.evaluation import _tags
from whytorch.checks.evaluation._held_out import evaluations, is_real_training, on_held_out
from whytorch.checks.evaluation._reported import accuracy_line, fair_figure
from whytorch.evidence.facts import ClassScores, DataFlow, Passes, PassFacts, Run
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, SetArgument

ENOUGH = 100  # evaluated samples
SUPPORT = 10  # of the rare class: with none of 10 found, recall is below 26 % (95 % sure)
RARE = 0.5  # of an even share, in evaluation and in training
MAJORITY = 0.6  # from this share of the commonest class on, naming it alone looks like learning
MISSED = 0.35  # recall of a class that is mostly missed, where others are found
NEVER = 0.1  # recall that is as good as none
LOOKS_GOOD = 0.6  # accuracy that looks like success, or at least not like failure
ABOVE = 0.05  # of skill over naming the commonest class: more than this is learning

# Whatever keeps a network from learning leaves it naming the commonest class.
CONSEQUENCE_OF = (
    *SPOILS_LEARNING,
    "learning-rate-too-low", "evaluating-in-train-mode", "train-test-normalization-mismatch",
    "batchnorm-statistics-stale",
)  # fmt: skip


def decide(
    passes: Passes, run: Run, data: DataFlow | None, source: Source | None
) -> list[Finding] | NotJudged:
    measured = [
        p
        for p in evaluations(passes.passes)
        if on_held_out(p) and p.confusion and (p.counted or 0) >= ENOUGH
    ]
    if passes.tags is not None and not measured:
        return [] if fair_figure(passes, source) else _tags.decide(passes, passes.tags, run)
    if not measured:
        return NotJudged(f"needs an evaluation of {ENOUGH} samples or more with known classes")
    last = measured[-1]
    missed = _missed(last, passes)
    if not missed or not is_real_training(passes) or fair_figure(passes, source):
        return []
    shown = accuracy_line(passes, last.index) or _scored(passes, last.index)
    found = _finding(last, missed, shown, _names(last, data))
    if run.shortened:
        found = suspicion(found, "rare classes are learned last, and this run was shortened")
    return [found]


def _missed(one: PassFacts, passes: Passes) -> list[ClassScores]:
    """Rare classes, in training as well, that are hardly ever recognized."""
    scores = [s for s in one.per_class() if s.support]
    total = sum(s.support for s in scores)
    if len(scores) < 2 or (one.accuracy or 0.0) < LOOKS_GOOD:
        return []
    if max(s.support for s in scores) < MAJORITY * total:
        return []
    trained = _training_shares(passes)
    even = 1 / len(scores)
    return [
        s
        for s in scores
        if s.support >= SUPPORT
        and s.support / total <= RARE * even
        and s.recall <= MISSED
        and (trained is None or 0 < trained.get(s.index, 0.0) <= 1.5 * RARE * even)
    ]


def _training_shares(passes: Passes) -> dict[int, float] | None:
    trained = [p for p in passes.of("train") if p.confusion]
    if not trained:
        return None
    counts = [sum(row) for row in trained[-1].confusion or ()]
    return {c: n / sum(counts) for c, n in enumerate(counts)}


def _scored(passes: Passes, after: int) -> Place | None:
    found = [s for s in passes.scores if s.after_pass >= after and s.function == "accuracy_score"]
    return found[-1].place if found else None


def _names(one: PassFacts, data: DataFlow | None) -> tuple[str, ...]:
    for loader in data.loaders if data else ():
        if loader.id == one.loader and loader.dataset.classes:
            return loader.dataset.classes
    return ()


def _finding(
    one: PassFacts, missed: list[ClassScores], shown: Place | None, names: tuple[str, ...]
) -> Finding:
    scores = [s for s in one.per_class() if s.support]
    total = sum(s.support for s in scores)
    common = max(scores, key=lambda s: s.support)
    baseline = common.support / total
    accuracy = one.accuracy or 0.0
    balanced = sum(s.recall for s in scores) / len(scores)
    skill = (accuracy - baseline) / (1 - baseline)
    worst = min(missed, key=lambda s: (s.recall, -s.support))
    hopeless = worst.recall <= NEVER and skill <= ABOVE
    return Finding(
        says=f"accuracy is {accuracy:.1%}, but of the {worst.support} samples of class "
        f"{_name(worst.index, names)} {worst.recall:.0%} are recognized (precision "
        f"{worst.precision:.2f}, recall {worst.recall:.2f}, F1 {worst.f1:.2f}); always naming "
        f"class {_name(common.index, names)} would give {baseline:.1%}, and balanced accuracy is "
        f"{balanced:.1%}",
        places=places(shown, one.place),
        severity=("error" if hopeless else "warning") if shown is not None else "advice",
        confidence=0.85 if hopeless else 0.75,
        measured={
            "accuracy": accuracy,
            "balanced_accuracy": balanced,
            "majority_share": baseline,
            "classes_missed": [s.index for s in missed],
            "precision": [round(s.precision, 4) for s in scores],
            "recall": [round(s.recall, 4) for s in scores],
            "f1": [round(s.f1, 4) for s in scores],
            "support": [s.support for s in scores],
        },
        explains=("same-class-predicted",),
        fix=Fix(
            "print sklearn.metrics.classification_report(labels, predictions), and weigh the rare "
            f"classes in the loss: weight={_weights(scores)}"
        ),
    )


def _name(index: int, names: tuple[str, ...]) -> str:
    return f"{index} ({names[index]})" if index < len(names) else str(index)


def _weights(scores: list[ClassScores]) -> str:
    """Inverse to the classes' shares, 1 for the commonest."""
    most = max(s.support for s in scores)
    first = [f"{most / s.support:.1f}" for s in scores[:8]]
    return f"torch.tensor([{', '.join(first)}{', ...' if len(scores) > 8 else ''}])"


SAFE = "class weights trade accuracy for the recall of rare classes"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    weights = re.search(r"weight=(torch\.tensor\(.*\))", told(finding))
    made = [
        c for c in source.calls_to("torch.nn.CrossEntropyLoss") if not c.args and not c.keywords
    ]
    if weights is None or len(made) != 1 or len(source.calls_to("torch.nn.CrossEntropyLoss")) > 1:
        return []
    line = ("import torch",)
    return [SetArgument(made[0].place, line, "CrossEntropyLoss", "weight", weights[1])]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32) + 0.5 * torch.randn(1797, 64)
sick = torch.tensor(y == 8).long()  # one in ten
train_set, test_set = random_split(TensorDataset(x, sick), [1200, 597])
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = DataLoader(test_set, batch_size=200)

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(8):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        criterion(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    predicted = torch.cat([model(images).argmax(1) for images, _ in test_loader])
    labels = torch.cat([labels for _, labels in test_loader])
print(f"test accuracy: {(predicted == labels).float().mean():.3f}")  # <- here
"""

GOOD = BAD.replace(
    "nn.CrossEntropyLoss()", "nn.CrossEntropyLoss(weight=torch.tensor([1.0, 9.0]))"
).replace(
    """print(f"test accuracy: {(predicted == labels).float().mean():.3f}")  # <- here""",
    """for c, name in enumerate(("well", "sick")):
    print(f"recall of {name}: {(predicted[labels == c] == c).float().mean():.3f}")""",
)
