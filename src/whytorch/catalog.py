"""Finds the checks, and lets them judge.

There is no list to keep: every `whytorch/checks/<area>/<id_with_underscores>.py` is a check (files
and folders whose name starts with `_` are helpers). One that is not whole, or lies in the wrong
place, raises `CatalogError`: a tool that skips a broken rule reports "clean". What makes a check
whole is written in `check_file.py`.
"""

from __future__ import annotations

import importlib
import os
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from whytorch.check_file import EVIDENCE, HEADINGS, CatalogError, Check, Want, read, read_suspect
from whytorch.evidence.facts import Run
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, NotJudged
from whytorch.script import ScriptError
from whytorch.script.settings import Settings

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = [
    "HEADINGS",
    "CatalogError",
    "Check",
    "UnknownCheck",
    "Want",
    "choose",
    "choose_suspecting",
    "find",
    "judge",
    "load_catalog",
    "settled",
    "suspect",
    "suspecting",
]

_STEM = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class UnknownCheck(ValueError):
    """No check has this id. `close` holds the ids that look like it, nearest first."""

    def __init__(self, id: str, known: Iterable[str]) -> None:
        from difflib import get_close_matches  # only a typo needs it, and importing it takes time

        self.id = id
        self.close = tuple(get_close_matches(_kebab(id), sorted(known), n=3, cutoff=0.5))
        hint = f"; did you mean {' or '.join(self.close)}?" if self.close else ""
        super().__init__(f"no check is called {id!r}{hint}")


@cache
def load_catalog(package: str = "whytorch.checks") -> tuple[Check, ...]:
    """Every check of `package`, sorted by id. Raises `CatalogError` if one is not whole."""
    checks = [_load(f"{package}.{area}.{stem}", area) for area, stem in _stems(package)]
    checks.sort(key=lambda check: check.id)
    for one, other in pairwise(checks):
        if one.id == other.id:
            raise CatalogError(f"{other.path}: the id {one.id} is already taken by {one.path}")
    return tuple(checks)


@cache
def suspecting(package: str = "whytorch.checks") -> tuple[Check, ...]:
    """The checks that judge sources, sorted by id, with what that takes: `decide`, which is not
    asked, keeps its signature unread. Starts faster than `load_catalog`, which reads them all."""
    told = [one for one in _stems(package) if _suspects(package, *one)]
    checks = [_load(f"{package}.{area}.{stem}", area, read_suspect) for area, stem in told]
    return tuple(sorted(checks, key=lambda check: check.id))


def _suspects(package: str, area: str, stem: str) -> bool:
    return b"\ndef suspect(" in _folder(package).joinpath(area).joinpath(f"{stem}.py").read_bytes()


def find(id: str, checks: Sequence[Check] | None = None) -> Check:
    """The check called `id` (underscores and capitals are forgiven). Raises `UnknownCheck`."""
    by_id = {check.id: check for check in (load_catalog() if checks is None else checks)}
    if (check := by_id.get(_kebab(id))) is None:
        raise UnknownCheck(id, by_id)
    return check


def choose(
    select: Iterable[str] = (), ignore: Iterable[str] = (), checks: Sequence[Check] | None = None
) -> tuple[Check, ...]:
    """The checks that `--select` and `--ignore` leave. Raises `UnknownCheck` for a wrong id."""
    checks = load_catalog() if checks is None else checks
    kept = {find(id, checks).id for id in select} or {check.id for check in checks}
    kept -= {find(id, checks).id for id in ignore}
    return tuple(check for check in checks if check.id in kept)


def choose_suspecting(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Check, ...]:
    """As `choose`, of those that judge sources; other known ids are no error."""
    kept = {known(id) for id in select} or {check.id for check in suspecting()}
    kept -= {known(id) for id in ignore}
    return tuple(check for check in suspecting() if check.id in kept)


def known(id: str) -> str:
    """The id as its check spells it. Raises `UnknownCheck`."""
    ids = {_kebab(stem) for _, stem in _stems("whytorch.checks")}
    if _kebab(id) not in ids:
        raise UnknownCheck(id, ids)
    return _kebab(id)


def settled(
    settings: Settings,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    among: Callable[..., tuple[Check, ...]] = choose,
) -> tuple[Check, ...]:
    """The checks that the command line and a pyproject.toml leave: the former's selection holds."""
    try:
        for id in settings.ids:
            known(id)
    except UnknownCheck as error:
        raise ScriptError(f"{settings.path}: [tool.whytorch]: {error}") from None
    return among(tuple(select) or settings.select, (*ignore, *settings.ignore))


def judge(check: Check, evidence: Mapping[type, object]) -> list[Finding] | NotJudged:
    """Let `check` decide on `evidence`, and sign its findings with what its file says.

    One broken check never loses the report: an exception inside it becomes `NotJudged`
    (the environment variable WHYTORCH_RAISE lets it through, for tests).
    """
    answer = _decided(check, evidence)
    if not isinstance(answer, list) or all(f.severity == "advice" for f in answer):
        proven = _proven(check, evidence)
        if any(f.severity != "advice" for f in proven) or not (isinstance(answer, list) and answer):
            answer = proven or answer
    source = evidence.get(Source)
    if isinstance(answer, NotJudged) and isinstance(source, Source):
        return suspect(check, source) or answer
    return answer


