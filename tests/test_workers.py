"""Work done by others: by processes of this machine, and by a real Ray of two workers."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import workers_do as do

from whytorch import arguments, fixes
from whytorch.evidence import elsewhere
from whytorch.evidence.elsewhere import Elsewhere
from whytorch.evidence.rehearsal import Request, rehearse
from whytorch.mending import Copies, Copy
from whytorch.records import Metrics, Report, RunSummary, ScriptInfo, Verdict
from whytorch.verify.proof import Side
from whytorch.workers import Pool, Ray, Workers, checked

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
from accuracy import scripts

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed (whytorch[ray])"
)


NOTHING = fixes.Repair(())


@pytest.fixture(scope="module", params=["pool", pytest.param("ray", marks=needs_ray)])
def workers(request: pytest.FixtureRequest) -> Iterator[Workers]:
    """Two workers."""
    if request.param == "pool":
        with Pool(2) as pool:
            yield pool
        return
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    try:
        with Ray() as cluster:
            yield cluster
    finally:
        ray.shutdown()


def test_other_processes_do_it(workers: Workers, tmp_path: Path) -> None:
    assert workers.size == 2
    done = [workers.submit(do.squared, n, str(tmp_path)) for n in range(6)]
    assert [one.result(60) for one in done] == [0, 1, 4, 9, 16, 25]
    assert workers.submit(do.who).result(60)[0] != os.getpid()
    assert workers.submit(os.getcwd).result(60) == os.getcwd()


def test_they_begin_where_main_was_made_by_a_shell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(sys.modules["__main__"], "__spec__", raising=False)
    with Pool(1) as pool:
        assert pool.submit(do.squared, 3, str(tmp_path)).result(60) == 9


def test_what_a_killed_worker_did_is_done_again(workers: Workers, tmp_path: Path) -> None:
    done = [workers.submit(do.squared, n, str(tmp_path), (2, 5)) for n in range(8)]
    assert [one.result(90) for one in done] == [n * n for n in range(8)]
    assert {f.name for f in tmp_path.iterdir()} == {"killed-2", "killed-5"}


def test_a_task_that_kills_every_worker_harms_no_other(workers: Workers, tmp_path: Path) -> None:
    bad = workers.submit(do.squared, 3, str(tmp_path), (3,), True)
    good = [workers.submit(do.squared, n, str(tmp_path)) for n in (1, 2)]
    assert [one.result(90) for one in good] == [1, 4]
    assert bad.exception(120) is not None
    assert workers.submit(do.squared, 7, str(tmp_path)).result(60) == 49


def test_what_raises_is_not_done_again(workers: Workers) -> None:
    with pytest.raises(ArithmeticError, match="by itself"):
        workers.submit(do.fails).result(60)


def test_each_process_begins_once_before_its_first_task(workers: Workers) -> None:
    """For Ray in a clean process beside its worker: trials fork."""
    with Ray(first=do.begin) if isinstance(workers, Ray) else Pool(2, do.begin) as begun:
        seen = [begun.submit(do.who).result(60) for _ in range(3)]
    assert all(pids == [pid] for pid, pids in seen)


def test_the_accuracy_benchmark_loses_no_trial(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accuracy import __main__ as benchmark

    known: dict[int, object] = {}

    class Results:
        def add(self, what: str, subject: scripts.Subject, seed: int, value: object) -> None:
            known[seed] = value

    def call(what: str, subject: scripts.Subject, seed: int) -> tuple[object, ...]:
        return do.squared, seed, str(tmp_path), (4, 9)

    monkeypatch.setattr(benchmark, "_call", call)
    (subject, *_) = scripts.healthy()
    jobs = [("bare", subject, seed) for seed in range(12)]
    benchmark._run(jobs, Results(), workers, float("inf"))
    assert known == {n: n * n for n in range(12)}


# --- rehearsals ------------------------------------------------------------------------------

SCRIPT = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(64, 10)
y = (x.sum(1) > 0).long()
model = nn.Sequential(nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for epoch in range(6):
    for i in range(0, 64, 16):
        nn.functional.cross_entropy(model(x[i : i + 16]), y[i : i + 16]).backward()
        optimizer.step()
with torch.no_grad():
    print((model(x).argmax(1) == y).float().mean().item())
"""


