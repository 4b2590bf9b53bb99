"""`whytorch.diagnose` of objects and of notebook cells: in a fork, changing nothing here."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import warm
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import whytorch
from whytorch import saved
from whytorch.records import ScriptInfo
from whytorch.reports.shown import shown

QUICK = whytorch.Options(budget=20, lab=False)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHYTORCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    warm.warm_up()


class Net(nn.Module):
    def __init__(self, width: int = 128, softmax: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.fc = nn.Linear(width, 10)  # <- fc
        self.dropout = nn.Dropout(0.1)  # draws random numbers
        self.softmax = softmax

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.max_pool2d(torch.relu(self.conv(x)), 2)
        x = self.fc(self.dropout(x.flatten(1)))  # <- crash
        return x.softmax(1) if self.softmax else x  # <- softmax


def digits(**how: Any) -> tuple[DataLoader, DataLoader]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    mixed = np.random.RandomState(0).permutation(len(images))
    x = torch.tensor(images[mixed], dtype=torch.float32).view(-1, 1, 8, 8) / 16
    y = torch.tensor(labels[mixed])
    train = DataLoader(TensorDataset(x[:1200], y[:1200]), 40, shuffle=True, **how)
    return train, DataLoader(TensorDataset(x[1200:], y[1200:]), 200)


def objects(model: nn.Module, **how: Any) -> dict[str, Any]:
    train, test = digits(**how)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    return {"model": model, "train_loader": train, "loss_fn": nn.CrossEntropyLoss(),
            "optimizer": optimizer, "eval_loader": test}  # fmt: skip


def line_of(mark: str) -> int:
    lines = Path(__file__).read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.endswith(f"# <- {mark}"))


def test_sound_objects() -> None:
    report = whytorch.diagnose(**objects(Net()), options=QUICK)
    assert isinstance(report, whytorch.Report)
    assert report.verdict.kind == "nothing-found", report.findings
    assert report.run.steps == 90 and report.run.exit == "finished"
    judged = {*report.sound, *(item.id for item in report.not_judged)}
    assert "softmax-before-cross-entropy" in judged and "unscaled-inputs" in judged
    assert not judged & {"missing-zero-grad", "unseeded-run", "too-few-epochs"}  # that is our loop
    assert any("%%whytorch" in note for note in report.notes)
    assert (Path(report.saved) / saved.PAGE).is_file() and saved.PAGE in report._repr_html_()
    again = whytorch.load(report.saved)
    assert (type(again), again.verdict, again.sound) == (
        type(report), report.verdict, report.sound,
    )  # fmt: skip


def test_a_broken_model_is_blamed_where_it_stands() -> None:
    report = whytorch.diagnose(**objects(Net(softmax=True)), epochs=1, options=QUICK)
    first = report.findings[0]
    assert first.id == "softmax-before-cross-entropy"
    assert Path(first.places[0].path).name == "test_live.py"
    assert first.places[0].line == line_of("softmax")
    assert "x.softmax(1)" in report._repr_html_()
    assert str(report).splitlines()[0] == report.verdict.headline


def test_bad_data_is_blamed_at_the_call() -> None:
    given = objects(Net())
    x, y = given["train_loader"].dataset.tensors
    given["train_loader"] = DataLoader(TensorDataset(x * 4000, y), 40, shuffle=True)
    report = whytorch.diagnose(**given, epochs=1, options=QUICK)  # <- call
    assert report.findings[0].id in ("unscaled-inputs", "train-test-normalization-mismatch")
    lines = {place.line for f in report.findings for place in f.places}
    assert line_of("call") in lines


def test_a_crash() -> None:
    report = whytorch.diagnose(**objects(Net(width=512)), epochs=1, options=QUICK)
    assert report.verdict.headline.startswith("Crash: what reaches fc has 8x4x4 = 128 features")
    assert report.findings[0].places[0].line == line_of("fc")  # where it was constructed


class Parts(nn.Module):
    def __init__(own) -> None:
        super().__init__()
        own.body = nn.Sequential(
            nn.Conv2d(1, 4, 3),  # <- conv
            nn.Sequential(nn.ReLU(), nn.Flatten()),  # <- flatten
        )
        for name in ("a", "b"):
            setattr(own, name, nn.Linear(2, 2))


def test_where_layers_were_constructed() -> None:
    from whytorch.evidence import constructed
    from whytorch.evidence.recorder.core import Recorder

    model, recorder = Parts(), Recorder(os.devnull)
    constructed.note(model, recorder)
    lines = {module: place["line"] for module, place in recorder.modules.made.items()}
    assert lines[model.body[0]] == line_of("conv")
    assert lines[model.body[1][1]] == line_of("flatten")
    assert model not in lines and model.a not in lines  # not to be seen there


def test_in_a_kernel_of_jupyter_the_text_is_given_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import rich.console

    monkeypatch.setattr(rich.console, "_is_jupyter", lambda: True)
    report = whytorch.Report(ScriptInfo("a.py"), whytorch.Verdict("nothing-found", "No mistake"))
    assert str(shown(report)).startswith("No mistake\n")


def test_other_batches_are_refused_in_words() -> None:
    given = objects(Net())
    given["train_loader"] = [{"x": torch.zeros(2, 1, 8, 8)}]
    report = whytorch.diagnose(**given, options=QUICK)
    assert "a loader gave a dict" in report.verdict.headline
    assert "%%whytorch" in report.verdict.headline


def test_nothing_changes_here() -> None:
    given = objects(Net(), generator=torch.Generator().manual_seed(3), num_workers=1,
                    persistent_workers=True)  # fmt: skip
    model, optimizer, loader = given["model"].eval(), given["optimizer"], given["train_loader"]
    next(iter(loader))  # its workers go on living
    workers = loader._iterator._workers

    def state() -> Any:
        return copy.deepcopy(
            (model.state_dict(), optimizer.state_dict(), loader.generator.get_state(),
             torch.get_rng_state(), np.random.get_state()[1], random.getstate(), model.training,
             torch.get_num_threads(), torch.nn.Module.__call__, torch.optim.Optimizer.zero_grad)
        )  # fmt: skip

    before = state()
    report = whytorch.diagnose(**given, epochs=1, options=QUICK)
    assert report.run.exit == "finished"
    assert same(before, state())
    assert loader._iterator._workers is workers and workers[0].is_alive()
    assert len(list(loader)) == 30
    loader._iterator._shutdown_workers()


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (torch.Tensor, np.ndarray)):
        return bool((one == other).all())
    return bool(one == other)


def test_arguments_that_do_not_belong_together() -> None:
    with pytest.raises(TypeError, match="missing: train_loader, loss_fn, optimizer"):
        whytorch.diagnose(model=Net())
    with pytest.raises(TypeError, match="not both"):
        whytorch.diagnose("train.py", **objects(Net()))
    with pytest.raises(TypeError, match="needs a script, or objects"):
        whytorch.diagnose()


# --- notebooks ---------------------------------------------------------------------------------


@pytest.fixture
def shell() -> Iterator[Any]:
    interactive = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell
    made = interactive.instance(colors="nocolor")
    made.history_manager.enabled = False
    yield made
    made.reset(new_session=False)
    interactive.clear_instance()


SETUP = """\
import torch
from torch import nn
%load_ext whytorch
model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
before = model[0].weight.clone()
x, y = torch.randn(320, 1, 8, 8), torch.arange(320) % 10"""
CELL = """\
%%whytorch --no-lab --budget 20s
!touch made_by_the_shell
for epoch in range(2):
    for first in range(0, 320, 32):
        loss = nn.functional.cross_entropy(model(x[first:first + 32]), y[first:first + 32])
        loss.backward()
        optimizer.step()
