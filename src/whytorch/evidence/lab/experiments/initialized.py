"""The layers' first weights drawn anew: as torch does by default, and by Kaiming's rule with zero
biases. Normalization layers and what does not learn keep theirs."""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change
from whytorch.evidence.lab.surgery_layers import drawn_anew, drawn_by_kaiming


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    changes = [
        Change("weights as torch draws them", network=drawn_anew),
        Change("weights by Kaiming's rule", network=drawn_by_kaiming),
    ]
    return trial.compare(bench, changes, seconds)
