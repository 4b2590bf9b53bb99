"""A watched training: the same in every respect, and judged from its record at any time."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import warm

import whytorch
from whytorch import saved, watching
from whytorch.evidence import running
from whytorch.evidence import watching as inside
from whytorch.evidence.recorder.sink import Sink, packed
from whytorch.records import Options

SCRIPTS = Path(__file__).parent / "scripts"
KINDS = (
    sorted((SCRIPTS / "healthy").glob("digits_*.py"))[:14]
    + sorted((SCRIPTS / "broken").glob("digits_*.py"))[:10]
)

LOOP = """
import sys, time
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(64, 1, 8, 8), torch.randint(0, 4, (64,))
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
print("begun", flush=True)
for step in range(int(sys.argv[1])):
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    time.sleep(float(sys.argv[2]))
print("done", round(loss.item(), 3))
"""


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WHYTORCH_HOME", str(tmp_path / "home"))
    yield


def left_behind() -> dict[str, str]:
    """Digests of what a script leaves: its tensors, its networks, and every random state."""
    import numpy
    import torch
    from torch import nn

    digest = hashlib.sha256()
    for name, value in sorted(vars(sys.modules["__main__"]).items()):
        tensors: dict[str, Any] = {}
        if isinstance(value, nn.Module):
            tensors = dict(value.state_dict())
        elif isinstance(value, torch.Tensor):
            tensors = {"": value}
        for key, tensor in tensors.items():
            if isinstance(tensor, torch.Tensor) and not tensor.is_sparse:
                plain = tensor.detach().cpu().contiguous()
                digest.update(f"{name}.{key}".encode() + plain.numpy().tobytes())
    randomness = repr((random.getstate(), numpy.random.get_state()[1].tobytes())).encode()
    randomness += torch.get_rng_state().numpy().tobytes()
    return {"tensors": digest.hexdigest(), "random": hashlib.sha256(randomness).hexdigest()}


def in_fork(folder: Path, run: Callable[[], int]) -> tuple[int, str, dict[str, str]]:
    """The exit code, the output and what was left behind of `run` in a fork of this process."""
    warm.warm_up()
    folder.mkdir(parents=True)
    pid = os.fork()
    if pid == 0:
        os.chdir(folder)
        out = os.open("out", os.O_CREAT | os.O_WRONLY)
        os.dup2(out, 1)
        os.dup2(os.open("err", os.O_CREAT | os.O_WRONLY), 2)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - the fork's own
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
        random.seed(0)  # a fork gets a state of its own
        code = 99
        try:
            code = run()
            sys.stdout.flush()
            Path("left").write_text(json.dumps(left_behind()))
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert (folder / "left").exists(), (folder / "err").read_text()
    return code, (folder / "out").read_text(), json.loads((folder / "left").read_text())


def bare(script: Path) -> Callable[[], int]:
    def run() -> int:
        sys.path[0] = str(script.parent)
        run = running.prepare(str(script), (), False, running.read_file, running.as_written)
        try:
            run()
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else 0
        except Exception:
            return 1
        return 0

    return run


def under_watch(script: Path) -> Callable[[], int]:
    return lambda: inside.run(
        str(script), (), False, inside.Watched(Path("seen"), {}), lambda: None
    )


@pytest.mark.parametrize("script", KINDS, ids=lambda path: path.stem)
def test_the_same_weights_randomness_and_output(script: Path, tmp_path: Path) -> None:
    watched = in_fork(tmp_path / "watched", under_watch(script))
    assert (tmp_path / "watched" / "seen" / "record.jsonl").stat().st_size > 1000
    assert watched == in_fork(tmp_path / "bare", bare(script))


def test_a_block_of_python() -> None:
    import torch
    from torch import nn

    x, y = torch.randn(64, 1, 8, 8), torch.randint(0, 4, (64,))
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with whytorch.watch() as seen:
        for _ in range(30):
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        assert seen.report.run.exit == "running"
    assert seen.report.findings[0].id == "missing-zero-grad"
    assert seen.report.findings[0].places[0].path.endswith("test_watching.py")
    assert seen.report.run.steps == 30
    assert saved.load(seen.folder).verdict == seen.report.verdict


def test_an_exception_in_the_block_goes_on_and_is_told() -> None:
    import torch

    with pytest.raises(RuntimeError), whytorch.watch() as seen:
        torch.nn.Linear(3, 4)(torch.zeros(2, 5))
    assert seen.report.run.exit == "crashed"
    assert "5" in seen.report.verdict.headline


STARTED: list[subprocess.Popen[str]] = []
# Other labels at each step: what 64 images are called cannot be learned by heart, all the same.
DOOMED = LOOP.replace("    loss =", "    y = torch.randint(0, 4, (64,))\n    loss =")


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    yield
    while STARTED:
        STARTED.pop().kill()


def started(
    tmp_path: Path,
    *options: str,
    steps: int,
    pause: float,
    text: str = LOOP,
    interrupts: Any = signal.SIG_DFL,
) -> subprocess.Popen[str]:
    """`interrupts`: what the process begins with; a shell has them ignored in the background."""
    script = tmp_path / "loop.py"
    script.write_text(text)
    command = [sys.executable, "-m", "whytorch", "watch", *options, script.name, str(steps)]
    process = subprocess.Popen(
        [*command, str(pause)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=tmp_path, preexec_fn=lambda: signal.signal(signal.SIGINT, interrupts),
    )  # fmt: skip
    STARTED.append(process)
    return process


def test_the_command_leaves_output_and_exit_code_to_the_script(tmp_path: Path) -> None:
    process = started(tmp_path, steps=20, pause=0)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert out.splitlines()[0] == "begun" and out.splitlines()[-1].startswith("done")
    assert len(out.splitlines()) == 2
    assert "gradients of earlier batches are never cleared, loop.py" in err


@pytest.mark.parametrize("interrupts", [signal.SIG_DFL, signal.SIG_IGN])
def test_an_error_ends_the_training_where_that_is_wished(tmp_path: Path, interrupts: Any) -> None:
    options = {"steps": 100_000, "pause": 0.01, "interrupts": interrupts, "text": DOOMED}
    process = started(tmp_path, "--stop-on", "error", **options)
    out, err = process.communicate(timeout=240)
    assert process.returncode == inside.INTERRUPTED
    assert "done" not in out
    assert "whytorch: Gradients of earlier batches" in err


def test_an_interrupt_that_is_lost_comes_again(tmp_path: Path) -> None:
    """As where it meets a destructor: Python prints it and goes on."""
    lost = (
        "import signal\n"
        "def once(*_): signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "signal.signal(signal.SIGINT, once)\n"
    )
    process = started(
        tmp_path,
        "--stop-on",
        "error",
        steps=100_000,
        pause=0.01,
        text=DOOMED.replace("print", f"{lost}print", 1),
    )
    out, _ = process.communicate(timeout=240)
    assert process.returncode == inside.INTERRUPTED
    assert "done" not in out


def test_a_killed_training_leaves_a_record_to_judge(tmp_path: Path) -> None:
    process = started(tmp_path, "--quiet", steps=100_000, pause=0.01)
    folder = tmp_path / "home" / "runs"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        runs = [p for p in folder.glob("*") if (p / "record.jsonl").exists()]
        if runs and (runs[0] / "record.jsonl").stat().st_size > 20_000:
            break
        time.sleep(0.1)
    running_report = watching.report(runs[0])
    assert running_report.run.exit == "running"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    report = watching.report(runs[0])
    assert report.run.exit == "killed"
    assert (report.run.steps or 0) > 10
    assert watching.follow(runs[0], Options(), lambda report: True).run.exit == "killed"


def test_a_record_is_packed_when_it_has_grown(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    sink = Sink(path, limit=1_200_000, packs=True)
    sink.write("once", "", {"kept": True})
    for step in range(40_000):
        sink.write("step", str(step % 50), {"step": step, "padding": "x" * 100})
        assert path.stat().st_size <= 1_200_000
    sink.close()
    lines = [json.loads(line) for line in packed(path.read_bytes()).splitlines()]
    assert lines[0] == {"kind": "once", "key": "", "data": {"kept": True}}
    assert {line["data"]["step"] for line in lines[1:]} == set(range(39_950, 40_000))


def test_a_cut_line_is_no_reason_to_lose_the_others() -> None:
    record = b'{"kind":"a","key":"","data":1}\n{"kind":"a","key":"","data":2}\n{"kind":"b","ke'
    assert packed(record) == b'{"kind":"a","key":"","data":2}\n'
