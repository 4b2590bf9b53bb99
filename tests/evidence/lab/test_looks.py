"""Experiments that look at the network: does it see its image, its neighbours, how far, in which
mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from laboratory import experiment
from small_scripts import SMALL, digits


def measured(script: str, name: str, folder: Path) -> Any:
    target = folder / "train.py"
    target.write_text(script)
    made = experiment(target, folder, [name], seconds=10.0)
    assert not isinstance(made.facts[name], str), made.facts[name]
    assert not made.faults
    return made.facts[name]


def network(forward: str, layers: str = "") -> str:
    return f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.fc = nn.Linear(8 * 4 * 4, 10)
        {layers}
    def forward(self, x):
        {forward}
model = Net()
"""


SOUND = network("return self.fc(F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1))")


def test_a_network_that_sees_its_images_moves_with_them(tmp_path: Path) -> None:
    seen = measured(digits(), "uses_input", tmp_path)
    assert seen.change_when_zeroed > 0.3
    assert seen.change_when_swapped > 0.3
    assert seen.trained_own.train_accuracy > 0.5
    assert seen.trained_zeroed.train_accuracy < 0.25
    assert seen.accuracy_noise is not None


def test_a_network_that_drops_its_images_stands_still(tmp_path: Path) -> None:
    blind = network("x = torch.zeros_like(x)\n        return self.fc(F.max_pool2d(self.conv(x), 2)"
                    ".flatten(1))")  # fmt: skip
    seen = measured(digits(network=blind), "uses_input", tmp_path)
    assert seen.change_when_zeroed == seen.change_when_swapped == 0
    assert seen.trained_own.train_accuracy == seen.trained_zeroed.train_accuracy


@pytest.mark.parametrize("net", [SMALL, SOUND])
def test_samples_of_a_sound_network_keep_to_themselves(net: str, tmp_path: Path) -> None:
    seen = measured(digits(network=net), "sample_mixing", tmp_path)
    assert seen.samples == 8
    assert seen.leak == seen.leak_into_loss == 0


def test_a_softmax_along_the_batch_is_seen(tmp_path: Path) -> None:
    net = network("x = F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)\n"
                  "        return torch.log_softmax(self.fc(x), 0)")  # fmt: skip
    script = digits(network=net, loss="loss = F.nll_loss(model(x), y)")
    assert measured(script, "sample_mixing", tmp_path).leak > 0.01


def test_a_softmax_along_the_batch_after_the_network_is_seen(tmp_path: Path) -> None:
    script = digits(loss="loss = F.nll_loss(F.log_softmax(model(x), dim=0), y)")
    seen = measured(script, "sample_mixing", tmp_path)
    assert seen.leak == 0
    assert seen.leak_into_loss > 0.01


def test_a_permuted_view_across_the_batch_is_seen(tmp_path: Path) -> None:
    net = network("x = F.max_pool2d(F.relu(self.conv(x)), 2)\n"
                  "        return self.fc(x.transpose(0, 1).reshape(x.shape[0], -1))")  # fmt: skip
    assert measured(digits(network=net), "sample_mixing", tmp_path).leak > 0.5


def test_how_far_the_last_features_see(tmp_path: Path) -> None:
    seen = measured(digits(), "receptive_field", tmp_path)
    # 3 of the first convolution, 4 with the pooling of 2, and 2 places of 2 pixels more: 8.
    assert (seen.image, seen.field, seen.map) == ((8, 8), (8, 8), (4, 4))
    assert seen.first_map == (8, 8)


def test_a_network_of_single_pixels_sees_one_of_them(tmp_path: Path) -> None:
    net = """
model = nn.Sequential(nn.Conv2d(1, 8, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 1),
                      nn.Sigmoid(), nn.Flatten(), nn.Linear(512, 10))
nn.init.zeros_(model[3].weight)
"""
    seen = measured(digits(network=net), "receptive_field", tmp_path)
    assert (seen.field, seen.map, seen.layer) == ((1, 1), (8, 8), "4")


def test_tokens_are_no_map(tmp_path: Path) -> None:
    net = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(1, 16, 2, stride=2)
        self.places = nn.Parameter(torch.zeros(1, 16, 16))
        self.attend = nn.MultiheadAttention(16, 2, batch_first=True)
        self.head = nn.Linear(16, 10)
    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2) + self.places
        heads = x.view(x.shape[0], 16, 2, 8).transpose(1, 2)
        x = F.scaled_dot_product_attention(heads, heads, heads).transpose(1, 2).flatten(2)
        return self.head(self.attend(x, x, x)[0].mean(1))
model = Net()
"""
    seen = measured(digits(network=net, epochs=1), "receptive_field", tmp_path)
    assert (seen.field, seen.map, seen.layer) == ((2, 2), (4, 4), "patches")


def test_both_modes_of_a_sound_network_agree(tmp_path: Path) -> None:
    net = SMALL.replace("nn.ReLU(), nn.MaxPool2d", "nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d")
    seen = measured(digits(network=net), "modes", tmp_path)
    assert (seen.samples, seen.phase) == (397, "eval")
    assert seen.eval_mode_accuracy > 0.7
    assert abs(seen.train_mode_accuracy - seen.eval_mode_accuracy) < 0.1
    assert abs(seen.recomputed_accuracy - seen.eval_mode_accuracy) < 0.1


def test_running_statistics_that_never_followed_are_mended_by_computing_them_anew(
    tmp_path: Path,
) -> None:
    norm = "nn.BatchNorm2d(8, momentum=1e-6), nn.ReLU(), nn.MaxPool2d"
    net = SMALL.replace("nn.ReLU(), nn.MaxPool2d", norm)
    script = digits(data="images = images * 40 + 90", network=net)
    seen = measured(script, "modes", tmp_path)
    assert seen.train_mode_accuracy > 0.7
    assert seen.eval_mode_accuracy < 0.5
    assert seen.recomputed_accuracy > 0.7
