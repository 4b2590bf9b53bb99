"""A graph cut inside the network, or between one term of a loss and the sum: the rest learns.

Where a term is cut off, the layers that only it leads to are never reached; or it leads nowhere, or
to the weights of another network than the one that is stepped: that is seen term by term.
"""

from __future__ import annotations

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._weights import layer_names, numbers
from whytorch.checks.loss import _cut
from whytorch.evidence.facts import LayerFacts, LossCalls, LossSite, Network, Passes
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

ENOUGH = 10  # calls of a loss; it may be computed a few times to print it
# What makes a number, or a tensor without a graph, of a term of a loss.
_OF_A_TERM = ("detach", "data", "item", "numpy", "tolist", "a new tensor")
_KEPT = {
    "detach": "leave out detach() here: this loss is to change what it was computed from",
    "argmax": "compute this term from softmax probabilities: argmax has no gradient",
}
_WORDS = ("detach", "data", "no_grad")  # the rest of what cuts has other uses in a forward


def cut_part(network: Network, source: Source | None) -> Finding | None:
    """Layers that an optimizer was to move and no loss reaches, and a detach() behind them."""
    if source is None or not any(x.output_reaches_loss for x in network.layers if x.parameters):
        return None
    before = [x for x in network.layers if is_unreached(x)]
    cut = _behind(before, network, source)
    if not before:  # without a graph nobody knows what its output leads to
        before = [x for x in network.layers if x.output_reaches_loss is None and _untaught(x)]
        cut = _without_gradients(before, source)
    if cut is None:
        return None
    count, total = numbers(p for x in before for p in x.parameters), numbers(network.parameters())
    return Finding(
        says=f"{cut.says} cuts the loss off from {layer_names(before)}: {count} of {total} "
        f"parameters of {network.kind} never get a gradient, although an optimizer holds them",
        places=places(cut.place, before[-1].call_place),
        severity="error",
        confidence=0.92,
        measured={"parameters_cut_off": count, "parameters": total, "layers": len(before)},
        explains=("loss-not-decreasing", "underfitting", "loss-at-chance", "same-class-predicted"),
        fix=Fix(cut.fix),
    )


def _without_gradients(before: list[LayerFacts], source: Source) -> _cut.Cut | None:
    """All of them are called where gradients are off."""
    off = [_cut.no_grad_around(source, x.call_place) for x in before if x.call_place]
    return off[0] if off and len(off) == len(before) and all(off) else None


def _behind(before: list[LayerFacts], network: Network, source: Source) -> _cut.Cut | None:
    """What comes out of them is cut off further on."""
    cut = _cut.in_network(source, network) if before else None
    lines = [x.call_place.line for x in before if x.call_place and x.call_place.path]
    known = cut is not None and cut.says in _WORDS and lines and max(lines) <= cut.place.line
    if known or not before:
        return cut if known else None
    last = max(before, key=lambda x: x.order)
    return _cut.chosen_from(source, last.call_place) if last.call_place else None


def cut_term(
    network: Network, losses: LossCalls | None, backward: Place | None, source: Source | None
) -> Finding | None:
    """A loss in training, connected with the network, whose value goes into what backward starts
    from as a number; and layers that only it leads to, which nothing reaches."""
    sites = losses.training() if losses else ()
    lost = [s for s in sites if _is_lost(s)]
    if not any(s.propagated for s in sites):  # they are parts of sums: which, is not known
        lost = [s for s in lost if s.dropped]
    before = [x for x in network.layers if is_unreached(x)]
    if not lost or not before or not any(x.output_reaches_loss for x in network.layers):
        return None
    cut = _cut.find(source, (), network, lost[0], backward, False)
    if cut is None or cut.says not in _OF_A_TERM:
        return None
    count, total = numbers(p for x in before for p in x.parameters), numbers(network.parameters())
    return Finding(
        says=f"{cut.says} cuts a term of the loss, {lost[0].function} computed {lost[0].calls} "
        f"times, off from {layer_names(before)}: {count} of {total} parameters of {network.kind} "
        "never get a gradient, although an optimizer holds them",
        places=places(cut.place, lost[0].place),
        severity="error",
        confidence=0.93,
        measured={"parameters_cut_off": count, "parameters": total, "loss_calls": lost[0].calls},
        explains=("loss-not-decreasing", "underfitting", "loss-at-chance"),
        fix=Fix(cut.fix if cut.says != "a new tensor" else
                "write torch.stack(losses) in place of torch.tensor(losses): it keeps the graph"),
    )  # fmt: skip


def cut_summand(losses: LossCalls | None, passes: Passes | None) -> Finding | None:
    """At every backward from one line, a summand of the loss has no way back to the weights that
    are stepped afterwards."""
    every = [t for t in losses.cut_terms if t.backwards == t.of] if losses else []
    # Steps of two networks from one output are soon not looked at any more; a judge's verdict that
    # nothing can change is no part of a loss in a single one.
    always = [t for t in every if t.of >= ENOUGH or t.verdict]
    if not always:
        return None
    term = max(always, key=lambda t: t.backwards)
    where = "has no way back to the network"
    if term.elsewhere:
        where = "only reaches another network than the one that is stepped then"
    return Finding(
        says=f"{term.function} cuts a term of the loss off: at all {term.of} backwards that were "
        f"looked at, its gradient {where}",
        places=places(term.place),
        severity="error" if term.elsewhere and not learns_well(passes) else "warning",
        confidence=0.93,
        measured={"backwards": term.backwards, "function": term.function},
        explains=("loss-not-decreasing", "underfitting", "loss-at-chance"),
        fix=Fix(_KEPT.get(term.function, "compute this term from the outputs themselves, without "
                          f"{term.function}")),
    )  # fmt: skip


def compared_with_itself(losses: LossCalls | None, passes: Passes | None) -> Finding | None:
    """A loss that a backward could start from is given the same thing twice: the teacher's outputs
    as those of the student, the input as what was made of it."""
    sites = losses.sites if losses else ()
    site = next((s for s in sites if s.itself and s.connected is False and s.calls >= ENOUGH), None)
    if site is None:
        return None
    return Finding(
        says=f"{site.function} is given the same numbers as outputs and as targets, in all of its "
        f"{site.calls} calls that were looked at, and they come from nothing that is trained: this "
        "loss is always the same, and no gradient comes of it",
        places=places(site.place, site.made_place),
        severity="warning" if learns_well(passes) else "error",
        confidence=0.93,
        measured={"calls": site.calls, "first_value": site.first_value},
        explains=("loss-not-decreasing", "underfitting"),
        fix=Fix("give this loss the outputs of the network that is to learn, and the targets "
                "second"),
    )  # fmt: skip


def _is_lost(site: LossSite) -> bool:
    return (
        site.connected is True
        and site.from_model is True
        and site.calls >= ENOUGH
        and not site.propagated
        and site.function != "hand-written"
    )


def is_unreached(layer: LayerFacts) -> bool:
    return layer.output_reaches_loss is False and _untaught(layer)


def _untaught(layer: LayerFacts) -> bool:
    """No loss ever gave it a gradient."""
    weights = [p for p in layer.parameters if p.trainable]
    reached = any(p.grad != "none" or p.reaches_loss for p in weights)
    return stands_still(layer) and not layer.from_library and not reached


def stands_still(layer: LayerFacts) -> bool:
    """Called, to be moved by an optimizer, and still as it was made."""
    weights = [p for p in layer.parameters if p.trainable]
    return (
        layer.calls > 0
        and bool(weights)
        and layer.registered
        and all(p.changed is False and not p.loaded for p in weights)
        and any(p.in_optimizer for p in weights)
    )
