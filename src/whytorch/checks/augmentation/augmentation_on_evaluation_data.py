"""Evaluation data are augmented.

What it looks for
    An evaluation of unseen samples whose data set draws its images at random: asked twice for the
    same item it gives two different images, and another evaluation pass meets other images again.

Why it hurts
    The figure is that of distorted images, lower than what the network can do, and it changes from
    one evaluation to the next: the best epoch is picked by luck.

How to fix it
    Give the evaluation data a transform of their own, without random parts: Resize and CenterCrop
    in place of RandomResizedCrop. Parts of one random_split share their transform: build the data
    set twice and take Subset of each.

When it is fine
    Test-time augmentation, where each sample is evaluated several times and the outputs are
    averaged. Noise that belongs to the task, as in denoising.

References
    torchvision, "Transforming images", and its reference training scripts.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from whytorch.checks._helpers import places
from whytorch.checks._places import loader_of
from whytorch.checks._promises import mends
from whytorch.checks._repairs import plain_instead, without_transforms
from whytorch.checks.augmentation._drawn import named, random_ones
from whytorch.checks.augmentation._written import random_parts, written_for
from whytorch.checks.evaluation._held_out import evaluations, on_held_out
from whytorch.evidence.facts import (
    DataFlow,
    LoaderFacts,
    Passes,
    PassFacts,
    Run,
    Samples,
    SampleSet,
    TransformFacts,
)
from whytorch.evidence.source import Call, Class, Source, Value
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, Severity

CONSEQUENCE_OF = ("split-transform-overwritten",)

_SYMPTOMS = ("evaluation-far-below-training", "results-vary-between-runs")
# Of the samples of a whole later evaluation: none is ever new without augmentation, all are with
# crops or colours, half are with a flip. A loader that draws a random part each time is not whole.
NEW_AGAIN = 0.25
# Alike when asked for twice: one flip in two leaves an image as it was; eight of eight, one in 256.
ENOUGH_ITEMS = 8
# Two independent images differ by 1.4 deviations, two digits of MNIST, which have their mean in
# common, by 1.1; augmented ones stay below: there the data set draws or makes up another image.
OTHER_IMAGE = 1.0
SHARED = "training and evaluation share one data set"


def decide(
    passes: Passes, data: DataFlow, run: Run, samples: Samples | None, source: Source | None
) -> list[Finding] | NotJudged:
    measured = [p for p in evaluations(passes.passes) if on_held_out(p)]
    if not measured:
        return NotJudged("needs an evaluation on unseen data")
    if run.classification is not True:
        return []  # noise may be the task
    known = {p.index: x for p in measured if (x := loader_of(p, data.loaders)) is not None}
    random = [
        p
        for p in measured
        if p.index in known
        and _varies(p, known[p.index], samples, data, any(_earlier(q, p) for q in measured))
    ]
    random = [p for p in random if not _averaged(p, measured)]
    if not random:
        return []
    one = random[-1]
    clean = [p for p in measured if p.loader != one.loader and p not in random]
    return [_finding(one, known[one.index], clean, passes, data, samples, source)]


def _earlier(first: PassFacts, one: PassFacts) -> bool:
    return first.loader == one.loader and first.index < one.index


def _varies(
    one: PassFacts, loader: LoaderFacts, samples: Samples | None, data: DataFlow, later: bool
) -> bool:
    """By what the data set gives, else by what came in a later evaluation, else by its names."""
    if "train" in loader.phases:
        return False
    drawing = random_ones(loader.dataset.transforms)
    look = _look(loader, samples, data)
    redraw = look.redraw if look is not None and look.redraw and look.redraw.items else None
    if redraw is not None and drawing:
        invented = redraw.labels_differing or (redraw.difference or 0.0) >= OTHER_IMAGE
        if redraw.differing or redraw.items >= ENOUGH_ITEMS:
            return bool(redraw.differing) and not (invented and all(t.user for t in drawing))
    if not drawing:
        return False
    whole = one.dataset_length is not None and one.samples >= one.dataset_length
    # To the first evaluation all are new, but for duplicates.
    if whole and later and one.fresh_share is not None and one.fresh_share < 1.0:
        return one.fresh_share >= NEW_AGAIN
    # Items alike when asked for twice, if few, speak against a transform that is only there.
    return redraw is None and any(not t.user for t in drawing)


def _look(loader: LoaderFacts, samples: Samples | None, data: DataFlow) -> SampleSet | None:
    """At its own items; else at those of another loader of the same data, made for each epoch."""
    looks = {s.loader: s for s in samples.sets} if samples else {}
    same = [x.id for x in data.loaders if x.dataset.base is not None and _of(x) == _of(loader)]
    return next((looks[i] for i in (loader.id, *same) if i in looks), None)


def _of(loader: LoaderFacts) -> tuple[object, ...]:
    own = loader.dataset
    return own.base, own.length, own.transform_number, own.source


def _averaged(one: PassFacts, measured: list[PassFacts]) -> bool:
    """Test-time augmentation: the same data several times without training between."""
    again = [p for p in measured if p.loader == one.loader and p.first_step == one.first_step]
    return len(again) > 1


def _finding(
    one: PassFacts,
    loader: LoaderFacts,
    clean: list[PassFacts],
    passes: Passes,
    data: DataFlow,
    samples: Samples | None,
    source: Source | None,
) -> Finding:
    drawing = random_ones(loader.dataset.transforms)
    shares = next((x for x in data.feeding("train") if _share(x, loader)), None)
    look = _look(loader, samples, data)
    redraw = look.redraw if look else None
    twice = (
        f": {redraw.differing} of {redraw.items} items asked for twice gave another image"
        if redraw is not None and redraw.differing
        else f": {one.fresh_share:.0%} of the images of the last evaluation were new ones"
        if one.fresh_share is not None and 0.0 < one.fresh_share < 1.0
        else ""
    )
    return Finding(
        says=f"the {one.samples} samples of the evaluation go through random {named(drawing)}"
        f"{twice}" + (f"; {SHARED}" if shares else ""),
        places=places(*_where(loader, shares, data, source), one.place),
        severity="advice" if _noise_by_hand(drawing, look) else _severity(one, clean),
        confidence=0.9 if redraw is not None or any(not t.user for t in drawing) else 0.8,
        measured={
            "random_transforms": [t.name for t in drawing],
            "items_differing": redraw.differing if redraw else None,
            "items_drawn_twice": redraw.items if redraw else None,
            "evaluation_accuracy": one.accuracy,
        },
        explains=_SYMPTOMS,
        fix=Fix(_write(drawing, bool(shares))),
    )


def _share(train: LoaderFacts, test: LoaderFacts) -> bool:
    return train.dataset.base is not None and train.dataset.base == test.dataset.base


def _noise_by_hand(drawing: list[TransformFacts], look: SampleSet | None) -> bool:
    """The data set's own code adds noise to what it stores: that may be what the images are."""
    redraw = look.redraw if look else None
    if redraw is None or not all(t.user for t in drawing):
        return False
    return redraw.kinds.get("other", 0) > 0.8 * sum(redraw.kinds.values())


