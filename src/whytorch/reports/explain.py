"""A check's own page: as text, which `whytorch explain ID` shows, and as Markdown."""

from __future__ import annotations

import re
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
