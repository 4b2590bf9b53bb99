"""Every loader worker draws the same random numbers.

What it looks for
    A training loader with two or more workers, whose data set varies its images with numbers from a
    generator that all workers hold a copy of (made in __init__), or from one that worker_init_fn
    seeds with the same number in every worker. And a loader with workers whose every epoch brings
    the very images of the first, though its data set draws another image each time it is asked.

Why it hurts
    The workers are copies of one process: image 1 of each gets the same crop, the same noise. The
    augmentation is a fraction of what it should be, and since workers start anew, every epoch
    repeats it.

How to fix it
    Make the generator in worker_init_fn, from the worker's own seed: np.random.default_rng(
    torch.initial_seed()). Or draw from torch, numpy or random themselves: torch seeds all three
    differently in each worker.

When it is fine
    One worker or none. Numbers from np.random, random or torch without a seed in worker_init_fn.
    A generator that only __init__ uses.

References
    torch.utils.data, "Randomness in multi-process data loading".
"""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.checks._places import within
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import calls_here, told
from whytorch.checks.augmentation._drawn import named, random_ones
from whytorch.evidence.facts import DataFlow, DatasetFacts, LoaderFacts, Passes, Samples
from whytorch.evidence.source import Call, Class, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, SetArgument

_MAKE = ("RandomState", "default_rng", "Random", "Generator")
_MAKERS = ("numpy.random.RandomState", "numpy.random.default_rng", "random.Random",
           "torch.Generator")  # fmt: skip


VARIES = 0.5  # of the images, which are others when they are drawn again
SAME = 0.02  # of a later epoch's images that the first did not have
ENOUGH = 20  # images


def decide(
    data: DataFlow, source: Source | None, passes: Passes | None, samples: Samples | None
) -> list[Finding] | NotJudged:
    working = [x for x in data.feeding("train") if x.workers >= 1]
    if not working:
        return [] if data.feeding("train") else NotJudged("needs a training loader")
    for loader in working:
        several = loader.workers >= 2
        found = (_seeded_alike(loader, source) or _carried(loader, source)) if several else None
        found = found or _each_epoch(loader, passes, samples, source)
        if found is not None:
            return [found]
    return []


def _each_epoch(
    loader: LoaderFacts, passes: Passes | None, samples: Samples | None, source: Source | None
) -> Finding | None:
    """New workers, seeded with the old numbers: epoch after epoch brings the same images."""
    looks = [s.redraw for s in samples.sets if s.loader == loader.id] if samples else []
    redraw = next((r for r in looks if r is not None), None)
    of = passes.of("train") if passes else ()
    trained = [p for p in of if p.loader == loader.id and not p.shortened]
    if redraw is None or redraw.differing < VARIES * redraw.items or len(trained) < 2:
        return None
    first, later = trained[0], trained[1:]
    if (first.new_samples or 0) < max(ENOUGH, (1 - SAME) * first.samples):
        return None
    if any(p.new_samples is None or p.new_samples > SAME * p.samples for p in later):
        return None
    line = _seed_line(loader, source)
    return Finding(
        says=f"the data set draws another image each time it is asked ({redraw.differing} of "
        f"{redraw.items} did), and all {len(trained)} epochs brought the same {first.samples} "
        f"images: the workers start anew in each epoch, and with the same random numbers",
        places=places(line, loader.place),
        severity="warning",
        confidence=0.9,
        measured={"workers": loader.workers, "epochs": len(trained), "images": first.samples},
        explains=("overfitting",),
        fix=Fix("seed with a number that is another one in each epoch: np.random.seed("
                "torch.initial_seed() % 2**32)"),
    )  # fmt: skip


