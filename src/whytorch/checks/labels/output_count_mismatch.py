"""The network's outputs are not as many as the data's classes.

What it looks for
    A built layer whose out_features was edited: its weight, and so its output, keep their size.
    Classes numbered from 0 without gaps, and fewer outputs: a label beyond the last stops the loss.
    Label rows with another number of columns than the network has outputs, which stop it, too. A
    single output in cross_entropy, whose softmax is 1 whatever the network says. And, as advice,
    far more outputs than classes.

Why it hurts
    Each output stands for one class. Classes without an output cannot be learned; an edited number
    changes nothing but what print(model) shows, and the old head goes on being used.

How to fix it
    Replace the last layer instead of editing it: model.fc = nn.Linear(model.fc.in_features,
    number_of_classes). Do it before the optimizer is made.

When it is fine
    A few more outputs than classes, such as one for the background, or the 1000 of a pretrained
    network: the spare ones are soon never predicted. One output with binary cross-entropy.

References
    torch.nn.Linear; "Transfer learning for computer vision", PyTorch tutorials.
"""

from __future__ import annotations

import re

from whytorch.checks._helpers import layer_name, places, plain
from whytorch.checks._mending import sized, sized_by_its_maker
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import called_anew
from whytorch.checks.labels._outputs import COUNTS, Beyond, beyond, last_with, resized
from whytorch.evidence.facts import (
    DataFlow,
    LayerFacts,
    LossCalls,
    LossSite,
    Network,
    ParameterFacts,
    Run,
)
from whytorch.evidence.source import Assignment, Source
from whytorch.records import AnyEdit, Finding, Fix, ReplaceStatement

_ROWS = ("cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits", "mse_loss",
         "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div", "multilabel_soft_margin_loss",
         "soft_margin_loss")  # fmt: skip
# Spare outputs cost nothing once training has begun; twice as many as classes, and five more, are
# no background class and no rounding up: somebody meant another number.
SPARE, SPARE_AT_LEAST = 2, 5


def decide(
    losses: LossCalls,
    run: Run,
    network: Network | None,
    data: DataFlow | None,
    source: Source | None,
) -> list[Finding]:
    edited = [x for layer in (network.layers if network else ()) if (x := _edited(layer))]
    if edited:
        return [_of_edited(*edited[-1], run, source)]
    for site in losses.sites:
        if _other_columns(site):
            return [_of_columns(site, network)]
        if _single(site):
            return [_of_single(site, network)]
    short = next((b for b in beyond(losses, run, network, data) if b.head_is_short), None)
    return [_of_short(short, run)] if short else _spare(losses, network, data)


# --- a number edited on a built layer ----------------------------------------------------------


def _edited(layer: LayerFacts) -> tuple[LayerFacts, ParameterFacts, str] | None:
    weight = next((p for p in layer.parameters if p.name.endswith("weight")), None)
    name = next((n for n in COUNTS if n in layer.settings), None)
    if weight is None or name is None or len(weight.shape) < 2 or not layer.calls:
        return None
    size = weight.shape[1] if "Transpose" in layer.kind else weight.shape[0]
    plainly = layer.kind in ("Linear", "Conv1d", "Conv2d", "Conv3d")
    return (layer, weight, name) if plainly and layer.settings[name] != size else None


def _of_edited(
    layer: LayerFacts, weight: ParameterFacts, count: str, run: Run, source: Source | None
) -> Finding:
    said, real = layer.settings[count], weight.shape[0]
    short = layer.name.rpartition(".")[2]
    line = _edit_line(source, count, short)
    written = line.targets[0].rpartition(".")[0] if line else short
    made = (
        f"nn.Linear({weight.shape[1]}, {said})"
        if layer.kind == "Linear"
        else (f"nn.{layer.kind}({weight.shape[1]}, {said}, {layer.settings.get('kernel_size')})")
    )
    return Finding(
        says=f"{layer_name(layer.name, layer.kind)} says {count}={said}, but its weight is "
        f"{plain(weight.shape)}: it still gives {real} outputs",
        places=places(line.place if line else None, layer.place),
        severity="error" if run.crash is not None else "warning",
        confidence=0.97,
        measured={count: said, "outputs": real},
        explains=("crash",) if run.crash is not None else ("underfitting",),
        fix=Fix(f"write {written} = {made}"),
    )  # fmt: skip


