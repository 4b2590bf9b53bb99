"""An nn.Parameter that is made in every forward pass: each backward meets another one."""

from __future__ import annotations

from collections import Counter

from whytorch.checks._helpers import learns_well, places
from whytorch.evidence.facts import Passes, Training
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix

ENOUGH = 5  # of one shape, each of them in the graph of one backward


def weights_made_anew(
    training: Training | None, passes: Passes | None, source: Source | None
) -> list[Finding]:
    """Nothing where they are held by an optimizer, or moved by the script, before they are gone."""
    once = [
        s.shape
        for s in (training.strays if training is not None else ())
        if s.parameter and s.looks == 1 and not (s.held or s.moved or s.asked)
    ]
    shape, count = Counter(once).most_common(1)[0] if once else ((), 0)
    if count < ENOUGH:
        return []
    made = source.calls_to("torch.nn.Parameter", "torch.nn.parameter.Parameter") if source else ()
    where = [c.place for c in made if not c.function.endswith("__init__")]
    size = f"[{', '.join(map(str, shape))}]"
    return [
        Finding(
            says=f"an nn.Parameter of shape {size} is made anew for each batch: in {count} of the "
            "backwards looked at it was another one, in no optimizer, with the numbers that it "
            "starts from",
            places=places(*where[:2]),
            severity="warning" if learns_well(passes) else "error",
            confidence=0.93,
            measured={"made": count, "shape": list(shape)},
            explains=("loss-not-decreasing", "loss-at-chance", "underfitting",
                      "results-vary-between-runs", "evaluation-far-below-training"),
            fix=Fix("write self.weight = nn.Parameter(...) in __init__, and use it here"),
        )
    ]  # fmt: skip
