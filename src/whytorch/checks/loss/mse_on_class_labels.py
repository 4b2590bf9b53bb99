"""Squared error on class labels.

What it looks for
    A squared or absolute error (MSELoss, L1Loss, SmoothL1Loss, HuberLoss, or written by hand)
    between the outputs of several classes and class labels, given as class numbers or one-hot.
    Class numbers do not have the outputs' shape: the script crashes, or every output is silently
    compared with every label. One-hot labels fit, and learn slowly.

Why it hurts
    Squared error compares number by number, but a class label is a name, not an amount. On one-hot
    labels its gradient is weak where the network is confidently wrong, so it learns slowly.

How to fix it
    Use nn.CrossEntropyLoss() on the raw outputs (no softmax) and the class numbers as integers.

When it is fine
    Regression, also of whole numbers (one output, or as many targets as outputs), autoencoders,
    distillation on soft targets, GANs with squared error on a single output. Where one-hot labels
    are learned well all the same, this is only advice.

References
    torch.nn.CrossEntropyLoss; Golik et al., "Cross-entropy vs. squared error training" (2013).
"""

from __future__ import annotations

import re

from whytorch.checks._helpers import (
    accuracy,
    argument_text,
    learns_well,
    loss_call,
    places,
    plain,
    target_text,
)
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import calls_here, told
from whytorch.checks.loss import _class_numbers
from whytorch.checks.loss._by_hand import line_of
from whytorch.checks.loss._squared_by_hand import by_hand
from whytorch.checks.loss._squared_mended import in_cross_entropy
from whytorch.evidence.facts import DataFlow, LossCalls, LossSite, Passes, Run
from whytorch.evidence.facts.experiments import LossSwapped
from whytorch.evidence.source import Call, Source
from whytorch.evidence.source_look import look
from whytorch.records import (
    AnyEdit,
    Finding,
    Fix,
    NotJudged,
    RenameCall,
    ReplaceExpression,
    Severity,
)

# Of the way from guessing to no error: below, the run came to nothing. A small CNN on a hard set
# (CIFAR-10) has more than that after an epoch.
LITTLE = 0.2
SEVERAL = 3  # calls of the network for one of the loss: two may be two views, or two networks
LEARNED = 0.5  # of the error of always giving the same answer
FEWEST, ENOUGH_CALLS = 3, 10  # scores of an image, and images, to know one-hot labels by
_ERRORS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")

# What trying the repair on the bench is.
TRIALS = (LossSwapped,)


