"""Terms of a loss without a way back to the weights, or of another size than the rest; the tape
sees them: a lab is asked for."""

from __future__ import annotations

from pathlib import Path

import expectations
import pytest
import warm

SCRIPTS = sorted((Path(__file__).parent / "terms").glob("*.py"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)
def test_a_term_that_is_cut_off_is_told_and_one_that_is_meant_is_not(
    path: Path, tmp_path: Path
) -> None:
    report = warm.diagnose(path, tmp_path, lab=0.1)
    expectations.assert_as_expected(report, expectations.read(path))
