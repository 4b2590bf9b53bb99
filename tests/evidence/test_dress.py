"""A dress rehearsal must look like the real thing to the script and like nothing to the disk.

Nearly every test runs one function twice in the same folder, in forked children: dressed first,
then for real. What it returns must agree, and the dressed run must leave the folder byte for
byte as it was.
"""

from __future__ import annotations

import copy
import csv
import glob
import json
import logging
import logging.handlers
import multiprocessing
import os
import pickle
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.io  # noqa: F401 - imported before a rehearsal, its functions are found too
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from whytorch.evidence.dress import Dress, changed, fingerprint

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the overlay is for POSIX systems")


def in_child(work: Callable[[], Any]) -> Any:
    """What `work` returns in a forked child, or the exception that it raises."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            try:
                result = work()
            except BaseException as problem:
                result = f"{type(problem).__name__}: {problem}"
            with os.fdopen(writer, "wb") as out:
                pickle.dump(result, out)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        data = answer.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, "the child died"
    return pickle.loads(data)


def look(folder: Path) -> dict[str, Any]:
    """Everything about a folder that a user could notice."""
    seen: dict[str, Any] = {}
    for top, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(top, name)
            found = os.lstat(path)
            content: object = None
            if stat.S_ISREG(found.st_mode):
                content = Path(path).read_bytes()
            elif stat.S_ISLNK(found.st_mode):
                content = os.readlink(path)
            seen[os.path.relpath(path, folder)] = (found.st_mode, found.st_mtime_ns, content)
    return seen


class Stage:
    """A user's folder and a scratch folder beside it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "project"
        # A short path, as in a rehearsal: a loader's workers put sockets below it.
        self.scratch = Path(tempfile.mkdtemp(prefix="wt-"))
        self.folder.mkdir()
        (self.scratch / "tmp").mkdir()
        (self.folder / "data").mkdir()
        (self.folder / "data" / "one.txt").write_text("one")
        (self.folder / "data" / "two.txt").write_text("two")
        (self.folder / "log.csv").write_text("epoch,loss\n")

    def dressed(self, script: Callable[[], Any]) -> Any:
        def work() -> Any:
            os.chdir(self.folder)
            tempfile.tempdir = str(self.scratch / "tmp")
            dress = Dress(self.scratch)
            dress.install()
            result = script()
            dress.uninstall()
            assert dress.faults == ()
            return result

        before = look(self.folder)
        result = in_child(work)
        assert look(self.folder) == before, "the rehearsal changed the user's folder"
        return result

    def for_real(self, script: Callable[[], Any]) -> Any:
        def work() -> Any:
            os.chdir(self.folder)
            return script()

        return in_child(work)

    def both(self, script: Callable[[], Any]) -> Any:
        """The result of the script, the same in the rehearsal as in reality."""
        rehearsed = self.dressed(script)
        assert rehearsed == self.for_real(script)
        return rehearsed

    @property
    def wrote(self) -> list[str]:
        """Asked of a process that has never been dressed."""
        return [os.path.relpath(p, self.folder) for p in Dress(self.scratch).wrote]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    shutil.rmtree(made.scratch, ignore_errors=True)


# --- the usual savers ------------------------------------------------------------------------


def test_torch_checkpoints_are_read_back(stage: Stage) -> None:
    def script() -> Any:
        os.makedirs("runs/first/checkpoints", exist_ok=True)
        os.makedirs("runs/first/checkpoints", exist_ok=True)
        paths: list[Any] = ["best.pt", Path("runs/first/checkpoints/last.pt"), "modèle.pt"]
        for value, path in enumerate(paths):
            torch.save({"weights": torch.full((3,), float(value))}, path)
        with open("by_hand.pt", "wb") as file:
            torch.save(torch.ones(2), file)
        torch.save(torch.ones(2), "old.pt", _use_new_zipfile_serialization=False)
        loaded = [torch.load(path)["weights"].tolist() for path in paths]
        mapped = torch.load("best.pt", mmap=True)["weights"].tolist()
        rest = [torch.load(path).tolist() for path in ("by_hand.pt", "old.pt")]
        return loaded, mapped, rest, sorted(os.listdir("."))

    loaded, mapped, _, names = stage.both(script)
    assert loaded == [[0.0] * 3, [1.0] * 3, [2.0] * 3]
    assert mapped == [0.0] * 3
    assert "best.pt" in names
    assert set(stage.wrote) == {
        "best.pt",
        "runs/first/checkpoints/last.pt",
        "modèle.pt",
        "by_hand.pt",
        "old.pt",
    }


