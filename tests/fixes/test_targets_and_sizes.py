"""What the targets are called, and which of several layers in a line is meant, is seen in the
line itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from whytorch import catalog, fixes, script
from whytorch.evidence.source import read_source
from whytorch.records import Finding, Fix, Place

CHECKS = {check.id: check for check in catalog.load_catalog()}


def written(folder: Path, id: str, line: str, says: str, measured: dict[str, Any]) -> list[str]:
    target = folder / "train.py"
    target.write_text(f"import torch\nfrom torch import nn\n{line}\n")
    found = Finding(
        "wrong", places=(Place(str(target), 3),), measured=measured, fix=Fix(says), id=id
    )
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    diff = (made.fix.diff if made.fix else None) or ""
    return [t[1:] for t in diff.split("\n") if t.startswith("+") and t[1:2] != "+"]


@pytest.mark.parametrize(
    ("line", "says", "wanted"),
    [
        ("loss = f(o, labels)", "write labels.argmax(1)", "loss = f(o, labels.argmax(1))"),
        ("loss = f(net(x), y)", "write labels.argmax(1)", "loss = f(net(x), y.argmax(1))"),
        ("loss = f(net(x), nn.functional.one_hot(y, 10))", "write labels.argmax(1)",
         "loss = f(net(x), y)"),
        ("f(net(x), y[:, 0]).backward()", "write labels.long()",
         "f(net(x), y[:, 0].long()).backward()"),
        ("loss = one(x)", "write labels.argmax(1)", None),
    ],
)  # fmt: skip
def test_the_targets(tmp_path: Path, line: str, says: str, wanted: str | None) -> None:
    assert written(tmp_path, "target-encoding-mismatch", line, says, {}) == [wanted] * bool(wanted)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("m = nn.Sequential(nn.Linear(9, 84), nn.Tanh(), nn.Linear(84, 5))",
         "m = nn.Sequential(nn.Linear(9, 84), nn.Tanh(), nn.Linear(84, 10))"),
        ("m = nn.Sequential(nn.Linear(9, 5), nn.Tanh(), nn.Linear(5, 5))", None),
    ],
)  # fmt: skip
def test_one_of_several_layers(tmp_path: Path, line: str, wanted: str | None) -> None:
    made = written(
        tmp_path, "output-count-mismatch", line, "write nn.Linear(84, 10)", {"outputs": 5}
    )
    assert made == [wanted] * bool(wanted)


@pytest.mark.parametrize(
    ("id", "line", "says", "wanted"),
    [
        ("broadcast-loss", "loss = f(o, (y).reshape(-1))",
         "write (y).reshape(-1).unsqueeze(1) for the targets in this loss",
         ["loss = f(o, (y).reshape(-1).unsqueeze(1))"]),
        ("misaligned-images-and-labels", "y = y.roll(1, 0)",
         "give the loss the labels as the loader gave them", []),
        ("train-test-normalization-mismatch", "x = (x - 40) / 0.05",
         "take the scaling out of this loop", []),
    ],
)  # fmt: skip
def test_a_change_in_the_loop(
    tmp_path: Path, id: str, line: str, says: str, wanted: list[str]
) -> None:
    target = tmp_path / "train.py"
    target.write_text(f"import torch\nfor x, y in loader:\n    {line}\n    step(x, y)\n")
    found = Finding("wrong", places=(Place(str(target), 3),), fix=Fix(says), id=id)
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    diff = (made.fix.diff if made.fix else None) or ""
    assert f"-    {line}\n" in diff
    new = [t[1:].strip() for t in diff.split("\n") if t.startswith("+") and t[1:2] != "+"]
    assert new == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("fc = nn.Linear(2 * width // 4 * 3, 10)", "fc = nn.Linear(24, 10)"),
        ("fc = nn.Linear(cfg.features, 10)", None),  # read elsewhere: the value stands there
    ],
)
def test_a_size_that_was_reckoned(tmp_path: Path, line: str, wanted: str | None) -> None:
    says, measured = "write nn.Linear(24, 10)", {"in_features": 18}
    made = written(tmp_path, "flatten-size-mismatch", line, says, measured)
    assert made == [wanted] * bool(wanted)
