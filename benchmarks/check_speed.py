"""How fast `whytorch check` reads: one file from start to finish, and files a second.

    python benchmarks/check_speed.py [TREE ...] [--rounds 5] [--output result.json]

Two sets of files of about 200 lines: `code`, real files that mention torch, out of the installed
torch and torchvision; and `trainings`, the sound scripts of the tests put together, the densest
code there is: every statement has to do with training. With TREE, files a second are measured for
those folders as well. Parsing alone (`ast.parse`) is measured in turns with each: the ratio says
what the reading adds, whatever the machine.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import measure

from whytorch import scan

SCRIPTS = Path(__file__).resolve().parent.parent / "tests" / "scripts" / "healthy"
LINES = 200


def code(count: int) -> list[Path]:
    """Real files of 150 to 250 lines that mention torch, spread over what is installed."""
    found = []
    for package in ("torch", "torchvision"):
        spec = importlib.util.find_spec(package)
        for folder in spec.submodule_search_locations if spec else ():
            for path in sorted(Path(folder).rglob("*.py")):
                text = path.read_bytes()
                if 150 <= text.count(b"\n") <= 250 and b"torch" in text:
                    found.append(path)
    return found[:: max(1, len(found) // count)][:count]


def trainings(folder: Path, count: int) -> list[Path]:
    """Files of 200 lines, put together from the sound scripts of the tests."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(SCRIPTS.glob("*.py"))]
    texts = [text for text in texts if text.count("\n") >= 30]
    files = []
    for number in range(count):
        lines: list[str] = []
        while len(lines) < LINES:
            lines += texts[(number + len(lines)) % len(texts)].split("\n")
        cut = _cut(lines)
        files.append(folder / f"script_{number}.py")
        files[-1].write_text(cut, encoding="utf-8")
    return files


def _cut(lines: list[str]) -> str:
    """About 200 lines that end where a statement does."""
    for last in range(LINES, LINES // 2, -1):
        text = "\n".join(lines[:last]) + "\n"
        try:
            ast.parse(text)
        except SyntaxError:
            continue
        return text
    raise SystemExit("the scripts of the tests could not be put together")


def start_to_finish(path: Path) -> dict[str, Any]:
    """One `whytorch check FILE`: wall time of the whole command."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "whytorch", "check", str(path)], capture_output=True, text=True
    )
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    return {"seconds": time.perf_counter() - begin}


def reading(paths: list[str]) -> dict[str, Any]:
    """Files a second of processor time, on one core; the checks are loaded already."""
    begin = time.process_time()
    checked = scan.check(paths)
    seconds = time.process_time() - begin
    return {"seconds": seconds, "files": checked.files, "findings": len(checked.findings)}


def parsing(files: list[Path]) -> dict[str, Any]:
    """What Python itself needs for the same files."""
    begin = time.process_time()
    for path in files:
        ast.parse(path.read_bytes())
    return {"seconds": time.process_time() - begin, "files": len(files)}


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trees", nargs="*", metavar="TREE", help="folders to read as well")
    parser.add_argument("--files", type=int, default=200, help="how many files to write")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each variant")
    parser.add_argument("--output", type=Path, help="write the figures to this JSON file")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = os.path.join(folder, "compiled")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        dense = trainings(Path(folder), args.files)
        start_to_finish(dense[0])  # an installed package is compiled already
        scan.check([str(dense[0])])
        variants: dict[str, Callable[[], dict[str, Any]]] = {
            "one file": lambda: start_to_finish(dense[0])
        }
        for name, files in (("code", code(args.files)), ("trainings", dense)):
            variants[name] = lambda files=files: reading([str(path) for path in files])
            variants[f"{name}, parsed"] = lambda files=files: parsing(files)
        for tree in args.trees:
            variants[tree] = lambda tree=tree: reading([tree])
        runs = measure.run_all(
            tuple(variants), args.rounds, lambda variant: variants[variant](), "seconds"
        )
    median = {v: statistics.median(measure.column(runs[v], "seconds")) for v in runs}
    rows = []
    for variant in runs:
        count = runs[variant][-1].get("files")
        rate = f"{count / median[variant]:.0f}" if count else ""
        rows.append([variant, f"{median[variant]:.3f}", str(count or 1), rate])
    print(measure.table(["variant", "median s", "files", "files a second"], rows))
    ratios = {name: median[name] / median[f"{name}, parsed"] for name in ("code", "trainings")}
    for name, ratio in ratios.items():
        print(f"{name}: a check takes {ratio:.1f} times as long as parsing alone")
    result = {
        "settings": {"files": args.files, "lines": LINES, "rounds": args.rounds},
        "machine": measure.machine(),
        "median_seconds": median,
        "files_a_second": runs["code"][-1]["files"] / median["code"],
        "ratio_to_parsing": ratios,
        "runs": runs,
    }
    measure.write(args.output, result)


if __name__ == "__main__":
    main()