def test_an_overwritten_checkpoint_stays_the_users(stage: Stage) -> None:
    torch.save({"epoch": 7}, stage.folder / "model.pt")

    def script() -> Any:
        resumed = torch.load("model.pt")["epoch"]
        torch.save({"epoch": resumed + 1}, "model.tmp")
        os.replace("model.tmp", "model.pt")
        return resumed, torch.load("model.pt")["epoch"], os.path.exists("model.tmp")

    assert stage.dressed(script) == (7, 8, False)
    assert torch.load(stage.folder / "model.pt") == {"epoch": 7}
    assert stage.wrote == ["model.pt"]


def test_torch_speaks_in_its_own_words_of_a_missing_folder(stage: Stage) -> None:
    def script() -> Any:
        torch.save(1, "nowhere/model.pt")

    assert "nowhere" in stage.both(script)
    assert stage.wrote == []


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_torchscript(stage: Stage) -> None:
    def script() -> Any:
        model = torch.jit.script(torch.nn.Linear(2, 1, bias=False))
        torch.jit.save(model, "model.ts")
        model.save(Path("again.ts"))
        return all(
            torch.equal(torch.jit.load(name).weight, model.weight)
            for name in ("model.ts", "again.ts")
        )

    assert stage.both(script) is True


def test_numpy(stage: Stage) -> None:
    def script() -> Any:
        np.save("x.npy", np.arange(4))
        np.savez("xs.npz", a=np.arange(3))
        np.savetxt("x.txt", np.arange(2))
        np.arange(5, dtype=np.int64).tofile("x.bin")
        mapped = np.memmap("map.bin", dtype=np.int64, mode="w+", shape=(2,))
        mapped[:] = 9
        mapped.flush()
        return (
            np.load("x.npy").tolist(),
            np.load("x.npy", mmap_mode="r").tolist(),
            np.load("xs.npz")["a"].tolist(),
            np.loadtxt("x.txt").tolist(),
            np.fromfile("x.bin", dtype=np.int64).tolist(),
            np.memmap("map.bin", dtype=np.int64).tolist(),
        )

    assert stage.both(script)[0] == [0, 1, 2, 3]


def test_images_and_figures(stage: Stage) -> None:
    def script() -> Any:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
        from torchvision.io import read_file, read_image, write_file, write_png
        from torchvision.utils import save_image

        plt.plot([1, 2])
        plt.savefig("loss.png", dpi=20)
        plt.savefig("loss.pdf")
        Image.new("RGB", (3, 2), (1, 2, 3)).save("small.png")
        save_image(torch.zeros(3, 4, 4), "grid.png")
        write_png(torch.full((3, 2, 2), 5, dtype=torch.uint8), "native.png")
        write_file("raw", torch.tensor([1, 2], dtype=torch.uint8))
        return (
            Image.open("loss.png").size,
            Image.open("small.png").getpixel((0, 0)),
            Image.open("grid.png").size,
            Path("loss.pdf").read_bytes()[:4],
            read_image("native.png").unique().tolist(),
            read_file("raw").tolist(),
        )

    assert stage.dressed(script) == ((128, 96), (1, 2, 3), (4, 4), b"%PDF", [5], [1, 2])
    assert {"loss.png", "loss.pdf", "small.png", "grid.png", "native.png"} <= set(stage.wrote)


def test_logs(stage: Stage) -> None:
    def script() -> Any:
        with open("log.csv", "a", newline="") as file:
            csv.writer(file).writerow([1, 0.5])
        with open("log.csv", "a", newline="") as file:
            csv.writer(file).writerow([2, 0.25])
        Path("config.json").write_text(json.dumps({"lr": 0.1}))
        logger = logging.getLogger("train")
        logger.addHandler(logging.FileHandler("train.log"))
        logger.addHandler(logging.handlers.RotatingFileHandler("turn.log", "w", 20, 2))
        for epoch in range(4):
            logger.warning("epoch %d is done", epoch)
        return (
            Path("log.csv").read_bytes(),
            json.loads(Path("config.json").read_text()),
            Path("train.log").read_text(),
            sorted(glob.glob("turn.log*")),
        )

    text, _, _, turned = stage.both(script)
    assert text == b"epoch,loss\n1,0.5\r\n2,0.25\r\n"
    assert len(turned) == 3


