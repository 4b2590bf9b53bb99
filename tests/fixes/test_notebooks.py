"""A repair of a notebook changes the source of a cell, and nothing else of its JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whytorch import cli
from whytorch import records as r
from whytorch.fixes import Refused, repair

CELLS: list[Any] = [
    {"cell_type": "markdown", "metadata": {}, "source": ["# source\n", "é"]},
    {
        "cell_type": "code", "execution_count": 3, "metadata": {"cells": [{"source": "x"}]},
        "outputs": [{"text": ["loss.backward()\n"]}],
        "source": ["%matplotlib inline\n", "for x in y:\n", "    loss = f(x)  # é\n",
                   "    loss.backward()\n", "    opt.step()"],
    },
    {"source": "opt = Adam(p, lr=1.0)\n!pip list", "cell_type": "code", "metadata": {}},
]  # fmt: skip


def written(folder: Path, **how: Any) -> bytes:
    data = json.dumps({"metadata": {"a": 1.50}, "cells": CELLS, "nbformat": 4}, **how) + "\n"
    (folder / "n.ipynb").write_text(data, encoding="utf-8")
    return data.encode()


def mended(folder: Path, *edits: r.AnyEdit) -> bytes:
    return repair([edits], folder.joinpath).files[0].after


def at(line: int, cell: int | None = None) -> r.Place:
    return r.Place("n.ipynb", line, cell=cell)


@pytest.mark.parametrize("how", [{"indent": 1}, {}, {"indent": 1, "ensure_ascii": False}])
def test_a_line_comes_into_a_cell(tmp_path: Path, how: dict[str, Any]) -> None:
    before = written(tmp_path, **how)
    after = mended(tmp_path, r.InsertBefore(at(4, 2), code="opt.zero_grad()"))
    wanted = json.loads(before)
    wanted["cells"][1]["source"].insert(3, "    opt.zero_grad()\n")
    assert after.decode() == json.dumps(wanted, **how) + "\n"


def test_a_place_in_the_whole_program_finds_its_cell(tmp_path: Path) -> None:
    before = written(tmp_path, indent=1)
    edit = r.SetArgument(at(6), callee="Adam", name="lr", value="0.001", position=1)
    assert mended(tmp_path, edit) == before.replace(b"lr=1.0", b"lr=0.001")


def test_two_cells_and_one_diff(tmp_path: Path) -> None:
    written(tmp_path, indent=1)
    edits = (
        r.InsertBefore(at(4, 2), code="opt.zero_grad()"),
        r.ReplaceConstant(at(1, 3), old=1.0, new="0.1"),
    )
    made = repair([edits], tmp_path.joinpath)
    assert '+    "    opt.zero_grad()\\n",\n' in made.diff and "lr=0.1" in made.diff
    assert (tmp_path / "n.ipynb").read_bytes() == made.files[0].before


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(Refused, match="no code cell 9"):
        mended(tmp_path, r.Remove(at(1, 9)))
    with pytest.raises(Refused, match="another cell"):
        mended(tmp_path, r.Move(at(4, 2), after=at(1, 3)))
    (tmp_path / "n.ipynb").write_text("{")
    with pytest.raises(Refused, match="cannot be read"):
        mended(tmp_path, r.Remove(at(1, 1)))


TRAINING = """\
import torch
from torch import nn
model = nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
"""


def test_the_command_mends_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["%time\n", "x = 1"]},
        {"cell_type": "code", "source": TRAINING.splitlines(keepends=True), "metadata": {}},
    ]
    before = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    Path("n.ipynb").write_text(before)
    assert cli.main(["fix", "n.ipynb"]) == 1
    said = capsys.readouterr().out
    assert "Suspected from the source alone" in said and "optimizer.zero_grad()" in said
    assert Path("n.ipynb").read_text() == before
    assert cli.main(["fix", "--write", "--unsafe-fixes", "n.ipynb"]) == 0
    wanted = json.loads(before)
    wanted["cells"][1]["source"].insert(7, "        optimizer.zero_grad()\n")
    assert Path("n.ipynb").read_text() == json.dumps(wanted, indent=1)
