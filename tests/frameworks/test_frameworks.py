"""Scripts in the style of each framework's own tutorials, unchanged but for the mistake: a sound
one gets no error and no warning, a broken one its mistake first, on its line in the user's file."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import expectations
import pytest
import warm

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
# Imported before the forks: 2 to 4 seconds each. fastai changes torch's classes: only in its forks.
LARGE = {"lightning": "lightning.pytorch", "transformers": "transformers.trainer"}


def header(path: Path, key: str) -> str:
    """`# key: value` among the first lines of a script."""
    found = re.search(rf"^# {key}: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)
def test_a_script_of_a_framework(path: Path, tmp_path: Path) -> None:
    for needed in header(path, "needs").split():
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
        importlib.import_module(LARGE.get(needed, "torch"))
    expected = expectations.read(path)
    report = warm.diagnose(path, tmp_path)
    expectations.assert_as_expected(report, expected)
    for finding in report.findings:
        assert all(p.path.endswith(path.name) for p in finding.places), finding.places
    first = next(iter(report.findings), None)
    told = first.fix.says if first is not None and first.fix is not None else ""
    assert header(path, "change") in told


def test_each_framework_has_sound_and_broken_scripts() -> None:
    sound = {p.stem.split("_")[0] for p in SCRIPTS if expectations.read(p).id is None}
    broken = [p.stem.split("_")[0] for p in SCRIPTS if expectations.read(p).id is not None]
    assert sound == {
        "accelerate", "fastai", "ignite", "lightning", "skorch", "timm", "transformers",
    }  # fmt: skip
    assert all(broken.count(name) >= 3 for name in sound)
    assert all(header(p, "needs") for p in SCRIPTS)