left = 1
print(loss.item())
display(model)"""


def run(shell: Any, code: str) -> Any:
    done = shell.run_cell(code, store_history=True)
    done.raise_error()
    return done.result


def test_a_cell_of_a_live_notebook(
    shell: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shell, SETUP)
    capsys.readouterr()
    report = run(shell, CELL)
    first = report.findings[0]
    assert first.id == "missing-zero-grad"
    assert str(first.places[0]) == "In[2]:5" and "loss.backward()" in first.places[0].code
    assert "loss.backward()" in report._repr_html_()
    assert [f.id for f in report.findings if f.severity != "advice"] == [first.id]
    assert not any("disk" in note for note in report.notes)  # the saved run is ours
    # Nothing of the cell has happened here.
    assert run(shell, "bool((model[0].weight == before).all()), 'left' in globals()") == (
        True,
        False,
    )
    assert not (tmp_path / "made_by_the_shell").exists()
    assert "Conv2d" not in capsys.readouterr().out.replace(str(report), "")
    run(shell, "%unload_ext whytorch")


def test_objects_of_a_live_notebook(shell: Any) -> None:
    run(shell, SETUP + "\nnet = nn.Sequential(model, nn.Softmax(1))")
    report = run(
        shell,
        "import whytorch\n"
        "from torch.utils.data import DataLoader, TensorDataset\n"
        "whytorch.diagnose(model=net, train_loader=DataLoader(TensorDataset(x, y), 32, True),\n"
        "    loss_fn=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=2,\n"
        "    options=whytorch.Options(lab=False, budget=20))",
    )
    found = next(f for f in report.findings if f.id == "softmax-before-cross-entropy")
    assert found.places[0].path in ("In[1]", "In[2]")
    assert "text/html" in shell.display_formatter.format(report)[0]


def test_options_of_a_cell(shell: Any) -> None:
    run(shell, "%load_ext whytorch")
    for words in ("--bugdet 3", "train.py", "-m x", "list", "--output x"):
        done = shell.run_cell(f"%%whytorch {words}\n1", store_history=True)
        assert type(done.error_in_exec).__name__ == "UsageError", words
