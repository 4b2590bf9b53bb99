"""What a script comes to once whytorch has mended it, and what random edits would have done.

The repair is that of `whytorch fix --write --unsafe-fixes`, every edit of an error or a warning
that can be written, without the runs that prove it: a wrong one is written too. Then the mended
script is diagnosed again, as a user would, until nothing more is written.
"""

from __future__ import annotations

import ast
import random
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from accuracy.scores import hurts
from accuracy.scripts import Subject
from accuracy.trial import BUDGET, offline, result_of, warm
from whytorch import catalog, fixes, pipeline
from whytorch import records as r
from whytorch.evidence.source import Source

LAG = 4  # scripts between bare runs and the repair that needs them
ROUNDS = 2  # diagnoses with a repair behind each
LABORATORY = 10.0  # seconds of experiments in each
SEEDS = 3  # bare runs of bases and mutants
ENOUGH = 0.95  # of the healthy base's result
TRIES = 200  # random edits that are thrown away because they do not fit


def mended(subject: Subject) -> dict[str, Any]:
    """{wrote: ids in their order, edits: how many, result: of a run of what came out, random: of a
    run with as many random edits}."""
    text, wrote, edits = subject.text, [], 0
    for _ in range(ROUNDS):
        made, ids, count = _once(replace(subject, text=text))
        if made is None:
            break
        text, wrote, edits = made, [*wrote, *ids], edits + count
    answer: dict[str, Any] = {"wrote": wrote, "edits": edits}
    if not subject.planted:
        return answer
    answer["result"] = result_of(replace(subject, text=text), 0)
    answer["random"] = result_of(replace(subject, text=at_random(subject.text, max(edits, 1))), 0)
    return answer


def _once(subject: Subject) -> tuple[str | None, list[str], int]:
    """The text with what one diagnosis repairs, the ids of the mistakes, the number of edits."""
    checks = catalog.load_catalog()
    with tempfile.TemporaryDirectory(prefix="wt-") as name:
        script = Path(name, "train.py")
        script.write_text(subject.text, encoding="utf-8")
        evidence = warm.evidence_of(
            script, Path(name), subject.args, lab=LABORATORY, budget=BUDGET, before=offline
        )
        report = pipeline.judge(evidence, checks)
        by_id = {check.id: check for check in checks}
        planned = fixes.planned(report.findings, by_id, evidence[Source])
        chosen = fixes.choose(r.Report(report.script, report.verdict, planned), unsafe=True)
    if chosen.repair is None:
        return None, [], 0
    count = sum(len(f.fix.edits) for f in chosen.findings if f.fix is not None)
    return chosen.repair.files[0].after.decode(), [f.id for f in chosen.findings], count


# --- random edits ------------------------------------------------------------------------------


def at_random(text: str, count: int, seed: int = 0) -> str:
    """The script with `count` random edits of the kinds that repairs are made of."""
    draw = random.Random(f"{seed} {count} {text}")
    for _ in range(count):
        for _ in range(TRIES):
            made = _edited(text, _edit(text, draw))
            if made is not None:
                text = made
                break
    return text


def _edited(text: str, edit: r.AnyEdit) -> str | None:
    with tempfile.TemporaryDirectory(prefix="wt-") as name:
        Path(name, "train.py").write_text(text, encoding="utf-8")
        try:
            return fixes.repair([[edit]], Path(name).joinpath).files[0].after.decode()
        except fixes.Refused:
            return None


def _edit(text: str, draw: random.Random) -> r.AnyEdit:
    """Of a random kind, at a random place where that kind may fit."""
    tree = ast.parse(text)
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _name(n)]
    statements = [n for n in ast.walk(tree) if isinstance(n, ast.stmt)]
    numbers = [
        n for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) in (int, float)
    ]
    call, statement = draw.choice(calls), draw.choice(statements)
    at = r.Place("train.py", statement.lineno)
    here = r.Place("train.py", call.lineno, column=call.col_offset)
    kinds: list[Callable[[], r.AnyEdit]] = [
        lambda: r.Remove(at),
        lambda: r.Move(at, after=r.Place("train.py", draw.choice(statements).lineno)),
        lambda: r.InsertBefore(at, code=ast.unparse(draw.choice(_plain(statements)))),
        lambda: _number(draw.choice(numbers), draw),
        lambda: r.Unwrap(here, callees=(_name(call),)),
        lambda: r.RemoveItem(here, callee=_name(call)),
        lambda: _argument(draw.choice([c for c in calls if c.keywords] or calls), draw),
    ]
    return draw.choice(kinds)()


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", None) or getattr(call.func, "id", "")


def _plain(statements: list[ast.stmt]) -> list[ast.stmt]:
    return [s for s in statements if isinstance(s, (ast.Expr, ast.Assign))] or statements


def _number(node: ast.Constant, draw: random.Random) -> r.AnyEdit:
    value = node.value
    assert isinstance(value, (int, float))
    new = value * draw.choice((0.01, 0.1, 0.5, 2, 10, 100))
    written = str(round(new)) if isinstance(value, int) else f"{new:.3g}"
    return r.ReplaceConstant(r.Place("train.py", node.lineno), old=float(value), new=written)


