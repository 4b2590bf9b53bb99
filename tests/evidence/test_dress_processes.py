"""A dress rehearsal among workers, forks and threads, and the overlay itself."""

from __future__ import annotations

import glob
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision.io  # noqa: F401 - imported before a rehearsal, its functions are found too
from dressing import Stage, in_child, look
from torch.utils.data import DataLoader, Dataset

from whytorch.evidence.dress import Dress, changed, fingerprint

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the overlay is for POSIX systems")


class Writing(Dataset[int]):
    """Caches each sample in a file, as many data sets do."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> int:
        os.makedirs("cache", exist_ok=True)
        path = Path("cache") / f"{index}.pt"
        if not path.exists():
            torch.save(torch.tensor(index), path)
        with open("log.csv", "a") as file:
            file.write(f"{index}\n")
        return int(torch.load(path))


def test_workers_of_a_loader(stage: Stage) -> None:
    def script() -> Any:
        torch.set_num_threads(1)
        os.path.exists("cache")  # known to be missing before the workers make it
        loader = DataLoader(Writing(), batch_size=2, num_workers=2)
        twice = [batch.tolist() for _ in range(2) for batch in loader]
        lines = Path("log.csv").read_text().split()
        return twice, sorted(os.listdir("cache")), sorted(lines)

    twice, cached, lines = stage.both(script)
    assert [index for batch in twice for index in batch] == list(range(8)) * 2
    assert len(cached) == 8
    assert len(lines) == 17


def test_spawned_workers(stage: Stage) -> None:
    def script() -> Any:
        Path("data/one.txt").write_text("changed")
        context = multiprocessing.get_context("spawn")
        worker = context.Process(target=shutil.copy, args=("data/one.txt", "copied.txt"))
        worker.start()
        worker.join()
        return worker.exitcode, Path("copied.txt").read_text(), sorted(os.listdir())

    assert stage.both(script)[:2] == (0, "changed")


def test_threads(stage: Stage) -> None:
    def script() -> Any:
        failed: list[BaseException] = []

        def write(thread: int) -> None:
            try:
                for step in range(20):
                    folder = Path(f"t/{step}")
                    folder.mkdir(parents=True, exist_ok=True)
                    (folder / f"{thread}.tmp").write_text(f"{thread}")
                    os.replace(folder / f"{thread}.tmp", folder / f"{thread}.txt")
                    assert (folder / f"{thread}.txt").read_text() == f"{thread}"
            except BaseException as problem:
                failed.append(problem)

        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return failed, len(glob.glob("t/*/*.txt")), len(glob.glob("t/*/*.tmp"))

    assert stage.both(script) == ([], 80, 0)


def test_processes_that_change_a_file_at_the_same_moment(stage: Stage) -> None:
    for number in range(30):
        (stage.folder / f"{number}.log").write_text("start\n")

    def append(start: Any) -> None:
        start.wait()
        for number in range(30):
            os.makedirs(f"made/{number}", exist_ok=True)
            with open(f"{number}.log", "a") as file:
                file.write("line\n")

    def script() -> Any:
        context = multiprocessing.get_context("fork")
        start = context.Barrier(3)
        workers = [context.Process(target=append, args=(start,)) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        texts = [Path(f"{number}.log").read_text() for number in range(30)]
        return [worker.exitcode for worker in workers], texts

    assert stage.both(script) == ([0] * 3, ["start\n" + "line\n" * 3] * 30)


def test_a_fork_while_another_thread_writes(stage: Stage) -> None:
    def worker() -> Any:
        signal.alarm(20)  # ends it, should it wait for a thread that it does not have
        return Path("x").write_text("x")

    def work() -> Any:
        os.chdir(stage.folder)
        dress = Dress(stage.scratch)
        dress.install()
        inside, done = threading.Event(), threading.Event()

        def hold() -> None:
            with dress._view._lock:
                inside.set()
                done.wait()

        holder = threading.Thread(target=hold)
        holder.start()
        inside.wait()
        result = in_child(worker)
        done.set()
        holder.join()
        return result, os.listdir()

    result, names = in_child(work)
    assert result == 1
    assert "x" in names


SCRIPT = """
import os, signal, sys, torch
from pathlib import Path
from whytorch.evidence.dress import Dress
Dress(Path(sys.argv[1])).install()
torch.save(torch.ones(2), "model.pt")
assert torch.load("model.pt").sum() == 2
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_its_list(stage: Stage) -> None:
    before = look(stage.folder)
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(stage.scratch)],
        cwd=stage.folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
    )
    assert ended.returncode == -signal.SIGKILL
    assert look(stage.folder) == before
    assert stage.wrote == ["model.pt"]


