"""How often does whytorch name the planted mistake, and how often does it blame a right script?

    python benchmarks/accuracy                 what fits into 10 minutes, drawn anew each day
    python benchmarks/accuracy --minutes 0     everything (an hour or two on two cores)
    python benchmarks/accuracy --list          what there is, without running it

Results are kept in build/accuracy and taken up again: a trial is repeated only when the script or
whytorch itself has changed. `--write` renders docs/accuracy.md from all that is known.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy import page, repairs, scores, scripts
from accuracy.order import sample
from accuracy.results import Results
from accuracy.scores import IN_FIGURES
from accuracy.trial import diagnosis, printed_by, result_of, warm_up
from whytorch.workers import Workers, workers

SEEDS_OF_A_BASE = 5  # its spread
SEEDS_OF_A_MUTANT = 3  # its median is compared with that spread


def main() -> int:
    options = _arguments()
    alone = list(scripts.mutants())
    healthy = list(scripts.healthy())
    subjects = [*healthy, *alone, *scripts.pairs(alone, options.pairs)]
    if options.select:
        wanted = set(options.select.split(","))
        subjects = [s for s in subjects if wanted & _named(s)]
    if options.list:
        return _list(subjects)
    results = Results(Path(options.folder), scripts.ROOT / "src" / "whytorch")
    until = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
    jobs = sample(subjects, options.seed)
    wanted = repairs.jobs(jobs, results, healthy) if options.repairs else _jobs(jobs, results)
    todo = (j for j in wanted if options.only in (None, j[0]))
    with workers(options.workers, warm_up) as hands:
        _run(todo, results, hands, until)
    known = scores.judge(subjects, results, healthy)
    mended = repairs.judge(subjects, results, healthy)
    print(page.terminal(known, mended))
    if options.write:
        Path(options.write).write_text(page.markdown(known, mended), encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=10, help="0: run everything")
    parser.add_argument("--workers", default="2", help="processes at once, or ray[:ADDRESS]")
    parser.add_argument("--seed", default=datetime.date.today().isoformat(), help="of the sample")
    parser.add_argument("--pairs", type=int, default=60, help="scripts with two mistakes")
    parser.add_argument("--select", help="only these mistakes, bases or mutations, or pairs")
    parser.add_argument("--only", choices=("bare", "diagnosis", "mended"), help="these trials")
    parser.add_argument("--repairs", action="store_true", help="mend them, and run what comes out")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--write", metavar="FILE", help="render docs/accuracy.md")
    parser.add_argument("--folder", default=str(scripts.ROOT / "build" / "accuracy"))
    return parser.parse_args()


def _named(subject: scripts.Subject) -> set[str]:
    pair = {"pairs"} if len(subject.planted) > 1 else set()
    return {*subject.planted, subject.base, subject.mutation, *pair}


def _list(subjects: list[scripts.Subject]) -> int:
    counts = Counter(" + ".join(s.planted) or "right" for s in subjects if len(s.planted) < 2)
    for name, count in sorted(counts.items()):
        print(f"{count:5}  {name}")
    print(f"{len(subjects):5}  scripts")
    return 0


def _jobs(subjects: Iterable[scripts.Subject], results: Results) -> Iterable[tuple[Any, ...]]:
    """(what, subject, seed) of every trial whose result is not known yet."""
    spread: set[str] = set()
    bases = {s.base: s for s in scripts.healthy()}
    for subject in subjects:
        if not results.has("diagnosis", subject):
            yield "diagnosis", subject, 0
        if subject.silent and set(subject.planted) & set(IN_FIGURES):
            for one in (bases[subject.base], subject):
                if not results.has("printed", one):
                    yield "printed", one, 0
        if subject.result is None or len(subject.planted) > 1 or subject.silent:
            continue
        if subject.planted:
            seeds = range(SEEDS_OF_A_MUTANT)
            if subject.base not in spread:
                spread.add(subject.base)
                for seed in range(SEEDS_OF_A_BASE):
                    if not results.has("bare", bases[subject.base], seed):
                        yield "bare", bases[subject.base], seed
            for seed in seeds:
                if not results.has("bare", subject, seed):
                    yield "bare", subject, seed


def _run(jobs: Iterable[tuple[Any, ...]], results: Results, hands: Workers, until: float) -> None:
    """Each worker imports torch once, then forks for each trial."""
    running: dict[Future[Any], tuple[Any, ...]] = {}
    waiting = iter(jobs)
    done = 0
    while True:
        while len(running) < 2 * hands.size and time.monotonic() < until:
            job = next(waiting, None)
            if job is None:
                break
            what, subject, seed = job
            running[hands.submit(*_call(what, subject, seed))] = job
        if not running:
            return
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in ended:
            what, subject, seed = running.pop(future)
            results.add(what, subject, seed, _value(future))
            done += 1
            print(f"\r{done} trials  {what:<9} {subject.name[:70]:<70}", end="", file=sys.stderr)


def _call(what: str, subject: scripts.Subject, seed: int) -> tuple[Any, ...]:
    if what == "bare":
        return result_of, subject, seed
    return {"diagnosis": diagnosis, "printed": printed_by, "mended": repairs.mended}[what], subject


def _value(future: Future[Any]) -> Any:
    try:
        return future.result()
    except Exception as error:  # a broken trial is a result too: it is shown as such
        return {"failed": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    sys.exit(main())
