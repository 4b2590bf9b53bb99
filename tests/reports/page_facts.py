"""Facts made by hand, for every picture of the page: with something to see, and without."""

from __future__ import annotations

import base64
from typing import Any

import report_samples
from msgspec.structs import replace

from whytorch.evidence.facts import (
    DataFlow,
    DatasetFacts,
    Draw,
    Histogram,
    LayerFacts,
    LayerGradients,
    LayerTrace,
    LoaderFacts,
    Network,
    Passes,
    PassFacts,
    Pictures,
    Run,
    Samples,
    SampleSet,
    Sheet,
    SplitPair,
    StepFacts,
    Traces,
    Training,
    Twins,
    WeightsEvent,
)
from whytorch.evidence.facts.experiments import (
    AugmentationOff,
    LabelNoise,
    LrSweep,
    Modes,
    OneBatch,
    OptimizerSwap,
    Outcome,
    Reachable,
    ReceptiveField,
)
from whytorch.evidence.facts.samples import Neighbours
from whytorch.records import Place
from whytorch.reports.page.saved_run import Mended, Trials


def steps(*losses: float | None, lr: float = 0.1) -> tuple[StepFacts, ...]:
    return tuple(StepFacts(n, loss, loss is not None, lr, 0.1 * n) for n, loss in enumerate(losses))


