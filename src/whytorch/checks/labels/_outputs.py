"""The layer that gives a network's outputs, and class numbers that are no index of them."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from whytorch.evidence.facts import DataFlow, LayerFacts, LossCalls, LossSite, Network, Run

COUNTS = ("out_features", "out_channels")
# So many labels per class make it unlikely (below 1 in 20,000 at equal shares) that a class of the
# data was not among them.
ENOUGH_PER_CLASS = 10
# Of 2 C classes, 4 C draws show more than C but once in 40 (of four classes) or far less (of more).
DRAWS_A_LABEL = 4
ENOUGH_DRAWS = 32


def last_with(network: Network | None, outputs: int) -> LayerFacts | None:
    """The last layer called that has so many outputs."""
    found = [
        layer
        for layer in (network.layers if network else ())
        if layer.calls and outputs in [layer.settings.get(n) for n in COUNTS]
    ]
    return max(found, key=lambda layer: layer.order, default=None)


def resized(head: LayerFacts | None, outputs: int) -> str:
    if head is not None and head.kind == "Linear":
        return f"write nn.Linear({head.settings.get('in_features')}, {outputs})"
    if head is not None and "in_channels" in head.settings:
        return f"write nn.{head.kind}({head.settings['in_channels']}, {outputs}, ...)"
    return f"give the last layer {outputs} outputs"


class Beyond(Struct, frozen=True):
    """Labels of which some are no index of an output, and which of the two is to be mended."""

    site: LossSite
    known: tuple[int, ...]  # different labels, of the data sets or as they came to the loss
    outputs: int
    complete: bool  # surely all labels that there are
    head: LayerFacts | None
    seen: int  # labels that came to the loss

    @property
    def head_is_short(self) -> bool:
        """The labels number the classes from 0 without gaps, or as far as a few labels show: it is
        the last layer that leaves some of them out. Two lists of classes of one length are none."""
        first, last, different = self.known[0], self.known[-1], len(self.known)
        if first < 0:
            return False
        if not self.complete:  # 1 to 10 and ten outputs is a shift; of 3, 41 and 97 nobody knows
            return not (first > 0 and last == self.outputs) and not self._repeat
        # A class number or two that no sample has are no other numbering.
        return first == 0 and different > self.outputs and last + 1 - different <= different / 20

    @property
    def _repeat(self) -> bool:
        """A few labels again and again, no more than there are outputs, with numbers of twice as
        many classes and more: so many draws would have shown others of these."""
        often = self.seen >= max(ENOUGH_DRAWS, DRAWS_A_LABEL * len(self.known))
        return often and len(self.known) <= self.outputs and self.known[-1] >= 2 * self.outputs


def beyond(
    losses: LossCalls, run: Run, network: Network | None, data: DataFlow | None
) -> list[Beyond]:
    sites = (_with_labels(site, run, data) for site in losses.sites)
    return [_beyond(s, seen, network, data) for s in sites if (seen := _outside(s))]


def _with_labels(site: LossSite, run: Run, data: DataFlow | None) -> LossSite:
    """On a GPU the assert that stops the script makes its labels unreadable, too: those that the
    loader had drawn take their place."""
    if run.crash is None or "device-side assert" not in run.crash.message:
        return site
    drawn = [n for x in (data.loaders if data else ()) for d in x.draws for n in d.labels]
    if not drawn or site.function not in ("cross_entropy", "nll_loss"):
        return site
    counts = {str(label): drawn.count(label) for label in set(drawn)}
    known = site.target_counts or {}
    return replace(site, target_counts={**counts, **known}, target_integral=True)


def _outside(site: LossSite) -> set[int] | None:
    """The labels seen, if some of them are no index of an output."""
    if site.function not in ("cross_entropy", "nll_loss") or not site.target_counts:
        return None
    if not site.input_shape or not site.target_integral or "float" in str(site.target_dtype):
        return None
    seen = {int(label) for label in site.target_counts} - {_ignored(site)}
    return seen if seen and not (min(seen) >= 0 and max(seen) < _outputs(site)) else None


def _outputs(site: LossSite) -> int:
    given = site.input_shape or (0,)
    return given[1] if len(given) > 1 else given[0]


def _ignored(site: LossSite) -> int:
    return int(site.options.get("ignore_index", -100))


def _beyond(
    site: LossSite, seen: set[int], network: Network | None, data: DataFlow | None
) -> Beyond:
    outputs, amount = _outputs(site), sum((site.target_counts or {}).values())
    listed = _of_data_sets(seen, data)
    known = sorted((seen | listed) - {_ignored(site)})
    complete = bool(listed) or amount >= ENOUGH_PER_CLASS * max(len(known), outputs)
    head = last_with(network, outputs)
    return Beyond(site, tuple(known), outputs, complete, head, amount)


def _of_data_sets(seen: set[int], data: DataFlow | None) -> set[int]:
    """All labels of the data sets, where those that came to the loss are theirs."""
    found: set[int] = set()
    for loader in data.loaders if data else ():
        labels = loader.dataset.class_counts or {}
        if labels and all(re.fullmatch(r"-?\d+", label) for label in labels):
            found |= {int(label) for label in labels}
    return found if seen <= found else set()
