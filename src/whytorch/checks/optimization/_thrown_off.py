"""Units that died, and signals that grew, in the steps of a training."""

from __future__ import annotations

from whytorch.evidence.facts import Activations, Network

GROWTH = 3.0  # times what the signal was at first


def died(activations: Activations | None) -> bool:
    """Whether nearly all units of some ReLU layer stopped firing in training."""
    return any(
        (r.dead_at_end or 0) >= 0.9 * r.units and (r.dead_at_start or 0) <= 0.5 * r.units
        for r in (activations.relus if activations else ())
        if r.samples_at_end >= 128 and r.units > 1
    )


def grown(network: Network | None) -> bool:
    """Whether the signal of some layer grew several times: what learned nothing had no reason."""
    return any(
        layer.out_std is not None
        and layer.out_std_last is not None
        and layer.out_std_last > GROWTH * layer.out_std > 0
        for layer in (network.layers if network else ())
    )