def _edit_line(source: Source | None, count: str, layer: str) -> Assignment | None:
    edits = [a for a in (source.assignments if source else ()) if _edits(a, count)]
    named = [a for a in edits if re.search(rf"\b{re.escape(layer)}\b", a.targets[0])]
    return next(iter(named or edits), None)


def _edits(assignment: Assignment, count: str) -> bool:
    return any(t.endswith(f".{count}") and t != f"self.{count}" for t in assignment.targets)


# --- rows of another width ---------------------------------------------------------------------


def _other_columns(site: LossSite) -> bool:
    given, target = site.input_shape or (), site.target_shape or ()
    if not site.raised or site.function not in _ROWS or len(given) != 2 or len(target) != 2:
        return False
    if site.function == "cross_entropy" and "int" in (site.target_dtype or ""):
        return False  # whatever their width, it takes no rows of whole numbers
    rows = given[0] == target[0] and target[1] > 1 and given[1] != target[1]
    labels = site.target_min is None or (site.target_min >= 0 and (site.target_max or 0) <= 1)
    return rows and labels


def _of_columns(site: LossSite, network: Network | None) -> Finding:
    outputs, classes = (site.input_shape or (0, 0))[1], (site.target_shape or (0, 0))[1]
    head = last_with(network, outputs)
    return Finding(
        says=f"the network has {outputs} outputs, but each row of the labels names {classes} "
        f"classes: {site.function} was given {plain(site.input_shape)} and "
        f"{plain(site.target_shape)}",
        places=places(head.place if head else None, site.place),
        confidence=0.96,
        measured={"outputs": outputs, "classes": classes},
        explains=("crash",),
        fix=Fix(resized(head, classes)),
    )


# --- classes beyond the last output ------------------------------------------------------------


def _of_short(one: Beyond, run: Run) -> Finding:
    classes = one.known[-1] + 1
    count = f"{classes}" if one.complete else f"{classes} or more"
    return Finding(
        says=f"the network has {one.outputs} outputs for {count} classes: the labels run from "
        f"{one.known[0]} to {one.known[-1]} ({len(one.known)} different)",
        places=places(one.head.place if one.head else None, one.site.place),
        confidence=0.95 if one.complete else 0.85,
        measured={"outputs": one.outputs, "classes": classes, "labels_seen": one.seen},
        explains=("crash",) if run.crash is not None else ("loss-not-decreasing", "underfitting"),
        fix=Fix(resized(one.head, classes)),
    )


# --- one output, many outputs ------------------------------------------------------------------


def _single(site: LossSite) -> bool:
    """Softmax over one number is 1 and its loss 0, whatever the label row of one number says."""
    given, target = site.input_shape or (), site.target_shape or ()
    if site.function != "cross_entropy" or site.phase != "train" or given[1:2] != (1,):
        return False
    both = (site.target_min, site.target_max) == (0.0, 1.0)
    return target == given and not site.raised and both and "float" in (site.target_dtype or "")


def _of_single(site: LossSite, network: Network | None) -> Finding:
    head = last_with(network, 1)
    maps = len(site.input_shape or ()) > 2
    return Finding(
        says=f"cross_entropy gets one output a {'pixel' if maps else 'sample'} "
        f"({plain(site.input_shape)}): softmax over one number is always 1, so the loss says "
        f"nothing about the network ({site.calls} calls)",
        places=places(head.place if head else None, site.place, site.made_place),
        confidence=0.95,
        measured={"outputs": 1, "last_loss": site.last_value},
        explains=("loss-not-decreasing", "weights-unchanged", "same-class-predicted",
                  "loss-at-chance", "underfitting"),
        fix=Fix(f"{resized(head, 2)} and class numbers of shape [N{', H, W' if maps else ''}] as "
                "labels, or keep one output and use nn.BCEWithLogitsLoss()"),
    )  # fmt: skip


