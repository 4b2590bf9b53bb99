"""Outputs that are never right are spoken of, and not where later tasks need them."""

from __future__ import annotations

from pathlib import Path

import warm

CASES = Path(__file__).parents[1] / "cases" / "output-count-mismatch"


def test_outputs_for_the_classes_of_later_tasks_are_not_spare(tmp_path: Path) -> None:
    report = warm.diagnose(CASES / "right_two_new_classes_a_task.py", tmp_path)
    assert "output-count-mismatch" not in [f.id for f in report.findings]


def test_outputs_beyond_all_classes_are(tmp_path: Path) -> None:
    text = (CASES / "right_two_new_classes_a_task.py").read_text()
    path = tmp_path / "train.py"
    path.write_text(text.replace("nn.Linear(80, 10)", "nn.Linear(80, 25)"))
    report = warm.diagnose(path, tmp_path / "run")
    spare = next(f for f in report.findings if f.id == "output-count-mismatch")
    assert spare.severity == "advice"
    assert spare.measured == {"outputs": 25, "classes": 10}
