"""Labels outside the range of the outputs.

What it looks for
    Class numbers below 0, or not below the number of outputs, in cross_entropy or nll_loss (those
    equal to ignore_index aside). What all labels look like tells why: they start at 1, they have
    gaps because only some classes were kept, or the network's last layer has too few outputs.

Why it hurts
    A label is the index of an output. One beyond the last output stops the script (on a GPU with an
    unclear "device-side assert"); labels off by one teach the wrong classes.

How to fix it
    Number the classes from 0 without gaps where the labels are made, and give the last layer as
    many outputs as there are classes.

When it is fine
    Labels equal to ignore_index (-100 unless given) are left out on purpose.

References
    torch.nn.CrossEntropyLoss: "class indices in the range [0, C)".
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from whytorch.checks._helpers import places, target_text
from whytorch.checks.labels._outputs import last_with
from whytorch.evidence.facts import DataFlow, LayerFacts, LossCalls, LossSite, Network, Run
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place

CONSEQUENCE_OF = ("output-count-mismatch",)

# So many labels per class make it unlikely (below 1 in 20,000 at equal shares) that a class of the
# data was not among them.
ENOUGH_PER_CLASS = 10


def decide(
    losses: LossCalls,
    run: Run,
    network: Network | None,
    data: DataFlow | None,
    source: Source | None,
) -> list[Finding]:
    return [
        _finding(site, seen, run, network, data, source)
        for site in (_with_labels(one, run, data) for one in losses.sites)
        if (seen := _outside(site))
    ]


def _with_labels(site: LossSite, run: Run, data: DataFlow | None) -> LossSite:
    """On a GPU the assert that stops the script makes its labels unreadable, too: those that the
    loader had drawn take their place."""
    if run.crash is None or "device-side assert" not in run.crash.message:
        return site
    drawn = [n for x in (data.loaders if data else ()) for d in x.draws for n in d.labels]
    if not drawn or site.function not in ("cross_entropy", "nll_loss"):
        return site
    counts = {str(label): drawn.count(label) for label in set(drawn)}
    known = site.target_counts or {}
    return replace(site, target_counts={**counts, **known}, target_integral=True)


def _outside(site: LossSite) -> set[int] | None:
    """The labels seen, if some of them are no index of an output."""
    if site.function not in ("cross_entropy", "nll_loss") or not site.target_counts:
        return None
    if not site.input_shape or not site.target_integral or "float" in str(site.target_dtype):
        return None
    outputs = site.input_shape[1] if len(site.input_shape) > 1 else site.input_shape[0]
    seen = {int(label) for label in site.target_counts} - {_ignored(site)}
    return seen if seen and not (min(seen) >= 0 and max(seen) < outputs) else None


def _ignored(site: LossSite) -> int:
    return int(site.options.get("ignore_index", -100))


def _finding(
    site: LossSite,
    seen: set[int],
    run: Run,
    network: Network | None,
    data: DataFlow | None,
    source: Source | None,
) -> Finding:
    assert site.input_shape is not None and site.target_counts is not None
    outputs = site.input_shape[1] if len(site.input_shape) > 1 else site.input_shape[0]
    listed = _of_data_sets(seen, data)
    known = sorted((seen | listed) - {_ignored(site)})
    amount = sum(site.target_counts.values())
    complete = bool(listed) or amount >= ENOUGH_PER_CLASS * max(len(known), outputs)
    head = last_with(network, outputs)
    head_is_wrong, write = _why(known, outputs, complete, head, target_text(source, site))
    made = _labels_made(site, source)
    order = (head.place, site.place) if head and head_is_wrong else (made, site.place)
    return Finding(
        says=f"the labels run from {known[0]} to {known[-1]} ({len(known)} different), but "
        f"{outputs} outputs leave room for 0 to {outputs - 1} only",
        places=places(*order),
        confidence=0.95 if complete else 0.85,
        measured={
            "label_min": known[0],
            "label_max": known[-1],
            "different_labels": len(known),
            "outputs": outputs,
            "labels_seen": amount,
        },
        explains=("crash",) if run.crash is not None else ("loss-not-decreasing", "underfitting"),
        fix=Fix(write),
    )


def _why(
    known: list[int], outputs: int, complete: bool, head: LayerFacts | None, labels: str
) -> tuple[bool, str]:
    """Whether the last layer is to be mended (else the labels), and what to write."""
    first, last, different = known[0], known[-1], len(known)
    if known == [-1, 1] and outputs == 2:
        return False, f"write ({labels} + 1) // 2"
    if first == -1 and last < outputs:
        shift = f"write {labels} + 1" if last == outputs - 2 else "number the classes from 0"
        return False, f"{shift}, or give the loss ignore_index=-1 if -1 means: no label"
    if first < 0:
        return False, "number the classes from 0 where the labels are made"
    shifted = first > 0 and last - first < outputs
    if shifted and (complete or last == outputs):
        return False, f"number the classes from 0: write {labels} - {first} where they are made"
    if complete and different <= outputs:
        few = f"{{{', '.join(f'{old}: {new}' for new, old in enumerate(known[:4]))}"
        few += ", ...}" if different > 4 else "}"
        return False, f"number the classes from 0 without gaps where the labels are made: {few}"
    return True, f"give the last layer {last + 1} outputs: " + _resized(head, last + 1)


def _resized(head: LayerFacts | None, outputs: int) -> str:
    if head is not None and head.kind == "Linear":
        return f"write nn.Linear({head.settings.get('in_features')}, {outputs})"
    if head is not None and "in_channels" in head.settings:
        return f"write nn.{head.kind}({head.settings['in_channels']}, {outputs}, ...)"
    return f"num_classes={outputs}"


def _of_data_sets(seen: set[int], data: DataFlow | None) -> set[int]:
    """All labels of the data sets, where those that came to the loss are theirs."""
    found: set[int] = set()
    for loader in data.loaders if data else ():
        labels = loader.dataset.class_counts or {}
        if labels and all(re.fullmatch(r"-?\d+", label) for label in labels):
            found |= {int(label) for label in labels}
    return found if seen <= found else set()


def _labels_made(site: LossSite, source: Source | None) -> Place | None:
    """The one line that makes the tensor of labels, where batches are cut from it by hand."""
    name = re.match(r"[A-Za-z_]\w*", target_text(source, site))
    if source is None or name is None or site.place is None:
        return None
    found = [
        a
        for a in source.assignments
        if name.group() in a.targets and a.place.path == site.place.path
    ]
    is_tensor = len(found) == 1 and found[0].value is not None and len(found[0].targets) == 1
    return found[0].place if is_tensor and "[" in target_text(source, site) else None


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)
x, y = load_digits(return_X_y=True)
images = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
labels = torch.tensor(y)
shuffled = torch.randperm(len(labels))
train, test = shuffled[:1400], shuffled[1400:]


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.out = nn.Linear(16 * 36, 9)  # <- here

    def forward(self, x):
        return self.out(torch.relu(self.conv(x)).flatten(1))


model = Digits()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for batch in train[torch.randperm(len(train))].split(64):
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(images[test]).argmax(1) == labels[test]).float().mean().item())
"""

GOOD = BAD.replace("9)  # <- here", "10)")
