"""A check's own page, as text: what `whytorch explain ID` shows."""

from __future__ import annotations

import textwrap

from whytorch.catalog import Check

INDENT = "  "


def render(check: Check) -> str:
    """Title, the sections in their order, and the two examples."""
    parts = [f"{check.title}\n{check.id}, in {check.area}"]
    examples = {"Example of the mistake": check.bad, "Without the mistake": check.good}
    for heading, text in {**check.sections, **examples}.items():
        parts.append(f"{heading}\n{textwrap.indent(text.strip(chr(10)), INDENT)}")
    return "\n\n".join(parts) + "\n"
