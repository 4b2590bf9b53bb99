"""How long a person waits for the answer: a script alone and under `whytorch`, in turns.

    python benchmarks/answer_time.py [--seconds 10] [--rounds 5] [--output result.json]

The script's epochs are chosen first, on this machine, so that it takes about `--seconds` by
itself. Times are wall time of the whole command, Python's start included.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import measure

SCRIPT = Path(__file__).resolve().parent / "scripts" / "digits.py"


def timed(command: list[str], threads: int, accepted: tuple[int, ...]) -> dict[str, Any]:
    """Run a command in an empty folder; its wall time, exit code and first line."""
    env = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
        seconds = time.perf_counter() - begin
    if done.returncode not in accepted:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    first = next((line for line in done.stdout.splitlines() if line.strip()), "")
    return {"seconds": seconds, "exit_code": done.returncode, "first_line": first.strip()}


def bare(epochs: int) -> list[str]:
    """The script by itself."""
    return [sys.executable, str(SCRIPT), "--epochs", str(epochs)]


def diagnosed(epochs: int, options: list[str]) -> list[str]:
    """The script under whytorch."""
    script = [str(SCRIPT), "--epochs", str(epochs)]
    return [sys.executable, "-m", "whytorch", *options, *script]


def epochs_for(seconds: float, threads: int) -> int:
    """How many epochs make the script run for about `seconds`: a line through two short runs."""
    few, more = 2, 12
    short = timed(bare(few), threads, (0,))["seconds"]
    longer = timed(bare(more), threads, (0,))["seconds"]
    per_epoch = max((longer - short) / (more - few), 1e-3)
    return max(few, round((seconds - short) / per_epoch) + few)


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="what the script should take")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each variant")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads")
    parser.add_argument("--options", default="", help="whytorch's own options, as one string")
    parser.add_argument("--bare-only", action="store_true", help="measure the script alone")
    parser.add_argument("--output", type=Path, help="write the figures to this JSON file")
    args = parser.parse_args()

    epochs = epochs_for(args.seconds, args.threads)
    print(f"{SCRIPT.name} --epochs {epochs}, {args.rounds} rounds, {args.threads} thread(s)")
    commands = {"bare": (bare(epochs), (0,))}
    if not args.bare_only:
        # 0 and 1 are answers: nothing found, something found.
        commands["whytorch"] = (diagnosed(epochs, args.options.split()), (0, 1))
    runs = measure.run_all(
        tuple(commands),
        args.rounds,
        lambda variant: timed(commands[variant][0], args.threads, commands[variant][1]),
        "seconds",
    )

    median = {v: statistics.median(measure.column(runs[v], "seconds")) for v in runs}
    noise = measure.spread(measure.column(runs["bare"], "seconds"))
    rows = [
        [
            variant,
            f"{median[variant]:.2f}",
            f"{min(measure.column(runs[variant], 'seconds')):.2f}",
            f"{max(measure.column(runs[variant], 'seconds')):.2f}",
            str(runs[variant][-1]["exit_code"]),
        ]
        for variant in runs
    ]
    print(measure.table(["variant", "median s", "min s", "max s", "exit"], rows))
    print(f"noise of the bare runs: ±{noise:.1%} (half the quartile distance)")
    if "whytorch" in runs:
        answers = sorted({run["first_line"] for run in runs["whytorch"]})
        print(f"the answer: {' | '.join(answers)}")
    result = {
        "settings": {"epochs": epochs, "rounds": args.rounds, "threads": args.threads},
        "machine": measure.machine(),
        "median_seconds": median,
        "noise_of_bare": noise,
        "runs": runs,
    }
    measure.write(args.output, result)


if __name__ == "__main__":
    main()
