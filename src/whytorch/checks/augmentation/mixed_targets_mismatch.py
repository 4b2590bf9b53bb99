"""Images are mixed, their targets otherwise.

What it looks for
    Batches whose images were blended or pasted together (mixup, cutmix), against what the loss asks
    for, read from its gradient: the label of one image alone, the two weights swapped, or the label
    of a third image. And soft labels in cross_entropy whose rows do not sum to 1.

Why it hurts
    An image that is 30 % of one class and 70 % of another is to be taken for the first one alone,
    or for a class that is not in it: the network is taught wrong answers, most of the time.

How to fix it
    Mix both by the same weight and the same permutation: loss = lam * criterion(output, y) +
    (1 - lam) * criterion(output, y[perm]), or y = lam * one_hot + (1 - lam) * one_hot[perm]. For
    cutmix, lam is the share of pixels that were left.

When it is fine
    Label smoothing, and soft labels of a teacher, which sum to 1. A blend that only adds a little
    of another image, as noise.

References
    H. Zhang et al., mixup (2018); S. Yun et al., CutMix (2019).
"""

from __future__ import annotations

import re
from statistics import mean

from whytorch.checks._helpers import places, target_text
from whytorch.checks._learning import FAILED, learning
from whytorch.evidence.facts import (
    LossCalls,
    LossSite,
    MixedSample,
    Passes,
    Run,
    Training,
)
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, NotJudged, Place, Severity

ENOUGH = 8  # samples whose share is clearly neither 0 nor 1
CLEAR = (0.1, 0.75)  # shares of the own image at which its label alone is wrong
ALONE = 0.95  # weight of the own label; label smoothing stays at 0.9 and above
APART = 0.15  # of weight and share, on average; pasted areas are measured to about 0.1
UNEQUAL = 0.05  # of the sum of both images' weights; blends are measured to six digits
UNEVEN = 0.1  # of the share that the label has too little. Whoever divides both by one number for
# the energy of a sound (between-class learning) leaves the shares as they were.
ELSEWHERE = 0.7  # weight of both labels together; smoothing by 0.2 leaves 0.8
ROWS = 0.05  # of the sum of a row; half precision rounds to 0.002
# Weights that neither mixing nor smoothing gives: the target holds a third class, which the weights
# of these two cannot account for.
IMPOSSIBLE = (-0.25, 1.25)
IMPOSSIBLY_MANY = 0.25  # of the samples; a few come from gradients too small to read
_LABELLED = ("cross_entropy", "nll_loss", "hand-written")
_SYMPTOMS = ("underfitting", "loss-not-decreasing", "loss-at-chance")
_OF_OTHERS = "the loss asks for labels of other images"
_BLEND = re.compile(r"\b(\w+) ?\* ?.*\(1(?:\.0?)? ?- ?\1\) ?\*")  # lam * x + (1 - lam) * ...


