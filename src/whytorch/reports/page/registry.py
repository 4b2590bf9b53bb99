"""Finds the pictures: the folder is the list. A file of pictures/ holds

- a docstring, whose first line is the picture's title;
- `SHOWN_FOR`: ids of findings, or areas, beside which it belongs; elsewhere it is shown apart;
- `ORDER`: its place among the pictures that are shown together, the lowest first;
- `draw`, a pure function whose signature is its order for facts, as that of a check's `decide`:
  without `| None` it is not asked where a fact is missing. None: there is nothing to see.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec import Struct

from whytorch.records import Finding
from whytorch.reports.page import pictures
from whytorch.reports.page.picture import Picture


class Drawer(Struct, frozen=True):
    """One file of pictures/. `wants`: (type, whether it can do without) of each parameter."""

    name: str
    title: str
    shown_for: tuple[str, ...]
    order: int
    draw: Callable[..., Picture | None]
    wants: tuple[tuple[type, bool], ...]


class Drawn(Struct, frozen=True):
    """A picture with its title and the name of its file, unique on the page."""

    name: str
    title: str
    picture: Picture
    shown_for: tuple[str, ...] = ()

    def belongs(self, finding: Finding) -> int:
        """2: to this very mistake; 1: to its area; 0: not."""
        if self.picture.finding is not None:
            return 2 if finding.id == self.picture.finding else 0
        return 2 if finding.id in self.shown_for else int(finding.area in self.shown_for)


@cache
def drawers() -> tuple[Drawer, ...]:
    """All of them, in order. Raises where a file is not whole."""
    names = sorted(m.name for m in pkgutil.iter_modules(pictures.__path__) if m.name[0] != "_")
    found = [_read(importlib.import_module(f"{pictures.__name__}.{name}")) for name in names]
    return tuple(sorted(found, key=lambda d: (d.order, d.name)))


def _read(module: types.ModuleType) -> Drawer:
    name = module.__name__.rpartition(".")[2]
    title = (module.__doc__ or "").strip().split("\n")[0].rstrip(".")
    parts = {part: getattr(module, part, None) for part in ("SHOWN_FOR", "ORDER", "draw")}
    missing = [part for part, value in parts.items() if value is None]
    if missing or not title:
        raise TypeError(f"pictures/{name}.py lacks {', '.join(missing) or 'a title'}")
    draw = module.draw
    hints = typing.get_type_hints(draw)
    wants = tuple(_want(hints[p]) for p in inspect.signature(draw).parameters)
    return Drawer(name, title, tuple(module.SHOWN_FOR), int(module.ORDER), draw, wants)


def _want(hint: Any) -> tuple[type, bool]:
    inner = [arg for arg in typing.get_args(hint) if arg is not type(None)]
    return (inner[0], True) if inner else (hint, False)


def drawn(facts: Mapping[type, Any]) -> tuple[list[Drawn], list[str]]:
    """The pictures that the facts allow; and the names of those that failed, with the reason: a
    fault in a picture costs that picture, and is told."""
    made, failed = [], []
    for drawer in drawers():
        given = [facts.get(kind) for kind, _ in drawer.wants]
        if any(g is None and not can for g, (_, can) in zip(given, drawer.wants, strict=True)):
            continue
        try:
            picture = drawer.draw(*given)
        except Exception as error:
            failed.append(f"{drawer.name}: {type(error).__name__}: {error}"[:200])
            continue
        if picture is not None:
            made.append(Drawn(drawer.name, drawer.title, picture, drawer.shown_for))
    return made, failed


def placed(
    made: Sequence[Drawn], findings: Sequence[Finding]
) -> tuple[dict[str, list[Drawn]], list[Drawn]]:
    """By id of the finding, each picture once: beside the first finding that names it, else beside
    the first of its area; and the others."""
    beside: dict[str, list[Drawn]] = {f.id: [] for f in findings}
    rest = []
    for one in made:
        best = max(findings, key=one.belongs, default=None)
        if best is not None and one.belongs(best):
            beside[best.id].append(one)
        else:
            rest.append(one)
    for finding in findings:  # those that name it before those of its area
        beside[finding.id].sort(key=lambda one: -one.belongs(finding))
    return beside, rest
