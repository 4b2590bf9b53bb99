"""Softmax over the wrong dimension.

What it looks for
    The softmax or log-softmax directly behind the loss's input (as the autograd graph names it), or
    a softmax layer at the network's end, runs along a dimension other than the classes (dimension
    1): along the batch, along the height or width of an image, or over a single number. And a
    softmax inside the network (attention) that runs along the batch, or along the heads.

Why it hurts
    The images of a batch then compete with each other for every class, instead of the classes for
    every image: what the network says of one image depends on the others it came with.

How to fix it
    Write dim=1, also for images of shape [N, C, H, W]; dim=-1 is the same for [N, C] only.

When it is fine
    Softmax inside the network along other dimensions (attention), or on a single sample without
    batch dimension, where the classes are dimension 0. Losses that compare the samples of a batch
    on purpose.

References
    torch.nn.Softmax: "dim, a dimension along which Softmax will be computed".
"""

from __future__ import annotations

from whytorch.checks._helpers import accuracy, learns_well, places, plain
from whytorch.checks._mending import unwrapped
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import calls_here, setting, told
from whytorch.checks.loss import _softmax, _suspected
from whytorch.checks.loss._softmax import Softmax
from whytorch.evidence.facts import LayerFacts, LossCalls, LossSite, Network, Passes
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, Place, ReplaceExpression

_OF_CLASSES = ("cross_entropy", "nll_loss")
_MEANING = {0: "the batch", 2: "the height", 3: "the width"}


def decide(
    losses: LossCalls, network: Network | None, passes: Passes | None, source: Source | None
) -> list[Finding]:
    found = [
        _finding(site, wrong, network, passes, source)
        for site in losses.training()
        if (wrong := _wrong(site, network))
    ]
    found += [
        _of_one(site, alone, network, source)
        for site in losses.training()
        if (alone := _alone(site))
    ]
    if not found and network is not None and (layer := _last_layer(network, losses)):
        return [_of_layer(layer)]
    if not found and network is not None and network.softmax_over_samples:
        return [] if learns_well(passes) else [_within(network, source)]
    if not found and network is not None and network.softmax_over_heads:
        return [] if learns_well(passes) else [_over_heads(network, source)]
    return found


def _wrong(site: LossSite, network: Network | None) -> Softmax | None:
    """The softmax before this loss, if it does not run along the classes."""
    softmax = _softmax.nearest(site)
    if softmax is None or softmax.dim in (None, 1):
        return None
    shape = softmax.shape
    if shape is None or len(shape) < 2 or shape[1] < 2:
        return None
    if site.function == "hand-written":
        # Only where it normalizes the network's own [N, C] along N: losses that compare samples
        # with each other (contrastive ones) have a matrix of another shape.
        output = network.output_shape if network else None
        own = output is not None and len(output) == 2 == len(shape) and shape[1] == output[1]
        return softmax if own and shape[0] != shape[1] else None
    return softmax if site.function in _OF_CLASSES or site.target_one_hot else None


def _alone(site: LossSite) -> Softmax | None:
    """A softmax over one number, before the loss: it makes 1 of whatever it gets."""
    softmax = _softmax.nearest(site) or _softmax.nearest(site, reshaped=True)
    if softmax is None or softmax.dim is None or not softmax.shape:
        return None
    by_hand = site.function == "hand-written"
    return softmax if not by_hand and softmax.shape[softmax.dim] == 1 else None


def _of_one(
    site: LossSite, softmax: Softmax, network: Network | None, source: Source | None
) -> Finding:
    always = "1" if softmax.function == "softmax" else "0"
    return Finding(
        says=f"{softmax.function} before {site.function} runs over a single number (dimension "
        f"{softmax.dim} of {plain(softmax.shape)}), which makes {always} of any: no gradient comes "
        "through it",
        places=places(_softmax.place(softmax, site, network, source), site.place),
        confidence=0.97,
        measured={"dim": softmax.dim, "softmax_shape": list(softmax.shape or ())},
        explains=("weights-unchanged", "loss-not-decreasing", "same-class-predicted",
                  "underfitting", "loss-at-chance"),
        fix=Fix(
            f"write torch.sigmoid instead of {softmax.function}"
            if site.function.startswith("binary")
            else f"give the network one output for each class, and leave {softmax.function} out"
        ),
    )  # fmt: skip


