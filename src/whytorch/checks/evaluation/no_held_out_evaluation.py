"""No evaluation on held-out data.

What it looks for
    A classifier was trained to the end of the script, and apart from training no sample went
    through it: neither a validation nor a test.

Why it hurts
    The training loss says how well the network remembers, not how well it will do on new images.
    Without unseen data nobody can tell a network that learned from one that memorized, nor when
    to stop.

How to fix it
    Keep a part of the data out of training (a test set, or random_split) and measure on it after
    each epoch, in eval mode and under torch.no_grad().

When it is fine
    When another script beside it loads the weights that are saved, when a few batches are trained
    on to see whether it runs, and where there is nothing to classify.

References
    T. Hastie, R. Tibshirani and J. Friedman, The elements of statistical learning, section 7.2.
"""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks._places import loops_around
from whytorch.checks.evaluation._held_out import is_real_training, may_measure
from whytorch.checks.evaluation._unreached import UNREACHED, evaluates_later
from whytorch.evidence.facts import Passes, PassFacts, Run
from whytorch.evidence.source import Source
from whytorch.evidence.source_beside import loaded_beside
from whytorch.records import Finding, Fix, NotJudged, Place


def decide(passes: Passes, run: Run, source: Source | None) -> list[Finding] | NotJudged:
    if run.classification is not True:
        return []
    # Predictions that are only stored, or compared in ways that nobody saw, count as well here.
    if any(p.phase == "eval" and may_measure(p) for p in (*passes.passes, *passes.others)):
        return []
    if not run.reached_end:
        return NotJudged("the script did not come to its end, where an evaluation may follow")
    if evaluates_later(run, source):
        return NotJudged(UNREACHED)
    several = any(p.phase == "train" for p in passes.others)  # a GAN: nothing to hold out
    if several or not is_real_training(passes):
        return []
    other = loaded_beside(source) if source is not None else None
    if other is not None:
        return NotJudged(f"{other.name} loads the weights that are saved here, and may evaluate")
    return [_finding(passes.of("train"), run, source)]


def _finding(trained: tuple[PassFacts, ...], run: Run, source: Source | None) -> Finding:
    last = trained[-1]
    shown = f" (accuracy {last.accuracy:.0%})" if last.accuracy is not None else ""
    return Finding(
        says=f"{run.steps} steps of training in {len(trained)} "
        f"pass{'es' * (len(trained) > 1)}, and no sample outside training went through the "
        f"network: all that is known is how it does on its own training batches{shown}",
        places=places(_loop(last, source), last.place),
        severity="warning",
        confidence=0.9,
        measured={
            "steps": run.steps,
            "training_passes": len(trained),
            "evaluation_passes": 0,
            "training_accuracy": last.accuracy,
        },
        explains=(),
        fix=Fix(
            "hold data out, and after each epoch call model.eval() and count the right "
            "predictions on them under torch.no_grad()"
        ),
    )


def _loop(one: PassFacts, source: Source | None) -> Place | None:
    """The outermost loop of the training, where an evaluation after each epoch would go."""
    for place in reversed(one.callers):
        around = loops_around(source, place) if source else []
        if around:
            return around[0].place
    return None


PASTE = """
model.eval()
with torch.no_grad():
    hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
print(f"test accuracy {hits / len(test_loader.dataset):.3f}")
model.train()
"""

BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train_set, test_set = torch.utils.data.random_split(data, [1400, 397])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)

model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):  # <- here
    model.train()
    total = 0.0
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: loss {total / len(train_loader):.3f}")
"""

GOOD = (
    BAD.replace("  # <- here", "")
    + """
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(f"         test accuracy {hits / len(test_set):.3f}")
"""
)
