"""What the source alone proves: each check that claims so finds its BAD, and no right script."""

from __future__ import annotations

from pathlib import Path

import expectations
import pytest

from whytorch import catalog, script
from whytorch.evidence.source import read_source
from whytorch.records import Finding

HERE = Path(__file__).parent
SUSPECTING = {check.id: check for check in catalog.load_catalog() if check.suspect}
RIGHT = sorted(
    path
    for folder in ("cases", "scripts/healthy", "fragments")
    for path in (HERE / folder).rglob("*.py")
    if path.stat().st_size and (folder == "scripts/healthy" or expectations.read(path).id is None)
)
FRAGMENTS = sorted((HERE / "fragments").glob("*/*.py"))


@pytest.fixture(autouse=True)
def broken_checks_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHYTORCH_RAISE", "1")


def suspected(path: Path) -> list[Finding]:
    source = read_source(script.read(str(path)))
    return [f for check in SUSPECTING.values() for f in catalog.suspect(check, source)]


@pytest.mark.parametrize("id", sorted(SUSPECTING))
def test_the_source_of_bad_is_enough_and_that_of_good_is_not(id: str, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.py", tmp_path / "good.py"
    bad.write_text(SUSPECTING[id].bad.lstrip("\n"), encoding="utf-8")
    good.write_text(SUSPECTING[id].good.lstrip("\n"), encoding="utf-8")
    found = [f for f in suspected(bad) if f.id == id]
    assert found and found[0].severity != "advice" and found[0].grade == "suspected"
    assert found[0].places[0].line in expectations.read(bad).lines
    assert not suspected(good)


@pytest.mark.parametrize("path", RIGHT, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_nothing_is_suspected_in_a_right_script(path: Path) -> None:
    also = expectations.read(path).also
    found = [f for f in suspected(path) if f.severity != "advice" and f.id not in also]
    assert not found, [(f.id, str(f.places[0]), f.says) for f in found]


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_fragment(path: Path) -> None:
    """Parts of scripts as people post them: imports, data or the model may be missing."""
    expected = expectations.read(path)
    if expected.id is not None:
        found = [f for f in suspected(path) if f.id == expected.id]
        assert found, "nothing suspected"
        assert {f.places[0].line for f in found} <= expected.lines
