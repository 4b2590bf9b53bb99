"""A diff as replacements: applied to the old text, they give the new one."""

from __future__ import annotations

import difflib

from hypothesis import given
from hypothesis import strategies as st

from whytorch.records import Fix
from whytorch.reports._changes import changes

LINE = st.sampled_from(["a", "b", "", "  c", "-- d", "++ e", "-- a/x", "@@ -1,2 +1,2 @@", "+"])


def applied(lines: list[str], fix: Fix) -> list[str]:
    text = "\n".join(lines) + "\n"
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for change in reversed(list(changes(fix))):
        assert change.path == "x.py"
        begin = starts[change.line - 1] + change.column
        end = starts[change.end_line - 1] + change.end_column
        assert begin <= end
        text = text[:begin] + change.text + text[end:]
    return text[:-1].split("\n")


@given(st.lists(LINE, min_size=1, max_size=12), st.lists(LINE, min_size=1, max_size=12))
def test_replacements_make_the_new_text(old: list[str], new: list[str]) -> None:
    rows = difflib.unified_diff(
        [f"{x}\n" for x in old], [f"{x}\n" for x in new], "a/x.py", "b/x.py"
    )
    assert applied(old, Fix("", diff="".join(rows))) == new


def test_a_broken_diff_is_no_fault() -> None:
    assert list(changes(Fix("", diff="--- a/x\n@@ -1,9 +1,9 @@\n a\n"))) == []
    assert list(changes(Fix("", diff="nothing"))) == list(changes(Fix(""))) == []