def _finding(
    site: LossSite,
    softmax: Softmax,
    network: Network | None,
    passes: Passes | None,
    source: Source | None,
) -> Finding:
    shape, dim = softmax.shape or (), softmax.dim or 0
    where = _softmax.place(softmax, site, network, source)
    along = _MEANING.get(dim, f"dimension {dim}")
    by_hand = site.function == "hand-written"
    loss = "a loss written by hand" if by_hand else site.function
    return Finding(
        says=f"{softmax.function} before {loss} runs along dimension {dim} of {plain(shape)}, "
        f"{along}: not the {shape[1]} classes of one sample sum to 1, but {shape[dim]} numbers "
        f"along {along}",
        places=places(where, site.place),
        severity="warning" if learns_well(passes) else "error",
        confidence=0.85 if by_hand else 0.97,
        measured={
            "dim": dim,
            "softmax_shape": list(shape),
            "column_sum_gap": site.column_sum_gap,
            "row_sum_gap": site.row_sum_gap,
            "calls": site.calls,
            "accuracy": accuracy(passes),
        },
        explains=("loss-not-decreasing", "loss-at-chance", "underfitting", "same-class-predicted",
                  "evaluation-far-below-training"),
        fix=_fix(softmax.function, site.function),
    )  # fmt: skip


def _fix(function: str, loss: str) -> Fix:
    if function == "softmax" and loss == "cross_entropy":
        return Fix("remove the softmax: cross_entropy needs the raw outputs, and has its own")
    return Fix(f"write {function}(..., dim=1)")


def _last_layer(network: Network, losses: LossCalls) -> LayerFacts | None:
    """A softmax layer that makes the network's output, where the loss takes another one."""
    trained_on = {s.input_shape for s in losses.training() if _softmax.nearest(s)}
    called = [layer for layer in network.layers if layer.calls]
    last = max(called, key=lambda layer: layer.order, default=None)
    if last is None or last.kind not in ("Softmax", "LogSoftmax") or trained_on:
        return None
    shape, dim = last.out_shape, last.settings.get("dim")
    if shape is None or len(shape) != 2 or shape != network.output_shape or shape[1] < 2:
        return None
    return last if dim in (0, -2) else None


def _within(network: Network, source: Source | None) -> Finding:
    """An attention's weights that sum to 1 over the images, not over the places of each."""
    shape = network.softmax_over_samples[0]
    kind = [x for x in network.layers if x.kind == "Softmax" and x.calls]
    layers = [x for x in kind if x.settings.get("dim") in (0, -len(shape))]
    where = [p for x in layers[:1] for p in (x.place, x.call_place)] or _along(source, 0)
    return Finding(
        says=f"a softmax inside the network runs along dimension 0 of {plain(shape)}, along the "
        "samples of a batch: what the network makes of an image depends on the images it comes "
        "with, and alone each gets the weight 1 everywhere",
        places=places(*where, network.call_place),
        severity="warning",
        confidence=0.85,
        measured={"dim": 0, "shape": list(shape)},
        explains=("evaluation-far-below-training", "underfitting", "loss-not-decreasing"),
        fix=Fix("write dim=-1, or whichever dimension is to sum to 1 for each image"),
    )  # fmt: skip


