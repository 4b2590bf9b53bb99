"""Findings -> the same findings with their diffs, as far as a machine can write them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from msgspec.structs import replace

from whytorch.catalog import Check
from whytorch.evidence.source import Source
from whytorch.fixes.apply import Refused, Repair, repair
from whytorch.fixes.configured import as_settings, held_in_file, is_settings, located
from whytorch.records import AnyEdit, Finding, Fix, Place, SetSetting


def planned(
    findings: Iterable[Finding],
    checks: Mapping[str, Check],
    source: Source,
    read: Callable[[Path], bytes] = Path.read_bytes,
) -> tuple[Finding, ...]:
    """Errors and warnings whose check can mend them get edits and a diff, or why there is none.

    `read`: what a file holds, where that is not what is on disk.
    """
    return tuple(_planned(f, checks.get(f.id), source, read) for f in findings)


def finder(source: Source) -> Callable[[str], Path | None]:
    """From a path as shown to the file that the script is made of, or a file of settings."""

    def find(shown: str) -> Path | None:
        if is_settings(shown):
            return located(source, shown)
        file = source.file(shown)
        return None if file is None else file.absolute

    return find


def _planned(
    finding: Finding, check: Check | None, source: Source, read: Callable[[Path], bytes]
) -> Finding:
    if check is None or check.fix is None or finding.severity == "advice":
        return finding
    fix = finding.fix or Fix("")
    try:
        edits = tuple(check.fix(finding, source))
        edits, made = _made(edits, source, read)
    except Refused as refused:
        return replace(finding, fix=replace(fix, refused=str(refused)))
    except Exception as error:
        if os.environ.get("WHYTORCH_RAISE"):
            raise
        return replace(finding, fix=replace(fix, refused=f"{type(error).__name__}: {error}"))
    if made is None:
        return _unwritten(finding, fix, source)
    settings = next((e.place for e in edits if isinstance(e, SetSetting)), None)
    unsafe = check.unsafe or ("other runs may read the same settings" if settings else "")
    whole = replace(
        fix,
        says=fix.says + _where(edits, settings, source),
        safe=not unsafe,
        unsafe=unsafe,
        diff=made.diff,
        edits=edits,
        touched=tuple(file.touched for file in made.files),
    )
    return replace(finding, fix=whole)


def _made(
    edits: tuple[AnyEdit, ...], source: Source, read: Callable[[Path], bytes]
) -> tuple[tuple[AnyEdit, ...], Repair | None]:
    """The edits that fit, and what they make: of the source, or else of the file of settings that
    holds the value."""
    try:
        return edits, repair([edits], finder(source), read) if edits else None
    except Refused as refused:
        instead = as_settings(source, edits)
        if instead:
            return instead, repair([instead], finder(source), read)
        held, new = held_in_file(source, edits)
        raise Refused(f"{refused}; {held.told(new)}" if held else str(refused)) from None


def _where(edits: tuple[AnyEdit, ...], settings: Place | None, source: Source) -> str:
    if settings is not None:
        return f"; {settings} holds it, changed there"
    option = any(_is_option(edit, source) for edit in edits)
    return "; it is the default of an option, changed there" if option else ""


def _unwritten(finding: Finding, fix: Fix, source: Source) -> Finding:
    """Nothing could be written: why, where the reason is the file."""
    first = next(iter(finding.places), None)
    if first is None or source.file(first.path) is not None:
        return finding
    why = f"{first.path} is none of the script's files: generated at run time, or foreign"
    return replace(finding, fix=replace(fix, refused=why))


def _is_option(edit: AnyEdit, source: Source) -> bool:
    """Whether the value that is edited is what argparse gives where the user gives none."""
    line = Place(edit.place.path, edit.place.line)
    return any(call.last == "add_argument" for call in source.calls_within(line))
