"""Passes over data, what was predicted in them, and what the script printed."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from whytorch.evidence.facts.basics import Phase, TensorStats
from whytorch.records import Place


class ClassScores(Struct, frozen=True):
    """How one class fares: 0 where nothing was predicted or nothing was there (as scikit-learn)."""

    index: int
    support: int
    precision: float
    recall: float
    f1: float


class MapScores(Struct, frozen=True):
    """Of an evaluation that gives each pixel a class: how often each was taken for each, and the
    mean overlap (IoU) in every way of averaging, right and wrong: over images, batches or the
    "whole"; see recorder/map_scores.py for the names."""

    confusion: tuple[tuple[int, ...], ...]  # [true][predicted], in pixels
    means: dict[str, float]

    @property
    def overlaps(self) -> tuple[float, ...]:
        """The IoU of each class that is there or was predicted, over all images."""
        m = self.confusion
        unions = [sum(row) + sum(r[c] for r in m) - row[c] for c, row in enumerate(m)]
        return tuple(m[c][c] / u for c, u in enumerate(unions) if u)


class PassFacts(Struct, frozen=True):
    """A stretch of consecutive batches in one phase: an epoch's training, a validation, a test."""

    index: int
    phase: Phase
    loader: int | None  # LoaderFacts.id, None for plain batches
    place: Place | None  # where the user calls the model
    batches: int
    samples: int
    planned_batches: int | None  # len(loader)
    shortened: bool  # ended early by the time-lapse
    steps: int  # optimizer steps inside
    first_step: int  # optimizer steps before it
    grad_enabled: bool | None  # None: mixed
    train_mode: bool | None  # the network's own flag; None: mixed
    active_dropout: int = 0  # dropout layers in training mode with p > 0, or calls that dropped
    active_batchnorm: int = 0  # batch norm layers that used batch statistics
    outputs_used: bool | None = None  # compared, read off, given to a loss, or kept with others
    teaches: int = 0  # batches, in training mode, whose predictions were targets of another's loss
    correct: int | None = None
    counted: int | None = None  # samples with a known target
    batch_accuracies_mean: float | None = None
    matching_pairs: int | None = None  # of all predictions and labels in a batch, if each met each
    last_batch: tuple[int, int] | None = None  # (samples, correct)
    batch_size: int | None = None  # of the first batch
    dataset_length: int | None = None
    mean_loss: float | None = None
    confusion: tuple[tuple[int, ...], ...] | None = None  # [target][predicted], to 100 classes
    seen_in_training: float | None = None  # share of samples that were also trained on
    seen_in_training_by: Literal["index", "content"] | None = None
    data_source: str | None = None  # DatasetFacts.source
    seconds: float | None = None
    callers: tuple[Place, ...] = ()  # the user's lines behind its first call, innermost first
    inputs: TensorStats | None = None  # of the tensors that entered the network in this pass
    codes: bool = False  # of training: what enters was computed by other weights, which learn too
    anew: bool = False  # of training: the weights are other ones than the step before it left
    batch_classes_mean: float | None = None  # distinct targets a batch
    interleaved: bool = False  # an evaluation pass between whose batches the optimizer stepped
    repeated_share: float | None = None  # of an evaluation's samples: came before in the same pass
    new_samples: int | None = None  # of a training pass: samples not trained on before it
    # Right if the outputs are read otherwise. One output a sample: "as it is" (a class number),
    # "cut" (to an integer); if it is a logit, also "above 0.5", "rounded". Scores [N, C]: "within
    # the batch" (a softmax over N first), and "best of the batch" (argmax of all N * C, if
    # something like that was compared).
    otherwise_correct: dict[str, int] | None = None
    halving_mean: float | None = None  # of batch accuracies: mean = (mean + new) / 2, from 0
    network: int | None = None  # number of the network called; a new object is another one
    weights: int | None = None  # tells those of its first call from others; None: not looked at
    fresh_share: float | None = None  # of an evaluation's samples: never given by its loader before
    last_loss: float | None = None  # of its last batch
    # F1, precision and recall of an evaluation's batches, averaged: "f1 macro", "recall binary",
    # and "... by samples", where a batch counts as often as it has samples.
    batch_scores: dict[str, float] | None = None
    first_right: int | None = None  # of an evaluation: batches whose first sample was right
    area: float | None = None  # below the ROC curve of an evaluation with two classes, 0..1
    maps: MapScores | None = None  # of an evaluation of pixels, where all of them were seen
    # Pixels of masks of zeros and ones, as a binary cross-entropy was given them: all, in the
    # masks, predicted (above one half), in both.
    masks: tuple[int, int, int, int] | None = None

    def per_class(self) -> tuple[ClassScores, ...]:
        """Precision, recall and F1 of each class, from the confusion matrix."""
        matrix = self.confusion or ()
        scores = []
        for index, row in enumerate(matrix):
            right, support = row[index], sum(row)
            predicted = sum(other[index] for other in matrix)
            precision = right / predicted if predicted else 0.0
            recall = right / support if support else 0.0
            total = precision + recall
            f1 = 2 * precision * recall / total if total else 0.0
            scores.append(ClassScores(index, support, precision, recall, f1))
        return tuple(scores)

    @property
    def accuracy(self) -> float | None:
        """True accuracy over the samples of this pass, 0..1."""
        return self.correct / self.counted if self.counted and self.correct is not None else None


