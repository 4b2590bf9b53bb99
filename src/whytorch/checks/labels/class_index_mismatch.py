"""The same index means another class in training and evaluation.

What it looks for
    The maps from class names to numbers of the training and the evaluation data, where they give
    one name two numbers; and those of the processes of one watched training. And, where there are
    no names, evaluation images of one class that are nearly all taken for one other class, each
    class for its own: a permutation, not confusion.

Why it hurts
    The network may be right and is counted as wrong. The loss and the accuracy of the evaluation
    are those of other classes.

How to fix it
    Make the map once, from the training data, and hand it to the evaluation data. Sort the class
    names, and keep a folder for each class in both splits, even if it is empty.

When it is fine
    Numbers remapped by a target_transform. Classes that only one split has, if the shared ones keep
    their numbers.

References
    torchvision.datasets.ImageFolder: "class_to_idx"; sklearn.preprocessing.LabelEncoder.
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._helpers import places
from whytorch.checks._learning import WELL, skill
from whytorch.checks._places import class_of, loader_of, within
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import assigned, text
from whytorch.checks.evaluation._held_out import evaluations
from whytorch.evidence.facts import (
    DataFlow,
    DatasetFacts,
    Distributed,
    LoaderFacts,
    Passes,
    PassFacts,
    Run,
    Samples,
)
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceExpression

_SYMPTOMS = ("evaluation-far-below-training", "overfitting", "printed-metric-differs-from-measured")
# A network confuses a class with a similar one, seldom more than half of it, and not each class
# with one of its own. Where two thirds of a class go to one other number, and the classes that move
# have different ones, the numbers have moved.
MOVED = 0.66
ENOUGH_OF_A_CLASS = 8
LEARNED = 0.6  # of the training: who has learned little takes many for one
# By the moved numbers so much of the evaluation must be right, as counted so little.
REALLY, COUNTED = 0.7, 0.5

_Matrix = dict[int, dict[int, int]]


def decide(
    data: DataFlow,
    run: Run,
    passes: Passes | None,
    samples: Samples | None,
    source: Source | None,
    distributed: Distributed | None,
) -> list[Finding] | NotJudged:
    if distributed is not None and (other := _in_processes(distributed)) is not None:
        return [other]
    training, tests = data.feeding("train"), data.feeding("eval")
    for train in training:
        for test in tests:
            if train.id != test.id and (moved := _renumbered(train.dataset, test.dataset)):
                return _by_name(moved, train, test, passes, run, source)
    if run.classification is not True:
        return []
    found = _by_predictions(data, passes, run, samples, source)
    if found is None and not _maps(training, tests):
        return NotJudged("needs class names of both splits, or a network that has learned")
    return [found] if found else []


def _maps(training: tuple[LoaderFacts, ...], tests: tuple[LoaderFacts, ...]) -> bool:
    return all(any(_map(x.dataset) for x in part) for part in (training, tests))


def _map(dataset: DatasetFacts) -> dict[str, int]:
    if dataset.class_to_idx:
        return dataset.class_to_idx
    return {name: n for n, name in enumerate(dataset.classes or ())}


# --- by the names -----------------------------------------------------------------------------


def _renumbered(train: DatasetFacts, test: DatasetFacts) -> dict[str, tuple[int, int]]:
    """Class name -> (number in training, number in evaluation), where they differ."""
    if any(t.on_target for t in (*train.transforms, *test.transforms)):
        return {}
    one, other = _map(train), _map(test)
    return {n: (one[n], other[n]) for n in one if n in other and one[n] != other[n]}


def _by_name(
    moved: dict[str, tuple[int, int]],
    train: LoaderFacts,
    test: LoaderFacts,
    passes: Passes | None,
    run: Run,
    source: Source | None,
) -> list[Finding]:
    last = _last_evaluation(passes, test)
    reached = skill(last, run.classes) if last else None
    if reached is not None and reached >= WELL:
        return []  # the labels that came out agree: they were mapped back somewhere
    name, (one, other) = next(iter(moved.items()))
    lacking = sorted(set(_map(train.dataset)) ^ set(_map(test.dataset)))
    because = f"; only one of them has {', '.join(lacking[:3])}" if lacking else ""
    return [
        Finding(
            says=f"{len(moved)} of {len(_map(train.dataset))} classes have another number in the "
            f"evaluation data than in training: {name!r} is {one} there and {other} here{because}",
            places=places(*_where(test.dataset, source), train.dataset.place),
            confidence=0.95,
            measured={
                "training": _few(_map(train.dataset)),
                "evaluation": _few(_map(test.dataset)),
                "evaluation_accuracy": last.accuracy if last else None,
            },
            explains=_SYMPTOMS,
            fix=Fix("number the classes of both splits by one map: make it from the sorted names "
                    "of the training data and hand it to the evaluation data"),
        )
    ]  # fmt: skip


def _in_processes(distributed: Distributed) -> Finding | None:
    """Two processes train one network, each with a map of its own."""
    own = distributed.own.share if distributed.own is not None else None
    for peer in distributed.everyone:
        theirs = peer.share.numbers if peer.share is not None else {}
        numbers = own.numbers if own is not None else {}
        moved = [n for n in numbers if n in theirs and numbers[n] != theirs[n]]
        if moved and own is not None:
            name = moved[0]
            return Finding(
                says=f"{len(moved)} of {len(numbers)} classes have another number in rank "
                f"{peer.rank} than in rank {distributed.rank}: {name!r} is {theirs[name]} there "
                f"and {numbers[name]} here, and one network is trained on both",
                places=places(own.place),
                confidence=0.95,
                measured={"here": _few(numbers), "there": _few(theirs), "rank": peer.rank},
                explains=("underfitting", "evaluation-far-below-training", "loss-at-chance"),
                fix=Fix("number the classes by one map in all processes: make it from the sorted "
                        "names of all classes, not from the files of one process's share"),
            )  # fmt: skip
    return None


def _few(names: dict[str, int]) -> dict[str, int]:
    return dict(list(names.items())[:20])


def _where(dataset: DatasetFacts, source: Source | None) -> tuple[Place | None, ...]:
    """The line that makes the map in the user's own class; else where the data set is made."""
    built = dataset.base_place or dataset.place
    own = class_of(source, dataset) if source else None
    if source is None or own is None:
        return (built,)
    names = re.compile(r"\.(class_to_idx|classes|class_names|label_map|labels_map)$")
    made = [
        a.place
        for a in source.assignments
        if within(a.place, own.place) and any(names.search(t) for t in a.targets)
    ]
    return (*made[:1], built)


