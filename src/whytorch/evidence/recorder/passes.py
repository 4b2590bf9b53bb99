"""One pass over data: how many samples, how many right, against which classes."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.class_scores import BatchScores
from whytorch.evidence.recorder.map_scores import MapScores
from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.scores import area_below
from whytorch.evidence.recorder.sink import finite
from whytorch.evidence.recorder.tensors import Pool

_MOST_CLASSES = 100
_HASHED_NUMBERS = 128  # of each sample; 64 are alike in different drawings on a dark ground
_MOST_MET = 20_000
_HASHED_SAMPLES = 1024  # of each batch
_MOST_RANKED = 20_000
_BEST_OF_ALL = "best of the batch"


@torch.no_grad()
def classes_in(target: Tensor, given: Tensor) -> Tensor | None:
    """Class indices in a target of one number a sample; None for other quantities."""
    if target.is_floating_point() and not bool((target == target.round()).all()):
        return None
    two = given.numel() != target.numel() or bool((target.abs() <= 1).all())
    return target.long() if two else None  # a count or an angle may be a whole number too


def predictions_of(output: Tensor, logits: bool = False) -> Tensor | None:
    """Class indices [N] from scores [N, C], or from one logit or probability a sample."""
    x = output.detach()
    if not x.is_floating_point() or not x.numel():
        return None
    if x.ndim == 2 and x.shape[1] > 1:
        return x.argmax(1)
    x = x.reshape(-1)
    probability = not logits and bool((x >= 0).all()) and bool((x <= 1).all())
    return (x > (0.5 if probability else 0.0)).long()


@torch.no_grad()
def content_of(batch: Tensor) -> list[int]:
    """A hash for each sample, from evenly spread numbers of it."""
    if batch.ndim < 2 or not batch.numel() or batch.is_sparse:
        return []
    rows = batch.detach()[:_HASHED_SAMPLES].reshape(min(batch.shape[0], _HASHED_SAMPLES), -1)
    step = max(1, rows.shape[1] // _HASHED_NUMBERS)
    while math.gcd(step, rows.shape[1]) > 1:
        step += 1  # one that fits gives the same corner of every map: always black, in drawings
    few = rows[:, ::step].float().cpu().contiguous().numpy()
    return [hash(row.tobytes()) for row in few]


class Pass:
    """Counts over the calls of one pass."""

    def __init__(self, index: int, phase: str, key: Any, call: Call, first_step: int) -> None:
        self.index = index
        self.phase = phase
        self.key = key
        self.place = call.place
        self.callers = [{"path": path, "line": line} for path, line, _ in call.way]
        self.root = 0  # number of the network among those called
        self.weights: int | None = None  # see worn.py
        self.root_trains = False  # it was trained itself, up to now
        self.inputs = Pool()
        self.codes = False
        self.new_samples = 0
        self.fresh_samples = 0  # of an evaluation: never evaluated before from this loader
        self.interleaved = False
        self.repeated = 0  # samples that came before in the same pass
        self._met: set[int] = set()
        self.first_step = first_step
        self.steps = 0
        self.batches = 0
        self.samples = 0
        self.correct = 0
        self.counted = 0
        self.active_dropout = 0
        self.active_batchnorm = 0
        self.seen_content = 0
        self.hashed = 0
        self.started = 0.0
        self.ended = 0.0
        self.last_accuracy: float | None = None
        self.last_batch: tuple[int, int] | None = None
        self.batch_size = call.samples
        self.outputs_used = False
        self.teaches = 0
        self.loader: int | None = None
        self.planned_batches: int | None = None
        self.dataset_length: int | None = None
        self.data_source: str | None = None
        self.shortened = False
        self.unseen = False  # parts of it, without a loader that could tell how much
        self.opens = False  # the first one that trains its network
        self.anew = False  # its weights are no longer those that the last step left
        self._grad: set[bool] = set()
        self._mode: set[bool] = set()
        self._batch_accuracies = 0.0
        self._batch_classes = 0
        self._matching_pairs = 0
        self._labelled_batches = 0
        self._losses = 0.0
        self._loss_count = 0
        self._last_loss: float | None = None
        self._confusion: dict[tuple[int, int], int] = {}
        self._otherwise: Counter[str] = Counter()
        self._group = call.group
        self._halving = 0.0
        self._first_right = 0  # batches whose first sample was right
        self._scores = BatchScores()
        self._maps = MapScores()
        self._masks = [0, 0, 0, 0]  # all pixels, those of the masks, predicted ones, in both
        self._margins: list[Tensor] = []  # of an evaluation with two classes: (label, score) rows

    def meet(self, content: list[int]) -> None:
        """Count samples that come more than once; of long passes, those of the beginning."""
        self.repeated += sum(c in self._met for c in content)
        if len(self._met) < _MOST_MET:
            self._met.update(content)

    def close(self) -> None:
        """Another pass begins: what this one met is of no more use."""
        self._met = set()

    def add(self, call: Call) -> None:
        """Take one resolved call into the counts."""
        self.batches += 1
        self.samples += call.samples
        self._grad.add(call.grad)
        self.weights = self.weights if call.weights is None or self.batches > 1 else call.weights
        self._mode.add(call.training)
        self.outputs_used = self.outputs_used or call.used or call.kept
        loss = call.graph.get("loss")
        if isinstance(loss, Tensor):
            value = finite(loss.detach().float().mean().item())
            if value is not None:
                self._losses += value
                self._loss_count += 1
                self._last_loss = value
        pixels = call.graph.get("pixels")
        if isinstance(pixels, Tensor):
            self._maps.add(pixels.cpu())
        if (masks := call.graph.get("masks")) is not None:
            self._masks = [a + b for a, b in zip(self._masks, masks, strict=True)]
        labels, predictions = call.labels, call.predictions
        if labels is None or predictions is None or labels.shape != predictions.shape:
            self.last_accuracy = None
            return
        labels = labels.to(predictions.device)
        right = int((labels == predictions).sum().item())
        count = int(labels.numel())
        self.correct += right
        self.counted += count
        self.last_batch = (count, right)
        self.last_accuracy = right / count if count else None
        self._batch_accuracies += right / max(1, count)
        self._halving = (self._halving + right / max(1, count)) / 2
        if count and self.phase == "eval":
            self._first_right += int(labels.reshape(-1)[0] == predictions.reshape(-1)[0])
        if call.group.gives_logits or call.group.binary:
            self._misread(call, labels)
        else:
            self._compete(call, labels)
        if self.phase == "eval" and self.counted <= _MOST_RANKED:
            self._rank(call, labels)
        self._confuse(labels, predictions)

    def _misread(self, call: Call, labels: Tensor) -> None:
        """What is right if a logit is taken for a probability, or either for a class number."""
        score = next((o for o in call.outputs if o.numel() == labels.numel()), None)
        if score is None:
            return
        logits = score.detach().reshape(-1)
        self._otherwise["as it is"] += int((logits == labels).sum())
        self._otherwise["cut"] += int((logits.trunc() == labels).sum())
        if bool(((logits < 0) | (logits > 1)).any()):
            self._otherwise["above 0.5"] += int(((logits > 0.5).long() == labels).sum())
            self._otherwise["rounded"] += int((logits.round() == labels).sum())

    def _compete(self, call: Call, labels: Tensor) -> None:
        """What is right if the classes of one image compete with those of the others."""
        scores = next((o for o in call.outputs if o.ndim == 2 and len(o) == len(labels)), None)
        if scores is None or not 1 < scores.shape[1] <= _MOST_CLASSES or len(labels) < 2:
            return
        scores = scores.detach().float()
        if self.phase == "eval":
            within = scores.softmax(0).argmax(1)
            self._otherwise["within the batch"] += int((labels == within).sum())
        # Whether something like that was compared shows in evaluation, after the first training.
        self._otherwise[_BEST_OF_ALL] += int((labels == int(scores.argmax())).sum())

    def _read_otherwise(self) -> dict[str, int]:
        asked = self._group.compares_whole
        return {k: n for k, n in self._otherwise.items() if asked or k != _BEST_OF_ALL}

    def _rank(self, call: Call, labels: Tensor) -> None:
        """Keep how much each sample looks like class 1 of two."""
        flat, n = (call.group.gives_logits or call.group.binary), len(labels)
        for scores in call.outputs:
            if scores.ndim == 2 and scores.shape == (n, 2):
                margin = scores[:, 1].detach().double() - scores[:, 0].detach().double()
            elif flat and scores.numel() == n:
                margin = scores.detach().reshape(-1).double()
            else:
                continue
            self._margins.append(torch.stack([labels.double(), margin]).cpu())
            return

    def _area(self) -> float | None:
        """Below the ROC curve, over all that was ranked."""
        kept = torch.cat(self._margins, dim=1).numpy() if self._margins else None
        if (
            kept is None
            or kept.shape[1] != self.counted
            or not 0 < (kept[0] == 1).sum() < len(kept[0])
        ):
            return None
        return area_below(kept[0] == 1, kept[1])

    def _confuse(self, labels: Tensor, predictions: Tensor) -> None:
        true = labels.tolist()
        pairs = Counter(zip(true, predictions.tolist(), strict=True))  # faster than torch.unique
        self._labelled_batches += 1
        if self.phase == "eval" and len(pairs) <= _MOST_CLASSES:
            self._scores.add(pairs)
        self._batch_classes += len(set(true))
        labels_of, named = Counter[int](), Counter[int]()
        for key, n in pairs.items():
            labels_of[key[0]] += n
            named[key[1]] += n
            if key in self._confusion or len(self._confusion) < _MOST_CLASSES**2:
                self._confusion[key] = self._confusion.get(key, 0) + n
        self._matching_pairs += sum(n * named[label] for label, n in labels_of.items())

    def _matrix(self) -> list[list[int]] | None:
        indices = [i for pair in self._confusion for i in pair]
        if not indices or min(indices) < 0 or max(indices) >= _MOST_CLASSES:
            return None
        size = max(indices) + 1
        matrix = [[0] * size for _ in range(size)]
        for (true, predicted), n in self._confusion.items():
            matrix[true][predicted] = n
        return matrix

    def _whole(self, seen: int, missed: int) -> int:
        """A count over the batches that were seen, for all of them."""
        return round(seen * (self.batches + missed) / max(1, self.batches))

    def _new(self, missed: int) -> int:
        """Samples new to the network: the first pass brings as many new ones where nobody looks."""
        if not missed or not self.opens:
            return self.new_samples
        return min(self._whole(self.new_samples, missed), self.dataset_length or 10**12)

    def facts(self, data: Any) -> dict[str, Any]:
        """As `PassFacts`."""
        by_content = self.seen_content / self.hashed if self.hashed else None
        by_index = data.overlap(self)
        share, how = (by_index, "index") if by_index else (by_content, "content")
        if share is None:
            share, how = by_index, "index"
        missed = data.missed(self)
        return {
            "index": self.index,
            "phase": self.phase,
            "loader": self.loader,
            "place": self.place,
            "callers": self.callers,
            "batches": self.batches + missed,
            "samples": self._whole(self.samples, missed),
            "planned_batches": self.planned_batches,
            "shortened": self.shortened or self.unseen or missed > 0 or data.was_shortened(self),
            "steps": self.steps,
            "first_step": self.first_step,
            "grad_enabled": next(iter(self._grad)) if len(self._grad) == 1 else None,
            "train_mode": next(iter(self._mode)) if len(self._mode) == 1 else None,
            "active_dropout": self.active_dropout,
            "active_batchnorm": self.active_batchnorm,
            "outputs_used": self.outputs_used,
            "teaches": self.teaches,
            "correct": self.correct if self.counted else None,
            "counted": self.counted or None,
            "batch_accuracies_mean": (
                self._batch_accuracies / self._labelled_batches if self.counted else None
            ),
            "batch_classes_mean": (
                self._batch_classes / self._labelled_batches if self.counted else None
            ),
            "matching_pairs": self._matching_pairs if self.counted else None,
            "last_batch": self.last_batch,
            "otherwise_correct": self._read_otherwise() or None,
            "halving_mean": self._halving if self.counted else None,
            "first_right": self._first_right if self.counted and self.phase == "eval" else None,
            "batch_size": self.batch_size,
            "dataset_length": self.dataset_length,
            "mean_loss": self._losses / self._loss_count if self._loss_count else None,
            "last_loss": self._last_loss,
            "area": self._area(),
            "batch_scores": self._scores.facts(),
            "maps": self._maps.facts(self.samples),
            "masks": self._masks if self._masks[0] else None,
            "confusion": self._matrix(),
            "seen_in_training": share if self.phase == "eval" else None,
            "seen_in_training_by": how if share is not None and self.phase == "eval" else None,
            "data_source": self.data_source,
            "inputs": self.inputs.facts(),
            "codes": self.codes,
            "anew": self.anew,
            "interleaved": self.interleaved,
            "repeated_share": self.repeated / self.hashed if self.hashed else None,
            "new_samples": self._new(missed) if self.phase == "train" else None,
            "network": self.root,
            "weights": self.weights,
            "fresh_share": self.fresh_samples / self.hashed
            if self.hashed and self.loader is not None
            else None,
            "seconds": round(max(0.0, self.ended - self.started), 4),
        }
