"""Every check on its own examples and cases: BAD speaks, first and on its line, and is mended, if
the check mends; GOOD is silent, so that nothing of it is edited (only errors and warnings are)."""

from __future__ import annotations

from pathlib import Path

import expectations
import mended
import pytest
import warm
from expectations import Expected

from whytorch import catalog

CASES = Path(__file__).parent / "cases"
CHECKS = {check.id: check for check in catalog.load_catalog()}


@pytest.mark.parametrize("id", sorted(CHECKS))
def test_bad_speaks_on_its_marked_line_and_is_mended(id: str, tmp_path: Path) -> None:
    path = _written(tmp_path, CHECKS[id].bad)
    expected = expectations.read(path)
    wanted = Expected(path, id, frozenset(), expected.lines, (), False)
    assert wanted.lines
    report, source = mended.diagnosed(path, tmp_path / "before")
    expectations.assert_as_expected(report, wanted)
    if CHECKS[id].fix is not None:
        made = mended.repair_of(id, report, source)
        assert made is not None
        mended.assert_gone(id, made, path, tmp_path / "after")


@pytest.mark.parametrize("id", sorted(CHECKS))
def test_good_is_silent(id: str, tmp_path: Path) -> None:
    path = _written(tmp_path, CHECKS[id].good)
    healthy = Expected(path, None, frozenset(), frozenset(), (), False)
    expectations.assert_as_expected(warm.diagnose(path, tmp_path), healthy)


def _written(folder: Path, text: str) -> Path:
    path = folder / "train.py"
    path.write_text(text.lstrip("\n"), encoding="utf-8")
    return path


def _cases() -> list[Path]:
    return sorted(CASES.glob("*/*.py"))


def test_every_check_has_cases_of_both_kinds() -> None:
    lacking = {}
    for id in CHECKS:
        kinds = [expectations.read(p).id is None for p in CASES.glob(f"{id}/*.py")]
        if kinds.count(True) < 2 or kinds.count(False) < 2:
            lacking[id] = f"{kinds.count(False)} faulty, {kinds.count(True)} right"
    assert not lacking


@pytest.mark.parametrize("path", _cases(), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_case(path: Path, tmp_path: Path) -> None:
    expected = expectations.read(path)
    assert expected.id in (None, path.parent.name), "a case lies in the folder of its mistake"
    report = warm.diagnose(path, tmp_path, expected.args)
    expectations.assert_as_expected(report, expected)
