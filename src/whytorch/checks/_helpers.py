"""Small questions that several checks ask of the evidence."""

from __future__ import annotations

from whytorch.evidence.facts import LossSite, Passes
from whytorch.evidence.source import Call, Source
from whytorch.records import Place

# From here on "it learns well anyway" is a fair thing to say: far above chance for any number of
# classes, and what the usual small sets (digits, MNIST) reach in an epoch. On harder sets a sound
# network stays below; there nobody can tell what the mistake costs, so nothing is played down.
LEARNS_WELL = 0.9
ENOUGH_SAMPLES = 50  # below, an accuracy is noise


def places(*found: Place | None) -> tuple[Place, ...]:
    """Those that are known, each line once, in this order."""
    known: dict[tuple[str, int], Place] = {}
    for place in found:
        if place is not None:
            known.setdefault((place.path, place.line), place)
    return tuple(known.values())


def accuracy(passes: Passes | None) -> float | None:
    """The true accuracy the run came to: of its last evaluation, else of its last training."""
    if passes is None:
        return None
    for one in (*reversed(passes.of("eval")), *reversed(passes.of("train"))):
        if (one.counted or 0) >= ENOUGH_SAMPLES:
            return one.accuracy
    return None


def learns_well(passes: Passes | None) -> bool:
    return (accuracy(passes) or 0.0) >= LEARNS_WELL


def plain(shape: tuple[int, ...] | None) -> str:
    """[64, 10] for (64, 10)."""
    return str(list(shape or ()))


def layer_name(name: str, kind: str) -> str:
    """The name, such as fc1; layer 4 (Linear) where a Sequential only numbers its layers."""
    last = name.rpartition(".")[2]
    return f"layer {name} ({kind})" if last.isdigit() else name or f"the {kind}"


def loss_call(source: Source | None, site: LossSite) -> Call | None:
    """The call in the source that computed the loss, if it is plain which one it was."""
    if source is None or site.place is None:
        return None
    here = [
        call
        for call in source.calls
        if call.place.path == site.place.path
        and call.place.line <= site.place.line <= (call.place.end_line or call.place.line)
        and len(call.args) + len(call.keywords) >= 2
    ]
    named = [call for call in here if call.last == site.function]
    return next(iter(named or here), None)


def argument_text(
    call: Call | None, name: str, position: int, default: str, longest: int = 30
) -> str:
    """How an argument of a loss call is written, if that is short enough to repeat."""
    if call is None:
        return default
    value = call.keywords.get(name)
    if value is None and position < len(call.args):
        value = call.args[position]
    return value.text if value is not None and len(value.text) <= longest else default


def target_text(source: Source | None, site: LossSite) -> str:
    """What the user calls the labels: "labels", "y", "batch[1]"."""
    return argument_text(loss_call(source, site), "target", 1, "labels")


def listed(values: tuple[float | None, ...]) -> str:
    """The numbers of the channels, to three digits."""
    return ", ".join(f"{v or 0:.3g}" for v in values)