class PrintedLine(Struct, frozen=True):
    text: str
    place: Place | None
    numbers: tuple[float, ...]
    after_pass: int  # index of the pass that was the latest when it was printed; -1: none
    step: int  # optimizer steps so far


class ScoreCall(Struct, frozen=True):
    """A call of one of scikit-learn's classification metrics."""

    function: str  # the one that the script calls: accuracy_score, classification_report, ...
    place: Place | None
    after_pass: int  # index of the latest pass; -1: none
    samples: int
    equal: int  # true and predicted are the same
    true_counts: dict[str, int]
    predicted_counts: dict[str, int]


class Ranking(Struct, frozen=True):
    """Scores of two classes given to one of scikit-learn's ranking metrics: the area below a ROC or
    a precision-recall curve, or the curve."""

    function: str  # the one that the script calls: roc_auc_score, roc_curve, ...
    place: Place | None
    after_pass: int  # index of the latest pass; -1: none
    samples: int
    positives: int
    distinct: int  # different scores
    area: float  # below their ROC curve, 0..1


class WeightsEvent(Struct, frozen=True):
    """Weights were set aside (state_dict, a saved model) or put into a network."""

    kind: Literal["taken", "loaded"]
    place: Place | None
    after_pass: int  # index of the latest pass; -1: none
    step: int  # optimizer steps so far


class EvalCall(Struct, frozen=True):
    """A call of eval() on a module with layers in it."""

    step: int  # optimizer steps so far
    place: Place | None


class TagCounts(Struct, frozen=True):
    """Of the latest evaluation: answers to K yes/no questions a sample, set against the true ones.
    Which of the two sides is the true one is not known: the one more like what was trained on."""

    place: Place | None
    after_pass: int
    samples: int
    equal: int  # numbers that are the same, of samples * K
    sides: tuple[tuple[int, ...], tuple[int, ...]]  # how often each is 1, on either side
    both: tuple[int, ...]  # how often on both
    trained_share: float  # of the targets trained on: those that are 1


class WholeArgmax(Struct, frozen=True):
    """One number compared with the right answer of each row, where the network scores each sample
    of a batch against each."""

    place: Place | None
    whole: int  # times that it was the argmax of all scores
    other: int
    rows: int = 0  # the last time


class Passes(Struct, frozen=True):
    passes: tuple[PassFacts, ...] = ()
    printed: tuple[PrintedLine, ...] = ()
    eval_calls: tuple[EvalCall, ...] = ()  # the first 200
    others: tuple[PassFacts, ...] = ()  # of other networks: a teacher, a generator, an average
    scores: tuple[ScoreCall, ...] = ()  # the first 100 and the last
    rankings: tuple[Ranking, ...] = ()  # the first 100 and the last
    weights: tuple[WeightsEvent, ...] = ()  # the first 300
    tags: TagCounts | None = None
    whole_argmax: tuple[WholeArgmax, ...] = ()

    def of(self, phase: Phase) -> tuple[PassFacts, ...]:
        return tuple(p for p in self.passes if p.phase == phase)
