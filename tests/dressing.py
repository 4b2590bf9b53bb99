"""A user's folder in which a function runs twice, dressed and for real: both must agree, and the
dressed run must leave the folder byte for byte as it was."""

from __future__ import annotations

import os
import pickle
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torchvision.io  # noqa: F401 - imported before a rehearsal, its functions are found too

from whytorch.evidence.dress import Dress


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
