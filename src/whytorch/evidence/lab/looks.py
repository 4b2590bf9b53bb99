"""What experiments that look at a trained network share: it, samples, what it says of them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Curve, NotRebuilt

_ROWS = 64  # samples a call


@dataclass(frozen=True)
class Samples:
    """`x`: [N, ...] as it enters the network; `y` as the loss takes it; `labels`: [N], classes."""

    x: Tensor
    y: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, chosen: Tensor | list[int]) -> Samples:
        rows = torch.as_tensor(chosen, dtype=torch.long)
        return Samples(self.x[rows], self.y[rows], self.labels[rows])

    def batches(
        self, size: int, seed: int = 0, most: int | None = None
    ) -> list[tuple[Tensor, Tensor]]:
        """(x, y) in a random order; a rest smaller than half a batch is left out."""
        drawn = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))
        parts = [p for p in drawn.split(size) if len(p) >= min(size, len(self)) / 2]
        return [(self.x[p], self.y[p]) for p in parts[:most]]


def trained(bench: Bench, seconds: float) -> tuple[nn.Module, Curve]:
    """The script's network after as many steps as the time allows; trained once for everyone.
    In eval mode; whoever changes it takes a copy. Raises NotRebuilt where its loss breaks."""
    if bench.kept is None:
        found: list[nn.Module] = []
        steps = trial.affordable(bench, seconds, 2)
        curve = bench.run(steps=steps, then=found.append)
        bench.kept = (found[0] if found else None, curve)
    network, curve = bench.kept
    if network is None:
        raise NotRebuilt("the loss breaks: there is no trained network to look at")
    return network.eval(), curve


def recorded(bench: Bench, most: int = 4096) -> Samples:
    """The distinct samples of the recorded training steps. Raises NotRebuilt."""
    xs, ys, shape = [], [], None
    known: set[bytes] = set()
    for x, y in bench.pairs():
        if x.shape[1:] != (shape := shape or x.shape[1:]):
            raise NotRebuilt("the recorded batches differ in the size of their images")
        new = []
        for row, content in enumerate(contents(x)):
            if content not in known and len(known) < most:
                known.add(content)
                new.append(row)
        xs.append(x[new])
        ys.append(y[new])
    x, y = torch.cat(xs), torch.cat(ys)
    return Samples(x, y, classes(y))


def contents(x: Tensor) -> list[bytes]:
    """A key of each row: equal for equal images."""
    flat = x.detach().reshape(x.shape[0], -1).float().cpu()
    return [row.numpy().tobytes() for row in flat]


def classes(y: Tensor) -> Tensor:
    """Class numbers [N] of what a loss compares with: numbers, one-hot rows, 0 and 1 as floats."""
    flat = y.reshape(-1) if y.ndim == 2 and y.shape[1] == 1 else y
    if flat.ndim == 1 and bool((flat == flat.round()).all()) and bool((flat >= 0).all()):
        return flat.long()
    if (
        flat.ndim == 2
        and bool(((flat == 0) | (flat == 1)).all())
        and bool((flat.sum(1) == 1).all())
    ):
        return flat.argmax(1)
    raise NotRebuilt("its targets are no classes")


def evaluated(bench: Bench) -> Samples | None:
    """Distinct samples that entered the network in evaluation, with known classes."""
    kept = bench._kept("eval")
    pairs = zip(kept.tensors, kept.labels, strict=True) if kept is not None else ()
    known = [(x, y) for x, y in pairs if y is not None]
    known = [(x, y) for x, y in known if x.shape[1:] == known[0][0].shape[1:]]
    if not known:
        return None
    labels = torch.cat([y for _, y in known]).long()
    return Samples(torch.cat([x for x, _ in known]), labels, labels)


def scores(bench: Bench, network: nn.Module, x: Tensor) -> Tensor:
    """What the network gives: [B, classes], or [B] where its loss takes one number a sample."""
    given = bench._scores(network(x))
    if given is None or given.shape[:1] != x.shape[:1] or not given.is_floating_point():
        raise NotRebuilt("the network gives no scores of classes, one row a sample")
    return given.reshape(-1) if given.ndim == 2 and given.shape[1] == 1 else given


@torch.no_grad()
def probabilities(bench: Bench, network: nn.Module, x: Tensor, rows: int = _ROWS) -> Tensor:
    """[N, classes], whatever the network ends in: scores, their logarithms, or probabilities."""
    given = torch.cat([scores(bench, network, part) for part in x.split(rows)]).double()
    shares = bool(((given >= 0) & (given <= 1)).all())
    if given.ndim == 1:
        one = given if shares and not bench.binary else given.sigmoid()
        return torch.stack([1 - one, one], 1)
    if given.ndim != 2:
        raise NotRebuilt("the network gives no scores of classes, one row a sample")
    sums = bool((given.sum(1) - 1).abs().max() < 1e-3)
    return given if shares and sums else given.softmax(1)


def accuracy(bench: Bench, network: nn.Module, samples: Samples) -> float:
    """Share of samples named right, in the mode in which the network is."""
    named = probabilities(bench, network, samples.x).argmax(1)
    return float((named == samples.labels).double().mean())


def copied(network: nn.Module) -> Any:
    """A copy that may be changed."""
    return copy.deepcopy(network)


def apart(one: float | None, other: float | None) -> float | None:
    """How far two repeats differ."""
    return None if one is None or other is None else abs(one - other)
