"""Lets the tests of this folder import what they share, and gives them two saved runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of a saved run of a broken script, and of a right one."""
    import page_runs  # it needs torch; most tests here do not

    folder = tmp_path_factory.mktemp("page")
    made = page_runs.broken(folder), page_runs.healthy(folder)
    return Path(made[0].saved or ""), Path(made[1].saved or "")
