"""Fixtures of the tests of evidence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whytorch.evidence.source import Source, read_source
from whytorch.script import read


@pytest.fixture
def says(tmp_path: Path) -> Any:
    """The source of a script `train.py`, with the project's other files by path."""

    def make(code: str | bytes, *args: str, files: dict[str, str] | None = None) -> Source:
        for name, content in {"train.py": code, **(files or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_source(read("train.py", args, cwd=tmp_path))

    return make


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Any]:
    """A user's folder and a scratch folder beside it."""
    from dressing import Stage  # which imports torch

    made = Stage(tmp_path)
    yield made
    shutil.rmtree(made.scratch, ignore_errors=True)
