"""Raw scores in a Dice loss of the script's own: seen by the lab's tape."""

from __future__ import annotations

from pathlib import Path

import warm

from whytorch.records import Report

CASES = Path(__file__).parent / "cases" / "unsuitable-activation"
SHARES = (CASES / "right_dice_of_shares.py").read_text(encoding="utf-8")
MASKED = (CASES / "right_masked_scores.py").read_text(encoding="utf-8")
RAW = SHARES.replace("net(x[i]).sigmoid()", "net(x[i])")


def diagnose(folder: Path, text: str) -> Report:
    path = folder / "train.py"
    path.write_text(text)
    return warm.diagnose(path, folder, lab=True)


def test_a_dice_loss_of_raw_scores_is_named_at_its_division(tmp_path: Path) -> None:
    assert RAW != SHARES
    first = diagnose(tmp_path, RAW).findings[0]
    assert (first.id, first.severity) == ("unsuitable-activation", "warning")
    assert "(2 * both + eps) / (" in RAW.splitlines()[first.places[0].line - 1]
    assert "sigmoid" in str(first.fix)


def test_a_dice_loss_of_shares_is_left_alone(tmp_path: Path) -> None:
    assert not [f for f in diagnose(tmp_path, SHARES).findings if f.severity != "advice"]


def test_masked_errors_and_a_loss_by_hand_are_left_alone(tmp_path: Path) -> None:
    assert not [f for f in diagnose(tmp_path, MASKED).findings if f.severity != "advice"]
