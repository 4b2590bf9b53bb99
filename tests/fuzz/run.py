"""Fuzzes the readers with atheris, which follows the branches that its inputs reach.

    pip install atheris
    python tests/fuzz/run.py source 600          one target, for so many seconds
    python tests/fuzz/run.py record 600 --keep build/fuzz/record

Inputs that reach something new are kept in --keep, and a later run begins with them. What raises is
written to a file crash-... there; `python tests/fuzz/run.py source FILE` does it once more. At the
end stands how many inputs were tried. An input that takes longer than 20 seconds counts as a hang.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HANGS = 20  # seconds; the largest source of the tests takes under one
SEEDS = {
    "source": ("tests/scripts/**/*.py", "tests/cases/**/*.py", "tests/fragments/**/*.py"),
    "program": (),
    "notebook": ("tests/**/*.ipynb", "tests/fragments/**/*.py"),
    "record": (),  # that of a run is made for them
    "launch": (),
    "report": (),
}
RECORDED = """
import json, sys, tempfile
from pathlib import Path
sys.path.insert(0, "tests")
import warm
script = Path("tests/scripts/broken/digits_sgd_fast.py").resolve()
run = warm.rehearse(script, Path(tempfile.mkdtemp()))
shortest = {}
for line in run.record.read_bytes().splitlines():
    kind = json.loads(line)["kind"]
    shortest[kind] = min(shortest.get(kind, line), line, key=len)
assert "input" in shortest, run.output
Path(sys.argv[1]).write_bytes(b"\\n".join(shortest.values()))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzzes the readers with atheris.")
    parser.add_argument("target", choices=SEEDS)
    parser.add_argument("what", help="seconds, or a file to be tried once")
    parser.add_argument("--keep", help="folder of inputs that reached something new")
    chosen = parser.parse_args()
    sys.path[:0] = [str(Path(__file__).parent)]
    if not chosen.what.isdecimal():
        from targets import TARGETS

        TARGETS[chosen.target](Path(chosen.what).read_bytes())
        return 0

    import atheris

    os.environ.pop("WHYTORCH_RAISE", None)  # as for users

    with atheris.instrument_imports(include=["whytorch"]):
        from targets import TARGETS, clean

        from whytorch.catalog import load_catalog

        load_catalog()  # the checks, too
    target = TARGETS[chosen.target]
    keep = Path(chosen.keep or ROOT / "build" / "fuzz" / chosen.target)
    keep.mkdir(parents=True, exist_ok=True)
    if chosen.target in ("record", "launch"):
        arguments = [sys.executable, "-c", RECORDED, str(keep.resolve() / "seed-0")]
        subprocess.run(arguments, cwd=ROOT, check=True)
    for number, file in enumerate(f for p in SEEDS[chosen.target] for f in sorted(ROOT.glob(p))):
        (keep / f"seed-{number}").write_bytes(file.read_bytes())
    tried, begun, seconds = [0], time.monotonic(), int(chosen.what)

    def one(data: bytes) -> None:
        tried[0] += 1
        target(data)
        if tried[0] % 1000 == 0 or time.monotonic() - begun > seconds - 1:
            (keep.parent / f"{chosen.target}.tried").write_text(
                f"{tried[0]} inputs in {time.monotonic() - begun:.0f} s\n"
            )

    options = [f"-max_total_time={seconds}", f"-timeout={HANGS}", "-rss_limit_mb=4096",
               "-max_len=20000", f"-artifact_prefix={keep}/", "-print_final_stats=1"]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(keep)], one)
    try:
        atheris.Fuzz()
    finally:
        clean()
    return 0


if __name__ == "__main__":
    sys.exit(main())
