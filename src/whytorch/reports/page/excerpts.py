"""The lines of source around each place of a report, kept beside the saved run."""

from __future__ import annotations

from pathlib import Path

import msgspec

from whytorch.records import Report
from whytorch.reports._text import SourceLine, source_around

FILE = "excerpts.json"
CONTEXT = 3  # lines before and after
Excerpts = dict[str, tuple[SourceLine, ...]]  # by place, as it is written


def excerpts(report: Report) -> Excerpts:
    """As they were when the run was made; from the source as it is now, where none were kept."""
    path = Path(report.saved) / FILE if report.saved else None
    if path is not None and path.is_file():
        try:
            return msgspec.json.decode(path.read_bytes(), type=Excerpts)
        except (OSError, msgspec.DecodeError, UnicodeError, RecursionError):
            pass
    return read(report)


def read(report: Report) -> Excerpts:
    """From the source, which has to be there."""
    places = {str(place): place for finding in report.findings for place in finding.places}
    return {name: tuple(source_around(place, CONTEXT)) for name, place in places.items()}


def keep(report: Report, folder: Path) -> None:
    """Beside the saved run. Raises OSError where that cannot be written."""
    (folder / FILE).write_bytes(msgspec.json.encode(read(report)))
