"""Report -> str: one module for each format, each with a function `render`."""

from __future__ import annotations

from whytorch.records import Report

FORMATS = ("terminal", "json")


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
    raise ValueError(f"no report format is called {format!r}; there is {', '.join(FORMATS)}")
