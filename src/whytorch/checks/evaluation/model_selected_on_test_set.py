"""Model selected on the test set.

What it looks for
    The same samples are evaluated after every epoch, the best of these evaluations decides which
    weights are kept, and the figure that is reported in the end, as that of the test, is of these
    samples again. No other held-out data are evaluated.

Why it hurts
    The best of many measurements is partly luck: the figure is too good, by more the more epochs
    or settings were tried and the smaller the test set is. On new images it will be lower, and
    comparisons with it are not fair.

How to fix it
    Split the data three ways. Choose epoch, stopping point and settings on the validation part;
    evaluate the chosen network on the test part once, at the end.

When it is fine
    Where the data that decide are called validation and nothing else is claimed, where the test
    accuracy of each epoch is only shown, and where other samples are tested in the end. With no
    final claim on a test set this is advice.

References
    T. Hastie, R. Tibshirani and J. Friedman, The elements of statistical learning, section 7.2.
"""

from __future__ import annotations

import re
from statistics import median

from whytorch.checks._helpers import places
from whytorch.checks._places import loader_of
from whytorch.checks.evaluation._chosen import (
    Selection,
    comparison_around,
    samples_of,
    selections,
    series,
)
from whytorch.checks.evaluation._held_out import evaluations, on_held_out
from whytorch.evidence.facts import DataFlow, Passes, PassFacts, PrintedLine, Run
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, NotJudged, Place, Severity

ENOUGH = 30  # evaluated samples
LUCKY = 0.02  # the best figure above the middle of those that came after it
_TEST = re.compile(r"test", re.IGNORECASE)
_VALIDATION = re.compile(r"val(?!u)|\bdev\b|\bdev_|holdout|tun(?:e|ing)", re.IGNORECASE)
_BEST = re.compile(r"best|highest|\bmax|peak|top\b", re.IGNORECASE)
_FIGURE = re.compile(r"acc|correct|score|right|%", re.IGNORECASE)


def decide(
    passes: Passes, run: Run, data: DataFlow | None, source: Source | None
) -> list[Finding] | NotJudged:
    every = [
        p
        for p in evaluations([*passes.passes, *passes.others])
        if on_held_out(p) and p.samples >= ENOUGH
    ]
    if not every:
        return NotJudged("no evaluation on held-out samples was seen")
    chosen = selections(passes, every, source)
    groups = [c.of for c in chosen] or series(every)
    groups = [g for g in groups if not _others(g, every) and not _is_validation(g, passes, data)]
    if not groups:
        return []
    group = groups[0]
    selection = next((c for c in chosen if c.of == group), None)
    again = _reported_again(selection, every, passes) if selection else None
    best = _best_printed(group, passes)
    if selection is None and best is None:
        return []
    if run.shortened and again is None and best is None:
        return NotJudged("needs the figures of the whole training; this run was shortened")
    return [_finding(group, selection, again, best, passes, data, source)]


def _others(group: tuple[PassFacts, ...], every: list[PassFacts]) -> bool:
    """Other held-out samples are evaluated too: a third split, or folds."""
    return any(samples_of(p) != samples_of(group[0]) for p in every)


def _texts(group: tuple[PassFacts, ...], passes: Passes, data: DataFlow | None) -> str:
    """What the script calls these samples: in what it prints of them, where it makes them."""
    indices = {p.index for p in group}
    printed = [x.text for x in passes.printed if x.after_pass in indices and x.numbers]
    loader = loader_of(group[0], data.loaders) if data else None
    known = [loader.place, loader.dataset.place] if loader else [group[0].place]
    return "\n".join([*printed, *(p.code or "" for p in known if p is not None)])


def _is_validation(group: tuple[PassFacts, ...], passes: Passes, data: DataFlow | None) -> bool:
    """The script calls it validation, and only that."""
    text = _texts(group, passes, data)
    return bool(_VALIDATION.search(text)) and not _TEST.search(text)


def _reported_again(
    selection: Selection, every: list[PassFacts], passes: Passes
) -> tuple[PassFacts, PrintedLine] | None:
    """After the kept weights were put back: the same samples once more, printed as the test."""
    last = selection.of[-1]
    loads = [e for e in passes.weights if e.kind == "loaded" and e.after_pass >= last.index]
    final = [p for p in every if loads and p.index > loads[0].after_pass]
    for one in final:
        for line in passes.printed:
            named = _TEST.search(line.text) and not _VALIDATION.search(line.text)
            if line.after_pass == one.index and line.numbers and named:
                return one, line
    return None