def test_archives(stage: Stage) -> None:
    def script() -> Any:
        with zipfile.ZipFile("all.zip", "w") as archive:
            archive.write("data/one.txt")
            archive.writestr("deep/er/new.txt", "new")
        with zipfile.ZipFile("all.zip") as archive:
            archive.extractall("unzipped")
        with tarfile.open("all.tar.gz", "w:gz") as tar:
            tar.add("unzipped")
        with tarfile.open("all.tar.gz") as tar:
            tar.extractall("untarred")
        made = shutil.make_archive("made", "bztar", "data")
        found = sorted(str(p) for p in Path("untarred").rglob("*"))
        return found, Path("unzipped/deep/er/new.txt").read_text(), os.path.basename(made)

    assert stage.both(script)[0][-1] == "untarred/unzipped/deep/er/new.txt"


def test_temporary_files_anywhere(stage: Stage) -> None:
    def script() -> Any:
        with tempfile.NamedTemporaryFile("w+", dir=".") as named:
            named.write("x")
            named.flush()
            there = os.path.exists(named.name), Path(named.name).read_text()
        after = os.path.exists(named.name)
        with tempfile.TemporaryFile(dir="data") as nameless:
            nameless.write(b"y")
        with tempfile.TemporaryDirectory(dir="data") as folder:
            Path(folder, "z").write_text("z")
            inside = os.listdir(folder)
        with tempfile.TemporaryDirectory() as folder:  # in scratch: left alone
            Path(folder, "kept.txt").write_text("kept")
            shutil.move(f"{folder}/kept.txt", "kept.txt")
        return there, after, inside, sorted(os.listdir(".")), sorted(os.listdir("data"))

    there, after, inside, names, data = stage.both(script)
    assert (there, after, inside) == ((True, "x"), False, ["z"])
    assert names == ["data", "kept.txt", "log.csv"]
    assert data == ["one.txt", "two.txt"]


# --- os, pathlib, shutil ---------------------------------------------------------------------


def test_pathlib(stage: Stage) -> None:
    def script() -> Any:
        root = Path.cwd() / "out"
        root.mkdir(parents=True)
        (root / "a.txt").write_text("a")
        (root / "b.txt").touch()
        (root / "b.txt").rename(root / "c.txt")
        (root / "a.txt").unlink()
        Path("data/one.txt").rename("data/three.txt")
        return (
            sorted(p.name for p in root.iterdir()),
            sorted(p.name for p in Path("data").iterdir()),
            Path("data/three.txt").read_text(),
            Path("data/../out/c.txt").resolve() == root / "c.txt",
            [(p.is_file(), p.is_dir(), p.stat().st_size) for p in (root, root / "c.txt")][1],
            sorted(str(p) for p in Path().glob("**/*.txt")),
        )

    result = stage.both(script)
    assert result[:3] == (["c.txt"], ["three.txt", "two.txt"], "one")


def test_shutil(stage: Stage) -> None:
    def script() -> Any:
        shutil.copy("data/one.txt", "copied.txt")
        shutil.copy2("data/one.txt", "data/again.txt")
        shutil.copytree("data", "backup")
        shutil.copytree("data", "backup", dirs_exist_ok=True)
        shutil.move("data/two.txt", "backup/deep.txt")
        shutil.move("backup", "moved")
        shutil.rmtree("data")
        gone = os.path.exists("data")
        os.makedirs("data")
        Path("data/new.txt").write_text("new")
        tree = sorted((top, sorted(d), sorted(f)) for top, d, f in os.walk("."))
        shutil.rmtree("moved")
        return gone, tree, sorted(os.listdir(".")), os.stat("copied.txt").st_mode

    gone, tree, names, _ = stage.both(script)
    assert gone is False
    assert ("./data", [], ["new.txt"]) in tree
    assert names == ["copied.txt", "data", "log.csv"]


