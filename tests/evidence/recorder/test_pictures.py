"""What the record keeps for a person to look at: series of layers, small images, histograms."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import torch
import warm

from whytorch.evidence import facts as f
from whytorch.evidence import reading
from whytorch.evidence.samples import pictures

# The images are stored as whole numbers and flipped by the data set; half of the hidden units are
# silent from the start; five images of evaluation are in training too, and three labels are wrong.
SCRIPT = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.uint8).view(-1, 1, 8, 8)
labels = torch.tensor(labels)
labels[[0, 7, 10]] = 4


class Flipped(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels, self.transform = images, labels, lambda x: x.flip(-1) / 4 - 2

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(self.images[index]), self.labels[index]


train = DataLoader(Flipped(images[:400], labels[:400]), batch_size=50)
held_out = DataLoader(Flipped(images[395:600], labels[395:600]), batch_size=50)
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 10))
with torch.no_grad():
    model[1].bias[:10] = -1000.0
first, before = model[1], model[1].weight.detach().clone()
opt = torch.optim.SGD(model.parameters(), 0.01)
for x, y in train:
    opt.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    opt.step()
    if before is not None:
        print("moved", ((first.weight - before).norm() / before.norm()).item())
        before = None
model.eval()
with torch.no_grad():
    print(sum((model(x).argmax(1) == y).sum().item() for x, y in held_out))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[type, Any], warm.Rehearsed]:
    folder = tmp_path_factory.mktemp("pictures")
    path = folder / "train.py"
    path.write_text(SCRIPT)
    rehearsed = warm.rehearse(path, folder)
    made = reading.read_evidence(rehearsed)
    assert made[f.Run].exit == "finished" and not made[f.Run].faults
    return made, rehearsed


def pixels(sheet: f.Sheet) -> torch.Tensor:
    """[N, C, H, W] in the script's own values."""
    raw = bytearray(base64.b64decode(sheet.pixels))
    scaled = torch.frombuffer(raw, dtype=torch.uint8).view(sheet.shape).double() / 255
    return sheet.low + scaled * (sheet.high - sheet.low)


def test_series_say_what_close_looks_measured(seen: tuple[dict[type, Any], Any]) -> None:
    made, rehearsed = seen
    traces, layers = made[f.Traces], {x.name: x for x in made[f.Network].layers}
    activations = {t.layer: t.values for t in traces.of("activation")}
    assert list(activations) == ["1", "2", "3"]  # layers with weights and ReLUs, in order
    for name, values in activations.items():
        assert values[0] == (0, pytest.approx(layers[name].out_std))
        assert [step for step, _ in values] == sorted({step for step, _ in values})
    (silent,) = traces.of("silent")
    assert all(0.5 <= (share or 0) <= 1 for _, share in silent.values)
    updates = {t.layer: dict(t.values) for t in traces.of("update")}
    moved = float(rehearsed.output.split("moved ")[1].split()[0])
    assert updates["1"][0] == pytest.approx(moved, rel=1e-3)


def test_images_of_both_phases_as_they_entered(seen: tuple[dict[type, Any], Any]) -> None:
    found: f.Pictures = seen[0][f.Pictures]
    for phase in ("train", "eval"):
        sheet, histogram = found.sheets[phase], found.histograms[phase]
        assert sheet.shape == (8, 1, 8, 8) and sheet.size == (8, 8)
        assert (sheet.low, sheet.high) == (-2.0, 2.0)
        assert (histogram.low, histogram.high) == (-2.0, 2.0)
        assert sum(map(sum, histogram.counts)) == histogram.samples * 64
    assert found.sheets["train"].labels == (4, 1, 2, 3, 4, 5, 6, 4)  # the first batch, as it came


def test_images_before_and_after_the_transforms(seen: tuple[dict[type, Any], Any]) -> None:
    found: f.Pictures = seen[0][f.Pictures]
    stored, drawn = found.sheets["stored"], found.sheets["drawn"]
    assert stored.indices == drawn.indices and len(set(stored.indices)) == 8
    assert (stored.low, stored.high) == (0.0, 16.0)
    difference = (pixels(stored).flip(-1) / 4 - 2 - pixels(drawn)).abs().max()
    assert difference < 4 / 255  # what is lost in a byte


def test_leaked_pairs_and_doubtful_labels(seen: tuple[dict[type, Any], Any]) -> None:
    found: f.Pictures = seen[0][f.Pictures]
    one, other = found.sheets["twins-eval"], found.sheets["twins-train"]
    pairs = sorted(zip(one.indices, other.indices, strict=True))
    assert pairs == [(n, 395 + n) for n in range(5)]
    assert (pixels(one) - pixels(other)).abs().max() < 16 / 255
    doubts = found.sheets["doubts"]
    assert set(doubts.labels) >= {4} and set(doubts.others) >= {0}  # what was a 0 is called 4
    assert 0 in doubts.indices


def test_it_stays_small(seen: tuple[dict[type, Any], Any]) -> None:
    kinds = (b'{"kind":"sheet"', b'{"kind":"histogram"', b'{"kind":"trace"')
    lines = [x for x in seen[1].record.read_bytes().split(b"\n") if x.startswith(kinds)]
    assert 10 <= len(lines) < 20
    assert sum(map(len, lines)) < 20_000


# --- one sheet -----------------------------------------------------------------------------------


def test_large_images_are_shrunk_and_few_are_kept() -> None:
    made = pictures.sheet([torch.rand(3, 300, 200)] * 20, labels=list(range(20)))
    assert made is not None
    assert made["shape"] == [8, 3, 48, 32] and made["size"] == [300, 200]
    assert made["labels"] == list(range(8))
    assert len(made["pixels"]) <= 8 * 3 * 48 * 48 * 4 / 3 + 4


@pytest.mark.parametrize(
    ("image", "shape"),
    [
        (torch.rand(784), [1, 1, 28, 28]),
        (torch.rand(3 * 32 * 32), [1, 3, 32, 32]),
        (torch.rand(4, 8, 8), [1, 3, 8, 8]),
        (torch.rand(2, 8, 8), [1, 1, 8, 8]),
        (torch.full((1, 8, 8), torch.nan), [1, 1, 8, 8]),
        (torch.zeros(1, 8, 8, dtype=torch.bool), [1, 1, 8, 8]),
    ],
)
def test_images_in_many_forms(image: torch.Tensor, shape: list[int]) -> None:
    made = pictures.sheet([image])
    assert made is not None and made["shape"] == shape
    assert pictures.histogram([image]) is not None


@pytest.mark.parametrize("images", [[], [None], [torch.rand(50)], [torch.rand(2, 2, 8, 8)]])
def test_what_is_no_image_is_left_out(images: list[Any]) -> None:
    assert pictures.sheet(images) is None
    assert pictures.histogram(images) is None


def test_images_of_another_kind_are_left_out_with_what_is_known_of_them() -> None:
    mixed = [torch.rand(3, 8, 8), torch.rand(1, 8, 8), torch.rand(3, 16, 16)]
    made = pictures.sheet(mixed, labels=[1, 2, 3], indices=[10, 20, 30])
    assert made is not None
    assert (made["shape"], made["labels"], made["indices"]) == ([2, 3, 8, 8], [1, 3], [10, 30])
