"""The network with ReLU in the place of saturating activations, and where activations are missing.

Sigmoids and tanhs that gate something, or make the output, stay as they are.
"""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import surgery, trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt
from whytorch.evidence.lab.surgery_layers import saturating, straight_layers, with_relus


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    own = surgery.trace(bench)
    changes = []
    if found := saturating(own):
        surgery.require_steady(bench, own, surgery.ACTIVATIONS)
        rules = {own.rank(number, surgery.ACTIVATIONS): surgery.rectified for number in found}
        names = " and ".join(sorted({own.events[number].name for number in found}))
        changes.append(
            Change(
                f"ReLU in the place of {names}",
                network=lambda network: surgery.rewritten(network, surgery.ACTIVATIONS, rules),
            )
        )
    if layers := straight_layers(own):
        changes.append(Change(f"ReLU after {', '.join(layers)}", network=with_relus(layers)))
    if not changes:
        raise NotRebuilt("no hidden activation saturates, and none is missing")
    return trial.compare(bench, changes, seconds)
