"""The known ways to get an accuracy wrong, each as what it gives for a pass over data."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from whytorch.evidence.facts import Passes, PassFacts


class Slip(Struct, frozen=True):
    """A wrong formula: its value for a pass, how it is written, and what it is."""

    value: Callable[[PassFacts, Passes], list[float]]
    written: Callable[[PassFacts], str]
    name: str
    fix: str = ""
    averages: bool = False  # what a figure called a mean may be by right
    whole: bool = False  # another true figure: only a whole series of them, wrongly called, speaks


def _by_batches(one: PassFacts, passes: Passes) -> list[float]:
    # Of a single batch it is the count itself, which may be what is printed.
    return [(one.correct or 0) / one.batches] if one.batches > 1 else []


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


def _first_only(one: PassFacts, passes: Passes) -> list[float]:
    if one.first_right is None or (one.counted or 0) < 2 * one.batches or one.batches < 2:
        return []
    return [one.first_right / one.batches]


def _never_reset(one: PassFacts, passes: Passes) -> list[float]:
    alike = _until(one, passes)
    total = sum(p.correct or 0 for p in alike)
    return [total / (one.counted or 1)] if _told_before(alike, passes) else []


def _mixed(one: PassFacts, passes: Passes) -> list[float]:
    alike = _until(one, passes)
    counted = sum(p.counted or 0 for p in alike)
    right = sum(p.correct or 0 for p in alike)
    return [right / counted] if counted and _told_before(alike, passes) else []


def _told_before(alike: list[PassFacts], passes: Passes) -> bool:
    """Whether the line that comes now has come before, of the earlier passes alone. Passes that are
    told in one line are averaged on purpose: episodes, folds, repeated draws."""
    first, last = (alike[0].index, alike[-1].index) if len(alike) > 1 else (0, 0)
    now = {x.place for x in passes.printed if x.numbers and x.after_pass == last}
    return any(
        x.place in now and x.numbers and first <= x.after_pass < last for x in passes.printed
    )


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


def with_the_dropped(one: PassFacts, passes: Passes) -> list[float]:
    """The samples of the last batch, which drop_last left out, are counted as wrong."""
    length, counted = one.dataset_length or 0, one.counted or 0
    dropped = 0 < length - counted < (one.batch_size or 0)
    return [(one.correct or 0) / length] if dropped else []


def _full_batches(one: PassFacts, passes: Passes) -> list[float]:
    return [(one.correct or 0) / (one.batches * one.batch_size)] if one.batch_size else []


def _each_as_the_first(one: PassFacts, passes: Passes) -> list[float]:
    """Batch accuracies times the size of a full batch, over all samples."""
    mean, size = one.batch_accuracies_mean, one.batch_size or 0
    if mean is None or not one.counted or one.batches * size <= one.counted:
        return []
    return [mean * one.batches * size / one.counted]


def mean_of_batches(one: PassFacts, passes: Passes) -> list[float]:
    return [] if one.batch_accuracies_mean is None else [one.batch_accuracies_mean]


def _means_by_samples(one: PassFacts, passes: Passes) -> list[float]:
    mean = one.batch_accuracies_mean
    return [] if mean is None or not one.counted else [mean * one.batches / one.counted]


def _means_by_others(one: PassFacts, passes: Passes) -> list[float]:
    """Batch accuracies summed, and divided by the number of the other loader's batches."""
    before = [p for p in passes.passes if p.index < one.index and p.phase != one.phase][-1:]
    mean, near = one.batch_accuracies_mean, {one.batches - 1, one.batches, one.batches + 1}
    counts = {p.planned_batches or p.batches for p in before} - near
    return [] if mean is None else [mean * one.batches / n for n in counts if n]


def _each_with_each(one: PassFacts, passes: Passes) -> list[float]:
    return [] if one.matching_pairs is None else [one.matching_pairs / (one.counted or 1)]


def _cut(one: PassFacts, passes: Passes) -> list[float]:
    return [0.0] if (one.accuracy or 0.0) > 0.1 else []


def _trained_before(one: PassFacts, passes: Passes) -> list[PassFacts]:
    return [p for p in passes.of("train") if p.index < one.index and p.counted]


def _of_training(one: PassFacts, passes: Passes) -> list[float]:
    trained = _trained_before(one, passes)[-1:] if one.phase == "eval" else []
    return [p.accuracy or 0.0 for p in trained]


def _with_training(one: PassFacts, passes: Passes) -> list[float]:
    """Counts that the training of this epoch, or of all epochs, has filled already."""
    trained = _trained_before(one, passes) if one.phase == "eval" else []
    found = []
    for before, own in ((trained[-1:], [one]), (trained, _until(one, passes))):
        correct = sum(p.correct or 0 for p in (*before, *own))
        counted = sum(p.counted or 0 for p in (*before, *own))
        found += [correct / counted, correct / (one.counted or 1)] if before and counted else []
    return found


def _always_zero(one: PassFacts, passes: Passes) -> list[float]:
    """argmax over the only output of a network for two classes."""
    rows = one.confusion or ()
    return [sum(rows[0]) / (one.counted or 1)] if len(rows) == 2 else []


def _read_as(how: str) -> Callable[[PassFacts, Passes], list[float]]:
    def value(one: PassFacts, passes: Passes) -> list[float]:
        found = (one.otherwise_correct or {}).get(how)
        return [] if found is None else [found / (one.counted or 1)]

    return value


def _right_as(how: str) -> Callable[[PassFacts], str]:
    return lambda one: f"{(one.otherwise_correct or {}).get(how)} / {one.counted}"


