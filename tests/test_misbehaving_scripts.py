"""Scripts that end in every bad way still get an answer, and nothing of the user's is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import warm

TRAINING = """
import os, sys, time, threading
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset
torch.manual_seed(0)
X, y = torch.randn(200, 16), torch.arange(200) % 4
X[torch.arange(200), y] += 3
net = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
opt = torch.optim.SGD(net.parameters(), 0.1)
def step():
    i = torch.randperm(200)[:50]
    opt.zero_grad()
    loss = F.cross_entropy(net(X[i]), y[i])
    loss.backward()
    opt.step()
    return loss.item()
"""


def _script(folder: Path, text: str) -> Path:
    path = folder / "train.py"
    path.write_text(text)
    return path


def _command(path: Path, home: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "whytorch", "--format", "json", *options, path.name],
        cwd=path.parent,
        env={**os.environ, "WHYTORCH_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _answer(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    out, err = process.communicate(timeout=150)
    assert out, err
    return process.returncode, json.loads(out)


def _run(folder: Path, text: str, *options: str) -> tuple[int, dict[str, Any]]:
    work = folder / "work"
    work.mkdir()
    return _answer(_command(_script(work, text), folder / "home", *options))


# --- real processes: what ends a process from outside, or does not end it -------------------------


def test_killed_in_the_middle_keeps_what_was_seen(tmp_path: Path) -> None:
    text = TRAINING + "for i in range(60): step(); time.sleep(0.02)\nos.kill(os.getpid(), 9)\n"
    code, report = _run(tmp_path, text)
    assert report["run"]["exit"] == "killed"
    assert report["run"]["steps"] > 5
    assert code in (0, 1)


def test_a_loop_without_end_is_ended_in_time(tmp_path: Path) -> None:
    text = TRAINING + "while True: step()\n"
    _, report = _run(tmp_path, text, "--budget", "8")
    assert report["run"]["exit"] == "stopped"
    assert report["run"]["time_lapse"]["shortened"] is True
    assert report["run"]["steps"] > 20
    assert not [f for f in report["findings"] if f["severity"] != "advice"]


def test_sleeping_forever_before_training_cannot_be_judged(tmp_path: Path) -> None:
    text = TRAINING + "try:\n    time.sleep(1000)\nexcept Exception: pass\n"
    code, report = _run(tmp_path, text, "--budget", "1")
    assert (code, report["verdict"]["kind"]) == (3, "not-judged")
    assert "time" in report["verdict"]["headline"]


def test_a_script_that_swallows_everything_is_killed(tmp_path: Path) -> None:
    stubborn = "while True:\n    try:\n        time.sleep(1)\n    except BaseException: pass\n"
    _, report = _run(tmp_path, TRAINING + stubborn, "--budget", "1")
    assert report["run"]["exit"] == "timeout"


def test_hard_exit_writes_the_record_first(tmp_path: Path) -> None:
    _, report = _run(tmp_path, TRAINING + "for i in range(30): step()\nos._exit(5)\n")
    assert report["run"]["exit"] == "exited"
    assert report["run"]["steps"] == 30


def test_ctrl_c_still_reports(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    text = TRAINING + "while True: step()\n"
    process = _command(_script(work, text), tmp_path / "home")
    runs = tmp_path / "home" / "runs"
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        records = list(runs.glob("*/record.jsonl"))
        if records and b'"progress"' in records[0].read_bytes():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, report = _answer(process)
    assert report["run"]["exit"] == "interrupted"
    assert report["run"]["steps"] > 0


def test_a_gigabyte_of_output_is_not_kept(tmp_path: Path) -> None:
    text = TRAINING + "line = 'x' * 999_999\nfor i in range(1000): print(line)\nstep()\n"
    _, report = _run(tmp_path, text)
    assert report["run"]["exit"] == "finished"
    files = [f for f in (tmp_path / "home").rglob("*") if f.is_file()]
    page = sum(f.stat().st_size for f in files if f.name == "report.html")
    assert 0 < page < 6_000_000  # nearly all of it draws the plots
    assert sum(f.stat().st_size for f in files) - page < 5_000_000


def test_a_fault_in_a_loader_worker_is_a_crash_with_its_place(tmp_path: Path) -> None:
    text = TRAINING + (
        "class Bad(Dataset):\n"
        "    def __len__(self): return 40\n"
        "    def __getitem__(self, i):\n"
        "        if i == 33: raise OSError('image 33 is truncated')\n"
        "        return X[i], y[i]\n"
        "for a, b in DataLoader(Bad(), 10, num_workers=2):\n"
        "    opt.zero_grad(); F.cross_entropy(net(a), b).backward(); opt.step()\n"
    )
    _, report = _run(tmp_path, text)
    assert report["run"]["exit"] == "crashed"
    assert "image 33 is truncated" in json.dumps(report["symptoms"])


def test_without_torch_installed(tmp_path: Path) -> None:
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "torch.py").write_text("raise ImportError('No module named torch')\n")
    work = tmp_path / "work"
    work.mkdir()
    path = _script(work, "import torch\n")
    done = subprocess.run(
        [sys.executable, "-m", "whytorch", path.name],
        cwd=work,
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path / "shadow"),
            "WHYTORCH_HOME": str(tmp_path / "home"),
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "torch" in done.stdout.splitlines()[0]
    assert "install" in done.stdout.splitlines()[0]


# --- forks of a warm process: how a script ends itself --------------------------------------------


@pytest.mark.parametrize(
    ("ending", "wanted"),
    [
        ("", "the script never trained"),
        ("input('learning rate? ')", "EOFError"),
        ("import torch_of_nowhere", "torch_of_nowhere"),
        ("open('data/train.csv')", "data/train.csv"),
        ("sys.exit('no data found')", "no data found"),
        ("sys.exit(3)", "exit code 3"),
        ("raise MemoryError", "MemoryError"),
        ("torch.empty(2**60)", "GiB"),
    ],
)
def test_the_first_line_names_what_stopped_it(ending: str, wanted: str, tmp_path: Path) -> None:
    report = warm.diagnose(_script(tmp_path, TRAINING + ending + "\n"), tmp_path)
    assert wanted in report.verdict.headline
    assert report.verdict.kind in ("not-judged", "unknown-cause")


def test_a_training_by_gradients_of_functions_has_not_never_trained(tmp_path: Path) -> None:
    text = """
