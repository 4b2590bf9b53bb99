"""Report -> str: one module for each format, each with a function `render`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whytorch.records import Checked, Report

if TYPE_CHECKING:
    from whytorch.catalog import Check

FORMATS = ("terminal", "json", "html")
CHECK_FORMATS = ("text", "json", "sarif", "github")


def render(
    report: Report,
    format: str = "terminal",
    *,
    width: int = 80,
    color: bool = False,
    encoding: str = "utf-8",
) -> str:
    """The report as text. Width, colour and encoding only matter to what a person reads."""
    # Imported when asked for: rich is not needed to write JSON.
    if format == "json":
        from whytorch.reports import json

        return json.render(report)
    if format == "terminal":
        from whytorch.reports import terminal

        return terminal.render(report, width=width, color=color, encoding=encoding)
    if format == "html":
        from whytorch.reports import page

        return page.render(report)
    raise ValueError(f"no report format is called {format!r}; there is {', '.join(FORMATS)}")


def render_check(
    checked: Checked,
    format: str = "text",
    *,
    checks: Sequence[Check] = (),
    quiet: bool = False,
    encoding: str = "utf-8",
) -> str:
    """What a check of sources found, as text. `checks`: the rules that SARIF describes."""
    if format == "json":
        from whytorch.reports import check_json

        return check_json.render(checked)
    if format == "sarif":
        from whytorch.reports import sarif

        return sarif.render(checked, checks)
    if format == "github":
        from whytorch.reports import github

        return github.render(checked)
    if format == "text":
        from whytorch.reports import check_text

        return check_text.render(checked, quiet=quiet, encoding=encoding)
    raise ValueError(f"no format is called {format!r}; there is {', '.join(CHECK_FORMATS)}")
