"""Experiments that look at the data: augmentation, labels, splits, how far they lead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from laboratory import experiment
from small_scripts import digits

from whytorch.evidence.lab.experiments.label_noise import confident, share
from whytorch.evidence.lab.experiments.reachable import fitted
from whytorch.evidence.lab.experiments.splits_apart import tail, told_apart
from whytorch.evidence.reading import read_lines

AUGMENTED = """
class Augmented(Dataset):
    def __init__(self, images, labels, transform):
        self.images, self.labels, self.transform = images, labels, transform
    def __len__(self):
        return len(self.images)
    def __getitem__(self, index):
        return self.transform(self.images[index]), self.labels[index]
def change(image):
    {change}
train_set = Augmented(train_images, train_labels, change)
"""
SHIFTED = AUGMENTED.format(change="return torch.roll(image, random.randint(-1, 1), 2)")
# Whatever was written on them is gone.
DESTROYED = AUGMENTED.format(change="return image.flatten()[torch.randperm(64)].view(1, 8, 8)")
TOO_FEW = "test_images, test_labels = images[1400:1420], labels[1400:1420]"


def measured(script: str, name: str, folder: Path, seconds: float = 60.0) -> Any:
    target = folder / "train.py"
    target.write_text(script)
    made = experiment(target, folder, [name], seconds=seconds)
    assert not made.faults
    return made.facts[name]


# --- augmentation ------------------------------------------------------------------------------


def test_mild_augmentation_keeps_what_the_images_show(tmp_path: Path) -> None:
    seen = measured(digits(sets=SHIFTED), "augmentation_off", tmp_path)
    assert seen.samples > 100
    assert seen.plain_on_stored > 0.8
    assert seen.plain_on_augmented > 0.4
    assert seen.own_on_augmented > 0.6
    assert seen.own.eval_accuracy > 0.6
    assert seen.noise is not None


def test_augmentation_that_destroys_the_images_cannot_be_learnt(tmp_path: Path) -> None:
    seen = measured(digits(sets=DESTROYED), "augmentation_off", tmp_path)
    assert seen.plain_on_stored > 0.8
    assert seen.plain.eval_accuracy > 0.7
    assert seen.plain_on_augmented < 0.3
    sheets = read_lines(tmp_path / "record.jsonl")["sheet"]
    lost = sheets["lost-augmented"]
    assert lost["labels"] == sheets["lost-stored"]["labels"]
    assert all(a != b for a, b in zip(lost["labels"], lost["others"], strict=True))
    assert seen.own_on_augmented < 0.4
    assert seen.own.eval_accuracy < 0.4


def test_without_augmentation_there_is_nothing_to_switch_off(tmp_path: Path) -> None:
    assert "not changed at random" in measured(digits(), "augmentation_off", tmp_path)


# --- labels ------------------------------------------------------------------------------------


def test_wrong_labels_are_found_by_their_numbers(tmp_path: Path) -> None:
    wrong = "labels[:1000:8] = (labels[:1000:8] + 3) % 10"
    seen = measured(digits(data=wrong), "label_noise", tmp_path)
    assert seen.of_data_set
    assert 0.06 < seen.share < 0.2  # 125 of 1000
    found = {index for index, *_ in seen.worst}
    assert len(found) == 20
    assert len([index for index in found if index % 8 == 0]) >= 16
    sheet = read_lines(tmp_path / "record.jsonl")["sheet"]["worst"]  # for the page
    listed = [(index, given, named) for index, given, named, _ in seen.worst[:8]]
    assert list(zip(sheet["indices"], sheet["labels"], sheet["others"], strict=True)) == listed


def test_right_labels_are_left_alone_by_a_network_that_knows(tmp_path: Path) -> None:
    seen = measured(digits(), "label_noise", tmp_path)
    assert seen.accuracy > 0.85
    assert seen.commonest < 0.15
    assert seen.share < 0.06


def test_a_network_that_learns_nothing_says_so(tmp_path: Path) -> None:
    script = digits(optimizer="torch.optim.SGD(model.parameters(), lr=1e-7)")
    assert measured(script, "label_noise", tmp_path).accuracy < 0.3


def test_the_confident_joint_of_a_hand_made_example() -> None:
    held_out = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]])
    labels = torch.tensor([0, 0, 0, 1, 1])
    # Thresholds: (0.9 + 0.8 + 0.1) / 3 = 0.6 and (0.8 + 0.7) / 2 = 0.75; the last is below both.
    counts, named = confident(held_out, labels)
    assert named.tolist() == [0, 0, 1, 1, -1]
    assert counts.tolist() == [[2, 1], [0, 1]]
    assert share(counts, labels) == pytest.approx(3 * (1 / 3) / 5)


# --- splits ------------------------------------------------------------------------------------


def test_splits_of_one_kind_cannot_be_told_apart(tmp_path: Path) -> None:
    seen = measured(digits(), "splits_apart", tmp_path)
    assert seen.samples > 500
    assert seen.accuracy < 0.56
    assert seen.p_value > 0.001
    assert seen.stored_p_value > 0.001


def test_inverted_images_are_told_apart(tmp_path: Path) -> None:
    seen = measured(digits(splits="test_images = 1 - test_images"), "splits_apart", tmp_path)
    assert seen.accuracy > 0.95
    assert seen.p_value < 1e-9
    assert seen.stored_p_value < 1e-9


def test_other_shares_of_the_classes_alone_are_not_found(tmp_path: Path) -> None:
    fewer = "keep = (test_labels < 5) | (torch.arange(len(test_labels)) % 4 == 0)\n"
    fewer += "test_images, test_labels = test_images[keep], test_labels[keep]"
    seen = measured(digits(splits=fewer), "splits_apart", tmp_path)
    assert seen.p_value > 0.001


def test_guessing_is_right_half_of_the_time() -> None:
    assert tail(0, 10) == 1
    assert tail(10, 10) == pytest.approx(2**-10)
    draw = torch.Generator().manual_seed(0)
    same = torch.rand(400, 3, 16, 16, generator=draw)
    p_values = [told_apart(*same[torch.randperm(400, generator=draw)].split(200))[1]
                for _ in range(5)]  # fmt: skip
    assert max(p_values) > 0.1
    assert min(p_values) > 1e-4


# --- what can be reached -----------------------------------------------------------------------


def test_where_the_settings_lead(tmp_path: Path) -> None:
    fast = "torch.optim.Adam(model.parameters(), lr=1e-2)"
    seen = measured(digits(epochs=3, optimizer=fast), "reachable", tmp_path)
    assert seen.shares == (0.125, 0.25, 0.5, 1.0)
    assert seen.accuracies[0] < seen.accuracies[-1] - seen.noise
    assert seen.samples == 1000
    assert seen.by_steps[0] < seen.by_steps[-1] == seen.accuracies[-1]
    assert seen.accuracies[-1] - seen.noise <= seen.limit
    assert seen.limit_low <= seen.limit <= seen.limit_high <= 1
    assert seen.limit_high > 0.9  # sound networks reach 0.97 of these digits


def test_random_labels_lead_nowhere(tmp_path: Path) -> None:
    script = digits(data="labels = torch.randint(0, 10, (len(labels),))", epochs=3)
    seen = measured(script, "reachable", tmp_path)
    assert seen.accuracies[-1] < 0.25
    assert seen.train_accuracy < 0.5


def test_too_few_evaluation_samples_are_no_ground(tmp_path: Path) -> None:
    assert "too few" in measured(digits(splits=TOO_FEW), "reachable", tmp_path)


def test_a_curve_of_the_fitted_kind_is_found_again() -> None:
    sizes = np.array([0.125, 0.25, 0.5, 1.0])
    curve = fitted(sizes, 0.05 + 0.1 * sizes**-0.5)
    assert curve(4.0) == pytest.approx(0.1, abs=1e-6)
    assert curve(1e12) == pytest.approx(0.05, abs=1e-6)
    rising = fitted(sizes, np.array([0.1, 0.2, 0.3, 0.4]))
    assert rising(10.0) == pytest.approx(0.25)


# --- evaluation images changed back ---------------------------------------------------------------


def test_mirrored_evaluation_images_are_brought_back(tmp_path: Path) -> None:
    seen = measured(
        digits(splits="test_images = test_images.flip(3)"), "evaluation_restored", tmp_path
    )
    rows = {name: (train, evaluation) for name, train, evaluation in seen.tried}
    assert seen.eval_accuracy < 0.6 < 0.8 < rows["mirrored"][1]
    assert rows["mirrored"][0] < seen.train_accuracy - 0.2
    assert max(rows, key=lambda name: rows[name][1]) == "mirrored"


def test_nothing_brings_evaluation_images_back_that_are_as_in_training(tmp_path: Path) -> None:
    seen = measured(digits(), "evaluation_restored", tmp_path)
    assert seen.samples >= 64
    assert all(evaluation < seen.eval_accuracy - 0.05 for _, _, evaluation in seen.tried)
