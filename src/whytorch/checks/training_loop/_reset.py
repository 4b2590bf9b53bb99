"""One network whose weights are drawn anew in front of each pass over the same data."""

from __future__ import annotations

from collections.abc import Callable

from whytorch.checks._helpers import places
from whytorch.evidence.facts import Network, PassFacts
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

FEWEST = 3  # passes that begin so; settings that are compared in a loop of their own do, too
_SETS = ("*.reset_parameters", "*.apply", "*.load_state_dict", "torch.nn.init.*", "*.normal_",
         "*.uniform_")  # fmt: skip

Around = Callable[[Place, Source], tuple[Place, Place] | None]


def each_epoch(
    trained: list[PassFacts],
    network: Network | None,
    around: Around,
    source: Source,
) -> Finding | None:
    """`around` gives the loop over epochs around a line, and the line in it. Folds and settings
    begin anew as well: with other data, or for several passes each."""
    anew = [p for p in trained if p.anew]
    if len(anew) < FEWEST or len(anew) < len(trained) - 1:
        return None
    if len({p.loader for p in trained}) != 1 or len({p.network for p in trained}) < len(trained):
        return None
    lines = [
        (c.place, found) for c in source.calls_to(*_SETS) if (found := around(c.place, source))
    ]
    if not lines:
        return None
    place, (loop, line) = lines[0]
    kind = network.kind if network is not None else "the network"
    return Finding(
        says=f"{len(anew)} of {len(trained)} passes over the training data began with other "
        f"weights than the step before had left: {kind} is set back in the loop over epochs, and "
        "what it had learned is lost",
        places=places(place, line, loop),
        severity="error",
        confidence=0.9,
        measured={"passes_begun_anew": len(anew), "passes": len(trained)},
        explains=("loss-not-decreasing", "underfitting", "loss-at-chance"),
        fix=Fix(f"set the weights once, before line {loop.line}"),
    )
