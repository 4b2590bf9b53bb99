"""Notebooks: rehearsed as Jupyter's "run all" would, with cells and lines as places."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
import warm
from msgspec.structs import replace

from whytorch.evidence import kernel
from whytorch.records import Edit, Finding, Fix, Place, Report, ScriptInfo, Symptom, Verdict
from whytorch.script import ScriptError, read
from whytorch.script.cells import in_cells
from whytorch.script.notebook import program

DATA = """\
%matplotlib inline
!pip install torch
from __future__ import annotations
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
mixed = torch.randperm(len(images))
images = torch.tensor(images, dtype=torch.float32)[mixed].view(-1, 1, 8, 8) / 16
labels = torch.tensor(labels)[mixed]
train_loader = DataLoader(TensorDataset(images[:1200], labels[:1200]), 40, shuffle=True)
test_loader = DataLoader(TensorDataset(images[1200:], labels[1200:]), 200)
len(labels)"""
NETWORK = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.fc = nn.Linear({size}, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv(x)), 2)
        return self.fc(x.flatten(1))

model = Net().to("cuda" if torch.cuda.is_available() else "cpu")
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
model"""
TRAIN = """\
def train():
    model.train()
    for x, y in train_loader:
        {clear}
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()

for epoch in range(3):
    %time train()"""
TEST = """\
model.eval()
with torch.no_grad():
    right = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
right / 597"""


def notebook(path: Path, *cells: str) -> Path:
    """A real notebook; a cell that begins with # is text."""
    made = nbformat.v4.new_notebook()
    for cell in cells:
        new = nbformat.v4.new_markdown_cell if cell[:2] == "# " else nbformat.v4.new_code_cell
        made.cells.append(new(cell))
    nbformat.validate(made)
    path.parent.mkdir(exist_ok=True)
    nbformat.write(made, path)
    return path


def training(path: Path, clear: str = "optimizer.zero_grad()", size: int = 128) -> Path:
    network, train = NETWORK.format(size=size), TRAIN.format(clear=clear)
    return notebook(path, "# Digits", DATA, network, "# Go", "%%time\n" + train, TEST)


def test_a_sound_one(tmp_path: Path) -> None:
    report = warm.diagnose(training(tmp_path / "n.ipynb"), tmp_path / "run")
    assert [f.id for f in report.findings if f.severity != "advice"] == []
    assert report.verdict.kind == "nothing-found"
    assert report.run.steps == 90
    shown = next(p for p in reversed(report.run.printed) if p["numbers"])  # the last cell's value
    assert (shown["path"][-7:], shown["cell"], shown["line"]) == ("n.ipynb", 6, 4)
    assert shown["numbers"][0] == pytest.approx(report.run.metrics.eval_accuracy, abs=0.01)


def test_a_broken_one(tmp_path: Path) -> None:
    path = training(tmp_path / "n.ipynb", clear="pass")
    report = warm.diagnose(path, tmp_path / "run")
    first = report.findings[0]
    assert first.id == "missing-zero-grad"
    place = first.places[0]
    assert (place.path, place.cell, place.line) == (str(path), 5, 7)
    assert place.code == "        loss.backward()"
    assert f"{path}:cell 5:7" in report.verdict.headline