def lines_of(record: Path) -> list[object]:
    """What a record says, without its clocks."""

    def timeless(value: object) -> object:
        if isinstance(value, dict):
            timed = {"seconds", "waits", "busy"}
            return {k: timeless(v) for k, v in value.items() if k not in timed}
        return [timeless(v) for v in value] if isinstance(value, list) else value

    subjects = {}
    for line in record.read_text().splitlines():
        entry = json.loads(line)
        if entry["kind"] != "progress":
            subjects[entry["kind"], entry["key"]] = timeless(entry["data"])
    return sorted(subjects.items(), key=str)


class Given(Elsewhere):
    """With workers that are there already."""

    def __init__(self, given: Workers) -> None:
        super().__init__("2")
        self._workers = given


def test_rehearsals_come_to_the_same_though_a_worker_is_killed(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    Path("train.py").write_text(SCRIPT)
    monkeypatch.setattr(elsewhere, "rehearse_there", do.rehearse_at_the_second_try)
    there = Request("train.py", tmp_path / "there", reseed=1)
    waits = Given(workers).begin(there)
    here = rehearse(Request("train.py", tmp_path / "here", reseed=1))
    got = waits()
    assert (tmp_path / "rehearsal-1").exists(), "the first worker was killed"
    assert (got.exit_code, got.stopped, got.output) == (0, None, here.output)
    assert got.record == tmp_path / "there" / "record.jsonl"
    assert lines_of(got.record) == lines_of(here.record)
    assert (tmp_path / "there" / "output.txt").read_text() == here.output


def test_where_no_worker_can_it_is_done_here(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "rehearse_there", do.squared)  # takes other arguments: fails
    (tmp_path / "train.py").write_text("print('here')")
    waits = Given(workers).begin(Request(str(tmp_path / "train.py"), tmp_path / "run"))
    assert waits().output == "here\n"


@pytest.mark.parametrize("spec", ["0", "many", "ray:", "-1", "2:3", ""])
def test_what_names_no_workers_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match=r"number of processes"):
        checked(spec)
    with pytest.raises(arguments.UsageError):
        arguments.parse(["--workers", spec, "train.py"])


def test_the_command_line_names_them() -> None:
    assert arguments.parse(["--workers", "3", "train.py"]).options.workers == "3"
    assert arguments.parse(["train.py", "--workers", "3"]).options.workers is None


def test_without_ray_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from whytorch import workers as module

    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(arguments.UsageError, match=r"whytorch\[ray\]"):
        arguments.parse(["--workers", "ray", "train.py"])


def test_what_may_be_asked_for_is_begun_only_where_others_do_it(tmp_path: Path) -> None:
    for ahead in (False, True):
        begun: list[int] = []

        def begin(patched: object, run: int, folder: Path, begun: list[int] = begun) -> Copy:
            begun.append(run)
            return lambda: (report_of(run), 0.5)

        copies = Copies(begin, tmp_path / str(ahead), ahead=ahead)
        new = Side(NOTHING, copies)
        new.expect(0)
        new.expect(1)
        assert begun == ([0, 1] if ahead else [])
        assert (new[0].last_loss, new[1].last_loss) == (0.0, 1.0)
        assert begun == [0, 1], "each is done once"


def report_of(run: int) -> Report:
    summary = RunSummary(exit="finished", metrics=Metrics(last_loss=float(run)))
    return Report(ScriptInfo(""), Verdict("nothing-found", ""), run=summary)


def test_where_no_cluster_answers_it_is_done_here(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print('here')")
    with Elsewhere("nowhere") as others:
        waits = others.begin(Request(str(tmp_path / "train.py"), tmp_path / "run"))
        assert waits().output == "here\n"
