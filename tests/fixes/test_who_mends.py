"""Every mistake can be mended by a machine, or has code that a person fits and pastes."""

from __future__ import annotations

import ast
from pathlib import Path

from whytorch import catalog
from whytorch.reports import explain

CHECKS = catalog.load_catalog()
PAGE = Path(__file__).parents[2] / "docs" / "repairs.md"


def test_each_has_a_fix_or_code_to_paste() -> None:
    assert [c.id for c in CHECKS if c.fix is None and not c.paste] == []
    assert sum(c.fix is not None for c in CHECKS) >= 85


def test_code_to_paste_is_python() -> None:
    for check in CHECKS:
        ast.parse(check.paste)


def test_the_page_names_them_all() -> None:
    """`python -c "from whytorch import catalog; from whytorch.reports import explain;
    print(explain.repairs(catalog.load_catalog()), end='')" > docs/repairs.md` writes it."""
    assert PAGE.read_text(encoding="utf-8") == explain.repairs(CHECKS)


def test_explain_says_who_mends_it() -> None:
    by_id = {check.id: check for check in CHECKS}
    assert "Repair\n  whytorch fix writes it: safe" in explain.render(by_id["missing-zero-grad"])
    assert "by hand" in explain.render(by_id["mislabeled-samples"])
