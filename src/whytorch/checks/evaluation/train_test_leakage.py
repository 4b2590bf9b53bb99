"""The same images in training and evaluation.

What it looks for
    Images of the evaluation data that are in the training data too: identical ones, told by their
    content over both data sets, and near-identical ones (the same picture with noise, another
    brightness, or the next frame of a film), told by their distance: a twentieth of what lies
    between images of different classes, or less.

Why it hurts
    The network has seen the answers. The figure measures memory, and new images will not reach it;
    it gets better the longer the network overfits.

How to fix it
    Split first, by subject or by original image, and only then make copies: augmentation,
    oversampling and tiles come after the split, for the training part alone.

When it is fine
    A handful of duplicates, as published data sets have them. Different images that look alike
    because the task is so (digits, X-rays): they are as far apart as the classes are. Parts of one
    data set that share no image. Evaluating on the training data on purpose, beside unseen ones.
    A pool that is looked through for what to label next (active learning).

References
    B. Barz and J. Denzler, Do we train on test data? (2020).
"""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.checks._splits import split_place
from whytorch.checks.evaluation._held_out import SEEN, UNSEEN, evaluations, is_real_training
from whytorch.evidence.facts import DataFlow, Passes, PassFacts, Run, Samples, SampleSet, Twins
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, NotJudged, Place, Severity

# Where folds share one network, what one trained on is what the next one tests.
CONSEQUENCE_OF = ("evaluated-on-training-data", "model-recreated-while-training")

# Shares of the evaluation images. Published sets stay below: 0.4 % of the X-rays of MedMNIST are
# identical, and 3 % of the test images of CIFAR-10 have a near twin in training (Barz and Denzler).
IDENTICAL = 0.03
NEAR = 0.10
BY_PARTS = 0.10  # of samples told by 128 numbers of each: different small drawings may share these
FEW = 5  # images; fewer are chance
TOY = 0.5  # share of repetitions within one part: images drawn from a small stock