def _halved(one: PassFacts, passes: Passes) -> list[float]:
    return [] if one.halving_mean is None else [one.halving_mean]


def _f1(one: PassFacts, passes: Passes) -> list[float]:
    scores = [s for s in one.per_class() if s.support]
    total = sum(s.support for s in scores)
    if not total:
        return []
    return [sum(s.f1 for s in scores) / len(scores), sum(s.f1 * s.support for s in scores) / total]


def _wrong_percent(one: PassFacts, passes: Passes) -> list[float]:
    return [100 * (one.accuracy or 0.0), (one.accuracy or 0.0) / 1e4]


_BORDER = "compare (output > 0.5) of a probability, (output > 0) of a logit with the label"
SLIPS = (
    Slip(_read_as("best of the batch"), _right_as("best of the batch"),
         "argmax without a dimension gives one number for the whole batch: the place of its "
         "largest score", "choose among the classes of each image: output.argmax(dim=1)"),
    Slip(_read_as("as it is"), _right_as("as it is"),
         "the output itself is compared with the label, and is hardly ever just 0 or 1",
         _BORDER),
    Slip(_read_as("cut"), _right_as("cut"),
         "the output is cut to an integer, so that every probability below 1 is class 0",
         _BORDER),
    Slip(_cut, lambda p: "0", "the division is cut to an integer"),
    Slip(mean_of_batches, lambda p: f"the mean over {p.batches} batches",
          "batches of unequal size weigh the same", averages=True),
    Slip(_last_only, lambda p: "{1} / {0}".format(*(p.last_batch or (0, 0))),
          "only the last batch is counted"),
    Slip(_first_only, lambda p: f"{p.first_right} / {p.batches}",
          "only the first image of each batch is looked at, as if there were no others",
          "compare all of a batch: (output.argmax(1) == labels).sum(), and divide by all samples"),
    Slip(_last_by_all, lambda p: f"{(p.last_batch or (0, 0))[1]} / {p.counted}",
          "the right ones of the last batch are divided by all samples"),
    Slip(_by_batches, lambda p: f"{p.correct} / {p.batches}",
          "right predictions are divided by the number of batches"),
    Slip(_full_batches, lambda p: f"{p.correct} / ({p.batches} * {p.batch_size})",
          "the last batch is smaller, and counted as a full one"),
    Slip(_each_as_the_first,
         lambda p: f"the sum over {p.batches} batches * {p.batch_size} / {p.counted}",
         "batch accuracies are weighed by the size of a full batch, and the last one is smaller",
         "weigh each batch by the images it holds, len(labels), and divide by all samples"),
    Slip(with_the_dropped, lambda p: f"{p.correct} / {p.dataset_length}",
          "the last batch is dropped, and its samples are counted all the same",
          "leave drop_last=True out of this loader: an evaluation is to see every sample"),
    Slip(_other_length, lambda p: f"{p.correct} / the length of another data set",
          "right predictions are divided by the size of other data"),
    Slip(_by_last_size, lambda p: f"{p.correct} / the size of one batch",
          "right predictions of all batches are divided by the size of one"),
    Slip(_means_by_samples, lambda p: f"the sum over {p.batches} batches / {p.counted}",
          "batch accuracies are summed and divided by the number of samples"),
    Slip(_means_by_others, lambda p: f"the sum over {p.batches} batches / those of other data",
          "batch accuracies are summed and divided by the number of another loader's batches"),
    Slip(_never_reset, lambda p: f"a total over several passes / {p.counted}",
          "the count of right predictions is not set back to 0", averages=True),
    Slip(_mixed, lambda p: "totals over several passes",
          "the counts are not set back to 0, so earlier passes are mixed in", averages=True),
    Slip(_each_with_each, lambda p: f"{p.matching_pairs} / {p.counted}",
          "predictions of shape [N, 1] are compared with labels of shape [N], so that each of a "
          "batch meets each",
          "compare tensors of one shape: predictions.view_as(labels) == labels"),
    Slip(_with_training, lambda p: "a total over training and evaluation",
         "the counts are not set back to 0 after training"),
    Slip(_of_training, lambda p: "that of the training before it",
         "the counts of training are printed as those of the evaluation",
         averages=True, whole=True),
    Slip(_always_zero, lambda p: "the share of class 0",
         "argmax over one output is always 0",
         "compare one output with its threshold: (output > 0), for a logit"),
    Slip(_read_as("above 0.5"), _right_as("above 0.5"),
         "logits are compared with 0.5, which is a probability of 0.62",
         "compare logits with 0, or torch.sigmoid(output) with 0.5"),
    Slip(_read_as("rounded"), _right_as("rounded"),
         "logits are rounded as if they were probabilities",
         "round torch.sigmoid(output), or compare logits with 0"),
    Slip(_read_as("within the batch"), _right_as("within the batch"),
         "the softmax in front of the predictions runs over the images of a batch, so that what "
         "is predicted for one depends on the others",
         "write dim=1, or take the argmax of the scores"),
    Slip(_halved, lambda p: "a running mean (old + new) / 2",
         "the last batches weigh the most", averages=True),
    Slip(_f1, lambda p: "the F1 score, averaged over the classes", "another score is called "
         "accuracy", "call it F1, and print correct / total as accuracy"),
    Slip(_wrong_percent, lambda p: "a percentage taken twice, or a share divided by 100",
         "its unit is wrong", "print 100 * correct / total with a %, or correct / total without"),
)  # fmt: skip
