"""Whatever a script does with files, in whatever order, a rehearsal answers as reality does.

Hypothesis makes up sequences of operations. Each is played in a dressed process and in an
ordinary one, in folders that hold the same; every value and every error must agree.
"""

from __future__ import annotations

import glob
import itertools
import multiprocessing
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from whytorch.evidence.dress import Dress

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the overlay is for POSIX systems")

PATHS = ("f", "g", "d", "d/f", "d/e", "d/e/f", "d/new", "l", "l/f", "lf", "d/../g", "d/e/.", "d/")


def _tree() -> Any:
    return sorted((top, sorted(folders), sorted(files)) for top, folders, files in os.walk("."))


def _inside(path: str) -> Any:
    home = os.getcwd()
    os.chdir(path)
    try:
        with open("inner", "a") as file:
            file.write("i")
        here = os.path.relpath(os.getcwd(), home), sorted(os.listdir()), Path("inner").read_text()
    finally:
        os.chdir(home)
    return here


def _write(path: str, mode: str) -> Any:
    with open(path, mode) as file:
        file.write(mode[0])
        return file.name


def _entries(path: str) -> Any:
    with os.scandir(path) as found:
        return sorted(
            (
                e.name,
                e.path,
                e.is_file(),
                e.is_dir(),
                e.is_dir(follow_symlinks=False),
                e.is_symlink(),
            )
            for e in found
        )


def _status(path: str) -> Any:
    found = os.lstat(path)
    size = found.st_size if stat.S_ISREG(found.st_mode) else None
    return stat.S_IFMT(found.st_mode), size, os.path.exists(path), os.path.isdir(path)


def _chmod(path: str) -> Any:
    if not os.path.isdir(path):
        os.chmod(path, 0o640)
        return os.stat(path).st_mode


def _utime(path: str) -> Any:
    if not os.path.isdir(path):
        os.utime(path, (7, 7))
        return os.stat(path).st_mtime


def _apart(work: Callable[[str, str], Any], source: str, target: str) -> Any:
    """A folder that is copied into itself is copied until its path is too long, or the stack."""
    inside = os.path.realpath(target) + "/"
    return None if inside.startswith(os.path.realpath(source) + "/") else work(source, target)


ONE: dict[str, Callable[[str], Any]] = {
    "read": lambda p: Path(p).read_text(),
    "w": lambda p: _write(p, "w"),
    "a": lambda p: _write(p, "a"),
    "x": lambda p: _write(p, "x"),
    "r+": lambda p: _write(p, "r+"),
    "mkdir": os.mkdir,
    "makedirs": lambda p: os.makedirs(p, exist_ok=True),
    "rmdir": os.rmdir,
    "unlink": os.unlink,
    "rmtree": shutil.rmtree,
    "listdir": lambda p: sorted(os.listdir(p)),
    "bytes": lambda p: sorted(os.listdir(os.fsencode(p))),
    "scandir": _entries,
    "glob": lambda p: sorted(glob.glob(p + "/**", recursive=True)),
    "status": _status,
    "realpath": lambda p: os.path.relpath(os.path.realpath(p), os.getcwd()),
    "readlink": os.readlink,
    "truncate": lambda p: os.truncate(p, 2),
    "chmod": _chmod,
    "utime": _utime,
    "touch": lambda p: Path(p).touch(),
    "inside": _inside,
    "access": lambda p: [os.access(p, mode) for mode in (os.F_OK, os.R_OK, os.W_OK)],
}
TWO: dict[str, Callable[[str, str], Any]] = {
    "rename": os.rename,
    "replace": os.replace,
    "copy": shutil.copy,
    "move": lambda a, b: _apart(shutil.move, a, b),
    "copytree": lambda a, b: _apart(partial(shutil.copytree, symlinks=True), a, b),
    "symlink": lambda a, b: os.symlink(os.path.basename(a), b),
    "link": lambda a, b: os.link(a, b),
}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(sorted(ONE)), st.sampled_from(PATHS)),
        st.tuples(st.sampled_from(sorted(TWO)), st.sampled_from(PATHS), st.sampled_from(PATHS)),
    ),
    min_size=1,
    max_size=12,
)


def play(steps: list[tuple[str, ...]]) -> list[Any]:
    """What each step gives: its value, or the kind of exception."""
    results: list[Any] = []
    for name, *paths in steps:
        try:
            results.append((ONE | TWO)[name](*paths))
        except OSError as problem:
            results.append((type(problem).__name__, problem.errno, problem.filename))
        except Exception as problem:
            results.append(repr(problem))
    results.append(_tree())
    for top, _, files in sorted(os.walk(".")):
        paths = sorted(os.path.join(top, name) for name in files)
        results += [(path, Path(path).read_text()) for path in paths if os.path.isfile(path)]
    return results


def _serve(pipe: Connection, scratch: Path | None) -> None:
    """Plays what comes through the pipe, dressed if there is a scratch folder."""
    if scratch is not None:
        Dress(scratch).install()
    while (request := pipe.recv()) is not None:
        folder, steps = request
        os.chdir(folder)
        pipe.send(play(steps))


NUMBERS = itertools.count()
Players = tuple[Path, list[Connection]]


@pytest.fixture(scope="module")
def players(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Players]:
    """A folder, and pipes to a dressed process and to an ordinary one."""
    root = tmp_path_factory.mktemp("model")
    context = multiprocessing.get_context("fork")
    pipes, processes = [], []
    for scratch in (root / "scratch", None):
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, scratch), daemon=True)
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    yield root, pipes
    for pipe, process in zip(pipes, processes, strict=True):
        pipe.send(None)
        process.join()


def _furnish(folder: Path) -> Path:
    (folder / "d" / "e").mkdir(parents=True)
    for name in ("f", "d/f", "d/e/f"):
        (folder / name).write_text(name * 3)
    (folder / "l").symlink_to("d")
    (folder / "lf").symlink_to("d/e/f")
    return folder


def _look(folder: Path) -> Any:
    found = sorted(folder.rglob("*"))
    return [
        (p, p.lstat().st_mode, p.lstat().st_mtime_ns, p.is_file() and p.read_bytes()) for p in found
    ]


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
@example(steps=[("copy", "f", "d"), ("rename", "l/f", "l"), ("a", "l/f")])
@example(steps=[("link", "d/f", "g"), ("move", "g", "f"), ("move", "f", "d/f")])
@example(steps=[("rmtree", "d"), ("mkdir", "d"), ("a", "d/f"), ("rename", "d", "g")])
@example(steps=[("move", "d", "g"), ("a", "d"), ("makedirs", "d/")])
def test_any_sequence_agrees_with_reality(players: Players, steps: list[tuple[str, ...]]) -> None:
    root, (dressed, ordinary) = players
    place = root / str(next(NUMBERS))
    users, reality = _furnish(place / "user"), _furnish(place / "real")
    before = _look(users)
    dressed.send((users, steps))
    ordinary.send((reality, steps))
    got, wanted = dressed.recv(), ordinary.recv()
    for step, one, other in zip([*steps, "at the end"], got, wanted, strict=False):
        assert one == other, step
    assert got == wanted
    assert _look(users) == before
    shutil.rmtree(place)
