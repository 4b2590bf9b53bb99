"""The known ways to get an accuracy wrong, each as what it gives for a pass over data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from whytorch.evidence.facts import Passes, PassFacts


@dataclass(frozen=True)
class Slip:
    """A wrong formula: its value for a pass, how it is written, and what it is."""

    value: Callable[[PassFacts, Passes], list[float]]
    written: Callable[[PassFacts], str]
    name: str
    fix: str = ""
    averages: bool = False  # what a figure called a mean may be by right


def _by_batches(one: PassFacts, passes: Passes) -> list[float]:
    return [(one.correct or 0) / one.batches]


def _by_last_size(one: PassFacts, passes: Passes) -> list[float]:
    size = one.last_batch[0] if one.last_batch else 0
    return [(one.correct or 0) / n for n in {size, one.batch_size or 0} if n and one.batches > 1]


def _last_by_all(one: PassFacts, passes: Passes) -> list[float]:
    right = one.last_batch[1] if one.last_batch else 0
    return [right / n for n in {one.counted, one.dataset_length} if n and one.batches > 1]


def _last_only(one: PassFacts, passes: Passes) -> list[float]:
    """In training, the accuracy of the last batch is a figure of its own right."""
    if one.phase == "train" or not one.last_batch or one.batches < 2:
        return []
    return [one.last_batch[1] / one.last_batch[0]]


def _never_reset(one: PassFacts, passes: Passes) -> list[float]:
    alike = _until(one, passes)
    total = sum(p.correct or 0 for p in alike)
    return [total / (one.counted or 1)] if len(alike) > 1 else []


def _mixed(one: PassFacts, passes: Passes) -> list[float]:
    alike = _until(one, passes)
    counted = sum(p.counted or 0 for p in alike)
    return [sum(p.correct or 0 for p in alike) / counted] if len(alike) > 1 and counted else []


def _until(one: PassFacts, passes: Passes) -> list[PassFacts]:
    """Passes over the same data by the same lines, up to this one."""
    return [
        p
        for p in passes.of(one.phase)
        if p.index <= one.index and p.place == one.place and p.counted == one.counted
    ]


def _other_length(one: PassFacts, passes: Passes) -> list[float]:
    lengths = {p.dataset_length for p in passes.passes} | {p.counted for p in passes.passes}
    return [(one.correct or 0) / n for n in lengths if n and n not in (one.counted, one.batches)]


def _full_batches(one: PassFacts, passes: Passes) -> list[float]:
    return [(one.correct or 0) / (one.batches * one.batch_size)] if one.batch_size else []


def _mean_of_batches(one: PassFacts, passes: Passes) -> list[float]:
    return [] if one.batch_accuracies_mean is None else [one.batch_accuracies_mean]


def _means_by_samples(one: PassFacts, passes: Passes) -> list[float]:
    mean = one.batch_accuracies_mean
    return [] if mean is None or not one.counted else [mean * one.batches / one.counted]


def _each_with_each(one: PassFacts, passes: Passes) -> list[float]:
    return [] if one.matching_pairs is None else [one.matching_pairs / (one.counted or 1)]


def _cut(one: PassFacts, passes: Passes) -> list[float]:
    return [0.0] if (one.accuracy or 0.0) > 0.1 else []


SLIPS = (
    Slip(_cut, lambda p: "0", "the division is cut to an integer"),
    Slip(_mean_of_batches, lambda p: f"the mean over {p.batches} batches",
          "batches of unequal size weigh the same", averages=True),
    Slip(_last_only, lambda p: "{1} / {0}".format(*(p.last_batch or (0, 0))),
          "only the last batch is counted"),
    Slip(_last_by_all, lambda p: f"{(p.last_batch or (0, 0))[1]} / {p.counted}",
          "the right ones of the last batch are divided by all samples"),
    Slip(_by_batches, lambda p: f"{p.correct} / {p.batches}",
          "right predictions are divided by the number of batches"),
    Slip(_full_batches, lambda p: f"{p.correct} / ({p.batches} * {p.batch_size})",
          "the last batch is smaller, and counted as a full one"),
    Slip(_other_length, lambda p: f"{p.correct} / the length of another data set",
          "right predictions are divided by the size of other data"),
    Slip(_by_last_size, lambda p: f"{p.correct} / the size of one batch",
          "right predictions of all batches are divided by the size of one"),
    Slip(_means_by_samples, lambda p: f"the sum over {p.batches} batches / {p.counted}",
          "batch accuracies are summed and divided by the number of samples"),
    Slip(_never_reset, lambda p: f"a total over several passes / {p.counted}",
          "the count of right predictions is not set back to 0", averages=True),
    Slip(_mixed, lambda p: "totals over several passes",
          "the counts are not set back to 0, so earlier passes are mixed in", averages=True),
    Slip(_each_with_each, lambda p: f"{p.matching_pairs} / {p.counted}",
          "predictions of shape [N, 1] are compared with labels of shape [N], so that each of a "
          "batch meets each",
          "compare tensors of one shape: predictions.view_as(labels) == labels"),
)  # fmt: skip