def _seeded_alike(loader: LoaderFacts, source: Source | None) -> Finding | None:
    drawing = [t for t in random_ones(loader.dataset.transforms) if t.draws_from]
    hit = [t for t in drawing if set(t.draws_from) <= set(loader.seeded)]
    if loader.worker_seeding != "constant" or not hit:
        return None
    line = _seed_line(loader, source)
    return Finding(
        says=f"worker_init_fn seeds {' and '.join(loader.seeded)} with the same number in each of "
        f"the {loader.workers} workers: {named(hit)} does the same to "
        f"{loader.workers} images at a time, and the same again in every epoch",
        places=places(line, loader.place),
        severity="warning",
        confidence=0.9,
        measured={"workers": loader.workers, "transforms": [t.name for t in hit]},
        fix=Fix("leave worker_init_fn out (torch seeds every worker differently), or seed with "
                "torch.initial_seed() % 2**32"),
    )  # fmt: skip


def _seed_line(loader: LoaderFacts, source: Source | None) -> Place | None:
    """The line that seeds, in the function that the loader was given."""
    if source is None or loader.place is None:
        return None
    given = source.call_at(loader.place, "DataLoader")
    name = given.keywords.get("worker_init_fn") if given else None
    if name is None:
        return None
    function = next((f for f in source.functions if name.text.endswith(f.name)), None)
    seeds = [c for c in source.calls if c.last in ("seed", "manual_seed")]
    if function is None:
        return next((c.place for c in seeds if within(c.place, loader.place)), None)
    return next((c.place for c in seeds if within(c.place, function.place)), function.place)


def _carried(loader: LoaderFacts, source: Source | None) -> Finding | None:
    """A generator in the data set: every worker gets a copy in the same state."""
    if loader.worker_seeding in ("constant", "varies") or source is None:
        return None
    for held in loader.dataset.generators:
        owner, _, attribute = held.rpartition(".")
        made = _made_once(source, owner, attribute) if owner else _of_module(source, attribute)
        if made is not None:
            return _finding(loader, attribute, made, loader.dataset, "self." if owner else "")
    return None


def _of_module(source: Source, name: str) -> Place | None:
    """Where the module makes its generator, once and nowhere else."""
    made = [a for a in source.assignments if name in a.targets]
    return made[0].place if len(made) == 1 and made[0].function == "<module>" else None


def _made_once(source: Source, owner: str, attribute: str) -> Place | None:
    """Where __init__ makes the generator, if another method draws from it."""
    found = next((c for c in source.classes if c.name.rpartition(".")[2] == owner), None)
    if found is None:
        return None
    use = re.compile(rf"\bself\.{re.escape(attribute)}\b")
    drawn = [c for c in source.calls if within(c.place, found.place) and _uses(c, use)]
    made = [
        a
        for a in source.assignments
        if f"self.{attribute}" in a.targets and within(a.place, found.place)
    ]
    if not drawn or len(made) != 1 or not made[0].function.endswith("__init__"):
        return None  # made anew elsewhere: in each worker, perhaps
    return made[0].place


def _uses(call: Call, name: re.Pattern[str]) -> bool:
    method = call.function.rpartition(".")[2]
    if method in ("__init__", "__len__") or re.search(r"seed|reset|worker", method):
        return False
    given = (v.text for v in (*call.args, *call.keywords.values()))
    drawn = name.match(call.raw) is not None and call.last not in ("seed", "manual_seed")
    return drawn or any(name.fullmatch(text) for text in given)


def _finding(
    loader: LoaderFacts, attribute: str, made: Place, dataset: DatasetFacts, owner: str
) -> Finding:
    anew = (
        f"make self.{attribute} anew in each worker: worker_init_fn=lambda i: setattr("
        f"torch.utils.data.get_worker_info().dataset, '{attribute}', "
        "np.random.default_rng(torch.initial_seed()))"
        if owner
        else f"make {attribute} anew in each worker: worker_init_fn=lambda i: globals().update("
        f"{attribute}=np.random.default_rng(torch.initial_seed()))"
    )
    return Finding(
        says=f"each of the {loader.workers} workers gets a copy of {owner}{attribute} in the same "
        f"state: {loader.workers} images at a time are varied by the same numbers, and every epoch "
        "starts with them again",
        places=places(made, loader.place, dataset.place),
        severity="warning",
        confidence=0.9,
        measured={"workers": loader.workers, "generator": attribute},
        fix=Fix(anew),
    )


