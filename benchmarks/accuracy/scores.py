"""From trials to scores: which mutants count, and what was said about them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from accuracy.results import Results
from accuracy.scripts import Subject

Kind = Literal["hurts", "silent", "harmless", "unknown", "pair", "right"]

# Silent mistakes that are nothing but false figures; others harm whatever is printed.
IN_FIGURES = ("metric-miscomputed", "predictions-in-other-order")


@dataclass(frozen=True)
class Judged:
    """One script and what whytorch said about it."""

    subject: Subject
    kind: Kind
    said: dict[str, Any]

    @property
    def complaints(self) -> list[dict[str, Any]]:
        """Errors and warnings, in their order."""
        return [f for f in self.said["findings"] if f["severity"] != "advice"]

    @property
    def rank(self) -> int | None:
        """Where the first planted mistake stands; None if it was not named."""
        ids = [f["id"] for f in self.said["findings"]]
        found = [ids.index(p) + 1 for p in self.subject.planted if p in ids]
        return min(found) if found else None

    @property
    def detected(self) -> bool:
        return any(f["id"] in self.subject.planted for f in self.complaints)

    @property
    def first(self) -> bool:
        return bool(self.complaints) and self.complaints[0]["id"] in self.subject.planted

    @property
    def first_three(self) -> bool:
        """Of two mistakes both must stand in the first three."""
        return set(self.subject.planted) <= {f["id"] for f in self.complaints[:3]}

    @property
    def line(self) -> bool | None:
        """Whether it points at the planted line; None if it wasn't named, or nothing is marked."""
        for finding in self.said["findings"]:
            if finding["id"] in self.subject.planted and self.subject.lines:
                return finding["line"] in self.subject.lines
        return None


@dataclass
class Scores:
    """All that is judged so far, and how much is still to do."""

    judged: list[Judged] = field(default_factory=list)
    waiting: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def of(self, *kinds: Kind, held_back: bool | None = None) -> list[Judged]:
        return [
            j for j in self.judged if j.kind in kinds and held_back in (None, j.subject.held_back)
        ]


def judge(subjects: Iterable[Subject], results: Results, healthy: Iterable[Subject] = ()) -> Scores:
    """What is known about all subjects. `healthy`: their bases, where these are not among them."""
    subjects = list(subjects)
    bases = {s.base: s for s in (*healthy, *subjects) if not s.planted}
    scores = Scores()
    for subject in subjects:
        said = results.get("diagnosis", subject)
        if said is None:
            scores.waiting += 1
        elif "failed" in said:
            scores.failed.append((subject.name, said["failed"]))
        else:
            kind = _kind(subject, bases, results, said)
            scores.judged.append(Judged(subject, kind, said))
    return scores


def _kind(
    subject: Subject, bases: dict[str, Subject], results: Results, said: dict[str, Any]
) -> Kind:
    if not subject.planted:
        return "right"
    if len(subject.planted) > 1:
        return "pair"
    if subject.silent:  # a false figure needs a script that comes to its end
        if said["exit"] != "finished":
            return "unknown"
        return "harmless" if _same_figures(subject, bases.get(subject.base), results) else "silent"
    hurt = hurts(subject, bases.get(subject.base), results)
    return "unknown" if hurt is None else "hurts" if hurt else "harmless"


def _same_figures(subject: Subject, base: Subject | None, results: Results) -> bool:
    """Whether a mistake in what is reported changes no figure here: the last of a single batch."""
    if base is None or not set(subject.planted) & set(IN_FIGURES):
        return False
    printed = results.get("printed", base)
    return printed is not None and printed == results.get("printed", subject)


def hurts(subject: Subject, base: Subject | None, results: Results) -> bool | None:
    """Whether the mistake costs more than another seed would: as in mutation testing, a mutant
    that nothing can tell from its origin is no mutant. A script that ends without result is hurt.

    The median over its seeds must lie outside all of the base's results, by as much again as they
    are apart, and by 2 % at least.
    """
    if base is None or subject.result is None:
        return None
    seeds = [results.get("bare", base, n) for n in range(9) if results.has("bare", base, n)]
    before = [s for s in seeds if isinstance(s, float)]
    after = [results.get("bare", subject, n) for n in range(9) if results.has("bare", subject, n)]
    if len(before) < 3 or len(after) < 3:
        return None
    values = [v for v in after if isinstance(v, float)]
    if len(values) * 2 <= len(after):
        return True
    sign = -1 if subject.lower_is_better else 1
    margin = max(max(before) - min(before), 0.02 * abs(statistics.median(before)))
    worst = min(sign * b for b in before)
    return statistics.median(sign * v for v in values) < worst - margin


# --- figures -------------------------------------------------------------------------------------


def share(judged: Sequence[Judged], question: Callable[[Judged], bool | None]) -> float | None:
    """Share of yes among those that have an answer; None if none has."""
    answers = [a for a in map(question, judged) if a is not None]
    return sum(answers) / len(answers) if answers else None


def false_alarms(right: Sequence[Judged]) -> float | None:
    """Errors and warnings for each right script."""
    return sum(len(j.complaints) for j in right) / len(right) if right else None


def reliability(
    judged: Sequence[Judged], edges: Sequence[float]
) -> list[tuple[float, float, int, int]]:
    """(from, to, findings, of them right) for errors and warnings by their stated confidence."""
    said = [(f["confidence"], f["id"] in j.subject.planted) for j in judged for f in j.complaints]
    table = []
    for low, high in pairwise(edges):
        inside = [right for confidence, right in said if low <= confidence < high]
        table.append((low, high, len(inside), sum(inside)))
    return table