def test_a_crash_in_a_cell(tmp_path: Path) -> None:
    """Of the whole command, from another folder than the notebook's."""
    training(tmp_path / "sub" / "my net.ipynb", size=512)
    (tmp_path / "sub" / "other.py").write_text("")
    command = [sys.executable, "-m", "whytorch", "-q", "--no-fix", "sub/my net.ipynb"]
    environment = {**os.environ, "WHYTORCH_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    headline = done.stdout.splitlines()[0]
    assert headline.startswith("Crash: ") and "512" in headline and "128" in headline
    assert headline.endswith("sub/my net.ipynb:cell 3:5")
    assert re.search(r"> *5 +self.fc = nn.Linear\(512, 10\)", done.stdout)  # in the frame
    assert "Mend it" not in done.stdout


def test_a_watched_one(tmp_path: Path) -> None:
    """Its own folder is the working directory; places are told from the user's."""
    training(tmp_path / "sub" / "n.ipynb", clear="pass")
    command = [sys.executable, "-m", "whytorch", "watch", "sub/n.ipynb"]
    environment = {**os.environ, "WHYTORCH_HOME": "home"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "1797"
    assert "never cleared, sub/n.ipynb:cell 5:7\n" in done.stderr
    assert (tmp_path / "home").is_dir() and not (tmp_path / "sub" / "home").exists()


def test_it_runs_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "nb" / "deep").mkdir(parents=True)
    (tmp_path / "nb" / "helper.py").write_text("from torch import nn\nnet = nn.Linear(2, 1)\n")
    (tmp_path / "nb" / "setup.py").write_text("import sys\nwidth = int(sys.argv[1])\n")
    cells = [
        "import os, torch\n%cd deep\nassert os.path.basename(os.getcwd()) == 'deep'",
        "%cd ..\n%env WIDTH=3\nassert os.environ['WIDTH'] == '3'\n%run -i setup.py 4\nfound = !ls",
        "%%bash\nexit 1",
        "from helper import net\nget_ipython().system('exit 1')\ndisplay(width)",
        "async def answer(): return width\nassert await answer() == 4 and found is None",
        "try:\n    __file__\nexcept NameError:\n    net(torch.ones(1, 2)).sum().backward()",
    ]
    path = notebook(tmp_path / "nb" / "n.ipynb", *cells)
    report = warm.diagnose(path, tmp_path / "run", cwd=tmp_path)
    assert report.run.exit == "finished", report.verdict
    assert [p["text"] for p in report.run.printed] == ["4"]


def test_a_cell_that_is_no_python_is_left_out_and_named(tmp_path: Path) -> None:
    path = notebook(tmp_path / "n.ipynb", "x = 1", "x = = 1", "print(x)")
    script = read("n.ipynb", cwd=tmp_path)
    assert script.files[0].text == "x = 1\nprint(x)"
    (note,) = script.notes
    assert "cell 2:1" in note and "invalid syntax" in note
    notebook(path, "x = = 1")
    with pytest.raises(ScriptError, match="cell 1:1: invalid syntax"):
        read("n.ipynb", cwd=tmp_path)
    notebook(path, "# words")
    with pytest.raises(ScriptError, match="is empty"):
        read("n.ipynb", cwd=tmp_path)


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("%time x = f(1)", "x = f(1)"),
        ("    %timeit f()", "    f()"),
        ("%time -n 3 nothing here", "pass"),
        ("%cd some/where", "get_ipython().run_line_magic('cd', 'some/where')"),
        ("    %env A=b c", "    get_ipython().run_line_magic('env', 'A=b c')"),
        ("%env", "pass"),
        ("%cdx y", "pass"),
    ],
)
def test_magics_that_matter(line: str, plain: str) -> None:
    code = f"if x:\n{line}" if line.startswith(" ") else line
    data = json.dumps({"cells": [{"cell_type": "code", "source": code}]}).encode()
    assert program(data, "n.ipynb").text.split("\n")[-1] == plain


def test_the_stand_in_of_the_shell_takes_whatever_is_asked_of_it() -> None:
    shell = kernel.Shell({})
    assert shell.getoutput("ls") == []
    assert shell.set_next_input("x", replace=True) is None
    assert shell.run_cell_magic("bash", "", "exit 1") is None
    assert "google.colab" not in str(shell) and not hasattr(shell, "__iter__")


# --- places ------------------------------------------------------------------------------------

CELLS = ((1, 2), (11, 4), (21, 5))


def told(value: Any) -> Any:
    return in_cells(value, "n.ipynb", CELLS)


def test_places_in_cells() -> None:
    assert told(Place("n.ipynb", 12, 14, 3, "x")) == Place("n.ipynb", 2, 4, 3, "x", cell=4)
    assert told(Place("n.ipynb", 10)) == Place("n.ipynb", 10, cell=2)
    for other in (Place("a.py", 12), Place("n.ipynb", 3, cell=4)):
        assert told(other) == other
    assert in_cells(Place("a.py", 12), "a.py", ()) == Place("a.py", 12)


def test_places_in_texts_and_in_all_of_a_report() -> None:
    place = Place("n.ipynb", 25)
    finding = Finding("see n.ipynb:25, on.ipynb:25 and line 12", (place,), fix=Fix("as in line 1"))
    report = Report(
        ScriptInfo("n.ipynb"),
        Verdict("mistake", "it is n.ipynb:12: line 3", "x"),
        (finding,),
        symptoms=(Symptom("crash", "line 3 of a file, n.ipynb:3", {"line": 3}, place=place),),
    )
    report = replace(report, run=replace(report.run, printed=({"path": "n.ipynb", "line": 21},)))
    seen = told(report)
    (found,) = seen.findings
    assert found.says == "see n.ipynb:cell 5:5, on.ipynb:25 and line 2 of cell 4"
    assert found.fix.says == "as in line 1 of cell 2"
    assert str(found.places[0]) == "n.ipynb:cell 5:5"
    assert seen.verdict.headline == "it is n.ipynb:cell 4:2: line 3 of cell 2"
    (symptom,) = seen.symptoms
    assert symptom.says == "line 3 of a file, n.ipynb:cell 2:3"
    assert (symptom.place.cell, symptom.measured) == (5, {"line": 3})
    assert seen.run.printed == ({"path": "n.ipynb", "line": 1, "cell": 5},)
    assert told(Edit(place)).place.cell == 5