def suspect(check: Check, source: Source) -> list[Finding]:
    """What the source alone proves, signed; nothing where the check says nothing on sources."""
    if check.suspect is None:
        return []
    try:
        found = check.suspect(source)
    except Exception:
        if os.environ.get("WHYTORCH_RAISE"):
            raise
        return []
    return [_signed(check, replace(finding, grade="suspected")) for finding in found]


def _decided(check: Check, evidence: Mapping[type, object]) -> list[Finding] | NotJudged:
    if missing := _missing(check, evidence):
        return NotJudged("; ".join(missing), check.id)
    try:
        answer = check.decide(**{want.name: evidence.get(want.type) for want in check.wants})
        if isinstance(answer, NotJudged):
            return replace(answer, id=check.id)
        return [_signed(check, finding) for finding in answer]
    except Exception as error:
        if os.environ.get("WHYTORCH_RAISE"):
            raise
        return NotJudged(f"this check failed: {type(error).__name__}: {error}", check.id)


def _proven(check: Check, evidence: Mapping[type, object]) -> list[Finding]:
    """What the lab alone shows; nothing where its experiments were not made."""
    wants = check.proof_wants
    if check.prove is None or _missing(check, evidence, wants):
        return []
    try:
        found = check.prove(**{want.name: evidence.get(want.type) for want in wants})
    except Exception:
        if os.environ.get("WHYTORCH_RAISE"):
            raise
        return []
    return [_signed(check, replace(finding, grade="confirmed")) for finding in found]


def _missing(
    check: Check, evidence: Mapping[type, object], wants: Sequence[Want] | None = None
) -> list[str]:
    wanted = [w.type for w in (check.wants if wants is None else wants) if not w.optional]
    lacking = [kind for kind in wanted if evidence.get(kind) is None]
    if evidence.get(Run) is None and any(kind is not Source for kind in lacking):
        return [EVIDENCE[Run]]
    return [EVIDENCE[kind] for kind in lacking]


def _signed(check: Check, finding: Finding) -> Finding:
    return replace(
        finding,
        id=check.id,
        area=check.area,
        title=finding.title or check.title,
        why=finding.why or check.first_paragraph("Why it hurts"),
        fix=_fix(check, finding.fix),
    )


def _fix(check: Check, fix: Fix | None) -> Fix:
    fix = fix or Fix(check.first_paragraph("How to fix it"))
    return replace(fix, code=check.paste) if check.paste and not fix.code else fix


def _kebab(id: str) -> str:
    return id.strip().lower().replace("_", "-")


# --- discovery ---------------------------------------------------------------------------------


def _load(name: str, area: str, read: Callable[[types.ModuleType, str], Check] = read) -> Check:
    path = name.replace(".", "/") + ".py"
    try:
        module = importlib.import_module(name)
    except Exception as error:
        why = f"cannot be imported: {type(error).__name__}: {error}"
        raise CatalogError(f"{path}: {why}") from error
    try:
        return read(module, area)
    except CatalogError as error:
        raise CatalogError(f"{path}: {error}") from error


def _stems(package: str) -> Iterator[tuple[str, str]]:
    """(area, stem) of every check file. A file in the wrong place is refused, never skipped."""
    # Not pkgutil: it passes silently over a folder without __init__.py, with all its checks.
    for area in _entries(_folder(package)):
        where = f"{package.replace('.', '/')}/{area.name}"
        if area.is_file():
            if area.name.endswith(".py"):
                raise CatalogError(f"{where}: a check belongs in the folder of its area")
            continue
        stems = list(_stems_in(area, where))
        if stems and not area.joinpath("__init__.py").is_file():
            raise CatalogError(f"{where}/__init__.py: missing, so its checks are in no package")
        yield from ((area.name, stem) for stem in stems)


def _folder(package: str) -> Traversable:
    path = Path(importlib.import_module(package).__path__[0])
    if path.is_dir():
        return path
    from importlib import resources  # for a zipped package; importing it takes time

    return resources.files(package)


def _stems_in(area: Traversable, where: str) -> Iterator[str]:
    for entry in _entries(area):
        if entry.is_dir():
            raise CatalogError(f"{where}/{entry.name}: an area holds checks, not folders")
        if not entry.name.endswith(".py"):
            continue
        stem = entry.name.removesuffix(".py")
        if not _STEM.fullmatch(stem):
            raise CatalogError(f"{where}/{entry.name}: the name must be the id with underscores")
        yield stem


def _entries(folder: Traversable) -> list[Traversable]:
    visible = (entry for entry in folder.iterdir() if not entry.name.startswith(("_", ".")))
    return sorted(visible, key=lambda entry: entry.name)
