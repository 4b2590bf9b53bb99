"""Images that lost their content on the way.

What it looks for
    Images as the script's data sets and loops give them: all pixels the same (blank), NaN or
    infinite, cut down to a few whole numbers though the stored image has many grey values, or
    wrapped: bright pixels that ran over the end of an 8-bit number and came out dark. Where the
    stored image can be looked at too, it tells what the preparation did.

Why it hurts
    The network can only learn from what is left. Blank images with a label teach it noise, a single
    NaN makes the loss and then every weight NaN, and wrapped pixels draw edges that are not there.

How to fix it
    Scale as floating point: image.astype("float32") / 255 before anything else, and clip to 0..255
    before going back to uint8. Leave out files that cannot be read.

When it is fine
    Images made black and white on purpose, drawings with few grey values, patches of which a few
    are empty, and tasks that a network learns well all the same.

References
    NumPy, Array types and conversions (overflow).
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._handed import handed, loop_place
from whytorch.checks._helpers import places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._places import class_of, input_made, pixels_made, transform_of, within
from whytorch.checks._promises import pays
from whytorch.checks._repairs import changed_before, in_loop, own_change
from whytorch.checks._rewriting import at, statement, text, told
from whytorch.evidence.facts import (
    DataFlow,
    Handed,
    ImageStats,
    LoaderFacts,
    LossCalls,
    Passes,
    Phase,
    Run,
    Samples,
    SampleSet,
    Training,
)
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceExpression, Severity

CONSEQUENCE_OF = ("excessive-augmentation", "pixels-scrambled-by-reshape")

ENOUGH = 20  # images looked at
_PHASES: tuple[Phase, ...] = ("train", "eval")
_SYMPTOMS = ("non-finite-loss", "loss-at-chance", "loss-not-decreasing", "underfitting",
             "same-class-predicted", "evaluation-far-below-training")  # fmt: skip
# MNIST, CIFAR-10, chest X-rays and photos have no blank image at all.
BLANK, MOSTLY_BLANK, ALL_BLANK = 0.02, 0.3, 0.95
AT_LEAST = 5  # images
# Share of images with wrapped pixels: below 0.01 in stored photos, X-rays and MNIST, up to 0.03 in
# digits of 8 pixels; 0.05 to 0.4 where half of the images' bright parts ran over.
WRAPPED, WRAPPED_ALONE = 0.05, 0.2
FEW_LEVELS, MANY_LEVELS = 6, 20
# Of the mean brightness (in ranges) that is left. Black and white at a middle level keeps it.
DARKENED = 0.35


def decide(
    samples: Samples,
    data: DataFlow | None,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    looked = [s for s in samples.sets if s.drawn is not None and s.drawn.samples >= ENOUGH]
    if not looked:
        return NotJudged(f"needs {ENOUGH} images to look at")
    outcome = learning(run, losses, training, passes)
    for phase in _PHASES:
        seen = handed(samples, phase)
        if seen is not None and seen.share("blanked") >= MOSTLY_BLANK:
            return [_on_the_way(seen, phase, outcome, loop_place(source, passes, phase))]
    loaders = data.loaders if data else ()
    for one in sorted(looked, key=lambda s: "train" not in s.phases):
        says = _trouble(one)
        if says is not None and not (run.classification is not True and _may_be_empty(one)):
            loader = next((x for x in loaders if x.id == one.loader), None)
            return [_finding(one, says, outcome, _place(source, loader, one, passes))]
    return []


def _trouble(one: SampleSet) -> str | None:
    drawn = one.drawn
    assert drawn is not None
    stored = one.raw if not one.same_as_raw else None
    of = f"of {drawn.samples} images looked at"
    if drawn.nonfinite_share:
        return f"{_count(drawn.nonfinite_share, drawn)} {of} hold NaN or infinite values"
    if _were_truncated(drawn, stored):
        assert stored is not None
        return (
            f"the images hold {drawn.levels:.0f} different whole numbers (median {of}), the stored "
            f"ones {stored.levels:.0f}: they were cut down to integers"
        )
    if _are_blank(drawn):
        before = "" if stored is None else (
            f"; of the stored ones {_count(stored.blank_share, stored)}"
        )  # fmt: skip
        return f"{_count(drawn.blank_share, drawn)} {of} are blank: all pixels are the same{before}"
    if _are_wrapped(drawn, stored):
        return (
            f"{_count(drawn.wrapped_share, drawn)} {of} have neighbouring pixels at opposite ends "
            "of the range, as numbers have that ran over the end of uint8"
        )
    return None


def _on_the_way(seen: Handed, phase: Phase, outcome: Learning, where: Place | None) -> Finding:
    """Blank where they enter the network, and not so as the loader gave them."""
    side, blank = "training" if phase == "train" else "evaluation", seen.changes["blanked"]
    return Finding(
        says=f"{side}: {blank} of {seen.images} images looked at came from their loader with "
        "content and enter the network blank, all pixels the same" + outcome.reached(),
        places=places(where),
        severity="advice" if outcome.works else "error" if outcome.failed else "warning",
        confidence=0.95,
        measured={"blanked": blank, "images": seen.images},
        explains=_SYMPTOMS,
    )


def _may_be_empty(one: SampleSet) -> bool:
    """Empty images are right where the target is a number or a mask: none there is an answer. So
    they are where stored so, and of plain tensors, which nobody saw stored, where they are few."""
    drawn = one.drawn
    if drawn is None or drawn.nonfinite_share:
        return False
    unseen = one.raw is None or one.same_as_raw
    return _stored_so(one) or (bool(unseen) and 0 < drawn.blank_share < MOSTLY_BLANK)


def _stored_so(one: SampleSet) -> bool:
    """Blank already as stored: empty tiles are right where pixels or nothing are the target."""
    if one.raw is None or one.drawn is None or one.same_as_raw:
        return False  # of plain tensors nobody knows how they were stored
    return one.raw.blank_share > 0.5 * max(one.drawn.blank_share, 1e-9)


def _count(share: float, stats: ImageStats) -> int:
    return round(share * stats.samples)


def _are_blank(drawn: ImageStats) -> bool:
    return drawn.blank_share >= BLANK and _count(drawn.blank_share, drawn) >= AT_LEAST


def _are_wrapped(drawn: ImageStats, stored: ImageStats | None) -> bool:
    if stored is not None:
        return drawn.wrapped_share >= WRAPPED and stored.wrapped_share < WRAPPED / 5
    # Drawn stripes and noise have such steps too, but not in whole numbers of many grey values.
    whole = drawn.integral_share >= 0.95 and (drawn.levels or 0) >= MANY_LEVELS
    return whole and drawn.wrapped_share >= WRAPPED_ALONE


def _were_truncated(drawn: ImageStats, stored: ImageStats | None) -> bool:
    """Whole numbers of a small range, and much darker than the stored images: not thresholded."""
    if stored is None or drawn.levels is None or stored.levels is None:
        return False
    if drawn.integral_share < 0.95 or drawn.levels > FEW_LEVELS or stored.levels < MANY_LEVELS:
        return False
    if (drawn.maximum or 0.0) - (drawn.minimum or 0.0) > 10:
        return False
    left, before = _brightness(drawn), _brightness(stored)
    return left is not None and before is not None and left < DARKENED * before


def _brightness(stats: ImageStats) -> float | None:
    low, high = min(stats.minimum or 0.0, 0.0), stats.maximum or 0.0
    if high <= low:
        return 0.0
    means = [m for m in stats.channel_mean if m is not None]
    return (sum(means) / len(means) - low) / (high - low) if means else None


def _finding(one: SampleSet, says: str, outcome: Learning, where: Place | None) -> Finding:
    side = {"train": "training", "eval": "evaluation"}.get((*one.phases, "")[0], "data")
    drawn = one.drawn
    assert drawn is not None
    return Finding(
        says=f"{side}: {says}{outcome.reached()}",
        places=places(where, one.place),
        fix=_way_out(one, drawn),
        severity=_severity(one, drawn, outcome),
        confidence=0.85,
        measured={
            "blank_share": drawn.blank_share,
            "nonfinite_share": drawn.nonfinite_share,
            "wrapped_share": drawn.wrapped_share,
            "levels": drawn.levels,
            "images": drawn.samples,
        },
        explains=_SYMPTOMS,
    )


# The reports of NaN pixels are of standard scores: a border pixel, or a blank image, has no spread.
_GUARD = Fix(
    "look for a division by 0: a pixel or an image that never varies has a standard deviation of "
    "0; write / (std + 1e-8)"
)

# Of plain tensors the line that made them is all there is to look at.
_LOOK = Fix(
    "save some images as they enter the network, torchvision.utils.save_image(x[:64], 'batch.png')"
    ", and go back from there: crops, thresholds and divisions empty an image, a reshape where "
    "dimensions had to be permuted fills it with the pixels of others"
)


def _way_out(one: SampleSet, drawn: ImageStats) -> Fix | None:
    if drawn.nonfinite_share:
        return _GUARD
    if _read_blank(one):
        return _CUT
    return _LOOK if _are_blank(drawn) and (one.raw is None or one.same_as_raw) else None


def _severity(one: SampleSet, drawn: ImageStats, outcome: Learning) -> Severity:
    if outcome.works:
        return "warning" if drawn.nonfinite_share else "advice"
    all_blank = drawn.blank_share >= ALL_BLANK and outcome.failed
    if _stored_so(one) and not drawn.nonfinite_share and not all_blank:
        return "warning"
    few = not drawn.nonfinite_share and drawn.blank_share < MOSTLY_BLANK and drawn.blank_share > 0
    return "warning" if few and not outcome.stuck else "error" if outcome.failed else "warning"


_READ = (
    ".convert",
    "imread",
    "read_image",
    "imdecode",
    "Image.open",
)  # what cuts 16 bits comes first
_CUT = Fix(
    "look at one file: images of 16 bits (mode I;16) are cut at 255 by convert('L') and "
    "convert('RGB'); read them with np.array(image).astype('float32') / 65535. Leave out files "
    "that cannot be read"
)


def _read_blank(one: SampleSet) -> bool:
    """Nearly all are blank as soon as they are read, before any transform."""
    drawn, raw = one.drawn, one.raw
    blank = drawn is not None and drawn.blank_share >= MOSTLY_BLANK
    return blank and raw is not None and raw.blank_share >= MOSTLY_BLANK


_WHOLE = re.compile(r"uint8|int\b|int32|int64|long|byte", re.IGNORECASE)
_TO_WHOLE = ("astype", "to", "type", "int", "long", "byte", "ByteTensor", "uint8", "LongTensor")


def _place(
    source: Source | None, loader: LoaderFacts | None, one: SampleSet, passes: Passes | None
) -> Place | None:
    """Where pixels become whole numbers, in the transform or the data set; else where they are
    made."""
    if source is None:
        return None
    block = transform_of(source, loader.dataset) if loader else None
    own = class_of(source, loader.dataset) if loader else None
    named = loader.dataset.transform or "" if loader else ""
    steps = [c.place for c in source.classes if re.search(rf"\b{c.qualname}\b", named)]
    blocks = [b for b in (*steps, block, own.place if own else None) if b is not None]
    drawn = one.drawn
    if drawn is not None and not drawn.nonfinite_share:
        for outer in blocks:
            inside = [c for c in source.calls if within(c.place, outer) and _makes_whole(c)]
            if inside:
                return inside[-1].place
    if _read_blank(one):
        read = [c for end in _READ for c in source.calls if c.raw.endswith(end)]
        if read:
            return read[0].place
    used = [p for p in (passes.passes if passes else ()) if p.phase in one.phases]
    if loader is None and used:
        return input_made(source, used[-1], None)
    return pixels_made(source, loader)


def _makes_whole(call: Call) -> bool:
    texts = " ".join(
        [call.raw, *(a.text for a in call.args), *(v.text for v in call.keywords.values())]
    )
    if call.last not in _TO_WHOLE or re.search(r"label|target|class", texts, re.IGNORECASE):
        return False
    return bool(_WHOLE.search(" ".join(a.text for a in call.args))) or call.last in (
        "int",
        "long",
        "byte",
    )


SAFE = "the pixels get another type"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    for place in finding.places[:1]:
        node = statement(source, place)
        for part in ast.walk(node) if node is not None else ():
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                written = text(source, place, part.func.value)
                if part.func.attr == "astype" and part.args:
                    if re.search(r"u?int", ast.unparse(part.args[0])) and "/" in written:
                        old, new = text(source, place, part), f'({written}).astype("float32")'
                        return [ReplaceExpression(at(place, part), old=old, new=new)]
    if not finding.places:
        return []
    if told(finding).startswith("look for a division by 0"):
        return _guarded(source, finding.places[0])
    place = finding.places[0]
    return (
        own_change(source, place) or changed_before(source, place) if in_loop(source, place) else []
    )


def _guarded(source: Source, place: Place) -> list[AnyEdit]:
    """`x / std` -> `x / (std + 1e-8)`."""
    node = statement(source, place)
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div):
            if not isinstance(part.right, ast.Constant):
                old = text(source, place, part.right)
                return [ReplaceExpression(at(place, part.right), old=old, new=f"({old} + 1e-8)")]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision import transforms

torch.manual_seed(0)
digits = load_digits()
scans = (digits.images * 15).astype("uint8")
transform = transforms.Compose([
    transforms.Lambda(lambda scan: (scan / 255).astype("uint8")),  # <- here
    transforms.Lambda(lambda scan: torch.from_numpy(scan).float().unsqueeze(0)),
])


class Scans(Dataset):
    def __init__(self, transform=None):
        self.transform = transform

    def __len__(self):
        return len(scans)

    def __getitem__(self, index):
        return self.transform(scans[index]), int(digits.target[index])


train_set, test_set = random_split(Scans(transform), [1400, 397])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(3):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
hits = 0
with torch.no_grad():
    for images, labels in DataLoader(test_set, batch_size=200):
        hits += (model(images).argmax(1) == labels).sum().item()
print(f"test accuracy: {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace('.astype("uint8")),  # <- here', '.astype("float32")),')
