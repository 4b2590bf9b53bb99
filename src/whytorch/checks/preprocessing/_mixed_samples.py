"""What makes the output for one sample depend on the others of its batch."""

from __future__ import annotations

from msgspec import Struct

from whytorch.checks._helpers import layer_name, places
from whytorch.checks._learning import Learning
from whytorch.evidence.facts import LayerFacts, Network
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

RECURRENT = ("RNN", "LSTM", "GRU")
ENOUGH = 5  # calls of a layer
# What makes the attention of a transformer, and is told which dimension the samples are in.
_TRANSFORMERS = ("TransformerEncoderLayer", "TransformerDecoderLayer", "Transformer")
TAKE_SEQUENCES = (*RECURRENT, *_TRANSFORMERS, "MultiheadAttention")


class Mixer(Struct, frozen=True):
    says: str
    where: tuple[Place, ...]
    fix: str


def over_samples(
    network: Network | None, source: Source | None, outcome: Learning
) -> Finding | None:
    """A recurrent or attention layer ran along the samples of the batch, in all calls."""
    if network is None:
        return None
    found = [x for x in network.layers if x.sequences >= ENOUGH and x.over_samples == x.sequences]
    if not found:
        return None
    one = found[0]
    mixer = _of_layer(one, network, source)
    also = f", and so {_do(len(found) - 1)}," if len(found) > 1 else ","
    return Finding(
        says=f"{mixer.says}{also} in all {one.sequences} calls that were looked at: what the "
        f"network says of one sample depends on the others in its batch{outcome.reached()}",
        places=mixer.where,
        severity="error" if outcome.failed else "warning",
        confidence=0.93,
        measured={"given": list(one.in_shape or ()), "calls": one.sequences, "layers": len(found)},
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance",
                  "evaluation-far-below-training"),
        fix=Fix(mixer.fix),
    )  # fmt: skip


def _do(others: int) -> str:
    return f"do {others} more layers" if others > 1 else "does one more layer"


def mixer(network: Network, source: Source | None) -> Mixer:
    timed = next((x for x in network.layers if _taken_for_time(x, network)), None)
    if timed is None:
        return Mixer(
            "a view or reshape mixes them",
            places(_only_reshape(network, source), network.call_place, network.place),
            "keep the batch first: x.flatten(1), x.view(x.size(0), -1), and permute() where axes "
            "change places",
        )
    return _of_layer(timed, network, source)


def _of_layer(layer: LayerFacts, network: Network, source: Source | None) -> Mixer:
    given = list(layer.in_shape or (0, 0, 0))
    name, kind, made = layer_name(layer.name, layer.kind), layer.kind, layer.place
    around = _transformer(source) if kind == "MultiheadAttention" else None
    if around is not None and layer.name.endswith(("self_attn", "multihead_attn")):
        kind, made = around
    if layer.settings.get("batch_first"):
        says = f"{name} has batch_first=True and is given {given}, with the samples second: it "
        fix = "leave batch_first=True out, or give it [samples, steps, features]: permute(1, 0, 2)"
    else:
        says = f"{name} is given {given} with the samples first, and has no batch_first=True: it "
        fix = f"write nn.{kind}(..., batch_first=True), or give it [steps, samples, features]"
    says += "takes the samples of a batch for the steps of a sequence"
    return Mixer(says, places(made, layer.call_place, network.call_place), fix)


def _transformer(source: Source | None) -> tuple[str, Place] | None:
    """The layer of torch's that the attention is a part of, where the source makes one kind."""
    made = source.calls_to(*(f"torch.nn.{kind}" for kind in _TRANSFORMERS)) if source else ()
    kinds = {c.last for c in made}
    return (made[0].last, made[0].place) if len(kinds) == 1 else None


def _only_reshape(network: Network, source: Source | None) -> Place | None:
    """Where the methods of the network have a single one."""
    if source is None:
        return None
    own = {f.qualname for f in source.functions if f.in_class == network.kind}
    found = [c for c in source.calls_to("*.view", "*.reshape") if c.function in own]
    return found[0].place if len(found) == 1 else None


def _taken_for_time(layer: LayerFacts, network: Network) -> bool:
    """A recurrent layer that was given the samples where it takes the steps in time."""
    if layer.sequences:
        return layer.over_samples == layer.sequences
    given, samples = layer.in_shape or (), (network.output_shape or (0,))[0]
    time_first = layer.kind in RECURRENT and layer.settings.get("batch_first") is False
    return time_first and len(given) == 3 and given[0] == samples != given[1]