import torch
from torch.func import functional_call, grad

x, y = torch.randn(64, 4), torch.randn(64, 1)
net = torch.nn.Linear(4, 1)
weights = dict(net.named_parameters())
slope = grad(lambda w: (functional_call(net, w, (x,)) - y).square().mean())
for _ in range(20):
    weights = {k: w - 0.1 * g for (k, w), g in zip(weights.items(), slope(weights).values())}
"""
    report = warm.diagnose(_script(tmp_path, text), tmp_path)
    assert report.verdict.kind == "not-judged"
    assert "torch.func is not seen" in report.verdict.headline
    assert "train.py:10" in report.verdict.headline
    assert not any("inside whytorch" in note for note in report.notes)


def test_a_training_in_processes_of_its_own_has_not_never_trained(tmp_path: Path) -> None:
    text = TRAINING + (
        "import torch.multiprocessing as mp\n"
        "def work():\n"
        "    for i in range(5): step()\n"
        "workers = [mp.get_context('fork').Process(target=work) for _ in range(2)]\n"
        "for one in workers: one.start()\n"
        "for one in workers: one.join()\n"
    )
    report = warm.diagnose(_script(tmp_path, text), tmp_path)
    assert report.verdict.kind == "not-judged"
    assert "processes that it starts itself" in report.verdict.headline
    assert "train.py:" in report.verdict.headline


def test_a_script_without_torch(tmp_path: Path) -> None:
    report = warm.diagnose(_script(tmp_path, "print(sum(range(10)))\n"), tmp_path)
    assert report.verdict.kind == "not-judged"
    assert "does not use torch" in report.verdict.headline


def test_threads_and_forks_do_not_disturb(tmp_path: Path) -> None:
    text = TRAINING + (
        # A fork copies torch's own locks as they are: none may be held by the other thread.
        "lock = threading.Lock()\n"
        "def chatter():\n"
        "    for i in range(20):\n"
        "        with lock: net(X[:4]); print('.', end='')\n"
        "t = threading.Thread(target=chatter); t.start()\n"
        "with lock: pid = os.fork()\n"
        "if pid == 0:\n"
        "    step(); os._exit(0)\n"
        "for i in range(30): step()\n"
        "t.join(); os.waitpid(pid, 0)\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    report = warm.diagnose(_script(tmp_path, text), tmp_path)
    assert report.run.exit == "finished"
    assert report.run.steps == 30


def test_files_stay_as_they_were(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "best.pt").write_bytes(b"precious")
    text = TRAINING + (
        "for i in range(5): step()\n"
        "torch.save(net.state_dict(), 'best.pt')\n"
        "net.load_state_dict(torch.load('best.pt'))\n"
        "os.makedirs('logs'); open('logs/a.txt', 'w').write('hello')\n"
        "print(open('logs/a.txt').read())\n"
    )
    path = _script(work, text)
    report = warm.diagnose(path, tmp_path)
    assert report.run.exit == "finished"
    assert any("hello" in line["text"] for line in report.run.printed)
    assert (work / "best.pt").read_bytes() == b"precious"
    assert sorted(p.name for p in work.iterdir()) == ["best.pt", "train.py"]
    assert any("best.pt" in note for note in report.notes)
