"""The look at the data after the script's end: what it finds, and that the script never notices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import warm

from whytorch.evidence.facts import Run, Samples
from whytorch.evidence.recorder import Recorder
from whytorch.evidence.samples import measure, twins
from whytorch.evidence.samples.contents import Contents, in_both
from whytorch.evidence.samples.items import as_image, as_label, read
from whytorch.evidence.samples.redraw import kind_of

SCRIPT = """
import sys
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split
from torchvision import transforms

torch.manual_seed(0)
bunch = load_digits()
over = False


class Digits(Dataset):
    def __init__(self, transform):
        self.images = (bunch.images[:600] * 15).astype("uint8")
        self.transform = transform

    def __len__(self):
        return 600

    def __getitem__(self, i):
        {inside}
        return self.transform(self.images[i]), int(bunch.target[i])


transform = transforms.Compose([transforms.ToTensor(), {augmentation}])
train, test = random_split(Digits(transform), [450, 150])
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in DataLoader(train, 50, shuffle=True):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    right = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 50))
print("right", right, torch.rand(1).item())
over = True
{end}
"""
FLIP = "transforms.RandomHorizontalFlip(1.0)"
SHIFT = "transforms.RandomAffine(0, translate=(0.2, 0.2))"


def written(folder: Path, inside: str = "pass", augmentation: str = FLIP, end: str = "") -> Path:
    path = folder / "train.py"
    text = SCRIPT.replace("{inside}", inside).replace("{augmentation}", augmentation)
    path.write_text(text.replace("{end}", end))
    return path


def look(path: Path, folder: Path, budget: float = 250.0) -> tuple[Samples | None, Run]:
    evidence = warm.evidence_of(path, folder, budget=budget)
    return evidence.get(Samples), evidence[Run]


def test_both_sets_are_looked_at_and_compared(tmp_path: Path) -> None:
    samples, run = look(written(tmp_path), tmp_path)
    assert samples is not None and not run.faults
    (train,), (evaluation,) = samples.of("train"), samples.of("eval")
    assert (train.looked_at, evaluation.looked_at) == (450, 150)
    assert train.raw is not None and train.raw.dtype == "uint8" and train.raw.maximum == 240
    assert train.drawn is not None and train.drawn.shape == (1, 8, 8)
    assert train.drawn.maximum == pytest.approx(240 / 255)
    assert train.redraw is not None and train.redraw.differing == 0
    assert train.neighbours is not None and (train.neighbours.agreement or 0) > 0.9
    (pair,) = samples.pairs
    assert pair.twins is not None and pair.neighbours is not None
    assert (pair.twins.all_compared, pair.twins.all_identical) == (150, 0)
    assert (pair.neighbours.agreement or 0) > 0.9
    assert samples.entering["train"].shape == (1, 8, 8)


def test_random_augmentation_is_seen_by_asking_twice(tmp_path: Path) -> None:
    samples, _ = look(written(tmp_path, augmentation=SHIFT), tmp_path)
    assert samples is not None
    redraw = samples.of("train")[0].redraw
    assert redraw is not None and redraw.differing > redraw.items / 2
    assert redraw.kinds.get("shift", 0) > 5


def test_what_data_sets_print_and_write_then_is_not_the_scripts(tmp_path: Path) -> None:
    inside = "print('item') if over else None; open('later.txt', 'a').write('x') if over else None"
    path = written(tmp_path, inside=inside)
    rehearsed = warm.rehearse(path, tmp_path)
    assert "item" not in rehearsed.output and "right" in rehearsed.output
    assert not (tmp_path / "later.txt").exists()
    assert "later.txt" not in str(look(path, tmp_path)[1].wrote)


@pytest.mark.parametrize("inside", ["sys.exit(3) if over else None", "1 / 0 if over else None"])
def test_data_sets_that_fail_then_are_left_alone(inside: str, tmp_path: Path) -> None:
    samples, run = look(written(tmp_path, inside=inside), tmp_path)
    assert run.exit == "finished" and run.reached_end and not run.faults
    kept = samples.sets if samples else ()
    assert all(s.looked_at == 0 or s.origin == "batches" for s in kept)


def test_a_data_set_that_hangs_is_left_alone(tmp_path: Path) -> None:
    inside = "[0 for _ in iter(int, 1)] if over and i % 7 == 3 else None"
    _, run = look(written(tmp_path, inside=inside), tmp_path, budget=4.0)
    assert run.exit == "finished"


def test_a_crash_still_allows_a_look(tmp_path: Path) -> None:
    samples, run = look(written(tmp_path, end="raise RuntimeError('at the end')"), tmp_path)
    assert run.exit == "crashed" and samples is not None and len(samples.sets) == 2


def test_plain_tensors_are_known_by_what_entered_the_network(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(
        "import torch\nfrom sklearn.datasets import load_digits\ntorch.manual_seed(0)\n"
        "x, y = load_digits(return_X_y=True)\n"
        "x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)\n"
        "model = torch.nn.Linear(64, 10)\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "for i in range(0, 1400, 100):\n"
        "    optimizer.zero_grad()\n"
        "    torch.nn.functional.cross_entropy(model(x[i:i+100]), y[i:i+100]).backward()\n"
        "    optimizer.step()\n"
        "model.eval()\nprint((model(x[1400:]).argmax(1) == y[1400:]).float().mean())\n"
    )
    samples, run = look(path, tmp_path)
    assert samples is not None and not run.faults
    train, evaluation = samples.sets
    assert train.origin == evaluation.origin == "batches" and train.phases == ("train",)
    assert train.looked_at == 512 and evaluation.looked_at == 397
    assert train.neighbours is not None and (train.neighbours.agreement or 0) > 0.9


def test_a_watched_run_keeps_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "record.jsonl")
    recorder.install()
    try:
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 3)))
        model = torch.nn.Linear(3, 1)
        for (x,) in loader:
            model(x).sum().backward()
    finally:
        recorder.uninstall()
    assert recorder.keeps.sets == [] and recorder.keeps.inputs == {}


# --- the parts ------------------------------------------------------------------------------------


def smooth(count: int, channels: int = 1, side: int = 24) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(count, channels, 5, 5, generator=generator)
    return torch.nn.functional.interpolate(coarse, size=(side, side), mode="bicubic")


def measured(images: torch.Tensor) -> measure.Measured:
    return measure.measure(list(images))


def test_items_are_read_in_whatever_form() -> None:
    image = np.zeros((9, 7, 3), np.uint8)
    assert tuple(as_image(image).shape) == (3, 9, 7)  # type: ignore[union-attr]
    assert as_image(torch.zeros(10)) is None and as_image(torch.zeros(5, dtype=torch.int64)) is None
    assert as_label(torch.tensor([0.0, 1.0, 0.0])) == 1 and as_label(torch.tensor(0.5)) is None
    assert read({"image": image, "label": np.int64(4)}).label == 4
    assert read((torch.zeros(1, 8, 8), torch.tensor(2))).label == 2


def test_a_reshape_in_place_of_a_permute_shows_in_the_correlations() -> None:
    x = smooth(20, channels=3)
    right = measure.stats(measured(x), "")
    wrong = measure.stats(measured(x.permute(0, 2, 3, 1).reshape(x.shape)), "")
    assert right is not None and wrong is not None
    assert right["scrambled"] > right["unscrambled"] + 0.1
    assert wrong["unscrambled"] > wrong["scrambled"] + 0.3


def test_pixels_that_ran_over_the_end_are_seen() -> None:
    pixels = (smooth(40) * 220).clamp(0, 255)
    over = (pixels + 90).long().remainder(256)
    clean, wrapped = measure.stats(measured(pixels), ""), measure.stats(measured(over), "")
    assert clean is not None and wrapped is not None
    assert clean["wrapped_share"] == 0 and wrapped["wrapped_share"] > 0.3


def compared(train: torch.Tensor, evaluation: torch.Tensor, labels: list[int]) -> dict[str, object]:
    places = (list(range(len(train))), list(range(1000, 1000 + len(evaluation))))
    found = twins.compare(measured(train), measured(evaluation), labels, places, None, False)
    assert found is not None
    return found


def test_identical_and_near_twins_are_told_from_strangers() -> None:
    x = smooth(120)
    labels = [i % 3 for i in range(80)]
    strangers = compared(x[:80], x[80:], labels)
    assert (strangers["identical"], strangers["near"]) == (0, 0)
    assert compared(x[:80], x[:30].clone(), labels)["identical"] == 30
    noise = 0.01 * torch.randn(30, 1, 24, 24, generator=torch.Generator().manual_seed(1))
    assert compared(x[:80], x[:30] + noise, labels)["near"] == 30
    assert compared(x[:80], x[:30] * 0.8 + 0.1, labels)["near"] == 30  # darker


def test_files_are_compared_by_their_content(tmp_path: Path) -> None:
    class Folder:
        def __init__(self, names: list[str]) -> None:
            self.samples = [(str(tmp_path / name), 0) for name in names]

        def __len__(self) -> int:
            return len(self.samples)

    for number, name in enumerate(("a", "b", "c", "d")):
        (tmp_path / name).write_bytes(bytes([number]) * 100)
    (tmp_path / "again").write_bytes(bytes([1]) * 100)
    train, evaluation = Contents(Folder(["a", "b"]), None), Contents(Folder(["c", "again"]), None)
    assert in_both(train, evaluation, float("inf")) == [(1, 1)]
    assert in_both(train, evaluation, 0.0) is None


def test_the_kind_of_a_difference() -> None:
    x = smooth(1)[0]
    assert kind_of(x, x.flip(2)) == "flip"
    assert kind_of(x, x.flip(1)) == "flip-vertical"
    assert kind_of(x, x.rot90(1, (1, 2))) == "rotation"
    assert kind_of(x, 0.7 * x + 0.2) == "colour"
    assert kind_of(x, x.roll(2, 2)) == "shift"
    erased = x.clone()
    erased[:, 4:12, 6:14] = 0
    assert kind_of(x, erased) == "patch"