def one_pass(index: int, phase: Any, right: int, **more: Any) -> PassFacts:
    return PassFacts(
        index=index, phase=phase, loader=0, place=None, batches=4, samples=100, planned_batches=4,
        shortened=False, steps=4 if phase == "train" else 0, first_step=4 * (index // 2),
        grad_enabled=None, train_mode=None, correct=right, counted=100, **more,
    )  # fmt: skip


def sheet(count: int = 3, channels: int = 1, **more: Any) -> Sheet:
    pixels = bytes(range(64)) * (count * channels)
    encoded = base64.b64encode(pixels).decode()
    return Sheet((count, channels, 8, 8), encoded, 0.0, 2.0, (8, 8), **more)


def layer(name: str, order: int, given: Any, gave: Any, **settings: Any) -> LayerFacts:
    return LayerFacts(name, "Conv2d", None, order, 1, settings, in_shape=given, out_shape=gave)


LOADER = LoaderFacts(
    id=0, place=None, dataset=DatasetFacts("Digits", None, 8, classes=("cat", "dog")),
    batch_size=2, sampler=None, sequential=True, drop_last=False, workers=0, batches=4,
    phases=("train",), draws=(Draw(labels=(0, 0, 0, 0, 1, 1, 0, 1), batch_sizes=(2, 2, 2, 2)),),
)  # fmt: skip
FLOW = DataFlow(loaders=(LOADER,))
MATRIX = ((40, 10), (30, 20))
PASSES = Passes(
    passes=(
        one_pass(0, "train", 50), one_pass(1, "eval", 60, mean_loss=0.7, confusion=MATRIX),
        one_pass(2, "train", 80), one_pass(3, "eval", 60, mean_loss=0.6, confusion=MATRIX),
    ),
    weights=(WeightsEvent("loaded", Place("train.py", 7), 1, 4),),
)  # fmt: skip
TRAINING = Training(
    steps=8, trace=steps(2.0, 1.9, 60.0, 1.8, None, 1.7),
    gradients=(
        LayerGradients("b", ((0, 1.0), (1, 2.0))), LayerGradients("a", ((0, 0.1), (1, 5.0))),
    ),
)  # fmt: skip
NETWORK = Network(
    "Net", None,
    (
        layer("a", 0, (4, 1, 8, 8), (4, 2, 8, 8), kernel_size=[3, 3]),
        layer("b", 1, (4, 2, 4, 4), (4, 4, 4, 4), kernel_size=[3, 3]),
    ),
)  # fmt: skip
TRACES = Traces(
    tuple(
        LayerTrace(kind, name, ((0, 0.5), (3, value)))
        for kind in ("activation", "silent", "update")
        for name, value in (("a", 0.25), ("b", 1.0))
    )  # type: ignore[arg-type]
)
SEEN = Pictures(
    {
        "train": sheet(channels=3, labels=(0, 1, None)), "eval": sheet(),
        "stored": sheet(), "drawn": sheet(), "lost-stored": sheet(),
        "lost-augmented": sheet(others=(1, 1, 0)), "twins-train": sheet(indices=(1, 2, 3)),
        "twins-eval": sheet(indices=(7, 8, 9)), "worst": sheet(labels=(0, 1, 1), others=(1, 0, 0)),
        "doubts": sheet(labels=(0, 0, 1), others=(1, 1, 0)),
    },
    {"train": Histogram(-1.0, 1.0, ((1, 2, 3, 2),), 9), "eval": Histogram(0.0, 9.0, ((4, 4),), 9)},
)  # fmt: skip
SAMPLES = Samples(
    sets=(
        SampleSet(0, ("train",), "dataset", class_counts={"0": 90, "1": 10},
                  neighbours=Neighbours(100, 100, agreement=0.97)),
        SampleSet(1, ("eval",), "dataset", class_counts={"0": 50, "1": 50}),
    ),
    pairs=(SplitPair(0, 1, Twins(50, 100, True, identical=12)),),
)  # fmt: skip
OWN = Outcome("as it is", 60, 2.0, 1.0)
TRIED = OptimizerSwap(
    own=OWN, noise=0.1, changed=(Outcome("Adam, lr=0.001", 60, 2.0, 0.01), Outcome("none", 60))
)
KEPT = replace(report_samples.MISTAKE, findings=(report_samples.MSE, report_samples.UNSHUFFLED))
SWEEP = LrSweep(
    steps=40, own_rate=1.0, own_end=2.3, start=2.3, rates=(1e-3, 0.1, 1.0, 10.0),
    ends=(2.0, 0.02, 2.3, None), best_rate=0.1, best_end=0.02, edge_rate=10.0, noise=0.1,
)  # fmt: skip

# Name -> (facts, words that the sentence holds).
EXAMPLES: dict[str, tuple[tuple[Any, ...], list[str]]] = {
    "accuracy_curve": ((PASSES, Run("finished", classes=2)), ["80\u00a0% right", "50\u00a0%"]),
    "activation_map": ((TRACES,), ["0.5 (a)", "1 (b)"]),
    "augmented_images": (
        (SEEN, AugmentationOff(plain_on_stored=0.9, plain_on_augmented=0.4), FLOW),
        ["90\u00a0%", "40\u00a0%"],
    ),
    "batches_seen": ((SEEN, FLOW), ["training -1 to 1, evaluation 0 to 9", "white 2"]),
    "changes_tried": ((Trials((TRIED,)),), ["loss 1 after 60 steps", "Adam, lr=0.001, at 0.01"]),
    "class_shares": ((SAMPLES, FLOW), ["commonest class has 90, the rarest 10", "50, the rarest"]),
    "confusion": ((PASSES, FLOW), ["60\u00a0% of 100 samples", "dog taken for cat, 30 times"]),
    "doubtful_labels": (
        (SEEN, LabelNoise(share=0.2, accuracy=0.9), FLOW, SAMPLES), ["20\u00a0% of the labels"],
    ),
    "gradient_map": ((TRAINING, NETWORK), ["smallest gradient is 2 (b)", "largest 5 (a)"]),
    "label_order": ((FLOW,), ["1.25 of 2 classes", "3 of 4 batches hold one class only"]),
    "leaked_pairs": ((SEEN, SAMPLES), ["Of 50 images of evaluation 12", "100 images of training"]),
    "learning_rates": ((SWEEP,), ["own rate, 1,", "0.1 (0.02)", "from 10 on the loss breaks"]),
    "loss_curve": (
        (TRAINING, PASSES),
        ["2 to 1.7 in 8 steps", "step 4 it was no number", "step 2 it leapt to 30", "train.py:7"],
    ),
    "modes": (
        (Modes(train_mode_accuracy=0.9, eval_mode_accuracy=0.2, samples=50),),
        ["90\u00a0% in train mode", "20\u00a0% in eval mode"],
    ),
    "one_batch": (
        (OneBatch(steps=3, start=2.0, end=0.01, losses=(2.0, 0.1, 0.01)),), ["2 to 0.01"],
    ),
    "reachable": (
        (Reachable(shares=(0.5, 1.0), accuracies=(0.6, 0.7), limit_low=0.7, limit_high=0.8),),
        ["70\u00a0%", "80\u00a0%"],
    ),
    "receptive_field": (
        (ReceptiveField(image=(32, 32), field=(16, 16), map=(8, 8), layer="b"), NETWORK, SEEN),
        ["layer b sees 16 × 16", "25\u00a0% of it"],
    ),
    "repaired": (
        (KEPT, Mended((steps(2.0, 3.0), steps(2.0, 4.0)), (steps(2.0, 1.0),))), ["11.2\u00a0%"],
    ),
    "silent_map": ((TRACES,), ["Of the units of b", "100\u00a0% fire on no sample"]),
    "update_map": ((TRACES, NETWORK), ["0.25 (a) to 1 (b)"]),
}  # fmt: skip
NOTHING: dict[str, tuple[Any, ...]] = {
    "accuracy_curve": (Passes(), None),
    "activation_map": (Traces(),),
    "augmented_images": (Pictures({"stored": sheet()}), None, None),
    "batches_seen": (Pictures(), None),
    "changes_tried": (Trials((OptimizerSwap(own=Outcome("as it is", 60)),)),),
    "class_shares": (Samples(), None),
    "confusion": (Passes((one_pass(0, "eval", 1),)), None),
    "doubtful_labels": (Pictures({"doubts": sheet()}), None, None, None),  # photographs: no word
    "gradient_map": (Training(), None),
    "label_order": (DataFlow(),),
    "leaked_pairs": (Pictures({"twins-eval": sheet()}), None),
    "learning_rates": (LrSweep(rates=(0.1, 1.0), ends=(2.0, None)),),
    "loss_curve": (Training(trace=steps(1.0)), None),
    "modes": (Modes(train_mode_accuracy=0.5),),
    "one_batch": (OneBatch(),),
    "reachable": (Reachable(shares=(1.0,), accuracies=(0.5,)),),
    "receptive_field": (None, None, SEEN),
    "repaired": (report_samples.CRASH, None),
    "silent_map": (Traces(),),
    "update_map": (Traces(), None),
}
