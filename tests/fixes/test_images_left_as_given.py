"""What a loop does to good images is taken out, of every loop that does it."""

from __future__ import annotations

from pathlib import Path

import mended
import pytest

CASES = Path(__file__).parents[1] / "cases"


@pytest.mark.parametrize(
    ("id", "case", "line"),
    [
        ("unsuitable-normalization", "shifted_in_both_loops", "images = (images - 30)"),
        ("degenerate-images", "blanked_in_a_method", "pictures = pictures * 0"),
        ("degenerate-images", "blanked_before_they_are_handed_on", "pictures = pictures * 0"),
        ("misaligned-images-and-labels", "labels_shuffled_as_handed_on", "torch.randperm(len"),
    ],
)
def test_the_change_goes(id: str, case: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_bytes((CASES / id / f"{case}.py").read_bytes())
    made = mended.repair_of(id, *mended.diagnosed(path, tmp_path / "before"))
    assert made is not None and line not in made.files[0].after.decode()
    mended.assert_gone(id, made, path, tmp_path / "after")
