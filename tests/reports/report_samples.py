"""Whole reports, written by hand: what the pipeline hands to `reports/`."""

from __future__ import annotations

from whytorch.records import (
    Experiment,
    Finding,
    Fix,
    Metrics,
    NotJudged,
    Place,
    Report,
    RunSummary,
    ScriptInfo,
    Seconds,
    Symptom,
    TimeLapse,
    Verdict,
    Verification,
)

# What `train.py` holds where the reports below are rendered (see test_terminal.py).
TRAIN_PY = """\
import torch
from torch import nn

model = Net()
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)


def train(loader):
    for images, labels in loader:
        optimizer.zero_grad()
        outputs = model(images)

        loss = criterion(outputs.argmax(1), labels)
        loss.backward()
        optimizer.step()


for epoch in range(90):
    train(loader)
"""

MSE = Finding(
    id="mse-on-class-labels",
    area="loss",
    title="Squared error on class labels",
    rank=1,
    severity="error",
    grade="observed",
    confidence=0.97,
    says="mse_loss got whole class numbers 0 to 9 as its target in all 40 calls, train.py:14",
    places=(
        Place("train.py", 14, 14, 15, "        loss = criterion(outputs.argmax(1), labels)"),
        Place("train.py", 5, 5, 0, "criterion = nn.MSELoss()"),
    ),
    measured={"calls": 40, "target_min": 0, "target_max": 9},
    explains=("loss-at-chance",),
    fix=Fix("Give the raw scores to nn.CrossEntropyLoss: loss = criterion(outputs, labels).", True),
    why=(
        "Squared error treats class 9 as nine times class 1, so the network is drawn to the mean "
        "of the class numbers. It learns an order that the classes do not have. "
        "On ten classes this costs most of the accuracy, and more training does not bring it back."
    ),
)
UNSHUFFLED = Finding(
    id="unshuffled-training-data",
    area="data order",
    title="Training data is not shuffled",
    rank=2,
    severity="warning",
    grade="confirmed",
    confidence=0.9,
    says="the training loader drew the same 512 samples in the same order in 3 of 3 epochs",
    places=(Place("data.py", 7, code="loader = DataLoader(train_set, batch_size=64)"),),
    measured={"epochs": 3, "samples": 512},
    fix=Fix("Pass shuffle=True to the DataLoader.", True, "-a\n+b\n"),
    why="Batches that hold one class pull the weights to that class, then to the next.",
    verification=Verification("accuracy", True, 0.1123, 0.5481, 0.0213, 2, True),
)
AUGMENTATION = Finding(
    id="missing-augmentation",
    area="augmentation",
    title="Nothing varies the training images",
    rank=3,
    severity="advice",
    grade="suspected",
    confidence=0.6,
    says="512 training images, and no transform draws a random number",
    places=(Place("data.py", 3),),
    why="A small set is learned by heart.",
    fix=Fix("Add RandomCrop(32, padding=4) to the training transform."),
)

MISTAKE = Report(
    script=ScriptInfo("train.py", ("--epochs", "90"), "0f" * 32),
    verdict=Verdict(
        "mistake",
        "Most likely: squared error on class labels, train.py:14",
        "mse-on-class-labels",
    ),
    findings=(MSE, UNSHUFFLED, AUGMENTATION),
    symptoms=(
        Symptom(
            "loss-at-chance",
            "the loss moves between 28.4 and 28.6 over 40 steps",
            {"steps": 40},
            ("mse-on-class-labels",),
        ),
        Symptom("dead-relu", "31 % of the ReLU units in features.1 never fire", {"share": 0.31}),
    ),
    not_judged=(
        NotJudged("needs 2 evaluation passes; this run has 1", "model-selected-on-test-set"),
        NotJudged("no BatchNorm layer was seen", "frozen-batchnorm-drifts"),
        NotJudged("no BatchNorm layer was seen", "batchnorm-on-tiny-batches"),
    ),
    sound=tuple(f"check-{i}" for i in range(24)),
    experiments=(Experiment("lr-sweep", "0.01 learns fastest", {"best_lr": 0.01}, 1.25),),
    run=RunSummary(
        seconds=21.3,
        steps=40,
        epochs=3,
        exit="finished",
        time_lapse=TimeLapse(True, "training passes 1 to 90 ended after 20 of 782 batches"),
        metrics=Metrics(0.104, 0.0998, 28.412, 28.573, 10),
        printed=({"line": "loss 28.4", "numbers": (28.4,)},),
    ),
    seconds=Seconds(source=0.31, rehearsal=21.3, total=24.12),
    notes=("kept from being written: checkpoints/best.pt, log.txt",),
    saved=".whytorch/runs/train-1",
    version="0.1.0",
)

CRASH = Report(
    script=ScriptInfo("train.py", (), "ab" * 32),
    verdict=Verdict(
        "mistake",
        "It crashes because: the first Linear layer expects 512 features and gets 2048, "
        "train.py:12",
        "flatten-size-mismatch",
    ),
    findings=(
        Finding(
            id="flatten-size-mismatch",
            area="architecture",
            title="The flattened size does not fit the Linear layer",
            rank=1,
            says="fc1 was built for 512 features and was given [64, 2048] in Net.forward",
            places=(Place("train.py", 12, 12, 8, "outputs = model(images)"),),
            explains=("crash",),
            fix=Fix("Write nn.Linear(2048, ...), or nn.LazyLinear(...), which finds out itself."),
            why="A Linear layer multiplies by a matrix of fixed size; another size is an error.",
        ),
    ),
    symptoms=(
        Symptom(
            "crash",
            "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x2048 and 512x10)",
            {},
            ("flatten-size-mismatch",),
        ),
    ),
    not_judged=tuple(
        NotJudged("no training step was seen in the run", f"check-{i}") for i in range(9)
    ),
    run=RunSummary(seconds=1.2, steps=0, epochs=0, exit="crashed"),
    seconds=Seconds(source=0.2, rehearsal=1.2, total=1.5),
    saved=".whytorch/runs/train-2",
)

NOTHING_FOUND = Report(
    script=ScriptInfo("train.py", (), "cd" * 32),
    verdict=Verdict("nothing-found", "No mistake found in train.py: 28 checks judged it sound"),
    sound=tuple(f"check-{i}" for i in range(28)),
    not_judged=(NotJudged("no BatchNorm layer was seen", "batchnorm-on-tiny-batches"),),
    run=RunSummary(
        seconds=9.8,
        steps=1200,
        epochs=1,
        exit="finished",
        metrics=Metrics(0.981, 0.9734, 2.3071, 0.0612, 10),
    ),
    seconds=Seconds(source=0.2, rehearsal=9.8, lab=3.04, verify=4.0, total=17.2),
    saved=".whytorch/runs/train-3",
)

NOT_JUDGED = Report(
    script=ScriptInfo("train.py"),
    verdict=Verdict("not-judged", "Nothing could be judged: train.py never trains a network"),
    not_judged=tuple(
        NotJudged(
            f"reason {i % 12}: there was no evidence of the kind that is needed", f"check-{i}"
        )
        for i in range(30)
    ),
    run=RunSummary(seconds=0.4, steps=0, exit="finished"),
    seconds=Seconds(rehearsal=0.4),
    notes=("it printed 'usage: train.py DATA' and exited with code 2",) * 2,
)

ALL = {
    "mistake": MISTAKE,
    "crash": CRASH,
    "nothing-found": NOTHING_FOUND,
    "not-judged": NOT_JUDGED,
}