def _best_printed(group: tuple[PassFacts, ...], passes: Passes) -> PrintedLine | None:
    """A last word on the best accuracy, which is the best of this series."""
    best = max((p.accuracy or 0.0) for p in group)
    for line in reversed(passes.printed):
        if line.after_pass >= group[-1].index and _BEST.search(line.text):
            if _FIGURE.search(line.text) and any(_shows(n, best) for n in line.numbers):
                return line
    return None


def _shows(number: float, accuracy: float) -> bool:
    return abs(number - accuracy) < 5.1e-4 or abs(number / 100 - accuracy) < 5.1e-4


def _luck(group: tuple[PassFacts, ...]) -> float | None:
    """How far the best is above the middle of what came after it, two or more."""
    figures = [p.accuracy for p in group if p.accuracy is not None]
    if len(figures) != len(group):
        return None
    later = figures[figures.index(max(figures)) + 1 :]
    return max(figures) - median(later) if len(later) > 1 else None


def _finding(
    group: tuple[PassFacts, ...],
    selection: Selection | None,
    again: tuple[PassFacts, PrintedLine] | None,
    best: PrintedLine | None,
    passes: Passes,
    data: DataFlow | None,
    source: Source | None,
) -> Finding:
    luck = _luck(group)
    shown = again[1] if again else best
    how = f"the best {selection.by} of them decides which weights are kept" if selection else ""
    if shown is not None:
        how += ", and " if how else ""
        how += f"{shown.text.strip()[:80]!r} is the figure of these samples"
    lucky = f"; it is {100 * luck:.1f} points above the middle of the later ones" if luck else ""
    figures = [p.accuracy for p in group if p.accuracy is not None]
    return Finding(
        says=f"the same {group[0].samples} held-out samples were evaluated {len(group)} times; "
        f"{how}{lucky}; no other held-out samples were evaluated",
        places=places(
            _where(selection, shown, source),
            selection.place if selection else None,
            shown.place if shown else None,
            group[-1].place,
        ),
        severity=_severity(_texts(group, passes, data), again, best, luck),
        confidence=0.8 if again else 0.6,
        measured={
            "evaluations": len(group),
            "samples": group[0].samples,
            "best_accuracy": max(figures, default=None),
            "last_accuracy": figures[-1] if figures else None,
            "best_above_later_ones": luck,
        },
        explains=(),
        fix=Fix(
            "hold out a validation part of the training data, choose on that, and evaluate the "
            "test set once, at the end"
        ),
    )


def _severity(
    text: str,
    again: tuple[PassFacts, PrintedLine] | None,
    best: PrintedLine | None,
    luck: float | None,
) -> Severity:
    """A warning where a test figure is claimed that the selection made too good."""
    if again is not None:
        return "warning"
    claimed = best is not None and _TEST.search(best.text) and _TEST.search(text)
    return "warning" if claimed and (luck or 0.0) >= LUCKY else "advice"


def _where(
    selection: Selection | None, shown: PrintedLine | None, source: Source | None
) -> Place | None:
    """The comparison that decides; else the line that claims."""
    if selection is not None and selection.place is not None:
        compared = comparison_around(source, selection.place) if source else None
        return compared or selection.place
    return shown.place if shown else None


PASTE = """
train_set, validation_set = torch.utils.data.random_split(
    train_set, [0.9, 0.1], generator=torch.Generator().manual_seed(0)
)
validation_loader = DataLoader(validation_set, batch_size=256)  # choose the epoch on this one
"""

BAD = """
import copy

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train_set, test_set, validation_set = random_split(data, [1300, 250, 247])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
validation_loader = DataLoader(validation_set, batch_size=125)
test_loader = DataLoader(test_set, batch_size=125)


def accuracy(loader):
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in loader)
    return hits / len(loader.dataset)


model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
best, best_weights = 0.0, None
for epoch in range(10):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    score = accuracy(test_loader)
    if score > best:  # <- here
        best, best_weights = score, copy.deepcopy(model.state_dict())

model.load_state_dict(best_weights)
print(f"final test accuracy: {accuracy(test_loader):.3f}")
"""

GOOD = BAD.replace("score = accuracy(test_loader)", "score = accuracy(validation_loader)").replace(
    "  # <- here", ""
)
