"""A layer that is never called, its twin called twice: the second call gets its name."""

from __future__ import annotations

from pathlib import Path

from mended import assert_gone, diagnosed, repair_of

CASE = Path(__file__).parents[1] / "cases/computed-but-unused/third_block_called_twice.py"
ID = "computed-but-unused"


def test_the_second_call_gets_the_name_that_nobody_calls(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(CASE.read_text(encoding="utf-8"))
    report, source = diagnosed(path, tmp_path / "first")
    repair = repair_of(ID, report, source)
    assert repair is not None
    assert "+        x = self.unit4(self.pool(x))" in repair.diff
    assert_gone(ID, repair, path, tmp_path / "second")