# --- the overlay itself ----------------------------------------------------------------------


def test_the_list_of_written_files_is_bounded(stage: Stage) -> None:
    def script() -> None:
        os.mkdir("many")
        for number in range(250):
            open(f"many/{number:03}", "w").close()
        os.unlink("many/000")

    stage.dressed(script)
    dress = Dress(stage.scratch)
    assert dress.wrote_count == 249
    assert dress.wrote == [str(stage.folder / "many" / f"{n:03}") for n in range(1, 201)]


def test_uninstalling_restores_every_function(stage: Stage) -> None:
    def functions() -> list[Any]:
        return [open, os.open, os.stat, os.remove, tarfile.bltn_open, torch.from_file]  # type: ignore[attr-defined]

    def work() -> Any:
        os.chdir(stage.folder)
        before, finders = functions(), list(sys.meta_path)
        dress = Dress(stage.scratch)
        dress.install()
        kept = open, os.remove
        assert all(a is not b for a, b in zip(before, functions(), strict=True))
        with pytest.raises(RuntimeError):
            Dress(stage.scratch).install()
        Path("x").write_text("x")
        dress.uninstall()
        dress.uninstall()
        assert functions() == before
        assert sys.meta_path == finders
        with kept[0]("log.csv", "w") as file:  # a function that somebody kept is harmless
            file.write("for real")
        return os.path.exists("x"), Path("log.csv").read_text()

    assert in_child(work) == (False, "for real")


def test_a_fault_of_the_overlay_reaches_no_reader_and_no_file(stage: Stage) -> None:
    def work() -> Any:
        os.chdir(stage.folder)
        dress = Dress(stage.scratch)
        dress.install()
        Path("new.txt").write_text("new")

        def broken(*args: Any, **kwargs: Any) -> Any:
            raise KeyError("a bug")

        dress._view.find = broken  # type: ignore[method-assign]
        read = Path("log.csv").read_text(), os.path.exists("log.csv"), len(os.listdir("data"))
        try:
            Path("log.csv").write_text("lost")
        except OSError as problem:
            return read, problem.filename, len(dress.faults) > 0
        return read

    before = look(stage.folder)
    assert in_child(work) == (("epoch,loss\n", True, 2), "log.csv", True)
    assert look(stage.folder) == before


def test_fingerprints_name_what_changed(tmp_path: Path) -> None:
    for name in ("kept", "changed", "deleted", "sub/touched", ".git/HEAD", "__pycache__/x.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    before = fingerprint(tmp_path)
    assert set(before) == {"kept", "changed", "deleted", "sub/touched"}
    (tmp_path / "changed").write_text("22")
    (tmp_path / "deleted").unlink()
    (tmp_path / "new").write_text("3")
    (tmp_path / ".git/HEAD").write_text("22")
    os.utime(tmp_path / "sub/touched", ns=(5, 5))
    after = fingerprint(tmp_path)
    assert changed(before, after) == ["changed", "deleted", "new", "sub/touched"]
    assert changed(after, after) == []
    assert len(fingerprint(tmp_path, limit=2)) == 2
    # beyond the limit, nothing is said of files that one of the two looks may have left out
    assert changed({"a": (1, 1), "b": (1, 1)}, {"_": (0, 0), "a": (2, 2)}, limit=2) == ["a"]
