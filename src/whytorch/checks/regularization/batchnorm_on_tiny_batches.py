"""Batch normalization on batches that are too small.

What it looks for
    A BatchNorm layer that, in training mode, gets one value per channel and raises: a last batch of
    a single sample, or batches of one. And training batches so small that a layer takes its mean
    and spread from a handful of values.

Why it hurts
    One value has no spread, so torch refuses it, and two to four have one that is mostly chance: it
    drowns what the layer passes on. The stored statistics do not fit what evaluation sees.

How to fix it
    Give the DataLoader drop_last=True, or a larger batch_size. If memory allows only tiny batches,
    use nn.GroupNorm instead of BatchNorm.

When it is fine
    Frozen BatchNorm in evaluation mode, GroupNorm, LayerNorm and InstanceNorm, small batches of
    large images, where each channel has many values to average over.

References
    Ioffe and Szegedy, "Batch Normalization" (2015); Wu and He, "Group Normalization" (2018), with
    the error of BatchNorm against the batch size.
"""

from __future__ import annotations

import math
import re

from whytorch.checks._helpers import learns_well, places, plain
from whytorch.checks._learning import FAILED, learning, skill
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import number, setting, told
from whytorch.checks.optimization._progress import progress
from whytorch.evidence.facts import (
    CrashFacts,
    DataFlow,
    LayerFacts,
    LoaderFacts,
    LossCalls,
    Network,
    Passes,
    PassFacts,
    Run,
    Training,
)
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, Severity

_REFUSED = re.compile(r"more than 1 value per channel", re.IGNORECASE)

# A spread taken from n values is off by 1 / sqrt(2 (n - 1)): by half for 3, a fifth for 16.
# With 2, every output of the layer is +1 or -1, whatever the image.
HOPELESS = 3
POOR = 16
SMALL_BATCH = 4  # samples; Wu and He see the error of BatchNorm grow steeply from here down


def decide(
    run: Run,
    data: DataFlow | None,
    network: Network | None,
    passes: Passes | None,
    training: Training | None,
    losses: LossCalls | None,
) -> list[Finding] | NotJudged:
    if run.crash is not None and _is_refusal(run.crash):
        return [_refused(run.crash, run, data)]
    if network is None or passes is None:
        return NotJudged("no network was trained in the run")
    norms = [x for x in network.layers if "BatchNorm" in x.kind and x.calls]
    used = [p for p in passes.of("train") if p.steps and p.active_batchnorm >= len(norms)]
    if not norms or not used or not used[0].batch_size:
        return []
    loaders = [x for x in (data.loaders if data else ()) if x.id == used[0].loader]
    loader = loaders[0] if loaders else None
    ruined = _ruined(run, losses, training, passes)
    found = _still_to_come(run, norms, loader) or _tiny(
        used[0], norms, network, loader, passes, run, ruined
    )
    return [found] if found else []


# --- the error -----------------------------------------------------------------------------------


def _is_refusal(crash: CrashFacts) -> bool:
    if _REFUSED.search(crash.message):
        return True
    layer = crash.layers[-1] if crash.layers else None
    shape = layer.in_shapes[0] if layer and layer.in_shapes else ()
    return (
        layer is not None
        and crash.type == "ValueError"
        and "BatchNorm" in layer.kind
        and len(shape) > 1
        and shape[0] * math.prod(shape[2:]) == 1
    )


def _refused(crash: CrashFacts, run: Run, data: DataFlow | None) -> Finding:
    layer = crash.layers[-1] if crash.layers else None
    shape = layer.in_shapes[0] if layer and layer.in_shapes else (1,)
    loader = _of_last_batch(data)
    kind = layer.kind if layer else "BatchNorm"
    says = f"{kind} in training mode got {plain(shape)}: one value for each channel"
    fix = "do not train on a single sample, or call model.eval() first if this is no training"
    if loader is not None:
        length, batch = loader.dataset.length, loader.batch_size
        if batch == 1:
            says += ", from batches of one sample"
            fix = "write a larger batch_size, 16 or more"
        elif length and batch and length % batch == 1:
            says += f". {length} samples in batches of {batch} leave a last batch of 1"
            fix = "write drop_last=True in this DataLoader, or a batch_size that leaves more over"
            if loader.phases == ("eval",):
                fix = "call model.eval() before this evaluation"
    return Finding(
        says=says,
        places=places(
            loader.place if loader else None, _calling(crash), layer.place if layer else None
        ),
        severity="error",
        confidence=0.97 if loader else 0.85,
        measured={
            "shape": list(shape),
            "samples": loader.dataset.length if loader else None,
            "batch_size": loader.batch_size if loader else None,
            "steps_before": run.steps,
        },
        explains=("crash",),
        fix=Fix(fix),
    )


def _of_last_batch(data: DataFlow | None) -> LoaderFacts | None:
    """The loader that just delivered a single sample and has not finished its pass."""
    for loader in data.loaders if data else ():
        open_draws = [d for d in loader.draws if not d.complete and d.batch_sizes]
        if open_draws and open_draws[-1].batch_sizes[-1] == 1:
            return loader
    return None


