"""What the benchmark runs on: healthy bases, faulty scripts made of them, and look-alikes."""

from __future__ import annotations

import hashlib
import importlib.util
import random
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from accuracy.editing import MUTATIONS, Code, Mutation

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
BASES = (ROOT / "tests/scripts/healthy", Path(__file__).parent / "bases")
ALIKE = ROOT / "tests/cases"
MOST_OF_A_KIND = 2  # mutants of one mutation in one base


@dataclass(frozen=True)
class Base:
    """A healthy script. `result` finds its result in the output; None: it states none."""

    name: str
    path: Path
    text: str
    args: tuple[str, ...]
    needs_data: bool
    result: str | None
    lower_is_better: bool
    held_back: bool  # never looked at while checks are tuned
    needs: tuple[str, ...] = ()  # packages that it imports


@dataclass(frozen=True)
class Subject:
    """One script to be judged. `planted`: the mistakes in it; none: it is right."""

    base: str
    text: str
    args: tuple[str, ...]
    planted: tuple[str, ...] = ()
    mutation: str = ""
    lines: frozenset[int] = field(default_factory=frozenset)
    silent: bool = False
    held_back: bool = False
    result: str | None = None
    lower_is_better: bool = False

    @property
    def name(self) -> str:
        return f"{self.base}+{self.mutation}" if self.mutation else self.base

    @property
    def digest(self) -> str:
        return hashlib.sha256("\0".join((self.text, *self.args)).encode()).hexdigest()[:16]


@cache
def bases() -> tuple[Base, ...]:
    """All bases that can run here: with the shared data, and the packages, that they need."""
    found = [_base(path) for folder in BASES for path in sorted(folder.glob("*.py"))]
    return tuple(b for b in found if b is not None)


def _base(path: Path) -> Base | None:
    text = path.read_text(encoding="utf-8")
    head = dict(re.findall(r"^# (\w[\w-]*): (.*)$", "\n".join(text.splitlines()[:12]), re.M))
    needs = tuple(head.get("needs", "").split())
    if head.get("data") == "shared" and not DATA.is_dir():
        return None
    if not all(importlib.util.find_spec(n) for n in needs):
        return None
    return Base(
        name=path.stem,
        path=path,
        text=text,
        args=tuple(shlex.split(head.get("args", "").replace("{data}", str(DATA)))),
        needs_data=head.get("data") == "shared",
        result=head.get("result"),
        lower_is_better=head.get("better") == "lower",
        held_back=path.parent == BASES[1],
        needs=needs,
    )


def healthy() -> Iterator[Subject]:
    """The bases as they are, and right scripts that look like a mistake (their own tests)."""
    for base in bases():
        yield _subject(base, base.text)
    for path in sorted(ALIKE.glob("*/*.py")):
        text = path.read_text(encoding="utf-8")
        if re.match(r"# expect: nothing$", text.splitlines()[0]):
            yield Subject(f"{path.parent.name}/{path.stem}", text, ())


def mutants() -> Iterator[Subject]:
    """Every mutation in every base where it applies."""
    _load()
    for base in bases():
        if base.result is None:
            continue
        code = Code(base.text)
        for mutation in MUTATIONS:
            yield from _planted(base, code, mutation)


def _planted(base: Base, code: Code, mutation: Mutation) -> Iterator[Subject]:
    seen = set()
    for number, mutant in enumerate(mutation.plant(code)):
        if len(seen) == MOST_OF_A_KIND:
            return
        if mutant.text == base.text or mutant.text in seen:
            continue
        seen.add(mutant.text)
        yield _subject(
            base,
            mutant.text,
            planted=(mutation.id,),
            mutation=f"{mutation.name}.{number}" if number else mutation.name,
            lines=mutant.lines,
            silent=mutation.silent,
            held_back=base.held_back or mutation.held_back,
        )


def pairs(alone: list[Subject], count: int, seed: int = 0) -> Iterator[Subject]:
    """Two mistakes at once: of those in `alone`, planted one after the other in the same base."""
    _load()
    draw = random.Random(seed)
    by_name = {m.name: m for m in MUTATIONS}
    known = {b.name: b for b in bases()}
    for _ in range(20 * count):
        if count <= 0 or not alone:
            return
        first = draw.choice(alone)
        others = [s for s in alone if s.base == first.base and s.planted != first.planted]
        if not others:
            continue
        second = draw.choice(others)
        mutation = by_name[second.mutation.partition(".")[0]]
        made = next(iter(mutation.plant(Code(first.text))), None)
        if made is None or made.text == first.text:
            continue
        count -= 1
        yield _subject(
            known[first.base],
            made.text,
            planted=first.planted + second.planted,
            mutation=f"{first.mutation}+{second.mutation}",
            held_back=first.held_back or second.held_back,
        )


def _subject(base: Base, text: str, **more: object) -> Subject:
    known = {
        "held_back": base.held_back,
        "result": base.result,
        "lower_is_better": base.lower_is_better,
    }
    return Subject(base.name, text, base.args, **{**known, **more})  # type: ignore[arg-type]


@cache
def _load() -> None:
    """Import every file of mutations: each registers its own."""
    for path in sorted((Path(__file__).parent / "mutations").glob("[a-z]*.py")):
        importlib.import_module(f"accuracy.mutations.{path.stem}")
