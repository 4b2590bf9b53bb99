"""What makes the output for one sample depend on the others of its batch."""

from __future__ import annotations

from msgspec import Struct

from whytorch.checks._helpers import layer_name, places
from whytorch.evidence.facts import LayerFacts, Network
from whytorch.evidence.source import Source
from whytorch.records import Place

RECURRENT = ("RNN", "LSTM", "GRU")


class Mixer(Struct, frozen=True):
    says: str
    where: tuple[Place, ...]
    fix: str


def mixer(network: Network, source: Source | None) -> Mixer:
    timed = next((x for x in network.layers if _taken_for_time(x, network)), None)
    if timed is None:
        return Mixer(
            "a view or reshape mixes them",
            places(_only_reshape(network, source), network.call_place, network.place),
            "keep the batch first: x.flatten(1), x.view(x.size(0), -1), and permute() where axes "
            "change places",
        )
    return Mixer(
        f"{layer_name(timed.name, timed.kind)} takes the first dimension, the samples, for time",
        places(timed.place, timed.call_place, network.call_place),
        f"write nn.{timed.kind}(..., batch_first=True), or give it [time, samples, features]",
    )


def _only_reshape(network: Network, source: Source | None) -> Place | None:
    """Where the methods of the network have a single one."""
    if source is None:
        return None
    own = {f.qualname for f in source.functions if f.in_class == network.kind}
    found = [c for c in source.calls_to("*.view", "*.reshape") if c.function in own]
    return found[0].place if len(found) == 1 else None


def _taken_for_time(layer: LayerFacts, network: Network) -> bool:
    """A recurrent layer that was given the samples where it takes the steps in time."""
    given, samples = layer.in_shape or (), (network.output_shape or (0,))[0]
    time_first = layer.kind in RECURRENT and layer.settings.get("batch_first") is False
    return time_first and len(given) == 3 and given[0] == samples != given[1]
