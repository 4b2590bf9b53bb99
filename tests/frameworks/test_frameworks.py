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


@pytest.mark.parametrize(
    ("name", "short", "long"),
    [
        ("lightning", "max_epochs=8", "max_epochs=500"),
        ("transformers", "num_train_epochs=4", "num_train_epochs=500"),
        ("ignite", "epochs=8", "epochs=500"),
        ("skorch", "max_epochs=10", "max_epochs=500"),
    ],
)
def test_what_follows_a_long_training_is_reached(
    name: str, short: str, long: str, tmp_path: Path
) -> None:
    """The loop over the epochs is the framework's, and ends early in the framework's own way."""
    text = (Path(__file__).parent / "scripts" / f"{name}_ok.py").read_text(encoding="utf-8")
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    importlib.import_module(LARGE.get(name, "torch"))
    assert text.count(short) == 1
    patient = re.sub(r"patience=\d+|EarlyStopping\(5", lambda m: m[0] + "00", text)
    path = tmp_path / "train.py"
    path.write_text(patient.replace(short, long) + 'print("the last line")\n', encoding="utf-8")
    rehearsed = warm.rehearse(path, tmp_path / "run", budget=6.0)
    assert "the last line" in rehearsed.output


def test_each_framework_has_sound_and_broken_scripts() -> None:
    sound = {p.stem.split("_")[0] for p in SCRIPTS if expectations.read(p).id is None}
    broken = [p.stem.split("_")[0] for p in SCRIPTS if expectations.read(p).id is not None]
    assert sound == {
        "accelerate", "fastai", "ignite", "lightning", "skorch", "timm", "transformers",
    }  # fmt: skip
    assert all(broken.count(name) >= 3 for name in sound)
    assert all(header(p, "needs") for p in SCRIPTS)
