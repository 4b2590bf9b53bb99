"""One block in all places of a list, however the list is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from whytorch import script
from whytorch.checks._learning import Learning
from whytorch.checks.architecture._repeated import made_anew, repeated
from whytorch.evidence.source import read_source
from whytorch.records import ReplaceExpression

HEAD = "from torch import nn\n\n\nclass Block(nn.Module):\n    def __init__(self, n):\n"
HEAD += "        super().__init__()\n        self.a = nn.Linear(n, n)\n\n\n"
UNKNOWN = Learning(
    steps=10, train_skill=None, eval_skill=None, train_accuracy=None, eval_accuracy=None,
    chance_loss=None, first_loss=None, last_loss=None, highest_loss=None, broke_at=None,
    largest_update=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("net = nn.Sequential(*[Block(8)] * 5)", "[Block(8)] * 5",
         "[Block(8) for _ in range(5)]"),
        ("net = nn.ModuleList([nn.Conv2d(4, 4, 3)] * depth)", "[nn.Conv2d(4, 4, 3)] * depth",
         "[nn.Conv2d(4, 4, 3) for _ in range(depth)]"),
        ("parts = 3 * [Block(8)]\nnet = nn.Sequential(nn.Linear(4, 8), *parts)",
         "3 * [Block(8)]", "[Block(8) for _ in range(3)]"),
        ("net = nn.Sequential(*[Block(8)]\n                    * 5)",
         "[Block(8)]\n                    * 5", "[Block(8) for _ in range(5)]"),
        ("net = nn.Sequential(*([nn.ReLU()] + [Block(8)] * 2))", "[Block(8)] * 2",
         "[Block(8) for _ in range(2)]"),
    ],
)  # fmt: skip
def test_the_product_is_told_and_made_anew(text: str, old: str, new: str, tmp_path: Path) -> None:
    source = _source(HEAD + text + "\n", tmp_path)
    (found,) = repeated(source, UNKNOWN)
    (edit,) = made_anew(found, source)
    assert isinstance(edit, ReplaceExpression)
    assert (edit.old, edit.new) == (old, new)


@pytest.mark.parametrize(
    "text",
    [
        "net = nn.Sequential(*[nn.ReLU()] * 3, nn.Linear(2 * 4, 8))",
        "net = nn.ModuleList(Block(2 * i) for i in range(3))",
        "net = nn.Sequential(*[Block(8) for _ in range(2 * 3)])",
        "widths = [16] * 3\nnet = nn.ModuleList([nn.Linear(w, w) for w in widths])",
        "marks = [Block] * 3\nnet = nn.ModuleList([m(8) for m in marks])",
    ],
)
def test_what_has_no_weights_or_is_made_anew_is_left_alone(text: str, tmp_path: Path) -> None:
    assert repeated(_source(HEAD + text + "\n", tmp_path), UNKNOWN) == []


def _source(text: str, folder: Path):
    path = folder / "train.py"
    path.write_text(text)
    return read_source(script.read(str(path)))
