"""How much `whytorch watch` slows a training: the same steps bare and recorded, in turns.

    python benchmarks/overhead.py [--steps 200] [--rounds 7] [--output result.json]
    python benchmarks/overhead.py --network all     eleven networks, a table

Every run is a process of its own that trains a network for a fixed number of steps and reports the
seconds of its training loop, its largest memory, and a digest of the weights: they must be the
same with and without the recorder, to the last bit. The first 200 steps are all looked at;
so the later two thirds, which are what a long training is like, are counted by themselves, too.
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
from pathlib import Path
from typing import Any

import measure
from networks import NETWORKS, Measured

VARIANTS = ("bare", "recorded")


def train(network: Measured, steps: int, batch: int, width: int) -> dict[str, Any]:
    """Train for `steps` steps on made-up images; the seconds are those of the loop alone, the late
    ones those of its last two thirds."""
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

    done = 0
    begin = late = (time.perf_counter(), time.process_time())
    while done < steps:
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
            done += 1
            if done == steps // 3:
                late = (time.perf_counter(), time.process_time())
            if done == steps:
                break
    end = (time.perf_counter(), time.process_time())

    digest = hashlib.sha256()
    for tensor in model.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    return {
        "seconds": end[0] - begin[0],
        "cpu_seconds": end[1] - begin[1],
        "late_cpu_seconds": end[1] - late[1],
        "loss": loss.item(),
        "weights": digest.hexdigest(),
    }


def worker(variant: str, args: argparse.Namespace) -> dict[str, Any]:
    """One run of one variant, in this process."""
    import torch

    torch.set_num_threads(args.threads)
    network = NETWORKS[args.network]
    if variant == "bare":
        result = train(network, args.steps, args.batch, args.width)
    else:
        from whytorch.evidence.recorder import Recorder

        with tempfile.TemporaryDirectory() as folder:
            record = Path(folder) / "record.jsonl"
            recorder = Recorder(record, watches=not args.rehearsed)
            recorder.install()
            try:
                result = train(network, args.steps, args.batch, args.width)
            finally:
                recorder.uninstall()
            result["record_bytes"] = record.stat().st_size
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    result["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return result


def launch(variant: str, args: argparse.Namespace) -> dict[str, Any]:
    """One run of one variant, in a fresh process."""
    command = [sys.executable, __file__, "--worker", variant]
    command += ["--rehearsed"] if args.rehearsed else []
    for name in ("network", "steps", "batch", "width", "threads"):
        command += [f"--{name}", str(getattr(args, name))]
    env = {**os.environ, "OMP_NUM_THREADS": str(args.threads)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=env)
    if done.returncode:
        sys.exit(f"the {variant} run failed with exit code {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def overhead(runs: dict[str, list[dict[str, Any]]], figure: str) -> float:
    """The median of each round's own ratio, less one."""
    pairs = zip(runs["bare"], runs["recorded"], strict=True)
    return statistics.median(r[figure] / b[figure] for b, r in pairs) - 1


