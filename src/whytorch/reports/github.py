"""What was found, as GitHub's workflow commands: annotations at the lines of a pull request."""

from __future__ import annotations

from whytorch.records import Checked, Finding, Place, Report, Unread
from whytorch.reports._text import clean, sentence

_COMMANDS = {"error": "error", "warning": "warning", "advice": "notice"}


def render(checked: Checked) -> str:
    """One line a finding, and one for each file that could not be read."""
    lines = [_finding(finding) for finding in checked.findings]
    lines += [_unread(unread) for unread in checked.unread]
    return "".join(f"{line}\n" for line in lines)


def of_report(report: Report) -> str:
    """The verdict of a diagnosis, where no finding says it, and one line a finding."""
    kind = {"nothing-found": "notice", "mistake": ""}.get(report.verdict.kind, "warning")
    told = sentence(report.verdict.headline)
    lines = [_command(kind, None, "whytorch", told)] if kind else []
    lines += [_finding(finding) for finding in report.findings]
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding) -> str:
    said = sentence(finding.says)
    if finding.fix is not None:
        said += f"\n{sentence(finding.fix.says)}"
    place = finding.places[0] if finding.places else None
    if place is not None and place.cell is not None:
        said = f"cell {place.cell}, line {place.line}: {said}"
    title = f"whytorch {finding.id}: {sentence(finding.title)}"
    return _command(_COMMANDS[finding.severity], place, title, said)


def _unread(unread: Unread) -> str:
    place = unread.place or Place(unread.path, 1)
    return _command("warning", place, "whytorch: not read", sentence(unread.reason))


def _command(kind: str, place: Place | None, title: str, message: str) -> str:
    told: dict[str, object] = {}
    if place is not None:
        told["file"] = place.path.replace("\\", "/")
        if place.cell is None:  # the lines of a notebook's file are not those of its cells
            told["line"] = place.line
            if place.end_line is not None and place.end_line > place.line:
                told["endLine"] = place.end_line
            elif place.column is not None:  # GitHub takes columns on a single line only
                told["col"] = place.column + 1
    told["title"] = title
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in told.items())
    return f"::{kind} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text)).replace(":", "%3A").replace(",", "%2C")
