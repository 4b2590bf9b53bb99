"""What is mended beyond each check's BAD (see test_every_check), and what is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import expectations
import mended
import pytest
from mended import CHECKS
from msgspec.structs import replace

from whytorch import fixes, script

MENDING = sorted(id for id, check in CHECKS.items() if check.fix is not None)


def _cases() -> list[Path]:
    """The broken cases of what can be mended. All of them take ten minutes: where asked for."""
    if not os.environ.get("WHYTORCH_EVERY_CASE"):
        return []
    cases = sorted((Path(__file__).parents[1] / "cases").glob("*/*.py"))
    return [p for p in cases if p.parent.name in MENDING and expectations.read(p).id is not None]


@pytest.mark.parametrize("case", _cases(), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_case_that_is_mended_is_mended_well(case: Path, tmp_path: Path) -> None:
    id, args = case.parent.name, expectations.read(case).args
    path = tmp_path / "train.py"
    path.write_bytes(case.read_bytes())
    made = mended.repair_of(id, *mended.diagnosed(path, tmp_path / "before", args))
    if made is None:
        pytest.skip("takes a person")
    mended.assert_gone(id, made, path, tmp_path / "after", args)


def test_advice_is_not_written_into_the_source(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(CHECKS["missing-zero-grad"].bad.lstrip("\n"), encoding="utf-8")
    report, source = mended.diagnosed(path, tmp_path / "run")
    advice = [replace(f, severity="advice", fix=None) for f in report.findings]
    assert all(f.fix is None for f in fixes.planned(advice, CHECKS, source))


def test_the_source_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(CHECKS["missing-zero-grad"].bad.lstrip("\n"), encoding="utf-8")
    before = path.read_bytes()
    mended.planned(*mended.diagnosed(path, tmp_path / "run"))
    assert path.read_bytes() == before
    assert script.read(str(path)).files


def test_the_default_of_an_option_is_edited_and_said(tmp_path: Path) -> None:
    bad = CHECKS["learning-rate-too-high"].bad
    option = (
        "import argparse\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--lr', type=float, default=0.3)  # rate\n"
        "args = parser.parse_args()\n"
    )
    path = tmp_path / "train.py"
    path.write_text(option + bad.replace("lr=0.3", "lr=args.lr"), encoding="utf-8")
    found = mended.planned(*mended.diagnosed(path, tmp_path / "run"))
    fix = next(f.fix for f in found if f.id == "learning-rate-too-high")
    assert fix is not None and fix.diff is not None
    assert "-parser.add_argument('--lr', type=float, default=0.3)  # rate\n" in fix.diff
    assert "it is the default of an option" in fix.says


def test_the_training_part_asked_for_twice_becomes_the_test_part(tmp_path: Path) -> None:
    case = Path(__file__).parents[1] / "cases/evaluated-on-training-data/the_training_part_twice.py"
    path = tmp_path / "train.py"
    text = case.read_text(encoding="utf-8")
    for part in ("train_dataset", "test_dataset"):  # the test part has fewer samples than `small`
        text = text.replace(f"Subset({part}, small)", part)
    path.write_text(text, encoding="utf-8")
    id = "evaluated-on-training-data"
    made = mended.repair_of(id, *mended.diagnosed(path, tmp_path / "before"))
    assert made is not None
    assert "+test_dataset = Digits('.', train=False, transform=lambda x: x / 16)" in made.diff
    assert made.diff.count("\n+") == 2  # with the line that names the file
    mended.assert_gone(id, made, path, tmp_path / "after")
