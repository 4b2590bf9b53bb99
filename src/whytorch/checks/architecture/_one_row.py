"""A whole batch answered with one row, which the loss then spreads over all targets."""

from __future__ import annotations

from whytorch.checks._helpers import learns_well, places, plain
from whytorch.evidence.facts import DataFlow, LossCalls, LossSite, Network, Passes
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

ENOUGH = 10  # calls
_RESHAPES = ("*.view", "*.reshape", "*.flatten", "torch.flatten")


def one_row(
    network: Network | None,
    data: DataFlow | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    """Nothing crashes where a row counts as the answer for each sample."""
    seen = data.entering("train") if data is not None else None
    if network is None or losses is None or seen is None or not seen.model.shape:
        return []
    samples, given = seen.model.shape[0], network.output_shape or ()
    site = next((s for s in losses.training() if _spreads(s, samples)), None)
    if site is None or not given or given[0] != 1 or samples < 2 or site.calls < ENOUGH:
        return []
    row = plain(site.input_shape or ())
    return [
        Finding(
            says=f"{samples} samples enter the network and one row {row} comes out, which "
            f"{site.function} compares with all {samples} targets ({site.calls} calls): the view "
            "or reshape before the last layers folds the batch",
            places=places(_folding(network, source), site.place, network.call_place),
            severity="warning" if learns_well(passes) else "error",
            confidence=0.93,
            measured={"samples": samples, "output_shape": list(given), "calls": site.calls},
            explains=("loss-not-decreasing", "loss-at-chance", "underfitting",
                      "same-class-predicted"),
            fix=Fix("write x.view(x.size(0), -1), and give the next layer as many inputs as one "
                    "sample has numbers"),
        )
    ]  # fmt: skip


def _spreads(site: LossSite, samples: int) -> bool:
    one, all_of_them = site.input_shape or (), site.target_shape or ()
    return (
        site.from_model is True
        and site.raised is None
        and len(one) == len(all_of_them) > 0
        and one[0] == 1
        and all_of_them[0] == samples
        and one[1:] == all_of_them[1:]
    )


def _folding(network: Network, source: Source | None) -> Place | None:
    """The only reshape in the methods of the network."""
    if source is None:
        return None
    own = {f.qualname for f in source.functions if f.in_class == network.kind}
    found = [c for c in source.calls_to(*_RESHAPES) if c.function in own]
    return found[0].place if len(found) == 1 else None