# --- what the source alone proves -------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    """A data set class that keeps a generator and draws from it, in a loader with workers."""
    if not source.calls_to(*_MAKERS):
        return []
    loaders = [c for c in source.calls_to("torch.utils.data.DataLoader") if _several(c)]
    for owner in source.classes if loaders else ():
        if "__getitem__" not in owner.methods:
            continue
        for attribute in _generators(source, owner):
            made = _made_once(source, owner.name.rpartition(".")[2], attribute)
            loader = next((x for x in loaders if _holds(source, x, owner)), None)
            if made is not None and loader is not None and not _reseeded(source, attribute):
                return [_suspected(made, loader, attribute)]
    return []


def _several(call: Call) -> bool:
    """Two workers or more, and nothing that may seed them."""
    workers = call.argument("num_workers")
    known = workers is not None and workers.is_constant and isinstance(workers.constant, int)
    fixed = {"worker_init_fn", "**"} & set(call.keywords)
    return known and workers is not None and workers.constant >= 2 and not fixed


def _generators(source: Source, owner: Class) -> list[str]:
    return [
        target.removeprefix("self.")
        for a in source.assignments
        if within(a.place, owner.place) and a.function.endswith("__init__") and a.value is not None
        for target in a.targets
        if target.startswith("self.") and re.match(rf"[\w.]*({'|'.join(_MAKE)})\(", a.value.text)
    ]


def _holds(source: Source, loader: Call, owner: Class) -> bool:
    """Whether the loader's data set is built from this class, as far as is plain."""
    given = loader.argument("dataset") or (loader.args[0] if loader.args else None)
    if given is None:
        return False
    built = re.compile(rf"\b{re.escape(owner.name.rpartition('.')[2])}\(")
    if built.match(given.text):
        return True
    made = [a for a in source.assignments if given.text in a.targets and a.value is not None]
    return len(made) == 1 and made[0].value is not None and bool(built.match(made[0].value.text))


def _reseeded(source: Source, attribute: str) -> bool:
    """Set from outside, or the class asks which worker it is in."""
    outside = any(t.endswith(f".{attribute}") and not t.startswith("self.")
                  for a in source.assignments for t in a.targets)  # fmt: skip
    return outside or bool(
        source.calls_to("*.get_worker_info", "*.initial_seed", "get_worker_info")
    )


def _suspected(made: Place, loader: Call, attribute: str) -> Finding:
    workers = loader.argument("num_workers")
    return Finding(
        says=f"every one of the {workers.text if workers else 'several'} workers gets a copy of "
        f"self.{attribute} in the same state, and draws the same numbers from it",
        places=places(made, loader.place),
        severity="warning",
        grade="suspected",
        confidence=0.8,
        fix=Fix(f"make self.{attribute} in worker_init_fn, from torch.initial_seed()"),
    )


SAFE = "other random numbers are drawn"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    found = re.search(r"worker_init_fn=(lambda i: .*\))$", told(finding))
    if found is None:
        return []
    lines = ("import torch", "import numpy as np")
    for call in calls_here(finding, source, "DataLoader"):
        return [SetArgument(call.place, lines, "DataLoader", "worker_init_fn", found[1])]
    return []


BAD = """
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Digits(Dataset):
    def __init__(self, rows, shift):
        x, y = load_digits(return_X_y=True)
        self.x, self.y, self.shift = x[rows].reshape(-1, 8, 8) / 16, y[rows], shift
        self.rng = np.random.default_rng(0)  # <- here

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        by = self.rng.integers(-1, 2) if self.shift else 0
        image = np.roll(self.x[i], by, axis=1)
        return torch.tensor(image, dtype=torch.float32)[None], int(self.y[i])


torch.manual_seed(0)
train_set = Digits(slice(0, 600), shift=True)
train_loader = DataLoader(train_set, batch_size=50, shuffle=True, num_workers=2)
test_loader = DataLoader(Digits(slice(600, 900), shift=False), batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(3):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
print(f"accuracy {hits / 300:.3f}")
"""

GOOD = BAD.replace("        self.rng = np.random.default_rng(0)  # <- here\n", "").replace(
    "self.rng.integers(-1, 2)", "np.random.randint(-1, 2)"
)
