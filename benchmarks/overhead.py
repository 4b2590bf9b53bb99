"""How much `whytorch watch` slows a training: the same steps bare and recorded, in turns.

    python benchmarks/overhead.py [--network lenet] [--rounds 3] [--output result.json]
    python benchmarks/overhead.py --network all     eleven networks, a table

Two processes train the same network, one bare and one recorded, and take turns: a few steps of the
one, the same steps of the other, and so on, the order turned round each time. A machine that slows
down for a second slows both. Each turn's seconds are the process's own (CPU) and the clock's; a
digest of the weights must be the same in both, to the last bit. The first 200 steps are all looked
at, many of them closely; so what comes after, which is what a long training is like, is counted
by itself, too ("late").
`--rehearsed` measures the recorder as a rehearsal has it, which looks at every step.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import measure
from networks import NETWORKS, Measured

VARIANTS = ("bare", "recorded")
TURNS = 90  # of each variant in a run, unless the steps are fewer
LATE = 250  # steps: the first 200, and a first rest in which the recorder measures
KINDS = {"overhead": "wall", "overhead_cpu": "cpu", "overhead_late_cpu": "late_cpu"}


def training(network: Measured, batch: int, width: int) -> Iterator[Any]:
    """Train on made-up images without end; each step gives the model."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    # As many as a small real data set has, within 80 MB: an epoch is no handful of steps.
    samples = max(8 * batch, min(6400, 20_000_000 // math.prod(network.image)))
    labels = torch.arange(samples) % 10
    images = torch.randn(len(labels), *network.image) + labels[:, None, None, None] / 10
    loader = DataLoader(TensorDataset(images, labels), batch_size=batch, shuffle=True)
    model = network.make(width)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=5e-4)
    yield model
    while True:
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
            yield model


def take_turns(steps: Iterator[Any]) -> dict[str, Any]:
    """Each line that comes asks for so many steps, and is answered with what they took."""
    model = next(steps)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        begin = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            next(steps)
        wall, cpu = time.perf_counter() - begin[0], time.process_time() - begin[1]
        print(json.dumps({"wall": wall, "cpu": cpu}), flush=True)
    digest = hashlib.sha256()
    for tensor in model.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    return {"weights": digest.hexdigest()}


def worker(variant: str, args: argparse.Namespace) -> dict[str, Any]:
    """One variant, in this process."""
    import torch

    torch.set_num_threads(1)
    steps = training(NETWORKS[args.network], args.batch, args.width)
    if variant == "bare":
        result = take_turns(steps)
    else:
        from whytorch.evidence.recorder import Recorder

        with tempfile.TemporaryDirectory() as folder:
            record = Path(folder) / "record.jsonl"
            recorder = Recorder(record, watches=not args.rehearsed)
            if args.share is not None:
                recorder.rest.budget = args.share
            recorder.install()
            try:
                result = take_turns(steps)
            finally:
                recorder.uninstall()
            result["record_bytes"] = record.stat().st_size
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    result["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return result


class Process:
    """A worker that trains when it is its turn."""

    def __init__(self, variant: str, args: argparse.Namespace) -> None:
        command = [sys.executable, __file__, "--worker", variant]
        command += ["--rehearsed"] if args.rehearsed else []
        for name in ("network", "batch", "width") + (("share",) if args.share is not None else ()):
            command += [f"--{name}", str(getattr(args, name))]
        env = {**os.environ, "OMP_NUM_THREADS": "1"}
        pipe = subprocess.PIPE
        self.variant = variant
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env)
        self._answer()

    def turn(self, steps: int) -> dict[str, float]:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return self._answer()

    def end(self) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.close()
        last = self._answer()
        self.process.wait()
        return last

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the {self.variant} run ended with exit code {self.process.wait()}")
        return json.loads(line)


def run(args: argparse.Namespace, rounds: int, size: int) -> dict[str, dict[str, Any]]:
    """Both variants once, in turns of `size` steps: what each took, and what was said then."""
    both = {v: Process(v, args) for v in VARIANTS}
    turns: dict[str, list[dict[str, float]]] = {v: [] for v in VARIANTS}
    for _, variant in measure.interleave(VARIANTS, rounds):
        turns[variant].append(both[variant].turn(size))
    return {v: {"turns": turns[v], "size": size, **both[v].end()} for v in VARIANTS}


def columns(runs: Sequence[dict[str, Any]], kind: str) -> list[float]:
    """The seconds of each turn of all runs, or of the late ones."""
    late = kind.startswith("late_")
    return [
        turn[kind.removeprefix("late_")]
        for run in runs
        for number, turn in enumerate(run["turns"])
        if not late or number * run["size"] >= LATE
    ]


def overhead(runs: dict[str, list[dict[str, Any]]], kind: str) -> tuple[float, float]:
    """What the recorder adds to the whole, as a share, and the standard error of that share: turns
    are pairs, and what their differences scatter says how well the sum is known."""
    bare, recorded = (columns(runs[v], kind) for v in VARIANTS)
    if len(bare) < 2:
        return math.nan, math.nan
    ratio = sum(recorded) / sum(bare)
    apart = [r - ratio * b for b, r in zip(bare, recorded, strict=True)]
    return ratio - 1.0, statistics.stdev(apart) * len(apart) ** 0.5 / sum(bare)


def summarize(runs: dict[str, list[dict[str, Any]]], steps: int) -> dict[str, Any]:
    """What the recorder adds; CPU time is the steadier one on a busy machine."""
    memory = {v: statistics.median(measure.column(runs[v], "memory_mb")) for v in VARIANTS}
    summary: dict[str, Any] = {
        "steps": steps,
        "ms_a_step": 1e3 * sum(columns(runs["bare"], "wall")) / (steps * len(runs["bare"])),
        "memory_above_bare_mb": memory["recorded"] - memory["bare"],
        "weights_identical": len({r["weights"] for v in VARIANTS for r in runs[v]}) == 1,
        "record_bytes": max(r["record_bytes"] for r in runs["recorded"]),
    }
    for name, kind in KINDS.items():
        summary[name], summary[f"{name}_error"] = overhead(runs, kind)
    return summary


def measured(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """One network, as often as asked for, and the line that says what came out."""
    network = NETWORKS[name]
    args.network, args.batch = name, args.batch or network.batch
    steps = args.steps or network.steps
    size = math.ceil(steps / TURNS)  # of a turn
    turns = math.ceil(steps / size)
    runs: dict[str, list[dict[str, Any]]] = {v: [] for v in VARIANTS}
    for _ in range(args.rounds):
        for variant, one in run(args, turns, size).items():
            runs[variant].append(one)
    summary = {**summarize(runs, turns * size), "batch": args.batch}
    print(f"{name}: {said(summary, 'overhead_cpu')} of CPU time", flush=True)
    return summary


def said(summary: dict[str, Any], name: str) -> str:
    """A share and its standard error."""
    if math.isnan(summary[name]):
        return "not reached"
    return f"{summary[name]:+.1%} ±{summary[f'{name}_error']:.1%}"


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=(*NETWORKS, "all"), default="residual")
    parser.add_argument("--steps", type=int, help="steps of each run; each network has its own")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of processes")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--width", type=int, default=16, help="channels of the first stage")
    parser.add_argument("--share", type=float, help="what looking may cost")
    parser.add_argument("--rehearsed", action="store_true", help="look at every step")
    parser.add_argument("--output", type=Path, help="write the figures to this JSON file")
    parser.add_argument("--worker", choices=VARIANTS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(worker(args.worker, args)))
        return
    names = list(NETWORKS) if args.network == "all" else [args.network]
    networks = {n: measured(n, argparse.Namespace(**vars(args))) for n in names}
    rows = [
        [
            name,
            f"{one['ms_a_step']:.2f}",
            *(said(one, key) for key in KINDS),
            f"{one['memory_above_bare_mb']:+.0f}",
            f"{one['record_bytes'] / 1e6:.1f}",
            "identical" if one["weights_identical"] else "NOT IDENTICAL",
        ]
        for name, one in networks.items()
    ]
    head = ["network", "ms a step", "wall", "CPU", "CPU, late", "MB", "record MB", "weights"]
    print(measure.table(head, rows))
    for key in KINDS:
        values = [one[key] for one in networks.values() if not math.isnan(one[key])]
        if values:
            print(f"{key}: median {statistics.median(values):+.1%}, worst {max(values):+.1%}")
    result = {"rounds": args.rounds, "machine": measure.machine(), "networks": networks}
    measure.write(args.output, result)


if __name__ == "__main__":
    main()
