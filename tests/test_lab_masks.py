"""Masks of 0 and 255 in a Dice loss of the script's own: seen by the lab's tape."""

from __future__ import annotations

from pathlib import Path

import warm

from whytorch.records import Report

RIGHT = (Path(__file__).parent / "cases" / "target-encoding-mismatch" / "right_dice.py").read_text(
    encoding="utf-8"
)
MASKS = RIGHT.replace("images > 7", "(images > 7) * 255")


def diagnose(folder: Path, text: str) -> Report:
    path = folder / "train.py"
    path.write_text(text)
    return warm.diagnose(path, folder, lab=True)


def test_a_dice_loss_of_masks_of_0_and_255_is_named_at_the_product(tmp_path: Path) -> None:
    assert MASKS != RIGHT
    first = diagnose(tmp_path, MASKS).findings[0]
    assert (first.id, first.severity) == ("target-encoding-mismatch", "error")
    line = MASKS.splitlines()[first.places[0].line - 1]
    assert "chances * masks" in line


def test_a_dice_loss_of_masks_of_0_and_1_is_left_alone(tmp_path: Path) -> None:
    report = diagnose(tmp_path, RIGHT)
    assert not report.findings
