"""What both benchmarks share: interleaved runs, medians, and results on screen and on disk."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any


def interleave(variants: Sequence[str], rounds: int) -> Iterable[tuple[int, str]]:
    """Each round runs every variant once, every other round backwards: slow drift cancels out."""
    for number in range(rounds):
        for variant in variants if number % 2 == 0 else reversed(variants):
            yield number, variant


def run_all(
    variants: Sequence[str], rounds: int, run: Callable[[str], dict[str, Any]], shown: str
) -> dict[str, list[dict[str, Any]]]:
    """Run every variant `rounds` times, interleaved; `shown` is the figure to print on the way."""
    results: dict[str, list[dict[str, Any]]] = {v: [] for v in variants}
    for number, variant in interleave(variants, rounds):
        results[variant].append(run(variant))
        value = results[variant][-1][shown]
        print(f"  round {number + 1}/{rounds}  {variant:<10} {value:8.3f} s", flush=True)
    return results


def column(runs: Sequence[dict[str, Any]], name: str) -> list[float]:
    """One figure of every run."""
    return [run[name] for run in runs]


def spread(values: Sequence[float]) -> float:
    """Half the distance between the quartiles, as a share of the median: this machine's noise."""
    if len(values) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / middle


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their heads, the first column to the left, figures to the right."""
    widths = [max(len(line[i]) for line in (head, *rows)) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in (head, ["-" * w for w in widths], *rows)
    ]
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What a figure depends on besides the code: never a host's or a user's name."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }


def write(path: Path | None, result: dict[str, Any]) -> None:
    """Write the result as JSON, if a path was given."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=2) + "\n")
        print(f"written to {path}")
