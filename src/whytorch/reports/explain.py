"""A check's own page: as text, which `whytorch explain ID` shows, and as Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from whytorch.catalog import Check

INDENT = "  "


def render(check: Check) -> str:
    """Title, the sections in their order, and the two examples."""
    parts = [f"{check.title}\n{check.id}, in {check.area}"]
    mended = "whytorch fix writes it" if check.fix is not None else "by hand"
    repair = {"Repair": f"{mended}: {_told(check)}"}
    examples = {"Example of the mistake": check.bad, "Without the mistake": check.good}
    for heading, text in {**check.sections, **repair, **examples}.items():
        parts.append(f"{heading}\n{textwrap.indent(text.strip(chr(10)), INDENT)}")
    return "\n\n".join(parts) + "\n"


def markdown(check: Check) -> str:
    """The page as Markdown; what the check says is plain text and stays so."""
    parts = [f"# {escaped(check.title)}", f"`{check.id}`, in {check.area}"]
    parts += [f"## {heading}\n\n{escaped(text)}" for heading, text in check.sections.items()]
    parts += [f"## Example of the mistake\n\n```python\n{check.bad.strip()}\n```"]
    parts += [f"## Without the mistake\n\n```python\n{check.good.strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """`text` with nothing in it that Markdown would take for markup, but for code and lists."""
    parts = re.split(r"(`[^`\n]+`)", text.strip("\n"))
    parts[::2] = (re.sub(r"([\\*_<>\[\]#|~])", r"\\\1", part) for part in parts[::2])
    return "".join(parts)


def repairs(checks: Iterable[Check]) -> str:
    """The page of the documentation that says which mistakes a machine can mend, and how far."""
    rows = []
    for check in checks:
        who = "a person" if check.fix is None else "a machine"
        rows.append(f"| `{check.id}` | {who} | {_told(check, inline=True)} |")
    return _PAGE + "\n".join(rows) + "\n"


_PAGE = """\
# Who mends it

`whytorch fix` writes what a machine can mend. *Safe* edits cannot change what a right script does;
of the others the reason why they could is given, and `--write` leaves them out without
`--unsafe-fixes`. Where a choice is due (which labels are wrong, how to split) the report has the
code to paste. A repair is offered where the finding at hand can be mended so; else the report says
what to write. This page is made from the checks (`tests/fixes/test_who_mends.py`).

| mistake | who mends it | safe |
|---|---|---|
"""


def _told(check: Check, inline: bool = False) -> str:
    if check.fix is None:
        return "code to paste" if inline else f"paste and fit\n\n{check.paste}"
    return f"no: {check.unsafe}" if check.unsafe else ("yes" if inline else "safe")
