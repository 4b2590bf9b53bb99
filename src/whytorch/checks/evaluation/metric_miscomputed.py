"""Printed metric is miscomputed.

What it looks for
    A figure that the script prints as an accuracy is not the true one, counted from predictions
    and labels, but is exactly what a known slip gives: right predictions divided by the number of
    batches, by another data set's length or by the last batch's size, only the last batch
    counted, totals never set back, batches of unequal size averaged, division cut to an integer,
    a column of predictions compared with a row of labels, so that each meets each; or is, line
    by line, the true one times one and the same factor. And losses of training and evaluation,
    printed to be compared, of which one is a mean and the other holds the last batch only, or is
    divided by the number of samples or of another loader's batches, or by the length of a data set
    of which the loader gives a part. As advice, a loss printed once an epoch that is the last
    batch's alone. And one torchmetrics object that is logged in training and in validation, an
    argmax over all scores of a contrastive batch, and areas below a ROC curve that are computed
    from the scores of the other class, or from predicted classes instead of scores.

Why it hurts
    Every decision rests on a number that is not what it says. A good network looks broken, or a
    broken one looks good, and comparisons between runs compare batch sizes.

How to fix it
    Count the right predictions and the samples over all batches, both from 0 in each evaluation,
    and divide the one by the other: correct += (predicted == labels).sum().item();
    total += labels.size(0); accuracy = correct / total.

When it is fine
    The mean of batch accuracies where all batches have one size, or where the last one changes
    less than the digits show. Running figures in the middle of an epoch.

References
    torchmetrics, Implementing a metric: keep sums, divide at the end.
"""

from __future__ import annotations

import math
import re

from whytorch.checks._helpers import places
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import calls_here
from whytorch.checks.evaluation import (
    _above_one,
    _batch_scores,
    _last_alone,
    _losses,
    _map_figures,
    _not_asked,
    _of_another,
    _of_pairs,
    _ranked,
    _same_ranks,
    _shared_metric,
)
from whytorch.checks.evaluation._computed import computed_at
from whytorch.checks.evaluation._figures import Figure, figures
from whytorch.checks.evaluation._kept_on import computed_on
from whytorch.checks.evaluation._multiples import multiple
from whytorch.checks.evaluation._named import named
from whytorch.checks.evaluation._slips import SLIPS, Slip, mean_of_batches, with_the_dropped
from whytorch.checks.evaluation._summed import summed
from whytorch.evidence.facts import LossCalls, Passes, Run
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, ReplaceExpression, Severity

# In all, over the lines that differ from the truth: a match of fewer digits may be chance.
ENOUGH_DIGITS = 3
ENOUGH_OF_MEANS = 6  # of a figure that may be a mean of something else
VISIBLE = 0.01  # off by less than one point in a hundred misleads nobody
MISLEADING = 0.03
ABSURD = 0.3

# A figure at chance can be any of the slips by chance; from 0 and 255 no overlap is right.
CONSEQUENCE_OF = ("predictions-in-other-order", "target-encoding-mismatch")


def decide(
    passes: Passes, run: Run, source: Source | None, losses: LossCalls | None
) -> list[Finding] | NotJudged:
    if shared := _shared_metric.decide(source):
        return shared  # whatever figure is wrong, this is why
    passes = named(passes, source)
    series = figures(passes)
    of_losses = [
        *_ranked.decide(passes),
        *_batch_scores.decide(passes, source),
        *_above_one.decide(passes, source),
        *(_losses.decide(passes, losses, source) or _last_alone.decide(passes)),
        *_map_figures.decide(passes, source),
        *_same_ranks.decide(passes, source),
        *_of_pairs.decide(passes),
        *_of_another.decide(passes),
        *_not_asked.decide(passes, losses, run),
    ]
    if not series and of_losses:
        return of_losses
    if not series:
        if run.shortened:
            return NotJudged("needs passes of full length; this run was shortened")
        return NotJudged("no accuracy was printed, or the true one could not be counted")
    found = []
    for shown in series.values():
        known = _slip(shown, passes)
        if known is not None:
            found.append(_finding(shown, *known, source))
    return found + of_losses


def _slip(shown: list[Figure], passes: Passes) -> tuple[Slip, list[Figure]] | None:
    """The slip that explains every line where the truth does not; or every line, to the digit,
    where the truth of other passes explains some by chance. With the lines that are wrong."""
    wrong = [f for f in shown if not _is_true(f, passes)]
    off = [f for f in shown if f.of.accuracy is not None and _far(f)]
    averaged = any(f.averaged for f in wrong or shown)
    for slip in SLIPS:
        if (averaged and slip.averages) or (slip.whole and not all(f.held_out for f in shown)):
            continue
        if wrong and not slip.whole and _explains(slip, wrong, passes, averaged):
            return slip, wrong
        if off and len(shown) > 1 and _explains(slip, shown, passes, True):
            return slip, off
    # A line that is the truth of another pass by chance has the factor as well.
    common = multiple(shown) if 2 * len(wrong) >= len(shown) else None
    return (common, wrong) if common is not None else None


