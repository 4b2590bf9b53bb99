"""Every check that mends: on its BAD the edits apply, the result runs, and the mistake is gone."""

from __future__ import annotations

import os
from pathlib import Path

import expectations
import pytest
import warm
from msgspec.structs import replace

from whytorch import catalog, fixes, script
from whytorch.evidence.source import Source
from whytorch.records import Finding

CHECKS = {check.id: check for check in catalog.load_catalog()}
MENDING = sorted(id for id, check in CHECKS.items() if check.fix is not None)


def findings_of(
    path: Path, folder: Path, args: tuple[str, ...] = ()
) -> tuple[list[Finding], Source, bool]:
    from whytorch import pipeline

    folder.mkdir(exist_ok=True)
    evidence = warm.evidence_of(path, folder, args)
    report = pipeline.judge(evidence, catalog.load_catalog())
    source = evidence[Source]
    return (
        list(fixes.planned(report.findings, CHECKS, source)),
        source,
        report.run.exit == "finished",
    )


def test_many_checks_mend() -> None:
    assert len(MENDING) >= 85


def _cases() -> list[Path]:
    """The broken cases of what can be mended. All of them take ten minutes: where asked for."""
    if not os.environ.get("WHYTORCH_EVERY_CASE"):
        return []
    cases = sorted((Path(__file__).parents[1] / "cases").glob("*/*.py"))
    return [p for p in cases if p.parent.name in MENDING and expectations.read(p).id is not None]


@pytest.mark.parametrize("id", MENDING)
def test_the_mistake_is_gone_once_it_is_mended(
    id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHYTORCH_RAISE", "1")
    path = tmp_path / "train.py"
    path.write_text(CHECKS[id].bad.lstrip("\n"), encoding="utf-8")
    mended = _mended(id, path, tmp_path)
    assert mended is not None


@pytest.mark.parametrize("case", _cases(), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_case_that_is_mended_is_mended_well(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHYTORCH_RAISE", "1")
    path = tmp_path / "train.py"
    path.write_bytes(case.read_bytes())
    if _mended(case.parent.name, path, tmp_path, expectations.read(case).args) is None:
        pytest.skip("takes a person")


def _mended(id: str, path: Path, folder: Path, args: tuple[str, ...] = ()) -> str | None:
    """The diff, if there is one; and then the mistake is gone."""
    found, source, _ = findings_of(path, folder / "before", args)
    mine = next((f for f in found if f.id == id and f.severity != "advice"), None)
    if mine is None or mine.fix is None or not mine.fix.diff:
        return None
    made = fixes.repair([mine.fix.edits], fixes.finder(source))
    assert [file.absolute for file in made.files] == [path]
    path.write_bytes(made.files[0].after)
    after, _, finished = findings_of(path, folder / "after", args)
    assert finished, made.diff
    assert id not in {f.id for f in after if f.severity != "advice"}, made.diff
    return made.diff


@pytest.mark.parametrize("id", MENDING)
def test_a_right_script_is_not_edited(id: str, tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(CHECKS[id].good.lstrip("\n"), encoding="utf-8")
    found, _, _ = findings_of(path, tmp_path / "run")
    assert [f.id for f in found if f.fix is not None and f.fix.edits] == []


def test_advice_is_not_written_into_the_source(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(CHECKS["missing-zero-grad"].bad.lstrip("\n"), encoding="utf-8")
    found, source, _ = findings_of(path, tmp_path / "run")
    advice = [replace(f, severity="advice", fix=None) for f in found]
    assert all(f.fix is None for f in fixes.planned(advice, CHECKS, source))


def test_the_source_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(CHECKS["missing-zero-grad"].bad.lstrip("\n"), encoding="utf-8")
    before = path.read_bytes()
    findings_of(path, tmp_path / "run")
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
    found, _, _ = findings_of(path, tmp_path / "run")
    fix = next(f.fix for f in found if f.id == "learning-rate-too-high")
    assert fix is not None and fix.diff is not None
    assert "-parser.add_argument('--lr', type=float, default=0.3)  # rate\n" in fix.diff
    assert "it is the default of an option" in fix.says
