"""What was found, as SARIF 2.1.0: for code scanning and editors."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from whytorch import version
from whytorch.catalog import Check, load_catalog
from whytorch.records import Checked, Finding, Fix, Place, Report, Unread
from whytorch.reports import explain
from whytorch.reports._changes import Change, changes
from whytorch.reports._text import sentence
from whytorch.reports.json import plain

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "advice": "note"}
_ROOT = "%SRCROOT%"


def render(checked: Checked, checks: Sequence[Check], cwd: str | None = None) -> str:
    """The log of one check of sources. `checks` are the rules; paths are told relative to `cwd`."""
    folder = os.path.abspath(cwd or os.getcwd())
    notices = [_not_read(unread, folder) for unread in checked.unread]
    return _log(checked.findings, checks, notices, folder)


def of_report(report: Report, cwd: str | None = None) -> str:
    """The log of one diagnosis: its findings, and its verdict as a notification."""
    folder = os.path.abspath(cwd or os.getcwd())
    verdict = report.verdict
    level = "note" if verdict.kind in ("mistake", "nothing-found") else "warning"
    notices = [{"level": level, "message": {"text": sentence(verdict.headline)}}]
    return _log(report.findings, load_catalog(), notices, folder)


def _log(
    findings: Sequence[Finding],
    checks: Sequence[Check],
    notices: Sequence[dict[str, Any]],
    folder: str,
) -> str:
    number = {check.id: n for n, check in enumerate(checks)}
    known = documentation()
    seen: Counter[str] = Counter()
    run = {
        "tool": {
            "driver": {
                "name": "whytorch",
                "version": version.installed(),
                "rules": [_rule(check, known) for check in checks],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"uri": Path(folder).as_uri().rstrip("/") + "/"}},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": list(notices)}],
        "results": [_result(f, number, folder, seen) for f in findings],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(plain(log), indent=2, allow_nan=False) + "\n"


def documentation() -> str | None:
    """The address of the documentation, as the installed package tells it."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        told = metadata("whytorch").get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    pages = dict(one.split(", ", 1) for one in told if ", " in one)
    return pages.get("Documentation")


def _rule(check: Check, known: str | None) -> dict[str, Any]:
    parts = [f"{heading}\n{text}" for heading, text in check.sections.items()]
    rule = {
        "id": check.id,
        "name": "".join(word.capitalize() for word in check.id.split("-")),
        "shortDescription": {"text": f"{check.title}."},
        "fullDescription": {"text": check.first_paragraph("Why it hurts")},
        "help": {"text": "\n\n".join(parts), "markdown": explain.markdown(check)},
        "properties": {"tags": ["pytorch", check.area]},
    }
    if known is not None:
        rule["helpUri"] = f"{known.rstrip('/')}/mistakes/{check.id}"
    return rule


def _result(
    finding: Finding, number: dict[str, int], folder: str, seen: Counter[str]
) -> dict[str, Any]:
    said = sentence(finding.says)
    if finding.fix is not None:
        said += f". {sentence(finding.fix.says)}"
    first, *others = finding.places or (None,)
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "level": _LEVELS[finding.severity],
        "message": {"text": _with_cell(said, first)},
        "locations": [] if first is None else [_location(first, folder)],
        "partialFingerprints": {"whytorch/v1": _fingerprint(finding, folder, seen)},
        "properties": {"confidence": finding.confidence, "area": finding.area},
    }
    if finding.id in number:
        result["ruleIndex"] = number[finding.id]
    if others:
        result["relatedLocations"] = [_location(p, folder) for p in others if p is not None]
    if finding.fix is not None and (made := list(changes(finding.fix))):
        result["fixes"] = [_fix(finding.fix, made, folder)]
    return result


def _fix(fix: Fix, made: Sequence[Change], folder: str) -> dict[str, Any]:
    """The repair as replacements of text, file by file."""
    by_file: dict[str, list[Change]] = {}
    for change in made:
        by_file.setdefault(change.path, []).append(change)
    return {
        "description": {"text": sentence(fix.says)},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(path, folder),
                "replacements": [_replacement(change) for change in its],
            }
            for path, its in by_file.items()
        ],
    }


def _replacement(change: Change) -> dict[str, Any]:
    region = {
        "startLine": change.line,
        "startColumn": change.column + 1,
        "endLine": change.end_line,
        "endColumn": change.end_column + 1,
    }
    return {"deletedRegion": region, "insertedContent": {"text": change.text}}


def _location(place: Place, folder: str) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(place.path, folder)}
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.cell is not None:  # the lines of a notebook's file are not those of its cells
        name = f"cell {place.cell}, line {place.line}"
        location["logicalLocations"] = [{"fullyQualifiedName": name}]
        return location
    region: dict[str, Any] = {"startLine": place.line}
    if place.column is not None:
        region["startColumn"] = place.column + 1
    if place.end_line is not None and place.end_line >= place.line:
        region["endLine"] = place.end_line
    if place.code:
        region["snippet"] = {"text": place.code}
    physical["region"] = region
    return location


def _artifact(path: str, folder: str) -> dict[str, str]:
    """Relative to the working directory where it lies below, else the whole address."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:  # no file of this machine; a saved run may come from another one
        path = path.encode("utf-8", "replace").decode()
    absolute = os.path.normpath(os.path.join(folder, path))
    if absolute.startswith(folder.rstrip(os.sep) + os.sep):
        relative = os.path.relpath(absolute, folder).replace(os.sep, "/")
        return {"uri": quote(os.fsencode(relative)), "uriBaseId": _ROOT}
    return {"uri": Path(absolute).as_uri()}


def _fingerprint(finding: Finding, folder: str, seen: Counter[str]) -> str:
    """The same when lines move: from the rule, the file, the line's text and which one it is."""
    place = finding.places[0] if finding.places else Place("", 0)
    code = " ".join((place.code or "").split())
    told = f"{finding.id}\0{_artifact(place.path, folder)['uri']}\0{code}"
    seen[told] += 1
    digest = hashlib.sha256(f"{told}\0{seen[told]}".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()[:32]


def _not_read(unread: Unread, folder: str) -> dict[str, Any]:
    place = unread.place or Place(unread.path, 1)
    return {
        "level": "warning",
        "message": {"text": _with_cell(f"not read: {sentence(unread.reason)}", unread.place)},
        "locations": [_location(place, folder)],
    }


def _with_cell(said: str, place: Place | None) -> str:
    if place is None or place.cell is None:
        return said
    return f"cell {place.cell}, line {place.line}: {said}"
