"""Class weights are wrong.

What it looks for
    The weights that cross_entropy or nll_loss was given against how often each class comes in
    training: rarer classes with smaller weights, weights that follow the counts but belong to other
    classes, a wrong number of weights, one class that outweighs all others together, which are then
    not recognized. A pos_weight that is positives / negatives instead of the
    reverse. And weights so unequal that label smoothing makes most of the loss. A class of pixels
    that ignore_index, or a weight of 0, leaves out, though the network has an output for it, is
    pointed out.

Why it hurts
    Weights are there to make rare classes count. Inverted or in another order they do the opposite:
    the rare classes are given up, and overall accuracy hides it.

How to fix it
    weight[c] = 1 / (number of samples of class c), in the order of the class numbers:
    counts = torch.bincount(labels, minlength=classes); weight = counts.sum() / (classes * counts).
    pos_weight = negatives / positives.

When it is fine
    Weights that make rare classes count more, by any formula; weights of classes that are about
    equally frequent; weight 0 for a class that shall not count. A background class that is common
    and gets a small weight.

References
    torch.nn.CrossEntropyLoss, "weight"; torch.nn.BCEWithLogitsLoss, "pos_weight".
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from whytorch.checks._helpers import places
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import advised, assigned, number, text
from whytorch.checks.loss import _weights_of_classes as weighing
from whytorch.checks.loss._ignored import ignored
from whytorch.checks.loss._reweighted import reweighted, unsmoothed
from whytorch.evidence.facts import ClassScores, DataFlow, LossCalls, LossSite, Passes, Run
from whytorch.evidence.source import Source
from whytorch.records import (
    AnyEdit,
    Finding,
    Fix,
    NotJudged,
    Place,
    ReplaceStatement,
    SetArgument,
    Severity,
)

_INDEXED = ("cross_entropy", "nll_loss")
_LENGTH = re.compile(r"weight tensor should be defined either for all|weight must have the same")
LITTLE_FOUND, WELL_FOUND = 0.5, 0.9  # share of the rarest class's samples that are recognized
MOSTLY_SMOOTHING = 0.5  # of the loss, where 0.1 is usual
UNSEEN, FEW_OTHERS = 0.1, 20  # recall of the classes that are outweighed, and their samples
NEAR = 1.3  # pos_weight and the ratio of the counts, as a factor


def decide(
    losses: LossCalls,
    run: Run,
    data: DataFlow | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    weighted = [s for s in losses.sites if _has_weights(s)]
    uncounted = 0
    found: list[Finding] = []
    for site in weighted:
        if site.raised:
            found += _of_length(site, source)
        elif site.phase == "train" and site.function in _INDEXED:
            weights = [float(w) for w in site.options["weight"]]
            counts = weighing.class_counts(site, data, len(weights))
            uncounted += counts is None
            found += _of_counts(site, weights, counts, passes, source) if counts else []
        elif site.phase == "train":
            found += _of_positives(site, passes, source)
    found = found or [f for s in losses.training() if (f := ignored(s)) is not None]
    if not found and weighted and uncounted == len(weighted):
        return NotJudged(f"needs {weighing.ENOUGH_SAMPLES} labels of training; this run has fewer")
    return found[:1]


def _has_weights(site: LossSite) -> bool:
    name = "weight" if site.function in _INDEXED else "pos_weight"
    values = site.options.get(name)
    return isinstance(values, list) and bool(values) and len(values) < 100


def _of_length(site: LossSite, source: Source | None) -> list[Finding]:
    weights, shape = site.options.get("weight"), site.input_shape
    if not isinstance(weights, list) or not shape or not _LENGTH.search(site.raised or ""):
        return []
    classes = shape[1] if len(shape) > 1 else shape[0]
    return [
        Finding(
            says=f"{site.function} was given {len(weights)} class weights, but {classes} outputs",
            places=places(*_made(site, source), site.place),
            confidence=0.97,
            measured={"weights": len(weights), "outputs": classes},
            explains=("crash",),
            fix=Fix(f"give one weight for each of the {classes} classes, in the order of their "
                    "numbers"),
        )
    ]  # fmt: skip


def _of_counts(
    site: LossSite,
    weights: list[float],
    counts: list[int],
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    rare = min((c for c in range(len(counts)) if counts[c]), key=lambda c: counts[c])
    often = max(range(len(counts)), key=lambda c: counts[c])
    smoothing = float(site.options.get("label_smoothing") or 0.0)
    share = weighing.smoothing_share(weights, counts, smoothing)
    compared = f"class {rare} comes {counts[rare]} times and has weight {weights[rare]:.3g}, class "
    compared += f"{often} {counts[often]} times and weight {weights[often]:.3g}"
    severity = _severity(rare, passes)
    if weighing.is_inverted(weights, counts):
        says = f"the rarer classes have the smaller weights: {compared}"
        fix = "write counts.sum() / (len(counts) * counts): the rarer the class, the larger its "
        fix += "weight"
    elif weighing.is_out_of_order(weights, counts):
        says = f"the class weights follow the counts, but in another order: {compared}"
        fix = "count in the order of the class numbers: torch.bincount(labels, minlength="
        fix += f"{len(counts)}), not in the order of frequency"
    elif share > MOSTLY_SMOOTHING:
        says = f"with these class weights label smoothing of {smoothing:g} makes "
        says += f"{share / (share + 1 - smoothing):.0%} of the loss: {compared}"
        severity = "warning"  # the rare classes are found all too well
        fix = "leave out label_smoothing, or make the weights less unequal (their square roots)"
    else:
        return _drowned(site, weights, counts, passes, source)
    return [
        Finding(
            says=says,
            places=places(*_made(site, source), site.place),
            severity=severity,
            confidence=0.85,
            measured={
                "weights": [round(w, 6) for w in weights],
                "class_counts": counts,
                "label_smoothing": smoothing,
                "recall_of_rarest": getattr(_scores(rare, passes), "recall", None),
            },
            explains=("underfitting", "same-class-predicted", "loss-not-decreasing"),
            fix=Fix(fix),
        )
    ]


def _of_positives(site: LossSite, passes: Passes | None, source: Source | None) -> list[Finding]:
    values, counts = site.options.get("pos_weight"), site.target_counts or {}
    if not isinstance(values, list) or len(values) != 1 or not set(counts) <= {"0", "1"}:
        return []
    negatives, positives = counts.get("0", 0), counts.get("1", 0)
    weight = float(values[0])
    if negatives + positives < weighing.ENOUGH_SAMPLES or not negatives or not positives:
        return []
    ratio = positives / negatives
    unequal = ratio >= weighing.UNEQUAL or ratio <= 1 / weighing.UNEQUAL
    if not unequal or weight <= 0 or not 1 / NEAR <= weight / ratio <= NEAR:
        drowned = _drowned(site, [1.0, weight], [negatives, positives], passes, source)
        return [replace(f, fix=_ratio(negatives, positives)) for f in drowned]
    rare = 1 if positives < negatives else 0
    return [
        Finding(
            says=f"pos_weight is {weight:.3g}, about positives / negatives = {positives} / "
            f"{negatives} of the labels seen; it makes the {'rare' if rare else 'many'} positives "
            f"count {'less' if rare else 'more'} still",
            places=places(*_made(site, source), site.place),
            severity=_severity(rare, passes),
            confidence=0.85,
            measured={"pos_weight": weight, "positives": positives, "negatives": negatives},
            explains=("same-class-predicted", "underfitting"),
            fix=_ratio(negatives, positives),
        )
    ]


def _ratio(negatives: int, positives: int) -> Fix:
    return Fix(f"write pos_weight = negatives / positives, here {negatives / positives:.3g}")


def _drowned(
    site: LossSite,
    weights: list[float],
    counts: list[int],
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    """One class outweighs the rest together, and hardly anything else is recognized."""
    heavy = weighing.drowning(weights, counts)
    others = [c for c in range(len(counts)) if c != heavy and counts[c]]
    scores = [s for c in others if (s := _scores(c, passes)) is not None]
    if heavy is None or not scores or sum(s.support for s in scores) < FEW_OTHERS:
        return []
    found = sum(s.recall * s.support for s in scores) / sum(s.support for s in scores)
    if found > UNSEEN:
        return []
    total = sum(w * n for w, n in zip(weights, counts, strict=True))
    share = weights[heavy] * counts[heavy] / total
    return [
        Finding(
            says=f"class {heavy} is {counts[heavy]} of {sum(counts)} labels, and its weight of "
            f"{weights[heavy]:.3g} makes it {share:.1%} of the loss; of all other samples "
            f"{found:.0%} are recognized",
            places=places(*_made(site, source), site.place),
            severity="error",
            confidence=0.85,
            measured={"weights": weights, "class_counts": counts, "recall_of_the_rest": found},
            explains=("underfitting", "same-class-predicted", "loss-not-decreasing"),
            fix=Fix("weigh each class by 1 / its number of samples, so that all have one share"),
        )
    ]


def _scores(rare: int, passes: Passes | None) -> ClassScores | None:
    """How the rarest class fares in the last evaluation that has some of it."""
    for one in (*reversed(passes.of("eval")), *reversed(passes.of("train"))) if passes else ():
        scores = [s for s in one.per_class() if s.index == rare and s.support >= 5]
        if scores:
            return scores[0]
    return None


def _severity(rare: int, passes: Passes | None) -> Severity:
    scores = _scores(rare, passes)
    if scores is None:
        return "warning"
    if scores.recall >= WELL_FOUND:
        return "advice"
    return "error" if scores.recall < LITTLE_FOUND else "warning"


def _made(site: LossSite, source: Source | None) -> tuple[Place | None, ...]:
    """Where the weights got their values, and where the loss was made with them."""
    at = site.made_place or site.place
    if source is None or at is None:
        return (at,)
    option = "weight" if site.function in _INDEXED else "pos_weight"
    calls = [c for c in source.calls if c.place.path == at.path
             and c.place.line <= at.line <= (c.place.end_line or c.place.line)]  # fmt: skip
    given = next((c.keywords[option] for c in calls if option in c.keywords), None)
    if given is None and option == "weight":
        given = next((c.args[0] for c in calls if c.last.endswith("Loss") and c.args), None)
    name = re.match(r"[A-Za-z_][\w.]*", given.text) if given is not None else None
    if name is None:
        return (at,)
    target = re.sub(r"\.(to|cuda|float|double|clone)$", "", name.group())
    made = [
        a
        for a in source.assignments
        if target in a.targets and a.place.path == at.path and a.place.line <= at.line
        if a.value is not None and not re.match(rf"{re.escape(target)}\.(to|cuda|float)\(",
                                                a.value.text)
    ]  # fmt: skip
    used = site.options.get(option)
    values = used if isinstance(used, list) else []
    # Of several branches the one whose numbers they are, else the last that was written.
    fits = [a for a in made if a.value and weighing.are_written(a.value.text, values)]
    chosen = (fits or made)[-1:]
    return (*(a.place for a in chosen), at)


SAFE = "the classes weigh otherwise in the loss"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if weight := number(r"write pos_weight = negatives / positives, here ([\d.e+-]+)", finding):
        for call in source.calls_to("torch.nn.BCEWithLogitsLoss"):
            return [SetArgument(call.place, ("import torch",), "BCEWithLogitsLoss", "pos_weight",
                                f"torch.tensor([{weight}])", anyhow=True)]  # fmt: skip
    if "label smoothing" in finding.says:
        return unsmoothed(finding, source)
    if again := reweighted(finding, source):
        return again
    new, place = advised(finding), next(iter(finding.places), None)
    made = assigned(source, place) if place is not None else None
    if (
        place is None
        or made is None
        or new is None
        or not re.match(r"[\w.]+\.sum\(\) / \(len", new)
    ):
        return []
    name = new.partition(".sum")[0]
    if not re.search(rf"\b{re.escape(name)}\b", text(source, place, made[1])):
        return []
    return [ReplaceStatement(place, code=f"{made[0]} = {new}")]


BAD = """
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(1500, 6)
labels = (x[:, 0] + 0.8 * torch.randn(1500) > 1.9).long()
train_x, train_y, test_x, test_y = x[:1100], labels[:1100], x[1100:], labels[1100:]
loader = DataLoader(TensorDataset(train_x, train_y), batch_size=50, shuffle=True)

counts = torch.bincount(train_y, minlength=2).float()
weights = counts / counts.sum()  # <- here
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
criterion = nn.CrossEntropyLoss(weight=weights)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(5):
    model.train()
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    predicted = model(test_x).argmax(1)
    found = (predicted[test_y == 1] == 1).float().mean().item()
    print("accuracy", (predicted == test_y).float().mean().item(), "of the rare class", found)
"""

GOOD = BAD.replace("counts / counts.sum()  # <- here", "counts.sum() / (2 * counts)")