def _argument(call: ast.Call, draw: random.Random) -> r.AnyEdit:
    place = r.Place("train.py", call.lineno, column=call.col_offset)
    names = [k.arg for k in call.keywords if k.arg] or ["momentum"]
    value = draw.choice(("True", "False", "1", "0.1", "0.01", "32"))
    return r.SetArgument(place, (), _name(call), draw.choice(names), value, anyhow=True)


# --- scores ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mended:
    """One mutant or pair that hurts: how near its mended copy comes to the healthy base."""

    subject: Subject
    wrote: tuple[str, ...]
    share: float | None  # of the base's result; None where the copy states none
    random_share: float | None

    @property
    def reached(self) -> bool:
        return self.share is not None and self.share >= ENOUGH

    @property
    def random_reached(self) -> bool:
        return self.random_share is not None and self.random_share >= ENOUGH


@dataclass
class Repairs:
    """All that is known: of single mistakes that a machine can mend, of others, of pairs."""

    fixable: list[Mended] = field(default_factory=list)
    by_hand: list[Mended] = field(default_factory=list)
    pairs: list[Mended] = field(default_factory=list)
    right: int = 0
    edited: list[str] = field(default_factory=list)  # right scripts that were edited


def judge(subjects: list[Subject], results: Any, healthy: Iterable[Subject] = ()) -> Repairs:
    """Of the mutants and pairs that hurt, and of right scripts. `healthy`: their bases, where these
    are not among them."""
    fixable = mendable()
    bases = {s.base: s for s in (*healthy, *subjects) if not s.planted}
    known = Repairs()
    for subject in subjects:
        said = results.get("mended", subject)
        if said is None or "failed" in said:
            continue
        if not subject.planted:
            known.right += 1
            known.edited += [subject.name] * bool(said["wrote"])
            continue
        if not hurts(subject, bases[subject.base], results):
            continue
        before = [results.get("bare", bases[subject.base], n) for n in range(5)]
        if _median(before) is None:
            continue
        # The mended copy runs with the first seed; no repair makes of a seed more than it gives.
        reachable = [x for x in (_median(before), before[0]) if isinstance(x, (int, float))]
        one = Mended(
            subject,
            tuple(said["wrote"]),
            _share(subject, said["result"], reachable),
            _share(subject, said["random"], reachable),
        )
        if len(subject.planted) > 1:
            known.pairs.append(one)
        else:
            (known.fixable if subject.planted[0] in fixable else known.by_hand).append(one)
    return known


def jobs(
    subjects: Iterable[Subject], results: Any, healthy: Iterable[Subject] = ()
) -> Iterator[tuple[str, Subject, int]]:
    """The trials behind the scores, the cheapest first. What bare runs show to be harmless is not
    mended: each repair comes a few scripts behind them, so that they have come to their end."""
    fixable, waiting = mendable(), []
    known = list(subjects)
    bases = {s.base: s for s in (*healthy, *known) if not s.planted}
    wanted = [s for s in known if _is_wanted(s, fixable)]
    for subject in sorted(wanted, key=lambda s: len(_bare(s, bases, results))):
        yield from _bare(subject, bases, results)
        waiting.append(subject)
        if len(waiting) > LAG:
            yield from _wanted(waiting.pop(0), bases, results)
    for subject in waiting:
        yield from _wanted(subject, bases, results)


def _is_wanted(subject: Subject, fixable: set[str]) -> bool:
    """Of right scripts the bases: that the look-alikes are not blamed is counted already."""
    if not subject.planted:
        return "/" not in subject.base
    return set(subject.planted) <= fixable and not subject.silent


def _bare(
    subject: Subject, bases: dict[str, Subject], results: Any
) -> list[tuple[str, Subject, int]]:
    """The bare runs that are still to be made for a mutant: where there are fewest, it is first."""
    if not subject.planted:
        return []
    both = (bases[subject.base], subject)
    return [("bare", s, n) for s in both for n in range(SEEDS) if not results.has("bare", s, n)]


def _wanted(
    subject: Subject, bases: dict[str, Subject], results: Any
) -> Iterator[tuple[str, Subject, int]]:
    harmless = subject.planted and hurts(subject, bases[subject.base], results) is False
    if not harmless and not results.has("mended", subject):
        yield "mended", subject, 0


def mendable() -> set[str]:
    """The mistakes that a machine can mend."""
    return {check.id for check in catalog.load_catalog() if check.fix is not None}


def _median(values: Any) -> float | None:
    """None where more than half of the runs stated no result."""
    given = list(values)
    numbers = [v for v in given if isinstance(v, (int, float))]
    return statistics.median(numbers) if 2 * len(numbers) > len(given) else None


def _share(subject: Subject, value: float | None, healthy: Sequence[float]) -> float | None:
    """How near it comes to the nearest of the healthy script's results."""
    if value is None or not any(healthy):
        return None
    if subject.lower_is_better:
        return max(healthy) / value if value > 0 else 1.0
    return max(value / x for x in healthy if x)