def _calling(crash: CrashFacts) -> Place | None:
    """The user's line that called the network: the last outside a forward."""
    outside = [
        frame
        for frame, function in zip(crash.frames, crash.functions, strict=False)
        if function != "forward"
    ]
    return outside[-1] if outside else None


def _still_to_come(run: Run, norms: list[LayerFacts], loader: LoaderFacts | None) -> Finding | None:
    """The time-lapse ended the epochs early; in full, each would end with a batch of one."""
    if loader is None or not run.shortened or any(d.complete for d in loader.draws):
        return None
    length, batch = loader.dataset.length or 0, loader.batch_size or 0
    whole = loader.batches is not None and loader.batches * batch >= length
    refusing = [x for x in norms if x.in_shape and math.prod(x.in_shape[2:]) == 1]
    if loader.drop_last or batch < 2 or length % batch != 1 or not whole or not refusing:
        return None
    layer = refusing[0]
    return Finding(
        says=f"{length} samples in batches of {batch} leave a last batch of 1, which {layer.kind} "
        f"({layer.name}) refuses in training mode; this shortened run did not get that far",
        places=places(loader.place, layer.place),
        severity="error",
        confidence=0.9,
        measured={"samples": length, "batch_size": batch},
        fix=Fix("write drop_last=True in this DataLoader, or a batch_size that leaves more over"),
    )


# --- batches that pass, and say little -----------------------------------------------------------


def _tiny(
    one: PassFacts,
    norms: list[LayerFacts],
    network: Network,
    loader: LoaderFacts | None,
    passes: Passes,
    run: Run,
    ruined: bool,
) -> Finding | None:
    batch = one.batch_size or 0
    first = next((x.in_shape for x in network.layers if x.parameters and x.in_shape), None)
    seen = [(_values(x, batch, first[0]), x) for x in norms if x.in_shape and first and first[0]]
    if not seen:
        return None
    values, layer = min(seen, key=lambda found: found[0])
    well = learns_well(passes)
    if values <= HOPELESS:
        severity: Severity = "warning" if well else "error"
    elif batch < SMALL_BATCH and ruined:
        severity = "error"
    elif batch < SMALL_BATCH and values <= POOR:
        severity = "advice" if well else "warning"
    elif batch == 1:  # each image normalized by itself, and by all of them in evaluation
        last = next((p for p in reversed(passes.of("eval")) if p.counted), None)
        reached = skill(last, run.classes)
        severity = "warning" if reached is not None and reached < FAILED else "advice"
    else:
        return None
    says = f"{layer.kind} ({layer.name}) takes mean and spread from {values} values per channel: "
    says += f"training batches have {batch} sample{'s' if batch > 1 else ''}"
    return Finding(
        says=says,
        places=places(loader.place if loader else one.place, layer.place),
        severity=severity,
        confidence=0.9 if severity == "error" else 0.7,
        measured={"batch_size": batch, "values_per_channel": values, "norm_layers": len(norms)},
        explains=() if severity == "advice" else (
            "loss-oscillates", "loss-not-decreasing", "evaluation-far-below-training",
            "underfitting", "loss-at-chance", "same-class-predicted",
        ),
        fix=Fix(f"write batch_size=32 instead of {batch}, or nn.GroupNorm instead of {layer.kind}"),
    )  # fmt: skip


def _ruined(run: Run, losses: LossCalls | None, training: Training | None, passes: Passes) -> bool:
    """The loss was thrown off and stayed at guessing, at a rate that suits larger batches."""
    made = progress(training) if training is not None else None
    outcome = learning(run, losses, training, passes)
    return made is not None and made.at_usual_rate and outcome.stuck and outcome.thrown_off


def _values(layer: LayerFacts, batch: int, samples: int) -> int:
    """Values per channel in a training batch. Shapes may be of an evaluation batch; a layer may see
    several rows a sample (patches, frames)."""
    shape = layer.in_shape or (0,)
    return round(batch * shape[0] / samples) * math.prod(shape[2:])


SAFE = "the samples left over are not seen in that epoch"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if new := number(r"write batch_size=(\d+) instead of", finding):
        old = finding.measured.get("batch_size")
        return setting(finding, source, ("DataLoader",), "batch_size", new, old, 1)
    if not told(finding).startswith("write drop_last=True"):
        return []
    return setting(finding, source, ("DataLoader",), "drop_last", "True")


BAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc1 = nn.Linear(16 * 36, 32)
        self.bn = nn.BatchNorm1d(32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.conv(x)).flatten(1)
        return self.fc2(F.relu(self.bn(self.fc1(x))))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
y = torch.tensor(digits.target)
order = torch.randperm(len(x))
train, test = order[:1409], order[1409:]
loader = DataLoader(TensorDataset(x[train], y[train]), batch_size=64, shuffle=True)  # <- here

net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(3):
    net.train()
    for images, labels in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(images), labels).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x[test]).argmax(1) == y[test]).float().mean().item())
"""

GOOD = BAD.replace("shuffle=True)  # <- here", "shuffle=True, drop_last=True)")
