"""Labels and predictions that the script gives to scikit-learn's metrics."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np
import torch

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import is_user_file, place_of

# All of its metrics for classes pass their labels and predictions through this function, and all
# that rank by a score (ROC and precision-recall curves, the areas below them) through one of those.
_MODULE, _NAME = "sklearn.metrics._classification", "_check_targets"
_RANKING = "sklearn.metrics._ranking"
_CURVES = ("confusion_matrix_at_thresholds", "_binary_clf_curve")  # of this version, of older ones
_WRAPPERS = ("wrapper", "inner", "inner_f", "_check_targets", "guarded", "check_targets")
_KEPT = 100
_MOST_RANKED = 100_000
_MOST_CLASSES = 200
_NEARLY_ALL = 0.9  # of the predictions are of one class: then they tell no order
_BEYOND = 4.0  # standard errors


class Scores:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._patches: Patches | None = None
        self._calls: list[dict[str, Any]] = []
        self._ranked: list[dict[str, Any]] = []

    def install(self, patches: Patches) -> None:
        self._patches = patches
        self.look()

    @harmless
    def look(self) -> None:
        """Hook the metrics as soon as the script has imported them. Called at every batch."""
        if self._patches is not None and _MODULE in sys.modules:
            module = sys.modules[_MODULE]
            if hasattr(module, _NAME):  # else it is half imported, or another version
                patches, self._patches = self._patches, None
                patches.wrap(module, _NAME, self._wrap)
                ranking = sys.modules.get(_RANKING)
                curve = next((n for n in _CURVES if hasattr(ranking, n)), None)
                if curve is not None:
                    patches.wrap(ranking, curve, self._wrap_curve)

    def _wrap(self, original: Any) -> Any:
        @functools.wraps(original)
        def check_targets(*args: Any, **kwargs: Any) -> Any:
            if self.recorder.awake and threading.get_ident() == self.recorder.thread:
                self._given(sys._getframe(1), args)
            return original(*args, **kwargs)

        return check_targets

    def _wrap_curve(self, original: Any) -> Any:
        @functools.wraps(original)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if self.recorder.on and threading.get_ident() == self.recorder.thread:
                self._rank(sys._getframe(1), args, kwargs)
            return original(*args, **kwargs)

        return guarded

    @harmless
    def _rank(self, caller: FrameType, args: Any, kwargs: Any) -> None:
        if len(args) < 2:
            return
        function, place = _called(caller)
        true, scores = np.asarray(args[0]).reshape(-1), np.asarray(args[1]).reshape(-1)
        label = kwargs.get("pos_label")
        right = true == (1 if label is None else label)
        if len(right) != len(scores) or not 0 < right.sum() < len(right) <= _MOST_RANKED:
            return
        call = {
            "function": function,
            "place": place,
            "after_pass": self.recorder.phases.latest_pass,
            "samples": len(right),
            "positives": int(right.sum()),
            "distinct": len(np.unique(scores)),
            "area": area_below(right, scores),
        }
        if self._ranked and self._ranked[-1] == call:
            return
        if len(self._ranked) >= _KEPT:
            del self._ranked[-1]
        self._ranked.append(call)

    @harmless
    def _given(self, caller: FrameType, args: Any) -> None:
        if len(args) < 2:
            return
        function, place = _called(caller)
        true, predicted = _whole(args[0]), _whole(args[1])
        if true is None or predicted is None or true.shape != predicted.shape:
            return
        self._labels(true, predicted)
        call = {
            "function": function,
            "place": place,
            "after_pass": self.recorder.phases.latest_pass,
            "samples": len(true),
            "equal": int((true == predicted).sum()),
            "true_counts": _counts(true),
            "predicted_counts": _counts(predicted),
        }
        if self._calls and self._calls[-1] == call:  # one call of a report asks several times
            return
        if len(self._calls) >= _KEPT:
            del self._calls[-1]
        self._calls.append(call)

    def _labels(self, *given: Any) -> None:
        """Where the latest call of a network waits for its labels and one of the two is what it
        predicted, the other one is the labels. Batches cut by hand have no loader that says it."""
        phases = self.recorder.phases
        predictions = phases.latest.predictions if phases.awaits_labels else None
        if predictions is None or len(given[0]) != predictions.numel():
            return
        said = predictions.detach().reshape(-1).cpu().numpy()
        for mine, other in (given[::-1], given):
            if np.array_equal(mine, said) and not _unrelated(mine, other):
                self.recorder.comparisons.take(phases.latest, torch.from_numpy(other))
                return

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        for number, call in enumerate(self._calls):
            yield "score", str(number), call
        for number, call in enumerate(self._ranked):
            yield "ranking", str(number), call


def area_below(right: Any, scores: Any) -> float:
    """Below the ROC curve: how often a positive has the higher score, a tie counting half."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place.reshape(-1)]
    positives = int(right.sum())
    above = float(ranks[right].sum()) - positives * (positives + 1) / 2
    return above / (positives * (len(right) - positives))


def _called(frame: FrameType | None) -> tuple[str, Any]:
    """(name of the metric that the user calls, the place of the call)."""
    name = ""
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        if frame.f_code.co_name not in _WRAPPERS:
            name = frame.f_code.co_name
        frame = frame.f_back
    return name, place_of(frame)


def _whole(given: Any) -> Any:
    """One class index for each sample, or None."""
    if not isinstance(given, (list, tuple)) and type(given).__module__.partition(".")[0] not in (
        "numpy", "torch",
    ):  # fmt: skip
        return None
    values = np.asarray(given)
    values = values.reshape(-1) if values.ndim == 2 and values.shape[1] == 1 else values
    whole = values.dtype.kind in "iub" or (
        values.dtype.kind == "f" and bool((values == values.round()).all())
    )
    return values.astype(np.int64) if values.ndim == 1 and len(values) and whole else None


def _counts(values: Any) -> dict[str, int]:
    found, counts = np.unique(values, return_counts=True)
    pairs = zip(found[:_MOST_CLASSES].tolist(), counts.tolist(), strict=False)
    return {str(value): count for value, count in pairs}


def _unrelated(predicted: np.ndarray, other: np.ndarray) -> bool:
    """Whether predictions of several classes meet the other's no more often than by chance: it may
    be the labels in another order, and what is each sample's own is not known then."""
    if min(predicted.min(), other.min()) < 0:
        return True  # names of nothing
    shares = [np.bincount(x, minlength=int(max(predicted.max(), other.max())) + 1) / len(x)
              for x in (predicted, other)]  # fmt: skip
    chance = float(shares[0] @ shares[1])
    scatter = (chance * (1 - chance) / len(other)) ** 0.5
    agreed = float((predicted == other).mean())
    return float(shares[0].max()) < _NEARLY_ALL and agreed <= chance + _BEYOND * scatter