def decide(
    losses: LossCalls,
    run: Run,
    passes: Passes | None,
    training: Training | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    how: Severity = (
        "error" if (learning(run, losses, training, passes).skill or 0.0) < FAILED else "warning"
    )
    soft = next((s for s in losses.training() if _sums_otherwise(s)), None)
    if soft is not None:
        return [_of_rows(soft, how, source)]
    clear = [s for s in losses.mixed if CLEAR[0] <= s.share <= 1 - CLEAR[0]]
    if len(clear) < ENOUGH:
        return []
    wrong = _wrong(clear)
    return [_finding(*wrong, clear, losses, how, source)] if wrong else []


def _sums_otherwise(site: LossSite) -> bool:
    """Soft rows: not whole numbers (these are another mistake), not negative."""
    soft = site.function == "cross_entropy" and site.target_shape == site.input_shape
    return (
        soft
        and site.target_integral is False
        and (site.target_min or 0.0) >= 0
        and (site.target_row_sum_gap or 0.0) > ROWS
        and "float" in (site.target_dtype or "")
    )


def _is_possible(one: MixedSample) -> bool:
    low, high = IMPOSSIBLE
    return low <= min(one.own, one.partner) and max(one.own, one.partner) <= high


def _wrong(clear: list[MixedSample]) -> tuple[str, str] | None:
    """What the loss asks for instead, and how to say it."""
    every, clear = clear, [s for s in clear if _is_possible(s)]
    if len(every) - len(clear) > IMPOSSIBLY_MANY * len(every):
        return "elsewhere", _OF_OTHERS
    off = mean(abs(s.own - s.share) for s in clear)
    mostly = [s for s in clear if s.share <= CLEAR[1]]
    if len(mostly) >= ENOUGH and mean(s.own >= ALONE for s in mostly) >= 0.9:
        return "alone", "the loss asks for the own label alone"
    if mean(s.own + s.partner for s in clear) < ELSEWHERE:
        return "elsewhere", _OF_OTHERS
    swapped = mean(abs(s.own - (1 - s.share)) for s in clear)
    unlike = [s.share - s.own for s in clear if abs(s.total - 1) > UNEQUAL]
    if len(unlike) >= ENOUGH and mean(unlike) > UNEVEN and mean(d > 0 for d in unlike) >= 0.9:
        return "scaled", "the other one was scaled down before it was added, so that the weights " \
                         "of the two images do not sum to 1"  # fmt: skip
    if off > APART and swapped < 0.4 * off:
        return "swapped", "the loss weights the two labels the other way round"
    if off > 2 * APART:
        return "other", "the loss weights the two labels otherwise"
    return None


def _finding(
    kind: str,
    text: str,
    clear: list[MixedSample],
    losses: LossCalls,
    how: Severity,
    source: Source | None,
) -> Finding:
    sites = [s for s in losses.training() if s.function in _LABELLED]
    at = {"scaled": _scaled_at, "elsewhere": _blended_at}.get(kind)
    where = (at(source) if at is not None else None, *_loss_line(sites, source))
    return Finding(
        says=f"the images of a batch are mixed, and {text} ({len(clear)} samples looked at)"
        + _example(clear),
        places=places(*where),
        severity=how,
        confidence=0.92 if kind != "other" else 0.75,
        measured={
            "samples": len(clear),
            "own_share_of_image": mean(s.share for s in clear),
            "own_weight_of_label": mean(s.own for s in clear),
            "partner_weight_of_label": mean(s.partner for s in clear),
        },
        explains=_SYMPTOMS,
        fix=Fix("write images = lam * images + (1 - lam) * images.flip(0), not in place: what is "
                "multiplied first is no more the image that is to be added"
                if kind == "scaled" else
                "write loss = lam * criterion(output, y) + (1 - lam) * criterion(output, y[perm]) "
                "with the lam and the perm that mixed the images"),
    )  # fmt: skip


def _example(clear: list[MixedSample]) -> str:
    possible = [s for s in clear if _is_possible(s)]
    one = max(possible, key=lambda s: abs(s.own - s.share), default=None)
    if one is None:
        return ""
    return (
        f": where an image is {one.share:.0%} its own, its label weighs {one.own:.0%}, that of the "
        f"other image {one.partner:.0%}"
    )


def _blended_at(source: Source | None) -> Place | None:
    """The first line that mixes: `lam * x + (1 - lam) * ...`."""
    lines = [
        Place(file.path, number)
        for file in (source.files if source else ())
        for number, line in enumerate(file.lines, 1)
        if _BLEND.search(line)
    ]
    return lines[0] if lines else None


def _loss_line(sites: list[LossSite], source: Source | None) -> tuple[Place | None, ...]:
    """Where soft targets are put together, if they are; else where the loss is computed."""
    mixed = [s for s in sites if s.target_integral is False]
    made = _assigned(target_text(source, mixed[0]), mixed[0].place, source) if mixed else None
    return (made, *(s.place for s in sites))


def _scaled_at(source: Source | None) -> Place | None:
    """The one line that multiplies in place."""
    found = {call.place.line: call.place for call in source.calls_to("*.mul_")} if source else {}
    return next(iter(found.values())) if len(found) == 1 else None


def _assigned(text: str, place: Place | None, source: Source | None) -> Place | None:
    name = re.fullmatch(r"[A-Za-z_]\w*", text)
    if name is None or source is None or place is None:
        return None
    made = [
        a.place
        for a in source.assignments
        if a.targets == (text,) and a.place.path == place.path and a.place.line < place.line
        and a.value is not None and re.search(r"[*+]", a.value.text)
    ]  # fmt: skip
    return made[-1] if made else None


def _of_rows(site: LossSite, how: Severity, source: Source | None) -> Finding:
    made = _assigned(target_text(source, site), site.place, source)
    return Finding(
        says=f"cross_entropy is given soft labels whose rows do not sum to 1 (off by up to "
        f"{site.target_row_sum_gap:.2g}, {site.calls} calls): each sample then weighs as much as "
        "its row sums to",
        places=places(made, site.place),
        severity=how,
        confidence=0.9,
        measured={"row_sum_gap": site.target_row_sum_gap, "calls": site.calls},
        explains=_SYMPTOMS,
        fix=Fix("mix them as the images, y = lam * y1 + (1 - lam) * y2: the weights sum to 1"),
    )


PASTE = """
lam, perm = float(torch.distributions.Beta(1.0, 1.0).sample()), torch.randperm(len(images))
output = model(lam * images + (1 - lam) * images[perm])
loss = lam * criterion(output, labels) + (1 - lam) * criterion(output, labels[perm])
"""

BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
train_loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)
test_loader = DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
beta = torch.distributions.Beta(1.0, 1.0)
for epoch in range(5):
    model.train()
    for images, labels in train_loader:
        lam, perm = beta.sample().item(), torch.randperm(len(images))
        output = model(lam * images + (1 - lam) * images[perm])
        one, other = criterion(output, labels), criterion(output, labels[perm])  # <- here
        loss = (1 - lam) * one + lam * other
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: accuracy {hits / 397:.3f}")
"""

GOOD = BAD.replace("  # <- here", "").replace(
    "(1 - lam) * one + lam * other", "lam * one + (1 - lam) * other"
)
