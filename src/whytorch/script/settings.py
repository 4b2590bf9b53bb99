"""`[tool.whytorch]` of the nearest pyproject.toml: which checks, and where not."""

from __future__ import annotations

import fnmatch
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import Struct

from whytorch.script.files import ScriptError

KEYS = ("select", "ignore", "exclude", "per-file-ignores")


class Settings(Struct, frozen=True):
    """What one pyproject.toml says; nothing by default. Patterns are relative to its folder."""

    path: str = ""  # of the file itself
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that is named anywhere."""
        more = (id for _, ids in self.per_file_ignores for id in ids)
        return (*self.select, *self.ignore, *more)

    def excludes(self, absolute: str) -> bool:
        """Whether the file or folder, or a folder around it, is not to be read."""
        root = os.path.dirname(self.path)
        while self.exclude and len(absolute) > len(root):
            if any(matches(pattern, absolute, root) for pattern in self.exclude):
                return True
            absolute = os.path.dirname(absolute)
        return False

    def ignored_in(self, absolute: str) -> frozenset[str]:
        """The ids that say nothing about this file."""
        root = os.path.dirname(self.path)
        found: set[str] = set()
        for pattern, ids in self.per_file_ignores:
            plain = pattern.removeprefix("!")
            if matches(plain, absolute, root) == (plain == pattern):
                found.update(ids)
        return frozenset(found)


class Nearest:
    """The settings that hold for a file, found once for each folder."""

    def __init__(self) -> None:
        self._known: dict[str, Settings] = {}

    def of(self, absolute: str) -> Settings:
        """The settings for the file of this path. Raises `ScriptError` for wrong ones."""
        return self._of_folder(os.path.dirname(absolute))

    def _of_folder(self, folder: str) -> Settings:
        if folder not in self._known:
            own = _read(os.path.join(folder, "pyproject.toml"))
            above = os.path.dirname(folder)
            if own is None:
                own = self._of_folder(above) if above != folder else Settings()
            self._known[folder] = own
        return self._known[folder]


def matches(pattern: str, absolute: str, root: str) -> bool:
    """As ruff reads patterns: by the name alone, or by the path below `root`."""
    path = absolute.replace(os.sep, "/")
    return _compiled(pattern, root.replace(os.sep, "/")).match(path) is not None


@cache
def _compiled(pattern: str, root: str) -> re.Pattern[str]:
    told: list[str] = []
    for one in _spread(pattern.rstrip("/")):
        base = re.escape(root.rstrip("/"))
        if "/" not in one:
            told.append(rf"(?:.*/)?{_regex(one)}\Z")
        elif one.startswith("/"):
            told.append(rf"{_regex(one)}\Z")
        else:
            told.append(rf"{base}/{_regex(one.removeprefix('./'))}\Z")
    return re.compile("|".join(told))


def _regex(pattern: str) -> str:
    """`**/` stands for any folders, and for none."""
    parts = [fnmatch.translate(part) for part in pattern.split("**/")]
    plain = [part.removeprefix("(?s:").removesuffix(r")\Z").removesuffix(r")\z") for part in parts]
    return "(?s:" + "(?:.*/)?".join(plain) + ")"


def _spread(pattern: str) -> Iterator[str]:
    """`{a,b}/*` is `a/*` and `b/*`."""
    found = re.search(r"\{([^{}]*)\}", pattern)
    if found is None:
        yield pattern
        return
    for part in found[1].split(","):
        yield from _spread(pattern[: found.start()] + part + pattern[found.end() :])


# --- the file ----------------------------------------------------------------------------------


def _read(path: str) -> Settings | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    if b"whytorch" not in data:
        return None
    tool = _toml(data, path).get("tool")
    table = tool.get("whytorch") if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise ScriptError(f"{path}: tool.whytorch must be a table: [tool.whytorch]")
    return _settings(table, path)


def _toml(data: bytes, path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScriptError(f"{path} is not valid TOML: {error}") from None


def _settings(table: dict[str, Any], path: str) -> Settings:
    for key in table:
        if key not in KEYS:
            raise ScriptError(f"{path}: [tool.whytorch] knows no {key}; it knows {', '.join(KEYS)}")
    files = table.get("per-file-ignores", {})
    if not isinstance(files, dict):
        raise ScriptError(
            f"{path}: per-file-ignores must be a table of patterns: "
            '"tests/*" = ["missing-zero-grad"]'
        )
    return Settings(
        path=path,
        select=_texts(table, "select", path),
        ignore=_texts(table, "ignore", path),
        exclude=_texts(table, "exclude", path),
        per_file_ignores=tuple((pattern, _texts(files, pattern, path)) for pattern in files),
    )


def _texts(table: dict[str, Any], key: str, path: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ScriptError(f'{path}: {key} in [tool.whytorch] must be a list of texts: ["..."]')
    return tuple(value)
