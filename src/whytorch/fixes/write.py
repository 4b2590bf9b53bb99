"""The one place where a file of the user is changed: when asked to, at once or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from whytorch.fixes.apply import Refused, Repair
from whytorch.records import Touched


def write(repair: Repair, diagnosed: Sequence[Touched]) -> None:
    """Put the repaired files in the place of the old ones.

    Raises `Refused`, with nothing written, if a file is not what was diagnosed, or cannot be
    written. A symbolic link stays one; permissions stay.
    """
    known = {one.absolute: one.sha256 for one in diagnosed}
    staged: list[tuple[Path, Path]] = []
    try:
        for file in repair.files:
            if hashlib.sha256(file.before).hexdigest() != known.get(str(file.absolute)):
                raise Refused(f"{file.path} has changed since it was diagnosed; diagnose it again")
            target = Path(os.path.realpath(file.absolute))
            if not os.access(target, os.W_OK):
                raise Refused(f"{file.path} is read-only; apply the diff by hand")
            staged.append((_stage(target, file.after), target))
        for part, target in staged:
            part.replace(target)
    except OSError as error:
        raise Refused(f"nothing was written: {error.strerror or error}") from None
    finally:
        for part, _ in staged:
            part.unlink(missing_ok=True)


def _stage(target: Path, data: bytes) -> Path:
    """The new text beside the old file, complete and on the disk."""
    handle, name = tempfile.mkstemp(prefix=".whytorch-", suffix=".part", dir=target.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    shutil.copymode(target, name)
    return Path(name)