def _spare(losses: LossCalls, network: Network | None, data: DataFlow | None) -> list[Finding]:
    sites = [s for s in losses.training() if s.function in ("cross_entropy", "nll_loss")]
    given = sites[0].input_shape if sites else None
    # Tasks that come one after the other have data sets of their own, for one and the same head.
    sets = [x.dataset.class_counts for x in (data.loaders if data else ())]
    known = {int(c) for counts in sets for c in counts or ()}
    seen = {int(c) for s in sites for c in s.target_counts or ()}
    if given is None or len(given) != 2 or not known or not sites[0].target_counts:
        return []
    site, outputs, classes = sites[0], given[1], 1 + max(known)
    if not seen <= known or len(known) != classes:
        return []  # the labels of the loss are others than those of the data set
    if outputs < SPARE * classes or outputs < classes + SPARE_AT_LEAST:
        return []
    head = last_with(network, outputs)
    if head is None:  # similarities between samples, say: not the network's own outputs
        return []
    return [
        Finding(
            says=f"the network has {outputs} outputs for {classes} classes: the others are never "
            "right",
            places=places(head.place, site.place),
            severity="advice",
            confidence=0.8,
            measured={"outputs": outputs, "classes": classes},
            fix=Fix(resized(head, classes)),
        )
    ]


# --- what the source alone proves --------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    """`model.fc.out_features = 10` for a network of torchvision or one of the script's own."""
    found: list[Finding] = []
    if not any(f".{count} =" in file.text for file in source.files for count in COUNTS):
        return found
    for assignment in source.assignments:
        count = next((n for n in COUNTS if _edits(assignment, n)), None)
        if count is None or len(assignment.targets) != 1 or assignment.augmented:
            continue
        layer = assignment.targets[0].removesuffix(f".{count}")
        if _of_a_network(source, assignment, layer) and not _weight_too(source, assignment, layer):
            found.append(_suspected(assignment, layer, count))
    return found[:1]


_BUILDERS = re.compile(r"^(torchvision\.models\.|timm\.create_model$|torch\.hub\.load$)")


def _of_a_network(source: Source, edit: Assignment, layer: str) -> bool:
    """The name before the layer's is bound to a network that is built right there."""
    name = layer.partition(".")[0].partition("[")[0]
    if name == layer or name in ("self", "cls"):
        return False
    made = [
        a
        for a in source.assignments
        if a.place.path == edit.place.path and a.function == edit.function and name in a.targets
    ]
    own = {c.name for c in source.classes if any("Module" in b for b in c.bases)}
    before = [source.call_at(a.place) for a in made if a.place.line <= edit.place.line]
    return any(c and (_BUILDERS.match(c.name) or c.name in own) for c in before)


def _weight_too(source: Source, edit: Assignment, layer: str) -> bool:
    """The weight was replaced as well, or the layer made anew."""
    return any(
        target == layer or target.startswith((f"{layer}.weight", f"{layer}.bias"))
        for a in source.assignments
        if a.place.path == edit.place.path
        for target in a.targets
    )


def _suspected(edit: Assignment, layer: str, count: str) -> Finding:
    value = edit.value.text if edit.value else "n"
    made = f"nn.Linear({layer}.in_features, {value})" if count == "out_features" else "a new layer"
    return Finding(
        says=f"{edit.targets[0]} = {value} changes a number, not the layer: its weight keeps its "
        "size, and so do its outputs",
        places=places(edit.place),
        severity="error",
        grade="suspected",
        confidence=0.95,
        explains=("crash", "underfitting"),
        fix=Fix(f"write {layer} = {made}"),
    )


# May a machine change it without asking? (see check_file.py)
SAFE = "weights of the old size, in a checkpoint, no longer fit"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    says = finding.fix.says if finding.fix else ""
    edited = re.fullmatch(r"write ([\w.\[\]]+ = nn\.(?:Linear|Conv\dd)\(.*\))", says)
    if edited is not None and ", None" not in edited[1]:
        line = ("import torch.nn as nn",)
        return [ReplaceStatement(finding.places[0], imports=line, code=edited[1])]
    resized = re.fullmatch(r"write nn\.Linear\(\d+, (\d+)\)", says)
    old = finding.measured.get("outputs")
    if resized is None:
        return []
    if old is None:
        return called_anew(finding, source)
    new = int(resized[1])
    edits = sized(finding, source, "Linear", "out_features", 1, old, new)
    return edits or sized_by_its_maker(finding, source, old, new)


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc = nn.Linear(16 * 36, 40)

    def forward(self, x):
        return self.fc(torch.relu(self.conv(x)).flatten(1))


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
y = torch.tensor(y)
model = Net()
model.fc.out_features = 10  # <- here
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for batch in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""

GOOD = BAD.replace("model.fc.out_features = 10  # <- here", "model.fc = nn.Linear(16 * 36, 10)")
