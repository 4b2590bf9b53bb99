"""Networks that are shown all samples at once and told the truth of some of them alone: the nodes
of a graph, rows that a mask chooses.

The others take part in each call, and are held out all the same.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.modules import Call


class Partly:
    def __init__(self) -> None:
        self._shown: WeakIdKeyDictionary[nn.Module, set[int]] = WeakIdKeyDictionary()

    def loss(self, call: Call, given: Tensor) -> None:
        """A loss was given these rows of what the call gave. Of a batch, a loader would know."""
        fewer = call.batch is None and given.shape[0] < call.samples not in given.shape
        call.partly = fewer and call.partly is not False

    def learned(self, call: Call, trained: set[int]) -> set[int]:
        """Where to note what the network was shown: beside what it was told the truth of."""
        return self._shown.setdefault(call.root, set()) if call.partly else trained

    def unknown(self, call: Call) -> bool:
        """Whether of these samples nobody can tell."""
        shown = self._shown.get(call.root)
        return shown is not None and not shown.isdisjoint(call.content)