def summarize(runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians, and what the recorder adds; CPU time is the steadier one on a busy machine."""
    median = {v: statistics.median(measure.column(runs[v], "seconds")) for v in runs}
    memory = {v: statistics.median(measure.column(runs[v], "memory_mb")) for v in runs}
    summary: dict[str, Any] = {
        "median_seconds": median,
        "median_memory_mb": memory,
        "noise_of_bare": measure.spread(measure.column(runs["bare"], "seconds")),
    }
    if "recorded" in runs:
        summary["overhead"] = overhead(runs, "seconds")
        summary["overhead_cpu"] = overhead(runs, "cpu_seconds")
        summary["overhead_late_cpu"] = overhead(runs, "late_cpu_seconds")
        summary["memory_above_bare_mb"] = memory["recorded"] - memory["bare"]
        summary["weights_identical"] = len({r["weights"] for v in runs for r in runs[v]}) == 1
        summary["record_bytes"] = max(r["record_bytes"] for r in runs["recorded"])
    return summary


def show(runs: dict[str, list[dict[str, Any]]], summary: dict[str, Any], steps: int) -> None:
    """The table, and the sentence below it."""
    rows = [
        [
            variant,
            f"{summary['median_seconds'][variant]:.3f}",
            f"{min(measure.column(runs[variant], 'seconds')):.3f}",
            f"{max(measure.column(runs[variant], 'seconds')):.3f}",
            f"{1e3 * summary['median_seconds'][variant] / steps:.2f}",
            f"{summary['median_memory_mb'][variant]:.0f}",
        ]
        for variant in runs
    ]
    print(measure.table(["variant", "median s", "min s", "max s", "ms a step", "MB"], rows))
    print(f"noise of the bare runs: ±{summary['noise_of_bare']:.1%} (half the quartile distance)")
    if "overhead" in summary:
        same = "identical" if summary["weights_identical"] else "NOT IDENTICAL"
        print(f"recorder: {summary['overhead']:+.1%} of wall time, ", end="")
        print(f"{summary['overhead_cpu']:+.1%} of CPU time ", end="")
        print(f"({summary['overhead_late_cpu']:+.1%} of the last two thirds), ", end="")
        print(f"{summary['memory_above_bare_mb']:+.0f} MB, weights {same}, ", end="")
        print(f"record {summary['record_bytes'] / 1e6:.1f} MB")


def every(args: argparse.Namespace) -> None:
    """Each network at its own size, one after the other; a table of what the recorder adds."""
    summaries = {}
    for name, network in NETWORKS.items():
        args.network, args.steps, args.batch = name, network.steps, network.batch
        print(f"{name}: {args.steps} steps, batch {args.batch}")
        runs = measure.run_all(VARIANTS, args.rounds, lambda v: launch(v, args), "cpu_seconds")
        summaries[name] = {**summarize(runs), "steps": args.steps, "batch": args.batch}
    rows = [
        [
            name,
            f"{1e3 * one['median_seconds']['bare'] / one['steps']:.2f}",
            f"{one['noise_of_bare']:.1%}",
            *(f"{one[key]:+.1%}" for key in ("overhead", "overhead_cpu", "overhead_late_cpu")),
            f"{one['memory_above_bare_mb']:+.0f}",
            "identical" if one["weights_identical"] else "NOT IDENTICAL",
        ]
        for name, one in summaries.items()
    ]
    head = ["network", "ms a step", "noise", "wall", "CPU", "CPU, late", "MB", "weights"]
    print(measure.table(head, rows))
    for key in ("overhead", "overhead_cpu", "overhead_late_cpu"):
        values = [one[key] for one in summaries.values()]
        print(f"{key}: median {statistics.median(values):+.1%}, worst {max(values):+.1%}")
    measure.write(args.output, {"machine": measure.machine(), "networks": summaries})


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=(*NETWORKS, "all"), default="residual")
    parser.add_argument("--steps", type=int, default=200, help="steps of each run")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each variant")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--width", type=int, default=16, help="channels of the first stage")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads")
    parser.add_argument("--only", choices=VARIANTS, help="measure one variant alone")
    parser.add_argument("--rehearsed", action="store_true", help="look at every step")
    parser.add_argument("--output", type=Path, help="write the figures to this JSON file")
    parser.add_argument("--worker", choices=VARIANTS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(worker(args.worker, args)))
        return
    if args.network == "all":
        every(args)
        return
    variants = (args.only,) if args.only else VARIANTS
    print(f"{args.steps} steps, batch {args.batch}, {args.rounds} rounds, {args.threads} thread(s)")
    runs = measure.run_all(variants, args.rounds, lambda v: launch(v, args), "seconds")
    if "bare" not in runs:
        return
    summary = summarize(runs)
    show(runs, summary, args.steps)
    settings = {n: getattr(args, n) for n in ("steps", "rounds", "batch", "width", "threads")}
    result = {"settings": settings, "machine": measure.machine(), **summary, "runs": runs}
    measure.write(args.output, result)


if __name__ == "__main__":
    main()
