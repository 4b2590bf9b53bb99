"""The network with a BatchNorm after each hidden convolution that no normalization follows."""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import surgery, trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt
from whytorch.evidence.lab.surgery_layers import bare_convolutions, with_batch_norms


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    names = bare_convolutions(surgery.trace(bench))
    if not names:
        raise NotRebuilt("no hidden convolution is without a normalization behind it")
    change = Change(f"BatchNorm after {', '.join(names)}", network=with_batch_norms(names))
    return trial.compare(bench, [change], seconds)
