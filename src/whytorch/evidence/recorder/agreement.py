"""How often what a loss asks for is the label that the batch came with: an answer looked up for
other images (a stored teacher's scores, corrected labels by their number) agrees only by chance.

Only where a network was given a loader's batch as it came, with one label an image. Off unless a
rehearsal switches it on: comparing waits for the device.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.batches import Delivered
from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import Patches, harmless

_SOFT = ("kl_div", "cross_entropy")
_DENSE = 24  # calls at a place, before the schedule thins out
_MOST_CLASSES = 50
_MOST_STEPS = 12  # between the network and the loss
_REORDERS = ("IndexSelect", "Gather", "Take", "Flip", "Roll", "Sort", "Topk", "MaskedSelect", "Cat")
_OWN_WORD = 0.9  # of a network that is taught what it says itself


class _Seen:
    def __init__(self) -> None:
        self.schedule = Schedule(dense=_DENSE)
        self.calls = self.compared = self.agreeing = 0
        self.expected = 0.0
        self.table = torch.zeros(0, 0, dtype=torch.float64)  # [own label][asked for]


class Agreement:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._seen: dict[int, _Seen] = {}

    def install(self, patches: Patches) -> None:
        """Asked by the losses."""

    @harmless
    @torch.no_grad()
    def asked(self, site: Any, function: str, given: Tensor, target: Tensor) -> None:
        """A loss of training compares `given` with `target`."""
        if not self.recorder.keeps.on or given.ndim != 2 or target.shape[0] != given.shape[0]:
            return
        soft = target.shape == given.shape and function in _SOFT
        if not soft and (target.ndim != 1 or target.is_floating_point()):
            return
        seen = self._seen.setdefault(id(site), _Seen())
        seen.calls += 1
        call = self.recorder.phases.giver(given)
        if call is None or not seen.schedule.due(seen.calls - 1):
            return
        labels = self._labels(call)
        labels = self._of_rows(given, labels) if labels is not None else None
        if labels is None or len(labels) != len(target):
            return
        wanted = (target.argmax(1) if soft else target).detach().long().cpu()
        said = given.detach().argmax(1).cpu()
        if float((said == wanted).float().mean()) >= _OWN_WORD:
            return
        self._count(seen, labels.cpu(), wanted)
        site.facts["own_labels"] = {
            "compared": seen.compared,
            "agreeing": seen.agreeing,
            "expected": seen.expected,
            **_told(seen.table),
        }

    def _labels(self, call: Call) -> Tensor | None:
        """Of the batch that this call was given, as it came."""
        batches: Iterator[Delivered] = reversed(self.recorder.data._recent)
        batch = next((b for b in batches if b.is_given(call.content)), None)
        return batch.labels if batch is not None else None

    def _of_rows(self, given: Tensor, labels: Tensor) -> Tensor | None:
        """The labels of the images whose scores these are: a script may take some of the rows, or
        all in another order (the images of small loss first). None if nobody can tell which."""
        ends = {o.grad_fn for c in self.recorder.phases.pending for o in c.outputs}
        node, taken = given.grad_fn, []
        for _ in range(_MOST_STEPS):
            if node is None or node in ends:
                break
            name = type(node).__name__
            if name.startswith(_REORDERS):
                return None
            if name.startswith("IndexBackward"):
                taken.append(node._saved_indices)
            node = node.next_functions[0][0] if node.next_functions else None
        for indices in reversed(taken):
            rows = indices[0] if indices else None
            if rows is None or rows.ndim != 1 or any(i is not None for i in indices[1:]):
                return None
            labels = labels[rows.to(labels.device)]
        return labels

    def _count(self, seen: _Seen, labels: Tensor, wanted: Tensor) -> None:
        if min(int(labels.min()), int(wanted.min())) < 0:
            return
        classes = 1 + max(int(labels.max()), int(wanted.max()))
        if classes > _MOST_CLASSES:
            return
        own, asked = (torch.bincount(t, minlength=classes).double() for t in (labels, wanted))
        seen.compared += len(labels)
        seen.agreeing += int((labels == wanted).sum())
        seen.expected += float((own * asked).sum()) / len(labels)
        pairs = torch.bincount(labels * classes + wanted, minlength=classes**2).double()
        before, size = seen.table, max(classes, len(seen.table))
        seen.table = torch.zeros(size, size, dtype=torch.float64)
        seen.table[: len(before), : len(before)] += before
        seen.table[:classes, :classes] += pairs.reshape(classes, classes)

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        """It goes into the record with its loss."""
        return iter(())


def _told(table: Tensor) -> dict[str, Any]:
    """How many classes there are, and how far the two are from having nothing to do with each
    other: chi-square over its degrees of freedom, which is 1 for independent ones."""
    own, asked = table.sum(1), table.sum(0)
    classes, answers = int((own > 0).sum()), int((asked > 0).sum())
    expected = own[:, None] * asked[None, :] / table.sum().clamp(min=1)
    there = expected > 0
    chi = float(((table - expected).square()[there] / expected[there]).sum())
    freedom = (classes - 1) * (answers - 1)
    return {
        "classes": classes,
        "asked_classes": answers,
        "same_classes": int(((own > 0) & (asked > 0)).sum()),
        "dependence": chi / freedom if freedom else None,
    }