def _severity(one: PassFacts, clean: list[PassFacts]) -> Severity:
    """Where another evaluation is clean, the final figure is right: only the choice of the epoch
    suffers, and that only if the two differ."""
    reached = [p.accuracy for p in clean if p.accuracy is not None]
    if not reached or one.accuracy is None:
        return "warning"
    return "warning" if max(reached) - one.accuracy > 0.05 else "advice"


def _where(
    loader: LoaderFacts, shares: LoaderFacts | None, data: DataFlow, source: Source | None
) -> tuple[Place | None, ...]:
    """The data set that both share; else the transform, if evaluation has one of its own."""
    own = loader.dataset
    if shares is not None:
        return own.base_place, own.place
    if source is None:
        return (own.base_place or own.place,)
    written = written_for(source, own)
    trained = [written_for(source, x.dataset) for x in data.feeding("train")]
    if written is None or written in trained:
        return own.base_place or own.place, written
    return written, own.base_place or own.place


def _write(drawing: list[TransformFacts], shared: bool) -> str:
    names = {t.name for t in drawing}
    size = next((t.settings.get("size") for t in drawing if t.settings.get("size")), None)
    wide = size[0] if isinstance(size, list) and size else size
    if "RandomResizedCrop" in names and wide:
        instead = f"Resize({round(int(wide) * 256 / 224)}) and CenterCrop({wide})"
    elif "RandomCrop" in names and wide:
        instead = f"CenterCrop({wide})"
    else:
        instead = ""
    text = f"leave {named(drawing)} out of the evaluation transform"
    text += f" (write {instead} instead)" if instead else ""
    if shared:
        text += "; the parts of a split share it: build the data set once for each, and Subset both"
    return text


# --- what the source alone proves -------------------------------------------------------------

_SPLITS = {"test", "val", "valid", "validation", "eval"}
_SWITCHES = ("train", "is_train", "training")
_NAMED = ("split", "mode", "phase", "subset")


