"""What other tools say on the same scripts.

    python benchmarks/accuracy/peers.py --torchfix path/to/torchfix

Peers are installed by whoever runs this, in an environment of their own: they are no dependency.
Counted are scripts on which a peer says anything at all (generously: detected), those where a rule
stands for the planted mistake, and the right scripts on which it says anything.

Tried as well, in November 2026, and left out: traincheck 0.2.0 (its instrumentation calls CUDA
without asking whether there is a driver, so on a machine without GPU the script does not start),
dslinter (its release cannot be installed on Python 3.11).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accuracy import scripts

# TorchFix has rules on deprecated and removed functions, unsafe loading, and the style of imports;
# none of them stands for a mistake of a training.
TORCHFIX: dict[str, tuple[str, ...]] = {}


def main() -> int:
    parser = argparse.ArgumentParser(description="Other tools on the benchmark's scripts.")
    parser.add_argument("--torchfix", default="torchfix", help="its command")
    options = parser.parse_args()
    faulty, right = list(scripts.mutants()), list(scripts.healthy())
    said = torchfix(options.torchfix, [*faulty, *right])
    spoke = [s for s in faulty if said[s.digest]]
    named = [s for s in faulty if set(s.planted) & _mistakes(said[s.digest])]
    alarmed = [s for s in right if said[s.digest]]
    rules = Counter(rule for found in said.values() for rule in found)
    print(f"torchfix: says something on {len(spoke)} of {len(faulty)} faulty scripts, ", end="")
    print(f"names the mistake on {len(named)}; says something on {len(alarmed)} of ", end="")
    print(f"{len(right)} right ones; rules: {dict(rules.most_common())}")
    return 0


def _mistakes(rules: list[str]) -> set[str]:
    return {id for rule in rules for id in TORCHFIX.get(rule, ())}


def torchfix(command: str, subjects: list[scripts.Subject]) -> dict[str, list[str]]:
    """The rules that TorchFix reports on each script, by the script's digest."""
    said: dict[str, list[str]] = {s.digest: [] for s in subjects}
    with tempfile.TemporaryDirectory(prefix="wt-") as folder:
        for subject in subjects:
            Path(folder, f"{subject.digest}.py").write_text(subject.text, encoding="utf-8")
        done = subprocess.run(
            [command, "--select", "ALL", folder], capture_output=True, text=True, check=False
        )
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command} failed: {done.stderr.strip()[-400:]}")
    for digest, rule in re.findall(r"(\w{16})\.py:\d+:\d+: (TOR\d+)", done.stdout):
        said[digest].append(rule)
    return said


if __name__ == "__main__":
    sys.exit(main())
