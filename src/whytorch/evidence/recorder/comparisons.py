"""What predictions are compared with: where no loss and no loader says it, these are the labels."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here, is_ours

_MOST = 8  # places
_NAMES = ("eq", "ne", "__eq__", "__ne__")


class Comparisons:
    """Looks at `==` and its kin, only while the latest network call waits for its labels."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        # Places where one number was compared with a number for each row of scores that tell the
        # samples of a batch apart: how often it was the argmax of all scores, how often another.
        self._whole: dict[tuple[str, int], dict[str, Any]] = {}

    def install(self, patches: Patches) -> None:
        for name in _NAMES:
            patches.wrap(Tensor, name, self._wrap, idle=True)
        for name in _NAMES[:2]:
            patches.wrap(torch, name, self._wrap, idle=True)

    def _wrap(self, original: Any) -> Any:
        recorder = self.recorder

        def compare(*args: Any, **kwargs: Any) -> Any:
            if (
                not torch.compiler.is_compiling()
                and recorder.awake
                and threading.get_ident() == recorder.thread
                and len(args) == 2
            ):
                if recorder.phases.awaits_labels:
                    self._compared(recorder.phases.latest, sys._getframe(1), *args)
                if recorder.tags.wanted:
                    recorder.tags.compared(*args)
            return original(*args, **kwargs)

        compare.__wrapped__ = original  # type: ignore[attr-defined]
        compare.__name__ = getattr(original, "__name__", "eq")
        return compare

    @harmless
    @torch.no_grad()
    def _compared(self, call: Call, caller: FrameType, one: Any, other: Any) -> None:
        predictions = call.predictions
        if predictions is None and isinstance(one, Tensor) and isinstance(other, Tensor):
            self._of_pairs(call, one, other)
        if predictions is None or not isinstance(one, Tensor) or not isinstance(other, Tensor):
            return
        if is_ours(caller.f_code.co_filename):
            return
        if one.numel() != predictions.numel() or other.numel() != predictions.numel():
            for mine, given in ((one, other), (other, one)):
                if (
                    _is_best_of_all(mine, call)
                    and given.numel() == predictions.numel()
                    and not torch.equal(given.detach().reshape(-1).long(), predictions)
                ):  # predictions beside a number are asked for one class
                    call.group.compares_whole = True
                    self.take(call, given)
            return
        call.used = True
        self.recorder.phases.awaits_labels = False
        known = call.labels
        for given in (one, other):
            labels = given.detach().reshape(-1).long()
            if known is not None and torch.equal(labels, known.to(labels.device)):
                call.group.names_classes = True
                return  # the loader said so: the other side may be wrong predictions
        for mine, given in ((one, other), (other, one)):
            if torch.equal(mine.detach().reshape(-1).long(), predictions):
                self.take(call, given)
                return
        for mine, given in ((one, other), (other, one)):
            if _is_read_otherwise(mine, call) and not _is_read_otherwise(given, call):
                self.take(call, given)
                return

    def _of_pairs(self, call: Call, one: Tensor, other: Tensor) -> None:
        """Scores of each sample against each: the right answers number the batch."""
        scores = call.outputs[0] if call.outputs else None
        if scores is None or scores.ndim != 2 or not 1 < len(scores) == scores.shape[1]:
            return
        for mine, given in ((one, other), (other, one)):
            if mine.numel() != 1 or mine.is_floating_point() or given.shape != scores.shape[:1]:
                continue
            place: Any = here()
            if place is None or (len(self._whole) >= _MOST and (place["path"], place["line"])
                                 not in self._whole):  # fmt: skip
                return
            at = (place["path"], place["line"])
            known = self._whole.setdefault(at, {"place": place, "whole": 0, "other": 0})
            best = int(mine) in (int(scores.argmax()), int(scores.t().argmax()))
            known["whole" if best else "other"] += 1
            known["rows"] = len(scores)

    def take(self, call: Call, given: Tensor) -> None:
        """What the latest predictions were compared with are their labels."""
        labels = given.detach().reshape(-1).long()
        call.used = True
        self.recorder.phases.awaits_labels = False
        call.labels = labels if int(labels.min()) >= 0 else None
        call.group.names_classes |= call.labels is not None

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        for number, known in enumerate(self._whole.values()):
            yield "whole_argmax", str(number), dict(known)


def _is_best_of_all(given: Tensor, call: Call) -> bool:
    """What argmax says without a dimension: the place of the largest score of a whole batch."""
    scores = call.outputs[0] if call.outputs else None
    if given.numel() != 1 or given.is_floating_point() or scores is None or scores.ndim != 2:
        return False
    return scores.shape[1] > 1 < len(scores) and int(given) == int(scores.argmax())


def _is_read_otherwise(given: Tensor, call: Call) -> bool:
    """What a border drawn elsewhere (a logit above 0.5), or rounding, makes of one score a sample:
    it rises with the scores. Labels do so only where the scores tell the classes apart entirely."""
    scores = next((o for o in call.outputs if o.numel() == given.numel()), None)
    if scores is None or given.is_complex() or not (call.group.gives_logits or call.group.binary):
        return False
    ordered = given.detach().reshape(-1).double()[scores.detach().reshape(-1).argsort()]
    return bool((ordered.diff() >= 0).all()) and bool(ordered[0] < ordered[-1])
