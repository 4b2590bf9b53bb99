"""The same steps with every frozen weight of the network learning too."""

from __future__ import annotations

from typing import Any

from torch import nn

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    if all(bench.tape.networks[bench.main].learns.values()):
        raise NotRebuilt("no weight of the network is frozen")
    return trial.compare(bench, [Change("all layers learning", network=_unfrozen)], seconds)


def _unfrozen(network: nn.Module) -> nn.Module:
    return network.requires_grad_(True)