def _last_evaluation(passes: Passes | None, loader: LoaderFacts) -> PassFacts | None:
    known = [p for p in (passes.of("eval") if passes else ()) if p.loader == loader.id]
    return next((p for p in reversed(known) if p.counted), None)


# --- by what is taken for what ----------------------------------------------------------------


def _by_predictions(
    data: DataFlow, passes: Passes | None, run: Run, samples: Samples | None, source: Source | None
) -> Finding | None:
    if passes is None:
        return None
    trained = [s for p in passes.of("train") if (s := skill(p, run.classes)) is not None]
    if not trained or max(trained[-3:]) < LEARNED:
        return None
    for one in reversed(evaluations(passes.passes)):
        matrix = {n: dict(enumerate(row)) for n, row in enumerate(one.confusion or ())}
        moved = permutation(matrix)
        if moved:
            loader = loader_of(one, data.loaders)
            return _finding(one, moved, matrix, loader, _seen_by_neighbours(moved, samples), source)
    return None


def permutation(matrix: _Matrix) -> dict[int, int]:
    """Class -> the other number that it goes by, where the numbers have moved; else empty."""
    rows = {n: row for n, row in matrix.items() if sum(row.values()) >= ENOUGH_OF_A_CLASS}
    if len(rows) < 2:
        return {}
    goes = {n: max(row, key=lambda k: row[k]) for n, row in rows.items()}
    moved = {
        n: to for n, to in goes.items() if to != n and rows[n][to] >= MOVED * sum(rows[n].values())
    }
    if len(moved) < 2 or len({goes[n] for n in rows}) < len(rows):
        return {}
    total = sum(sum(row.values()) for row in rows.values())
    really = sum(row[goes[n]] for n, row in rows.items()) / total
    counted = sum(row.get(n, 0) for n, row in rows.items()) / total
    return moved if really >= REALLY and counted <= COUNTED else {}


