"""A dress rehearsal must look like the real thing to the script and like nothing to the disk.

Nearly every test runs one function twice in the same folder, in forked children: dressed first,
then for real. What it returns must agree, and the dressed run must leave the folder byte for
byte as it was.
"""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.io  # noqa: F401 - imported before a rehearsal, its functions are found too
from dressing import Stage, in_child

from whytorch.evidence.dress import Dress

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the overlay is for POSIX systems")


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
