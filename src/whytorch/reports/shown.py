"""A report that shows itself: in a notebook as rich HTML, elsewhere as the terminal's text."""

from __future__ import annotations

import sys
from typing import Any

from whytorch.records import Report


class Shown(Report, frozen=True):
    """A `Report` with a face; its fields are the same."""

    def __str__(self) -> str:
        from whytorch.reports import terminal

        return terminal.render(self, encoding=getattr(sys.stdout, "encoding", None) or "ascii")

    def _repr_html_(self) -> str:
        from whytorch.reports import fragment

        return fragment.render(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def shown(report: Report) -> Shown:
    """The same report, with a face."""
    fields = {name: getattr(report, name) for name in report.__struct_fields__}
    return Shown(**fields)