def decide(
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    data: DataFlow | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    sites = [s for s in losses.sites if s.phase == "train" or s.raised] if losses else []
    found = [
        _finding(site, encoding, run, passes, source)
        for site in sites
        if (site.function in _ERRORS or site.by_hand) and (encoding := _encoding(site, data))
    ]
    if not found:
        found += by_hand(run, sites, passes, source)
    if losses is None and not found:
        return NotJudged("no loss was computed in the run")
    return found


def _encoding(site: LossSite, data: DataFlow | None) -> str | None:
    """How the targets give the classes; None if they are no class labels."""
    if _one_image_a_call(site):
        return "one-hot"
    if site.input_shape is None or len(site.input_shape) != 2 or site.input_shape[1] < 2:
        return None
    samples, outputs = site.input_shape
    if site.target_shape == site.input_shape:
        inputs = data.entering("train") if data else None
        rebuilt = inputs is not None and inputs.model.shape[1:] == site.target_shape[1:]
        return "one-hot" if site.target_one_hot and not rebuilt else None
    numbers = site.target_integral and site.target_min is not None and site.target_max is not None
    if not numbers or site.target_shape not in ((samples,), (samples, 1)):
        return None
    # Whole numbers that could not name an output are amounts: counts, ages, pixels. Zeros alone
    # name nothing: they are where the outputs are to go.
    assert site.target_min is not None and site.target_max is not None
    names = site.target_min >= 0 and 1 <= site.target_max <= outputs
    return "numbers" if names else None


def _one_image_a_call(site: LossSite) -> bool:
    """The scores [C] of one image after the other, each against zeros with one 1 among them. Yes/no
    answers of a batch [N] do not keep to exactly one yes in N."""
    shape, counts = site.input_shape or (), site.target_counts or {}
    if len(shape) != 1 or shape[0] < FEWEST or site.target_shape != shape:
        return False
    ones, zeros = counts.get("1", 0), counts.get("0", 0)
    return len(counts) == 2 and ones >= ENOUGH_CALLS and zeros == ones * (shape[0] - 1)


def _finding(
    site: LossSite, encoding: str, run: Run, passes: Passes | None, source: Source | None
) -> Finding:
    crashed = run.crash is not None and (
        site.raised is not None or run.crash.message.startswith("Found dtype")
    )
    reached = None if crashed or _of_several_calls(site, passes) else accuracy(passes)
    function = f"the {site.by_hand} error written by hand" if site.by_hand else site.function
    given = f"outputs of shape {plain(site.input_shape)}"
    if encoding == "one-hot":
        says = f"{function} pulls {given} towards one-hot labels ({site.calls} calls)"
        says += f"; accuracy came to {reached:.0%}" if reached is not None else ""
    else:
        labels = f"{site.target_min:.0f} to {site.target_max:.0f}"
        says = f"{function} was given {given} and class numbers from {labels} of shape "
        says += f"{plain(site.target_shape)}: " + (
            "it needs one number to compare with each output, so it stopped"
            if site.raised
            else "it compared each label with outputs of all classes"
        )
    slow = encoding == "one-hot" and not crashed
    chance = 1 / (site.input_shape or (2,))[-1] if slow else 0.0
    nothing = reached is not None and reached - chance < LITTLE * (1 - chance)
    severity: Severity = "error"
    if slow and not nothing:
        well = learns_well(passes) or (reached is None and _came_down(site))
        severity = "advice" if well else "warning"
    return Finding(
        says=says,
        places=places(
            line_of(source, site.place) if site.by_hand else None, site.place, site.made_place
        ),
        severity=severity,
        confidence=0.97,
        measured={
            "function": site.function,
            "output_shape": list(site.input_shape or ()),
            "label_shape": list(site.target_shape or ()),
            "label_dtype": site.target_dtype,
            "calls": site.calls,
            "accuracy": reached,
        },
        explains=("crash",)
        if crashed
        else ("loss-not-decreasing", "loss-at-chance", "same-class-predicted", "underfitting"),
        fix=_fix(site, encoding, source),
    )


def _of_several_calls(site: LossSite, passes: Passes | None) -> bool:
    """One answer is made of many calls of the network (a spiking one is asked at each of its time
    steps, and the spikes are counted): what a call alone has right says little."""
    called = sum(p.batches for p in passes.of("train")) if passes else 0
    return site.calls > 0 and called >= SEVERAL * site.calls


def _came_down(site: LossSite) -> bool:
    """Nobody knows which answers were right (they were put together from scores of pairs), but the
    error itself tells: always giving the same answer costs twice as much."""
    last, guess = site.last_value, site.guess_loss
    return last is not None and guess is not None and last < LEARNED * guess


def _fix(site: LossSite, encoding: str, source: Source | None) -> Fix:
    if site.by_hand:
        return Fix("write F.cross_entropy(outputs, labels) instead, on the raw outputs, with the "
                   "class numbers as labels")  # fmt: skip
    labels = target_text(source, site)
    if encoding == "one-hot":
        wanted = "the class numbers"
        labels = f"{labels}.argmax(1)" if labels.isidentifier() else "labels"
    else:
        wanted = f"{labels} of shape [{(site.input_shape or (0,))[0]}] as integers"
    softmax = any("SoftmaxBackward" in node for node in site.graph[:1])
    if site.made_place is None:
        outputs = argument_text(loss_call(source, site), "input", 0, "outputs")
        if softmax and encoding == "one-hot" and "LogSoftmax" not in site.graph[0]:
            return Fix(f"write F.cross_entropy on the outputs as they are before their softmax, or "
                       f"F.nll_loss(torch.log({outputs} + 1e-8), {labels})")  # fmt: skip
        return Fix(f"write F.cross_entropy({outputs}, {labels}), with {wanted}")
    names = source.names_assigned_at(site.made_place) if source else ()
    name = f"{names[0]} = " if len(names) == 1 else ""
    end = ", and drop the softmax behind the outputs" if softmax else ""
    return Fix(f"write {name}nn.CrossEntropyLoss() and give it {wanted}{end}")


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    return [
        Finding(
            says="a squared error between the scores of all classes and the number of the right "
            "one: the shapes do not match, and the order of the classes is no quantity",
            places=(seen.place(call.block, call.node),),
            severity="error",
            confidence=0.9,
            explains=("loss-not-decreasing", "loss-at-chance"),
            fix=Fix("write nn.CrossEntropyLoss(), which takes the scores and the class numbers"),
        )
        for call in _class_numbers.squared_errors(seen)
    ]


SAFE = "what is minimized changes"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    for call in calls_here(finding, source, "MSELoss", "mse_loss", "L1Loss", "l1_loss"):
        new = "CrossEntropyLoss" if call.last[:1].isupper() else "cross_entropy"
        pattern = r"with the class numbers|as integers|targets of shape|F\.(cross_entropy|nll_loss)"
        if call.keywords or not re.search(pattern, told(finding)):
            return []
        renamed = RenameCall(call.place, callees=(call.last,), new=new)
        if new[0].isupper():
            return [renamed]
        shape = finding.measured.get("label_shape")
        if shape and len(shape) == 2 and shape == finding.measured.get("output_shape"):
            return _of_rows(finding, call)
        return _with_integers(finding, call, renamed)
    return in_cross_entropy(finding, source) if "F.cross_entropy(" in told(finding) else []


def _of_rows(finding: Finding, call: Call) -> list[AnyEdit]:
    """One-hot rows: the class numbers out of them, and of probabilities the logarithm."""
    start = call.raw.rpartition(".")[0]
    if len(call.args) != 2 or not start:
        return []
    output, label = (a.text for a in call.args)
    new = f"cross_entropy({output}, {label}.argmax(1))"
    of_probabilities = "nll_loss(" in told(finding)
    if of_probabilities:
        new = f"nll_loss(torch.log({output} + 1e-8), {label}.argmax(1))"
    imports = ("import torch",) if of_probabilities else ()
    return [ReplaceExpression(call.place, imports, old=call.written, new=f"{start}.{new}")]


def _with_integers(finding: Finding, call: Call, renamed: AnyEdit) -> list[AnyEdit]:
    """Labels that come as floats have to be integers for the cross-entropy."""
    if not str(finding.measured.get("label_dtype")).startswith(("float", "double", "half")):
        return [renamed]
    if len(call.args) != 2:
        return []
    output, label = (a.text for a in call.args)
    start = call.raw.rpartition(".")[0]
    new = f"{start}{'.' if start else ''}cross_entropy({output}, {label}.long())"
    return [ReplaceExpression(call.place, old=call.written, new=new)] if start else []


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
parts = train_test_split(images, labels, test_size=0.25, random_state=0)
train_images, test_images, train_labels, test_labels = parts
loader = DataLoader(TensorDataset(train_images, train_labels), batch_size=64, shuffle=True)

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 6 * 6, 10))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

for epoch in range(4):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)  # <- here
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    correct = (model(test_images).argmax(1) == test_labels).sum().item()
print(f"test accuracy {correct / len(test_labels):.1%}")
"""

GOOD = BAD.replace("nn.MSELoss()", "nn.CrossEntropyLoss()").replace("  # <- here", "")