def _seen_by_neighbours(moved: dict[int, int], samples: Samples | None) -> bool:
    """Whether the images nearest in training say the same, without any network."""
    for pair in samples.pairs if samples else ():
        table = pair.neighbours.confusion if pair.neighbours else {}
        matrix = {int(k): {int(j): n for j, n in row.items()} for k, row in table.items()}
        if permutation(matrix) == moved:
            return True
    return False


def _finding(
    one: PassFacts,
    moved: dict[int, int],
    matrix: _Matrix,
    loader: LoaderFacts | None,
    confirmed: bool,
    source: Source | None,
) -> Finding:
    shown = ", ".join(f"{n} for {to}" for n, to in list(moved.items())[:4])
    right = sum(row.get(moved.get(n, n), 0) for n, row in matrix.items())
    where = _labels_made(loader, source) if loader else None
    extra = "; so do the most similar training images" if confirmed else ""
    return Finding(
        says=f"the evaluation counts {one.accuracy or 0:.0%} as right, but {len(moved)} classes go "
        f"by another number: the network takes {shown}{'' if len(moved) <= 4 else ', ...'}, each "
        f"nearly always; by these numbers {right / max(1, one.counted or 0):.0%} are right{extra}",
        places=places(where, one.place),
        confidence=0.92 if confirmed else 0.8,
        measured={
            "accuracy": one.accuracy,
            "accuracy_by_moved_numbers": right / max(1, one.counted or 0),
            "moved": {str(n): to for n, to in moved.items()},
        },
        explains=_SYMPTOMS,
        fix=Fix("number the classes of the evaluation by the map of the training: fit the encoder "
                "once, on the training labels, and only transform the others"),
    )  # fmt: skip


def _labels_made(loader: LoaderFacts, source: Source | None) -> Place | None:
    """Where the labels of a TensorDataset were assigned last; else where the data set is made."""
    place = loader.dataset.base_place or loader.dataset.place
    call = source.call_at(place, "TensorDataset") if source and place else None
    if source is None or place is None or call is None or len(call.args) < 2:
        return place
    name = re.match(r"(?:torch\.\w+\()?([A-Za-z_]\w*)", call.args[1].text)
    made = [
        a.place
        for a in source.assignments
        if name and name.group(1) in a.targets and a.place.line <= place.line
    ]
    return made[-1] if made else place


SAFE = "a checkpoint's outputs are numbered the old way"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    both = [set(finding.measured.get(part) or ()) for part in ("training", "evaluation")]
    made = assigned(source, finding.places[0]) if finding.places and both[0] == both[1] else None
    if made is None or not isinstance(made[1], ast.Call):
        return []
    value = text(source, finding.places[0], made[1])
    found = re.fullmatch(r"list\((?:set|dict\.fromkeys)\((.*)\)\)", value)
    if found is None:
        return []
    new = f"sorted(set({found[1]}))"
    return [ReplaceExpression(finding.places[0], old=value, new=new)]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


class DigitFiles(Dataset):
    def __init__(self, rows):
        x, y = load_digits(return_X_y=True)
        names = [NAMES[label] for label in y[rows]]
        self.classes = list(dict.fromkeys(names))  # <- here
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.x = torch.tensor(x[rows], dtype=torch.float32).view(-1, 1, 8, 8) / 16
        self.y = [self.class_to_idx[name] for name in names]

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


torch.manual_seed(0)
train_loader = DataLoader(DigitFiles(slice(0, 1400)), batch_size=50, shuffle=True)
test_loader = DataLoader(DigitFiles(slice(1400, None)), batch_size=100)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
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

GOOD = BAD.replace("list(dict.fromkeys(names))  # <- here", "sorted(set(names))")
