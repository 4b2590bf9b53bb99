"""What a check found, for people and editors: `path:line:column: severity id: sentence`."""

from __future__ import annotations

from collections import Counter

from whytorch.records import Checked, Finding
from whytorch.reports._text import clean, sentence


def render(checked: Checked, *, quiet: bool = False, encoding: str = "utf-8") -> str:
    """One entry a finding, what could not be read, and a count (not when `quiet`)."""
    lines = [line for finding in checked.findings for line in _lines(finding, encoding)]
    for unread in checked.unread:
        where = unread.path if unread.place is None else str(unread.place)
        lines.append(f"{clean(where, encoding)}: not read: {sentence(unread.reason, encoding)}")
    if not quiet:
        lines += [*([""] if lines else []), headline(checked)]
    return "".join(f"{line}\n" for line in lines)


def headline(checked: Checked) -> str:
    """How much was found in how many files."""
    if not checked.files:
        return "Nothing could be judged: no Python file and no notebook was read."
    files = _count(checked.files, "file")
    if not checked.findings:
        said = f"Nothing found in {files}"
    else:
        kinds = Counter[str](finding.severity for finding in checked.findings)
        parts = [
            _count(kinds[kind], kind, plural)
            for kind, plural in (("error", "s"), ("warning", "s"), ("advice", ""))
            if kinds[kind]
        ]
        said = f"Found {', '.join(parts)} in {files}"
    if checked.unread:
        said += f"; {len(checked.unread)} not read"
    return f"{said}."


def _lines(finding: Finding, encoding: str) -> list[str]:
    where = str(finding.places[0]) if finding.places else "?"
    if finding.places and finding.places[0].column is not None:
        where += f":{finding.places[0].column + 1}"
    said = sentence(finding.says, encoding)
    lines = [f"{clean(where, encoding)}: {finding.severity} {finding.id}: {said}"]
    if finding.fix is not None:
        lines.append(f"    {sentence(finding.fix.says, encoding)}")
    return lines


def _count(number: int, noun: str, plural: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else plural}"
