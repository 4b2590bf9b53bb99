"""What keeps any network from learning, whatever its size, rate or number of epochs."""

from __future__ import annotations

# A check that infers its mistake from poor learning (a size, a rate, a count that looks wrong, and
# a result that is bad) names these in its CONSEQUENCE_OF: each of them explains the bad result by
# something that was seen to be wrong.
SPOILS_LEARNING = (
    "activation-on-logits", "auxiliary-outputs-mishandled", "backward-on-wrong-tensor",
    "batchnorm-on-tiny-batches", "broadcast-loss", "class-index-mismatch",
    "class-weights-misused", "computed-but-unused", "dead-relu", "degenerate-images",
    "excessive-augmentation", "frozen-parameters", "gradient-accumulation-misused",
    "gradient-clipping-misused", "label-destroying-augmentation", "labels-out-of-range",
    "layer-created-in-forward", "learning-rate-too-high", "loss-cut-from-model",
    "misaligned-images-and-labels", "mislabeled-samples", "missing-backward",
    "missing-batch-dimension", "missing-optimizer-step", "missing-zero-grad",
    "mixed-targets-mismatch", "model-recreated-while-training", "mse-on-class-labels",
    "nll-without-log-softmax", "output-count-mismatch", "parameters-missing-from-optimizer",
    "pixels-scrambled-by-reshape", "poor-initialization", "sampler-misused", "scheduler-misused",
    "sigmoid-before-bce-with-logits", "softmax-before-cross-entropy",
    "softmax-over-wrong-dimension", "target-encoding-mismatch", "train-mode-not-restored",
    "unregistered-modules", "unscaled-inputs", "unshuffled-training-data",
    "unsuitable-normalization", "weight-decay-too-high", "zero-grad-before-step",
)  # fmt: skip
