"""Whole scripts: no error and no warning on a healthy one; on a broken one its mistake comes first,
on a line that a person would point at. Forks of a warm process; see tests/scripts/README.md."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import expectations
import pytest
import warm
from expectations import Expected

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(__file__).parent / "scripts"
HEALTHY = [*(SCRIPTS / "healthy").glob("*.py"), *(SCRIPTS / "healthy").glob("*/train.py")]
BROKEN = [*(SCRIPTS / "broken").glob("*.py")]
EXAMPLES = json.loads((ROOT / "examples" / "expected.json").read_text())


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", sorted(HEALTHY + BROKEN), ids=_name)
def test_script(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    expected = expectations.read(path)
    _check(expected, tmp_path, request)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_example(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    wanted = EXAMPLES[name]
    path = ROOT / "examples" / name
    code = path.read_text().splitlines()
    expected = Expected(
        path=path,
        id=None if wanted["expect"] == "nothing" else wanted["expect"],
        also=frozenset(wanted["also"]),
        lines=frozenset(n for n, line in enumerate(code, 1) if line.strip() in wanted["at"]),
        args=tuple(wanted["args"]),
        needs_data="{data}" in wanted["args"],
    )
    _check(expected, tmp_path, request)


def _check(expected: Expected, folder: Path, request: pytest.FixtureRequest) -> None:
    data = request.getfixturevalue("shared_data") if expected.needs_data else None
    args = [a.replace("{data}", str(data)) for a in expected.args]
    work = folder / "work"
    if expected.module:  # a package is copied whole and run from the folder above
        package = expected.path.parent
        shutil.copytree(package, work / package.name)
        target: Path | str = expected.module
    else:
        work.mkdir()
        target = Path(shutil.copy(expected.path, work))
    report = warm.diagnose(
        target,
        folder,
        args,
        cwd=work,
        before=warm.offline(data.parent / "offline") if data else None,
    )
    expectations.assert_as_expected(report, expected)