def suspect(source: Source) -> list[Finding]:
    """A data set built with train=False or split="test", and with a random transform."""
    if not source.imports("torchvision"):
        return []
    own = {c.name: _parameters(source, c) for c in source.classes if c.bases}
    own = {name: order for name, order in own.items() if "transform" in order}
    found = []
    for call in source.calls_to(*_KNOWN, *own):
        given = _arguments(call, own.get(call.name))
        transform = given.get("transform")
        if transform is None or not _is_evaluation(given) or "tta" in transform.text.lower():
            continue
        key: str | int = "transform"
        if "transform" not in call.keywords:
            key = next(n for n, value in enumerate(call.args) if value is transform)
        written = source.definition(call.place, key)
        parts = random_parts(source, written) if written else []
        if parts and written is not None:
            found.append(_suspected(call, written, parts, transform.text, source))
    return found[:1]


_KNOWN = tuple(
    f"torchvision.datasets.{name}"
    for name in ("CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "KMNIST", "QMNIST", "USPS", "SVHN",
                 "STL10", "Food101", "GTSRB", "Flowers102", "OxfordIIITPet", "ImageNet", "DTD",
                 "StanfordCars", "PCAM", "EMNIST", "FGVCAircraft", "Country211")
)  # fmt: skip


def _parameters(source: Source, owner: Class) -> tuple[str, ...]:
    """Of the class's own __init__, without self."""
    for function in source.functions:
        if function.in_class == owner.qualname and function.name.rpartition(".")[2] == "__init__":
            if function.place.path == owner.place.path:
                return function.parameters[1:]
    return ()


def _arguments(call: Call, order: tuple[str, ...] | None) -> dict[str, Value]:
    """By parameter; torchvision's own order where it is known."""
    if any(value.text.startswith("*") for value in call.args):
        return {}
    if order is not None:
        return {**dict(zip(order, call.args, strict=False)), **call.keywords}
    names = ("train", "split", "transform")
    return {n: value for n in names if (value := call.argument(n)) is not None}


def _is_evaluation(given: dict[str, Value]) -> bool:
    switches = [given[n] for n in _SWITCHES if n in given and given[n].is_constant]
    named = [given[n] for n in _NAMED if n in given and given[n].is_constant]
    return any(v.constant is False for v in switches) or any(v.constant in _SPLITS for v in named)


def _suspected(call: Call, written: Place, parts: list[Call], text: str, source: Source) -> Finding:
    names = ", ".join(dict.fromkeys(p.last for p in parts))
    uses = [
        c
        for c in source.calls
        if c is not call and any(v.text == text for v in (*c.args, *c.keywords.values()))
    ]
    shared = re.fullmatch(r"[\w.]+", text) is not None and bool(uses)
    return Finding(
        says=f"the evaluation data ({call.last}) go through random {names}",
        places=places(call.place if shared else parts[0].place, parts[0].place, call.place),
        severity="warning",
        grade="suspected",
        confidence=0.8,
        explains=_SYMPTOMS,
        fix=Fix(f"give this data set a transform without {names}"),
    )


SAFE = "predictions may be averaged over random views on purpose"
promise = mends


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    return plain_instead(finding, source) or _taken_out(finding, source)


def _taken_out(finding: Finding, source: Source) -> list[AnyEdit]:
    """The random ones go out of a transform that evaluation alone has: it comes first then."""
    random = finding.measured.get("random_transforms") or ()
    crops = any("Crop" in name for name in random)  # without them the images have another size
    if crops or SHARED in finding.says:
        return []
    own = replace(finding, places=finding.places[:1])
    return without_transforms(own, source, random)


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class Digits(Dataset):
    def __init__(self, train, transform):
        x, y = load_digits(return_X_y=True)
        keep = slice(0, 1400) if train else slice(1400, None)
        self.x = torch.tensor(x[keep], dtype=torch.float32).view(-1, 1, 8, 8) / 16
        self.y, self.transform = torch.tensor(y[keep]), transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.transform(self.x[i]), self.y[i]


torch.manual_seed(0)
augment = transforms.Compose([transforms.RandomCrop(8, padding=1), transforms.Normalize(0.3, 0.4)])
plain = transforms.Normalize(0.3, 0.4)
train_loader = DataLoader(Digits(True, augment), batch_size=50, shuffle=True)
test_loader = DataLoader(Digits(False, augment), batch_size=100)  # <- here
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(6):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(f"epoch {epoch}: accuracy {hits / 397:.3f}")
"""

GOOD = BAD.replace("augment), batch_size=100)  # <- here", "plain), batch_size=100)")
