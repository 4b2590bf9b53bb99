"""Whether what the network says of one sample depends on the other samples of its batch.

In eval mode, one sample of a recorded batch after the other is replaced by the negative of another
one; in a sound network only its own output moves, to the last bit. What moves the others: a view,
reshape or permute that cuts across the batch, a softmax along it. Measured at the network's output,
and at what the loss is computed from (the last result of the step that has one row a sample).
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from whytorch.evidence.lab import looks, program
from whytorch.evidence.lab.bench import Bench, NotRebuilt
from whytorch.evidence.lab.program import Micro

_SAMPLES = 8


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    micro = next(m for s in bench.steps for m in s.micros)
    x, _ = bench.batch_of(micro)
    if x.shape[0] < 2:
        raise NotRebuilt("one sample a batch: there are no others")
    network, _ = looks.trained(bench, seconds)
    networks = bench.networks()
    networks[bench.main] = network
    chosen = torch.linspace(0, x.shape[0] - 1, min(_SAMPLES, x.shape[0])).long().tolist()
    at_network, at_loss = [], []
    before = _results(micro, networks, x, x)
    # The negative of another sample: different in all places, also where images are always black.
    unlike = x.max() + x.min() - (x.flip(-1, 0) if x.ndim > 2 else x.roll(1, 0))
    for row in chosen:
        other = x.clone()
        other[row] = unlike[row]
        if torch.equal(other[row], x[row]):
            continue
        after = _results(micro, networks, x, other)
        at_network.append(_elsewhere(before[0], after[0], row))
        at_loss.append(_elsewhere(before[1], after[1], row))
    return {
        "samples": len(at_network),
        "leak": _largest(at_network),
        "leak_into_loss": _largest(at_loss),
        "seconds": time.perf_counter() - started,
    }


@torch.no_grad()
def _results(
    micro: Micro, networks: list[nn.Module], x: Tensor, other: Tensor
) -> tuple[Tensor | None, Tensor | None]:
    """The network's output and the last result of the step, of those with one row a sample."""
    torch.manual_seed(0)  # dropout that is on in eval mode too drops the same
    ops = [
        replace(o, around=replace(o.around, modes=(False,) * len(o.around.modes)))
        for o in micro.ops
    ]
    found = program.run(ops, networks, swap=lambda value: other if value is x else value)
    call = next(n for n, op in enumerate(ops) if isinstance(op.call, int))
    rows = [
        (n >= call, found[slot])
        for n, op in enumerate(ops)
        for slot in op.outputs
        if found[slot].is_floating_point() and found[slot].shape[:1] == x.shape[:1]
    ]
    own = [found[s] for s in ops[call].outputs]
    own = [t for t in own if t.is_floating_point() and t.ndim and t.shape[0] == x.shape[0]]
    later = [t for after, t in rows if after]
    return (own[0] if own else None), (later[-1] if later else None)


def _elsewhere(before: Tensor | None, after: Tensor | None, row: int) -> float | None:
    """The share of the change that falls on other rows; None where nothing changed."""
    if before is None or after is None:
        return None
    moved = (after - before).double().abs().reshape(before.shape[0], -1).sum(1)
    whole = float(moved.sum())
    return 1 - float(moved[row]) / whole if whole > 0 else None


def _largest(shares: list[float | None]) -> float | None:
    return max((s for s in shares if s is not None), default=None)
