"""Report -> str: one module for each format, each with a function `render`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from whytorch.records import Checked, Report

if TYPE_CHECKING:
    from whytorch.catalog import Check

# The one list of formats of a diagnosis: each with the module beside this file and its function.
_RENDERERS = {
    "terminal": ("terminal", "render"),
    "json": ("json", "render"),
    "html": ("page", "render"),
    "sarif": ("sarif", "of_report"),
    "github": ("github", "of_report"),
    "markdown": ("markdown", "render"),
    "junit": ("junit", "render"),
}
FORMATS = tuple(_RENDERERS)
CHECK_FORMATS = ("text", "json", "sarif", "github")
COMPARE_FORMATS = ("text", "json")


def render(
    report: Report,
    format: str = "terminal",
    *,
    width: int = 80,
    color: bool = False,
    encoding: str = "utf-8",
) -> str:
    """The report as text. Width, colour and encoding only matter to what a person reads."""
    if format not in _RENDERERS:
        raise ValueError(f"no report format is called {format!r}; there is {', '.join(FORMATS)}")
    name, function = _RENDERERS[format]
    # Imported when asked for: rich is not needed to write JSON.
    renderer = getattr(import_module(f"whytorch.reports.{name}"), function)
    how = {"width": width, "color": color, "encoding": encoding} if format == "terminal" else {}
    text: str = renderer(report, **how)
    return text


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