def decide(
    samples: Samples | None,
    passes: Passes,
    run: Run,
    data: DataFlow | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    evaluated = evaluations(passes.passes)
    if not evaluated:
        return NotJudged("no evaluation was seen")
    if run.classification is not True or not is_real_training(passes):
        return []
    found = _by_content(samples, passes, data, source) if samples is not None else []
    if not found and not _looked_at_whole(evaluated[-1], samples):
        judges = any(p.codes for p in passes.of("train"))  # of what another network made of images
        found = _by_pass(evaluated, _blank(samples), source) if not judges else []
    if found or samples is not None:
        return found[:1]
    return NotJudged("needs a look at the data; none could be taken in this run")


def _by_content(
    samples: Samples, passes: Passes, data: DataFlow | None, source: Source | None
) -> list[Finding]:
    found = []
    for pair in samples.pairs:
        train, evaluation = samples.get(pair.train), samples.get(pair.eval)
        if train is None or evaluation is None or pair.twins is None:
            continue
        if evaluation.origin != "dataset" or _is_training_data(evaluation, passes):
            continue
        if train.repeated > TOY * max(1, train.looked_at) or _before(train, evaluation, passes):
            continue
        if _is_all_of_training(pair.twins, train, evaluation) and _another_is_clean(passes):
            continue
        said = _shares(pair.twins, train)
        if said is None:
            continue
        again = _split_again(source)
        where = (
            again
            or _made_by_one(train, evaluation, source)
            or split_place(train, evaluation, passes, data, source)
        )
        share, says, measured = said
        found.append(
            Finding(
                says=says,
                places=places(where, evaluation.place, train.place),
                severity=_severity(share),
                confidence=0.9,
                measured=measured,
                explains=(),
                fix=Fix(_AGAIN if again is not None else _fix(pair.twins)),
            )
        )
    return found


_AGAIN = (
    "split what the first split has left, not the whole again: train_test_split(X_train, y_train, "
    "...)"
)


def _split_again(source: Source | None) -> Place | None:
    """The second of two splits of one and the same data: what it gives is in the first one's test
    part as well."""
    seen: set[tuple[str, str]] = set()
    for call in source.calls_to("*.train_test_split", "train_test_split") if source else ():
        if not call.args:
            continue
        key = (call.function, call.args[0].text)
        if key in seen:
            return call.place
        seen.add(key)
    return None


def _is_training_data(evaluation: SampleSet, passes: Passes) -> bool:
    """A set that the script measures as its training data: evaluated-on-training-data's matter."""
    seen = [
        p.seen_in_training
        for p in passes.of("eval")
        if p.loader == evaluation.loader and p.seen_in_training_by == "index"
    ]
    return "train" in evaluation.phases or any((s or 0.0) >= SEEN for s in seen)


def _is_all_of_training(twins: Twins, train: SampleSet, evaluation: SampleSet) -> bool:
    """Another object with the very samples that were trained on, no more and no less: no split made
    it, somebody asks how the network does in training."""
    same = train.length is not None and train.length == evaluation.length
    found, of = twins.all_identical, twins.all_compared
    return same and found is not None and found == of == train.length


def _another_is_clean(passes: Passes) -> bool:
    """Whether another evaluation is of samples that were not trained on."""
    return any(
        p.seen_in_training is not None and p.seen_in_training < IDENTICAL / 3
        for p in evaluations(passes.passes)
    )


def _before(train: SampleSet, evaluation: SampleSet, passes: Passes) -> bool:
    """Whether the evaluation was over before the training on these images began: a pool whose
    images are asked for their labels, and trained on from the next round on."""
    own = {p.data_source for p in passes.of("train") if p.loader == train.loader} - {None}
    begun = [p.first_step for p in passes.of("train") if p.data_source in own]
    asked = [p.first_step for p in passes.of("eval") if p.loader == evaluation.loader]
    return bool(begun and asked) and max(asked) <= min(begun)


def _shares(twins: Twins, train: SampleSet) -> tuple[float, str, dict[str, object]] | None:
    """(share, what to say, numbers), if there are too many to be chance."""
    identical, of, among = twins.identical, twins.compared, twins.among
    if twins.all_identical is not None and twins.all_compared and twins.all_among:
        identical, of, among = twins.all_identical, twins.all_compared, twins.all_among
    whole = twins.all_identical is not None
    known = max(train.length or 0, among)
    share = min(1.0, identical / max(1, of) * (1.0 if whole else known / max(1, among)))
    measured: dict[str, object] = {
        "identical": identical, "compared": of, "among": among, "near": twins.near,
        "examples": [list(e) for e in twins.examples],
    }  # fmt: skip
    if share >= IDENTICAL and identical >= FEW:
        example = ""
        if twins.examples:
            mine, theirs = twins.examples[0]
            example = f"; image {mine} of evaluation is image {theirs} of training"
        says = f"{identical} of {of} evaluation images are identical to one of {among} training "
        return share, says + f"images that were compared{example}", measured
    share = min(1.0, twins.near / max(1, twins.compared) * known / max(1, twins.among))
    if share >= NEAR and twins.near >= FEW:
        says = f"{twins.near} of {twins.compared} evaluation images have a near-identical one "
        says += f"among {twins.among} of the {known} training images"
        return share, says + f": about {share:.0%} of the evaluation, over all of them", measured
    return None


def _severity(share: float) -> Severity:
    """A tenth of known answers moves a figure by several points."""
    return "error" if share >= 0.1 else "warning"


def _fix(twins: Twins) -> str:
    if twins.all_identical or twins.identical:
        return "remove the duplicates before splitting, or give all copies of an image to one side"
    return "split the original images first, then augment the training part only"


def _looked_at_whole(one: PassFacts, samples: Samples | None) -> bool:
    """Whether all images of an evaluation were compared with all of training."""
    pairs = samples.pairs if samples else ()
    sets = {s.id: s for s in samples.sets} if samples else {}
    whole = [p for p in pairs if p.twins is not None and p.twins.all_identical is not None]
    return one.loader is not None and any(sets[p.eval].loader == one.loader for p in whole)


def _blank(samples: Samples | None) -> float:
    """The share of blank images, which are all alike, where there are most of them."""
    drawn = [s.drawn for s in samples.sets if s.drawn is not None] if samples is not None else []
    return max((one.blank_share for one in drawn), default=0.0)


def _by_pass(evaluated: list[PassFacts], blank: float, source: Source | None) -> list[Finding]:
    """Without data sets: a part of what an evaluation saw had been trained on."""
    clean = [p for p in evaluated if (p.seen_in_training or 0.0) < IDENTICAL / 3]
    if 2 * len(clean) >= len(evaluated):
        return []  # this one is a second look
    last = next(p for p in reversed(evaluated) if p not in clean)
    share = last.seen_in_training or 0.0
    least = IDENTICAL if last.seen_in_training_by == "index" else BY_PARTS
    alike = blank if last.seen_in_training_by == "content" else 0.0
    if not least <= share <= UNSEEN or (share - 1.5 * alike) * last.samples < FEW:
        return []
    if (last.repeated_share or 0.0) > TOY:
        return []
    how = "by index" if last.seen_in_training_by == "index" else "by content"
    return [
        Finding(
            says=f"{share:.0%} of the {last.samples} samples evaluated were trained on ({how})",
            places=places(
                _only_split(source),
                last.callers[1] if len(last.callers) > 1 else last.place,
                last.place,
            ),
            severity="warning" if clean else _severity(share),
            confidence=0.8,
            measured={"seen_in_training": share, "samples": last.samples},
            fix=Fix("give every image to one side only: split before copying or slicing"),
        )
    ]


def _only_split(source: Source | None) -> Place | None:
    """Where the one split of the script is."""
    names = ("*.train_test_split", "train_test_split")
    found = list(source.calls_to(*names)) if source is not None else []
    return found[0].place if len(found) == 1 else None


def _made_by_one(train: SampleSet, evaluation: SampleSet, source: Source | None) -> Place | None:
    """The one split of the script, where what it gives is written at the lines of both parts."""
    split = _only_split(source)
    if source is None or split is None:
        return None
    made = source.names_assigned_at(split)
    places = [one.place for one in (train, evaluation)]
    lines = [source.line(p.path, p.line) or "" for p in places if p is not None]
    used = [any(re.search(rf"(?<!\w){re.escape(n)}(?!\w)", x) for n in made) for x in lines]
    return split if len(used) == 2 and all(used) else None


PASTE = """
order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
train, test = order[: int(0.8 * len(order))], order[int(0.8 * len(order)) :]
# from here on augment, copy or slice images[train] only
"""

BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
noisy = (x + 0.02 * torch.randn_like(x)).clamp(0, 1)
data = TensorDataset(torch.cat([x, noisy]), torch.cat([y, y]))
train_set, test_set = random_split(data, [0.8, 0.2])  # <- here
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(3):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    hits = sum((model(images).argmax(1) == labels).sum().item() for images, labels in test_loader)
print(f"test accuracy: {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace(
    """data = TensorDataset(torch.cat([x, noisy]), torch.cat([y, y]))
train_set, test_set = random_split(data, [0.8, 0.2])  # <- here
""",
    """train, test_set = random_split(TensorDataset(x, y), [0.8, 0.2])
train_set = train + TensorDataset(noisy[train.indices], y[train.indices])
""",
)
