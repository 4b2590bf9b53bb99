"""Where `--output` goes: refused before minutes are spent, and written at once or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from whytorch.arguments import UsageError


def refuse(output: str | None) -> None:
    """Raise `UsageError` if the report could not be written to `output`; leaves no trace."""
    if output is None:
        return
    path = Path(output)
    try:
        if path.is_dir():
            raise UsageError(f"--output {output}: this is a folder; name a file in it")
        if not path.parent.is_dir():
            raise UsageError(f"--output {output}: the folder {path.parent} does not exist")
        if path.is_file() or not path.exists():  # opening a pipe would wait for its reader
            existed = path.exists()
            path.open("ab").close()
            if not existed:
                path.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"--output {output}: cannot be written: {reason}") from None


def save(text: str, path: Path) -> None:
    """Write at once or not at all, so that a full disk leaves the former report as it was."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    path = path.resolve()
    part = path.with_name(f".whytorch-{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        if path.exists():
            from shutil import copymode

            copymode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