def _far(figure: Figure) -> bool:
    return abs(_share(figure) - (figure.of.accuracy or 0.0)) >= VISIBLE


def _explains(slip: Slip, lines: list[Figure], passes: Passes, sure: bool) -> bool:
    if not all(any(map(f.shows, slip.value(f.of, passes))) for f in lines):
        return False
    # One figure in all lines says as little as in one; but a 0 in each is no chance.
    different = {f.token: max(f.digits, 1) for f in lines}
    # No chance either: nothing but zeros, or what is nowhere near the truth in either reading.
    absurd = all(abs(_share(f) - (f.of.accuracy or 0.0)) >= ABSURD for f in lines)
    surely = len(lines) if absurd or not any(f.value for f in lines) else 0
    return max(sum(different.values()), surely) >= (ENOUGH_OF_MEANS if sure else ENOUGH_DIGITS)


def _share(figure: Figure) -> float:
    """The figure as a share, of the two readings the one nearer to the truth."""
    truth = figure.of.accuracy or 0.0
    return min((figure.value, figure.value / 100), key=lambda v: abs(v - truth))


def _is_true(figure: Figure, passes: Passes) -> bool:
    """Whether it is the accuracy, or the share of one class found, of any pass until then."""
    for one in (*passes.passes, *passes.others):
        if one.index > figure.line.after_pass or one.accuracy is None:
            continue
        if figure.shows(one.accuracy) or abs(figure.value - one.accuracy) < VISIBLE:
            return True
        if abs(figure.value / 100 - one.accuracy) < VISIBLE and figure.value > 1:
            return True
        recalls = [r[c] / sum(r) for c, r in enumerate(one.confusion or ()) if sum(r)]
        if figure.value == 0 and 0.0 in recalls:
            return True  # a class of which none is found
        if figure.digits >= ENOUGH_DIGITS:  # with fewer, one of many classes always fits
            if any(map(figure.shows, [*recalls, sum(recalls) / max(1, len(recalls))])):
                return True
    return False


def _finding(
    shown: list[Figure], slip: Slip, wrong: list[Figure], source: Source | None
) -> Finding:
    last = wrong[-1]
    one = last.of
    accuracy = one.accuracy or 0.0
    # Of the two readings, as a fraction and in percent, the one that is nearer to the truth.
    gap = abs(_share(last) - accuracy)
    label = last.name or "accuracy"
    kept = computed_on(source) if "not set back to 0" in slip.name else None
    return Finding(
        says=f"{label!r} is printed as {last.token}, but {one.correct} of {one.counted} samples "
        f"are right ({accuracy:.1%}): the figure is {slip.written(one)}, in {len(wrong)} of "
        f"{len(shown)} lines; {slip.name}",
        places=places(kept.place if kept else computed_at(last, source), last.line.place),
        severity=_severity(gap, slip, wrong, len(shown)),
        confidence=0.9,
        measured={
            "printed": last.value,
            "true_accuracy": accuracy,
            "correct": one.correct,
            "counted": one.counted,
            "batches": one.batches,
            "lines": len(wrong),
        },
        explains=("printed-metric-differs-from-measured",),
        fix=Fix(
            (f"write {kept.raw.rpartition('.')[0]}.reset() before each evaluation" if kept else "")
            or slip.fix
            or "count right predictions and samples over all batches, from 0 in each evaluation, "
            f"and divide the one by the other: here {one.correct} / {one.counted}"
        ),
    )


def _severity(gap: float, slip: Slip, wrong: list[Figure], lines: int) -> Severity:
    """A mean over batches that a small last one has thrown off now and then misleads nobody; nor
    does one in training, where the weights change from batch to batch, nor by less than what other
    samples would change."""
    if slip.value is mean_of_batches and all(f.of.phase == "train" or _chance(f) for f in wrong):
        return "advice"
    if gap >= MISLEADING:
        return "error"
    if slip.value is with_the_dropped:
        return "advice"
    return "advice" if slip.averages and 2 * len(wrong) < lines else "warning"


def _chance(figure: Figure) -> bool:
    """Within one standard error of the true accuracy, as of a share of that many samples."""
    truth, count = figure.of.accuracy or 0.0, figure.of.counted or 1
    return abs(_share(figure) - truth) < math.sqrt(truth * (1 - truth) / count)


SAFE = "the printed figure changes"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if "last batch" in finding.says:
        return summed(finding, source)
    if "divided by the number of batches" not in finding.says:
        return []
    for call in calls_here(finding, source, "len"):
        if len(call.args) == 1 and re.fullmatch(r"[\w.]+", call.args[0].text):
            name = call.args[0].text
            return [ReplaceExpression(call.place, old=f"len({name})", new=f"len({name}.dataset)")]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train_set, test_set = random_split(data, [1400, 397])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=50)

model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(5):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (model(images).argmax(1) == labels).sum().item()
    accuracy = correct / len(test_loader)  # <- here
    print(f"epoch {epoch}: test accuracy {accuracy:.2f} %")
"""

GOOD = BAD.replace(
    "accuracy = correct / len(test_loader)  # <- here",
    "accuracy = 100 * correct / len(test_set)",
)
