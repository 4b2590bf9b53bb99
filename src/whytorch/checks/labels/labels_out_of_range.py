"""Labels outside the range of the outputs.

What it looks for
    Class numbers below 0, or not below the number of outputs, in cross_entropy or nll_loss (those
    equal to ignore_index aside), where the numbering of the classes is at fault: they start at 1,
    hold -1, or have gaps because only some classes were kept.

Why it hurts
    A label is the index of an output. One beyond the last output stops the script (on a GPU with an
    unclear "device-side assert"); labels off by one teach the wrong classes.

How to fix it
    Number the classes from 0 without gaps where the labels are made, and give the last layer as
    many outputs as there are classes.

When it is fine
    Labels equal to ignore_index (-100 unless given) are left out on purpose. Classes numbered from
    0 without gaps, and a last layer with fewer outputs: that is output-count-mismatch.

References
    torch.nn.CrossEntropyLoss: "class indices in the range [0, C)".
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._helpers import places, target_text
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import assigned, at, statement, text, told
from whytorch.checks.labels._outputs import Beyond, beyond
from whytorch.evidence.facts import DataFlow, LossCalls, LossSite, Network, Run
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, InsertAfter, Place, ReplaceExpression

CONSEQUENCE_OF = ("output-count-mismatch",)


def decide(
    losses: LossCalls,
    run: Run,
    network: Network | None,
    data: DataFlow | None,
    source: Source | None,
) -> list[Finding]:
    found = beyond(losses, run, network, data)
    return [_finding(one, run, source) for one in found if not one.head_is_short]


def _finding(one: Beyond, run: Run, source: Source | None) -> Finding:
    site, known, outputs = one.site, one.known, one.outputs
    return Finding(
        says=f"the labels run from {known[0]} to {known[-1]} ({len(known)} different), but "
        f"{outputs} outputs leave room for 0 to {outputs - 1} only",
        places=places(_labels_made(site, source), site.place),
        confidence=0.95 if one.complete else 0.85,
        measured={
            "label_min": known[0],
            "label_max": known[-1],
            "different_labels": len(known),
            "outputs": outputs,
            "labels_seen": one.seen,
        },
        explains=("crash",) if run.crash is not None else ("loss-not-decreasing", "underfitting"),
        fix=Fix(_write(known, outputs, target_text(source, site))),
    )


def _write(known: tuple[int, ...], outputs: int, labels: str) -> str:
    first, last, different = known[0], known[-1], len(known)
    if known == (-1, 1) and outputs == 2:
        return f"write ({labels} + 1) // 2"
    if first == -1 and last < outputs:
        shift = f"write {labels} + 1" if last == outputs - 2 else "number the classes from 0"
        return f"{shift}, or give the loss ignore_index=-1 if -1 means: no label"
    if first < 0:
        return "number the classes from 0 where the labels are made"
    if first > 0 and last - first < max(outputs, different):
        more = f", and give the last layer {different} outputs" if different > outputs else ""
        return f"number the classes from 0: write {labels} - {first} where they are made{more}"
    few = f"{{{', '.join(f'{old}: {new}' for new, old in enumerate(known[:4]))}"
    few += ", ...}" if different > 4 else "}"
    return f"number the classes from 0 without gaps where the labels are made: {few}"


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


SAFE = "what is printed or saved of the labels is numbered otherwise"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    found = re.search(r"write (.+?) - (\d+) where they are made$", told(finding))
    place = next(iter(finding.places), None)
    node = statement(source, place) if place is not None else None
    if found is None or place is None or node is None:
        return []
    for part in ast.walk(node):
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add):
            if isinstance(part.right, ast.Constant) and str(part.right.value) == found[2]:
                old, new = text(source, place, part), text(source, place, part.left)
                return [ReplaceExpression(at(place, part), old=old, new=new)]
    made = assigned(source, place)
    if made is None or not re.fullmatch(r"[\w.]+", made[0]) or not found[1].startswith(made[0]):
        return []
    return [InsertAfter(place, code=f"{made[0]} = {made[0]} - {found[2]}")]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)
x, y = load_digits(return_X_y=True)
images = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8) / 16
labels = torch.tensor(y) + 1  # <- here
shuffled = torch.randperm(len(labels))
train, test = shuffled[:1400], shuffled[1400:]


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.out = nn.Linear(16 * 36, 10)

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

GOOD = BAD.replace(" + 1  # <- here", "")
