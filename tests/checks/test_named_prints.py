"""What a print of the source shows of the line that it printed (checks/evaluation/_named.py)."""

from __future__ import annotations

import ast
import re

import pytest

from whytorch.checks.evaluation._named import _layout

PRINTS = [
    ("print('val acc: {:.3f}\\n'.format(acc))", "val acc: 0.912", ["acc"]),
    ("print('\\nTest set: loss {:.4f} ({:.0f}%)\\n'.format(loss, part))",
     "\nTest set: loss 0.1234 (97%)", ["loss", "part"]),
    ("print('%d of %d ' % (right, n))", "3 of 9", ["right", "n"]),
    ("print(epoch, round(val_acc, 4))", "4 0.8125", ["epoch", "val_acc"]),
    ("print(f'{epoch}: {acc:.2f}\\t')", "4: 0.81", ["epoch", "acc"]),
    ("print(acc, 'C:\\\\', '')", "0.81 C:\\", ["acc"]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "line", "names"), PRINTS)
def test_the_values_of_a_line_get_the_names_that_are_printed(
    code: str, line: str, names: list[str]
) -> None:
    call = ast.parse(code).body[0].value  # type: ignore[attr-defined]
    pattern, found = _layout(call)
    assert found == names
    shown = re.fullmatch(pattern, line.rstrip())
    assert shown is not None and len(shown.groups()) == len(names)
