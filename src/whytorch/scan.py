"""`whytorch check`: what the sources of files and folders prove; nothing is run."""

from __future__ import annotations

import gc
import os
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from whytorch import catalog
from whytorch.evidence.source import Source, read_source
from whytorch.evidence.source_index import index_file
from whytorch.evidence.source_scopes import FileIndex
from whytorch.findings import ranking, suppressed
from whytorch.records import (
    Checked,
    Finding,
    Place,
    Report,
    ScriptInfo,
    Unread,
    Verdict,
    VerdictKind,
)
from whytorch.script import Script, ScriptError, SourceFile
from whytorch.script.cells import in_cells
from whytorch.script.settings import Nearest, Settings
from whytorch.script.tree import Walked, walk
from whytorch.script.units import Units

_INDEXES = 100  # kept, of files that several programs import


def check(
    paths: Sequence[str | os.PathLike[str]],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    force_exclude: bool = False,
    cwd: str | None = None,
    texts: Mapping[str, bytes] | None = None,
) -> Checked:
    """The mistakes that the source alone proves, in Python files, notebooks and folders of them.

    `texts`: what files hold by now, by absolute path, where that is not on disk yet. Raises
    `whytorch.script.ScriptError` for wrong settings in a pyproject.toml, and
    `whytorch.catalog.UnknownCheck` for a wrong id.
    """
    started = time.monotonic()
    folder = os.path.abspath(cwd or os.getcwd())
    named = [os.fspath(path) for path in paths]
    with _rare_collections():
        one = _Check(folder, tuple(select), tuple(ignore), texts)
        for walked in walk(named, folder, one.excludes, force=force_exclude):
            one.take(walked)
    return one.answer(time.monotonic() - started)


def repairs(path: str, *, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Report:
    """What `whytorch fix` has to say of a notebook, which is not run: what its source alone proves,
    with the repairs. Raises as `check` does."""
    started = time.monotonic()
    one = _Check(os.getcwd(), tuple(select), tuple(ignore))
    for walked in walk([path], os.getcwd(), one.excludes, force=False):
        one.take(walked)
    checked = one.answer(time.monotonic() - started)
    for unread in checked.unread:
        if unread.place is None:
            raise ScriptError(f"{unread.path}: {unread.reason}")
    first = next(iter(checked.findings), None)
    kind: VerdictKind = "nothing-found" if first is None else "mistake"
    headline = "Nothing found in the source; a notebook is not run"
    if first is not None:
        where = f", {first.places[0]}" if first.places else ""
        headline = f"Suspected from the source alone: {first.title}{where}"
    verdict = Verdict(kind, headline, first.id if first is not None else None)
    return Report(ScriptInfo(path), verdict, checked.findings)


class _Check:
    """One check of some paths: what was read and found so far."""

    def __init__(
        self,
        cwd: str,
        select: tuple[str, ...],
        ignore: tuple[str, ...],
        texts: Mapping[str, bytes] | None = None,
    ) -> None:
        self._select, self._ignore = select, ignore
        self._nearest, self._units = Nearest(), Units(cwd, texts)
        self._chosen: dict[str, tuple[catalog.Check, ...]] = {}
        self._indexes: OrderedDict[SourceFile, FileIndex] = OrderedDict()
        self._found: dict[tuple[object, ...], Finding] = {}
        self._unread: list[Unread] = []
        self._files = 0
        catalog.choose_suspecting(select, ignore)  # a wrong id is found even where there is no file

    def excludes(self, absolute: str) -> bool:
        return self._nearest.of(absolute).excludes(absolute)

    def take(self, walked: Walked) -> None:
        """Read one file, and let the checks say what its source proves."""
        if walked.reason is not None:
            self._unread.append(Unread(walked.path, walked.reason))
            return
        checks = self._checks(self._nearest.of(walked.absolute))
        try:
            script, partly = self._units.read(walked)
        except ScriptError as error:
            self._unread.append(_unread(walked.path, error))
            return
        self._files += 1
        self._unread += [_unread(walked.path, error) for error in partly]
        if script is not None:
            self._judge(script, checks)

    def _judge(self, script: Script, checks: Sequence[catalog.Check]) -> None:
        source = read_source(script, self._index)
        try:
            self._keep(source, checks)
        finally:
            source.release()

    def _keep(self, source: Source, checks: Sequence[catalog.Check]) -> None:
        found = [f for check in checks for f in catalog.suspect(check, source)]
        if not found:
            return
        found = suppressed.kept((_completed(f, source) for f in found), source)
        causes = {check.id: check.consequence_of for check in checks}
        settled = ranking.settle(found, causes)
        from whytorch import fixes  # only what was found needs it, and importing it takes time

        by_id = {check.id: check for check in checks}
        for finding in fixes.planned(settled, by_id, source, self._units.bytes_of):
            if finding.id not in self._ignored_at(finding, source):
                finding = in_cells(finding, source.files[0].path, source.files[0].cells)
                first = finding.places[0] if finding.places else Place(source.script.path, 1)
                key = (finding.id, first.path, first.cell, first.line, first.column)
                self._found.setdefault(key, finding)

    def _ignored_at(self, finding: Finding, source: Source) -> frozenset[str]:
        path = finding.places[0].path if finding.places else source.script.path
        file = source.file(path) or source.files[0]
        absolute = str(file.absolute)
        ignored = self._nearest.of(absolute).ignored_in(absolute)
        return frozenset(id.lower().replace("_", "-") for id in ignored)

    def _checks(self, settings: Settings) -> tuple[catalog.Check, ...]:
        if settings.path not in self._chosen:
            self._chosen[settings.path] = catalog.settled(
                settings, self._select, self._ignore, catalog.choose_suspecting
            )
        return self._chosen[settings.path]

    def _index(self, file: SourceFile, is_script: bool) -> FileIndex:
        if is_script:
            return index_file(file, True)
        if file not in self._indexes:
            self._indexes[file] = index_file(file)
            if len(self._indexes) > _INDEXES:
                self._indexes.popitem(last=False)
        return self._indexes[file]

    def answer(self, seconds: float) -> Checked:
        findings = sorted(self._found.values(), key=_order)
        return Checked(
            findings=tuple(replace(f, rank=n) for n, f in enumerate(findings, 1)),
            files=self._files,
            unread=tuple(self._unread),
            seconds=seconds,
        )


def _completed(finding: Finding, source: Source) -> Finding:
    return replace(finding, places=tuple(source.complete(place) for place in finding.places))


def _unread(path: str, error: ScriptError) -> Unread:
    """The first line of the message, without the place in front of it that a reader shows."""
    place = error.place
    reason = str(error).split("\n")[0]
    for before in (f"{place}: ", f"{path}: ", f"{path} "):
        reason = reason.removeprefix(before)
    return Unread(path, reason, place)


def _order(finding: Finding) -> tuple[object, ...]:
    first = finding.places[0] if finding.places else Place("", 0)
    return (first.path.split(os.sep), first.cell or 0, first.line, first.column or 0, finding.id)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Checks that are loaded stay, and syntax trees go by themselves (`Source.release`)."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
