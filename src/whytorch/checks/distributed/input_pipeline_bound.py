"""The training waits for its data.

What it looks for
    The time the script waits for a loader's next batch, against the time from that batch to the
    next request, as medians over a training. It is a matter of speed, never of the result.

Why it hurts
    The accelerator, or the processor, stands still while one sample after the other is read. More
    of it would not make the training faster.

How to fix it
    Give the DataLoader num_workers=4 or more, and pin_memory=True with a GPU; or decode and resize
    the images once and keep them.

When it is fine
    A small network on a processor that decodes the images itself: the same cores do both, and more
    workers help only where cores are idle.

References
    PyTorch, "Performance tuning guide", section on asynchronous data loading.
"""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import number, setting
from whytorch.checks.distributed._straggler import Straggler, straggler
from whytorch.evidence.facts import DataFlow, Distributed, LoaderFacts, LoaderWait, Run, Upkeep
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Severity

FEWEST = 8  # batches; fewer are warming up
BOUND = 0.6  # share of a step that is waiting: more than the work itself
REAL_WAIT = 0.005  # seconds a batch; below, a tiny network on tiny data only looks bound
# On a processor waiting is a loss only where nothing is computed meanwhile (a slow disk).
IDLE = 0.5  # of the waiting
LONG_WAIT = 0.02


def decide(
    upkeep: Upkeep, data: DataFlow, run: Run, distributed: Distributed | None
) -> list[Finding] | NotJudged:
    feeding = {x.id: x for x in data.feeding("train")}
    waits = [w for w in upkeep.waits if w.loader in feeding]
    if not waits:
        return NotJudged("no loader was seen feeding a training")
    known = [w for w in waits if w.batches >= FEWEST]
    if not known:
        return NotJudged(f"needs {FEWEST} batches of a loader; this run has {waits[0].batches}")
    found = [w for w in known if _share(w) > BOUND and w.wait >= REAL_WAIT]
    if found:
        return [_finding(w, feeding[w.loader], run) for w in found]
    late = straggler(distributed) if distributed is not None else None
    return [_of_one_process(late)] if late is not None and _waits(late) else []


def _waits(late: Straggler) -> bool:
    """Whether what makes it late is its loader, and not the network or the machine."""
    share = late.peer.share
    return share is not None and (share.wait or 0.0) > late.excess / 2


def _of_one_process(late: Straggler) -> Finding:
    share = late.peer.share
    wait = 1000 * (share.wait or 0.0) if share is not None else 0.0
    return Finding(
        says=f"rank {late.peer.rank} waits {wait:.0f} ms for each batch of its loader, and all "
        f"others wait for it: they come to the exchange of gradients {1000 * late.excess:.0f} ms "
        f"earlier, of {1000 * late.step:.0f} ms a step (medians)",
        places=places(share.place if share is not None else None),
        severity="warning",
        confidence=0.85,
        measured={"rank": late.peer.rank, "wait_ms": wait, "late_ms": 1000 * late.excess,
                  "step_ms": 1000 * late.step},
        explains=("slow",),
        fix=Fix(f"look at what rank {late.peer.rank} reads and from where (its disk, its share of "
                "the files, its cores); num_workers=4 or more hides it"),
    )  # fmt: skip


def _share(wait: LoaderWait) -> float:
    total = wait.wait + wait.work
    return wait.wait / total if total else 0.0


def _finding(wait: LoaderWait, loader: LoaderFacts, run: Run) -> Finding:
    workers = loader.workers
    idle = wait.busy is not None and wait.busy < IDLE and wait.wait >= LONG_WAIT
    gpu = (run.device or "cpu").startswith("cuda")
    severity: Severity = "warning" if workers == 0 and (gpu or idle) else "advice"
    how = f"write num_workers={4 if workers == 0 else 2 * workers} in this DataLoader"
    idling = f", idle for {1 - wait.busy:.0%} of that" if wait.busy is not None and idle else ""
    return Finding(
        says=f"{_share(wait):.0%} of each training step is waiting for the loader: "
        f"{wait.wait * 1000:.0f} ms for a batch{idling}, {wait.work * 1000:.0f} ms for the rest, "
        f"with num_workers={workers} (medians of {wait.batches} batches)",
        places=places(loader.place),
        severity=severity,
        confidence=0.85,
        measured={"wait_ms": 1000 * wait.wait, "work_ms": 1000 * wait.work, "workers": workers},
        explains=("slow",),
        fix=Fix(how + (", and pin_memory=True" if gpu else "")),
    )


SAFE = "worker processes change which random numbers are drawn, and need a main guard on Windows"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    new = number(r"write num_workers=(\d+)", finding)
    old = finding.measured.get("workers")
    return setting(finding, source, ("DataLoader",), "num_workers", new, old) if new else []


BAD = """
import time

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Remote(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        time.sleep(0.005)  # the latency of a file on a network drive
        return self.images[index], self.labels[index]


torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
train_set = Remote(images[:240], labels[:240])
loader = DataLoader(train_set, batch_size=20, shuffle=True)  # <- here
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(1):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

with torch.no_grad():
    right = (model(images[240:]).argmax(1) == labels[240:]).float().mean().item()
print(f"test accuracy {right:.3f}")
"""

GOOD = BAD.replace("shuffle=True)  # <- here", "shuffle=True, num_workers=2)")
