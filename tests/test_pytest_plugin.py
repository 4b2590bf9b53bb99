"""The fixture `whytorch`: in a real pytest it keeps trainings healthy."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import junitparser
import pytest
import warm

import whytorch

pytest_plugins = ["pytester"]
PLUGIN = "whytorch.pytest_plugin"
TESTS = """\
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
y = torch.arange(400) % 4
x = torch.randn(400, 1, 8, 8) + 3 * nn.functional.one_hot(y, 64).view(-1, 1, 8, 8)
x = (x - x.mean()) / x.std()
loader = DataLoader(TensorDataset(x, y), 20, shuffle=True)


class Net(nn.Sequential):
    def __init__(self, *last):
        super().__init__(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 4), *last)


def fit(model):
    return model, loader, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.05)


def test_healthy(whytorch):
    report = whytorch.assert_healthy(*fit(Net()))
    assert report.verdict.kind == "nothing-found"


def test_broken(whytorch):
    model = Net(nn.Softmax(1))
    whytorch.assert_healthy(*fit(model), epochs=2)


def test_broken_but_that_is_ignored(whytorch):
    model = Net(nn.Softmax(1))
    whytorch.assert_healthy(*fit(model), select=["labels-out-of-range"])


def test_crash(whytorch):
    model = nn.Sequential(nn.Flatten(), nn.Linear(7, 4))
    whytorch.assert_healthy(*fit(model))


def test_nothing_to_judge(whytorch):
    model, _, loss_fn, optimizer = fit(Net())
    whytorch.assert_healthy(model, [], loss_fn, optimizer)
"""


def test_in_a_real_pytest(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    warm.warm_up()  # pytest runs in this process, which has torch already
    monkeypatch.setenv("WHYTORCH_HOME", str(pytester.path / "home"))
    pytester.makepyfile(test_training=TESTS)
    installed = any(e.value == PLUGIN for e in entry_points(group="pytest11"))
    words = ["--junitxml=out.xml", *([] if installed else ["-p", PLUGIN])]
    done = pytester.runpytest_inprocess(*words)
    assert done.ret == 1
    told = junitparser.JUnitXml.fromfile(str(pytester.path / "out.xml"))
    cases = {case.name: case for suite in told for case in suite}
    failed = {name: case.result[0].text for name, case in cases.items() if case.result}
    assert set(failed) == {"test_broken", "test_crash", "test_nothing_to_judge"}, cases
    assert len(cases) == 5
    assert "error softmax-before-cross-entropy: every row given to cross" in failed["test_broken"]
    assert "test_training.py:" in failed["test_broken"]
    assert "whytorch report " in failed["test_broken"]
    assert "assert_healthy(*fit" not in failed["test_broken"]  # no traceback hides the answer
    assert failed["test_crash"].startswith("Crash: ")
    assert failed["test_nothing_to_judge"].startswith("Could not be judged: ")


def test_it_costs_pytest_nothing() -> None:
    code = f"""
import pytest, sys
before = set(sys.modules)
import {PLUGIN}
print(sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['whytorch', 'whytorch.pytest_plugin']"


def test_pytest_is_told_of_it() -> None:
    path = Path(whytorch.__file__).parents[2] / "pyproject.toml"
    if not path.is_file():
        pytest.skip("needs the source tree")
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads(path.read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"whytorch": PLUGIN}