def _over_heads(network: Network, source: Source | None) -> Finding:
    """An attention's weights that sum to 1 over its heads, not over the places it looks at."""
    shape = network.softmax_over_heads[0]
    kind = [x for x in network.layers if x.kind == "Softmax" and x.calls]
    layers = [x for x in kind if x.settings.get("dim") in (1, -3)]
    where: list[Place | None] = [p for x in layers[:1] for p in (x.place, x.call_place)]
    where += [] if where else _along(source, 1) or _along(source, -3)
    return Finding(
        says=f"the softmax of an attention runs along dimension 1 of {plain(shape)}, its heads: "
        f"the weights of the {shape[3]} places that a place looks at do not sum to 1, those of "
        f"{shape[1]} heads do",
        places=places(*where, network.call_place),
        severity="warning",
        confidence=0.88,
        measured={"dim": 1, "shape": list(shape)},
        explains=("underfitting", "loss-not-decreasing"),
        fix=Fix("write dim=-1: the places that are looked at"),
    )


def _along(source: Source | None, along: int) -> list[Place]:
    """The softmax functions that are written so."""
    calls = source.calls_to("*.softmax") if source is not None else ()
    given = [(c.place, c.keywords.get("dim"), c.args) for c in calls]
    over = [(place, dim or (args[-1] if args else None)) for place, dim, args in given]
    return [place for place, dim in over if dim is not None and dim.constant == along][:1]


def _of_layer(layer: LayerFacts) -> Finding:
    return Finding(
        says=f"the {layer.kind} that ends the network runs along dimension 0 of "
        f"{plain(layer.out_shape)}, the batch, not along the classes",
        places=places(layer.place, layer.call_place),
        severity="warning",
        confidence=0.85,
        measured={"dim": 0, "output_shape": list(layer.out_shape or ())},
        explains=("evaluation-far-below-training", "printed-metric-differs-from-measured"),
        fix=Fix(f"write nn.{layer.kind}(dim=1)"),
    )


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = []
    for call, one in _suspected.softmax_over_batch(seen):
        found.append(
            Finding(
                says=f"this {one.op} runs over dimension 0, which is the batch: each class is "
                "normalized over the samples that happen to come together",
                places=(seen.place(one.block, one.node), seen.place(call.block, call.node)),
                severity="error",
                confidence=0.92,
                explains=("loss-not-decreasing", "underfitting"),
                fix=Fix("write dim=1: the classes"),
            )
        )
    return found


SAFE = "scores in another layout may have their classes there"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    callees = ("softmax", "log_softmax", "Softmax", "LogSoftmax")
    if "torch.sigmoid" in told(finding):
        return _sigmoid(finding, source)
    if told(finding).startswith("remove the softmax"):
        return unwrapped(finding, source, callees)
    if told(finding).startswith("write dim=-1: "):
        return setting(finding, source, callees, "dim", "-1")
    if "dim=1" not in told(finding):
        return []
    return setting(finding, source, callees, "dim", "1")


def _sigmoid(finding: Finding, source: Source) -> list[AnyEdit]:
    """Of one score: a layer for a layer, a function of the score for a function."""
    for call in calls_here(finding, source, "softmax", "Softmax"):
        start = call.raw.rpartition(".")[0]
        if call.last == "Softmax":
            new = f"{start}.Sigmoid()" if start else "torch.nn.Sigmoid()"
        elif call.name.startswith("torch.") and call.args:
            new = f"torch.sigmoid({call.args[0].text})"
        elif call.name.startswith("."):
            new = f"{start}.sigmoid()"
        else:
            return []
        imports = ("import torch",) if new.startswith("torch.") else ()
        return [ReplaceExpression(call.place, imports, call.written, new)]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
order = torch.randperm(len(labels))
train, test = order[:1300], order[1300:]

model = nn.Sequential(
    nn.Conv2d(1, 16, kernel_size=3),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(16 * 6 * 6, 10),
    nn.LogSoftmax(dim=0),  # <- here
)
loss_function = nn.NLLLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for epoch in range(4):
    model.train()
    for batch in train[torch.randperm(len(train))].split(16):
        optimizer.zero_grad()
        loss = loss_function(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(images[b]).argmax(1) == labels[b]).sum().item() for b in test.split(16))
    print(f"epoch {epoch}: accuracy {right / len(test):.3f}")
"""

GOOD = BAD.replace("dim=0),  # <- here", "dim=1),")