def test_a_real_file_is_deleted_for_the_script_only(stage: Stage) -> None:
    def script() -> Any:
        os.remove("log.csv")
        try:
            Path("log.csv").read_text()
        except FileNotFoundError as problem:
            reopened = problem.filename
        return os.path.exists("log.csv"), reopened, os.listdir(".")

    assert stage.dressed(script) == (False, "log.csv", ["data"])
    assert (stage.folder / "log.csv").read_text() == "epoch,loss\n"


def test_errors_are_those_of_reality(stage: Stage) -> None:
    def attempt(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Exception as problem:
            return type(problem), str(problem), getattr(problem, "filename", None)

    def script() -> Any:
        open("once.txt", "x").close()
        return [
            attempt(lambda: open("once.txt", "x")),
            attempt(lambda: open("log.csv", "x")),
            attempt(lambda: open("nowhere/file", "w")),
            attempt(lambda: open(b"nowhere/file", "ab")),
            attempt(lambda: open("data", "w")),
            attempt(lambda: open("log.csv/file", "w")),
            attempt(lambda: open("once.txt", "z")),
            attempt(lambda: open(None, "w")),  # type: ignore[call-overload]
            attempt(lambda: open("nul\0", "w")),
            attempt(lambda: open("")),
            attempt(lambda: os.mkdir("data")),
            attempt(lambda: os.rmdir("data")),
            attempt(lambda: os.unlink(Path("nothing"))),
            attempt(lambda: os.rename("nothing", "something")),
            attempt(lambda: os.listdir("log.csv")),
            attempt(lambda: os.scandir("nothing")),
            attempt(lambda: os.stat("nothing")),
            attempt(lambda: os.chdir("nothing")),
            attempt(lambda: os.stat(b"nothing")),
            attempt(lambda: os.open("data", os.O_WRONLY)),
            attempt(lambda: os.symlink("data", "log.csv")),
            attempt(lambda: os.makedirs("data")),
            attempt(lambda: np.load("nothing.npy")),
            attempt(lambda: torch.load("nothing.pt")),
        ]

    results = stage.both(script)
    assert [r[0] for r in results[:3]] == [FileExistsError, FileExistsError, FileNotFoundError]


ATTEMPTS = [*(("secret", mode) for mode in ("r", "w", "a", "r+")), ("log.csv", "a")]


def test_closed_files_stay_closed_and_closed_folders_do_not() -> None:
    with tempfile.TemporaryDirectory() as root:  # pytest's own folders are closed to others
        os.chmod(root, 0o755)
        stage = Stage(Path(root))
        (stage.folder / "secret").write_text("secret")
        (stage.folder / "secret").chmod(0)
        (stage.folder / "data").chmod(0o555)
        stage.scratch.chmod(0o777)

        def work() -> Any:
            os.chdir(stage.folder)
            if os.geteuid() == 0:
                os.setuid(65534)  # nothing is closed to root
            Dress(stage.scratch).install()
            Path("data/new.txt").write_text("new")
            refused = []
            for name, mode in ATTEMPTS:
                try:
                    Path(name).open(mode).close()
                except PermissionError as problem:
                    refused.append((problem.filename, mode))
            return Path("data/new.txt").read_text(), refused

        # log.csv may be read by everybody; if it is this user's own, it may also be written to
        wanted = ATTEMPTS if os.geteuid() == 0 else ATTEMPTS[:4]
        assert in_child(work) == ("new", wanted)
        (stage.folder / "data").chmod(0o755)


def test_paths_are_as_the_script_knows_them(stage: Stage) -> None:
    def script() -> Any:
        os.makedirs("runs/a")
        os.chdir("runs/a")
        with open("x.txt", "w") as file:
            name = file.name
        here = os.getcwd(), os.getcwdb(), str(Path.cwd()), os.path.abspath("x.txt")
        os.chdir("..")
        with os.scandir("a") as found:
            entries = [(e.name, e.path, e.is_file(), e.is_dir(), e.is_symlink()) for e in found]
            assert [e.stat().st_size for e in os.scandir(b"a")] == [0]
        os.chdir("../data")
        return name, here, entries, os.path.realpath("../runs/a/x.txt"), os.listdir(), os.getcwd()

    name, here, entries, *_ = stage.both(script)
    assert name == "x.txt"
    assert here[0] == str(stage.folder / "runs" / "a")
    assert entries == [("x.txt", "a/x.txt", True, False, False)]


def test_descriptors_of_folders(stage: Stage) -> None:
    def script() -> Any:
        Path("data/new.txt").write_text("new")
        fd = os.open("data", os.O_RDONLY)
        os.unlink("one.txt", dir_fd=fd)
        os.mkdir("sub", dir_fd=fd)
        with os.fdopen(os.open("sub/x", os.O_CREAT | os.O_WRONLY, dir_fd=fd), "w") as file:
            file.write("x")
        os.chmod(fd, 0o700)
        listed = sorted(os.listdir(fd)), sorted(e.name for e in os.scandir(fd))
        walked = sorted((top, sorted(files)) for top, _, files, _ in os.fwalk("data"))
        shutil.rmtree("data")
        os.mkdir("data")
        return listed, walked, os.listdir("data"), os.stat in os.supports_dir_fd

    listed, *_, empty, supported = stage.both(script)
    assert listed[0] == ["new.txt", "sub", "two.txt"]
    assert (empty, supported) == ([], True)


def test_an_open_file_outlives_what_happens_to_its_name(stage: Stage) -> None:
    def script() -> Any:
        with open("data/one.txt") as old, open("data/one.txt", "w") as new:
            new.write("new")
            new.flush()
            os.unlink("data/one.txt")
            return old.read(), os.path.exists("data/one.txt")

    # in reality the same file is truncated under the reader; here the user's file is safe from it
    assert stage.dressed(script) == ("one", False)


def test_symbolic_links_lead_where_they_lead(stage: Stage) -> None:
    (stage.folder / "latest").symlink_to("data")
    (stage.folder / "first.txt").symlink_to(stage.folder / "data" / "one.txt")

    def script() -> Any:
        Path("latest/new.txt").write_text("new")
        Path("first.txt").write_text("changed")
        os.unlink("latest")
        os.symlink("data", "latest")
        os.mkdir("more")
        os.symlink("../data/two.txt", "more/two.txt")
        with open("more/two.txt", "a") as file:
            file.write("!")
        os.symlink("log.csv", "l")
        return (
            Path("data/new.txt").read_text(),
            Path("data/one.txt").read_text(),
            Path("data/two.txt").read_text(),
            os.path.islink("first.txt"),
            sorted(os.listdir("latest")),
            os.readlink("more/two.txt"),
            os.readlink(b"l"),
            os.path.realpath("more/two.txt"),
        )

    assert stage.both(script)[:3] == ("new", "changed", "two!")


def test_a_name_means_another_file_in_another_folder(stage: Stage) -> None:
    (stage.folder / "other").mkdir()
    (stage.folder / "other" / "one.txt").write_text("other")

    def script() -> Any:
        Path("data/one.txt").write_text("changed")
        os.chdir("other")
        texts = [Path("one.txt").read_text()]
        other = os.open(".", os.O_RDONLY)
        os.chdir("../data")
        texts.append(Path("one.txt").read_text())
        os.fchdir(other)
        return [*texts, Path("one.txt").read_text()]

    assert stage.both(script) == ["other", "changed", "other"]


def test_importing_the_users_modules_leaves_no_bytecode(stage: Stage) -> None:
    (stage.folder / "helper.py").write_text("answer = 42")

    def script() -> Any:
        sys.path.insert(0, "")
        from helper import answer  # type: ignore[import-not-found]

        return answer

    assert stage.dressed(script) == 42


def test_functions_keep_their_nature(stage: Stage) -> None:
    def script() -> Any:
        class Keeper:
            opener: Any = open
            remove: Any = os.remove

        Path("x").write_text("x")
        for function in (os.remove, open, os.stat):
            again = pickle.loads(pickle.dumps(function))
            assert again == function
            assert copy.deepcopy(function) == function
        with multiprocessing.get_context("fork").Pool(1) as pool:
            pool.map(os.remove, ["x"])
        text = Keeper().opener("log.csv").read()
        Keeper().remove("log.csv")
        return text, os.listdir(), open.__name__, os.stat.__name__

    assert stage.both(script) == ("epoch,loss\n", ["data"], "open", "stat")


# --- processes and threads -------------------------------------------------------------------


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
