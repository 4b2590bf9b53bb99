"""Layers the network does not know.

What it looks for
    Layers that are called inside the network and get gradients, but are not among its modules,
    because they are kept in a plain list or dict: no optimizer holds them and they never change.

Why it hurts
    parameters(), to(), state_dict(), train() and eval() only see what is registered. Hidden layers
    stay random, stay on the CPU, are not saved, and keep dropout active in evaluation.

How to fix it
    Keep them in nn.ModuleList([...]) or nn.ModuleDict({...}), or assign each to an attribute.

When it is fine
    A list of layers that are registered elsewhere too, hidden layers handed to the optimizer by
    other means, a loaded or frozen network hidden on purpose (a teacher, a perceptual loss).

References
    torch.nn.ModuleList; torch.nn.ModuleDict; torch.nn.Module.register_module.
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import advised, assigned, restated, text, told
from whytorch.checks._weights import numbers, share
from whytorch.checks.architecture import _modules
from whytorch.evidence.facts import CrashFacts, LayerFacts, Network, Passes, Run, Training
from whytorch.evidence.source import Assignment, Call, Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceExpression, Severity

_CONTAINER = re.compile(r"^(\[|\{|list\(|dict\(|tuple\(|\()")
_OTHER_DEVICE = re.compile(r"same device|weight type|is on cpu", re.IGNORECASE)


def decide(
    run: Run,
    network: Network | None,
    training: Training | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if found := _nothing_to_optimize(run, source) or _on_another_device(run, source):
        return found
    if network is None:
        return NotJudged("no network was called in the run")
    hidden = [x for x in network.layers if _is_hidden(x)]
    if not hidden:
        return []
    if training is None or not training.steps:
        return NotJudged("needs an optimizer step, to see what it leaves out; this run has none")
    return [_finding(hidden, network, passes, source)]


def _is_hidden(layer: LayerFacts) -> bool:
    if layer.registered or layer.created_in_forward:
        return False
    return any(
        p.trainable
        and p.grad == "nonzero"
        and not (p.in_optimizer or p.loaded)
        and p.changed is False
        for p in layer.parameters
    )


def _finding(
    hidden: list[LayerFacts], network: Network, passes: Passes | None, source: Source | None
) -> Finding:
    count = numbers(p for x in hidden for p in x.parameters)
    total = count + numbers(p for x in network.layers if x.registered for p in x.parameters)
    kept = _container(hidden[0], source)
    written = suspect(source)[:1] if kept is None and source is not None else []
    what = "layer is" if len(hidden) == 1 else "layers are"
    kinds = " and ".join(sorted({x.kind for x in hidden}))
    says = f"{len(hidden)} {kinds} {what} unknown to {network.kind}: "
    says += f"{count} of its {total} parameters ({share(count, total)}) get gradients, but "
    says += "parameters() does not list them, and they are never changed"
    well = learns_well(passes)
    severity: Severity = "warning" if well else "error"
    if all(x.from_library for x in hidden):
        severity = "advice"  # a library's network that forward calls from outside
    return Finding(
        says=says,
        places=(kept.place,)
        if kept
        else places(*(w.places[0] for w in written), *(x.place for x in hidden))[:3],
        severity=severity,
        confidence=0.95,
        measured={"hidden_layers": len(hidden), "hidden_parameters": count, "parameters": total},
        explains=() if well else (
            "loss-not-decreasing", "loss-at-chance", "same-class-predicted", "underfitting",
        ),
        fix=written[0].fix if written else _fix(kept),
    )  # fmt: skip


def _container(layer: LayerFacts, source: Source | None) -> Assignment | None:
    """The `self.layers = [...]` around the line that makes the layer, or the class it is part of:
    `[Block(64) for _ in range(4)]`."""
    if source is None or layer.place is None:
        return None
    containers = [a for a in source.assignments if a.value and _CONTAINER.match(a.value.text)]
    around = [a for a in containers if _within(layer.place, a.place)]
    if around:
        return around[-1]
    classes = [c.name.rpartition(".")[2] for c in source.classes if _within(layer.place, c.place)]
    for name in classes:  # grows by the classes that have such a part
        making = re.compile(rf"\b{re.escape(name)}\(")
        parts = [a for a in source.assignments if a.value and making.search(a.value.text)]
        kept = [a for a in parts if a in containers]
        if kept:
            return kept[-1]
        holders = [c for c in source.classes if any(_within(a.place, c.place) for a in parts)]
        classes += [n for c in holders if (n := c.name.rpartition(".")[2]) not in classes]
    return None


def _within(place: Place, around: Place) -> bool:
    same_file = place.path == around.path
    return same_file and around.line <= place.line <= (around.end_line or around.line)


def _fix(kept: Assignment | None) -> Fix:
    if kept is None or kept.value is None:
        return Fix(
            "keep lists of layers in nn.ModuleList(), and derive classes that hold layers from "
            "nn.Module"
        )
    target, text = kept.targets[0], kept.value.text
    named = "nn.ModuleDict" if text.startswith(("{", "dict")) else "nn.ModuleList"
    short = text if len(text) <= 60 and "\n" not in text else f"{text[0]}...{text[-1]}"
    return Fix(f"write {target} = {named}({short})")


# torch.randn(10, 5, requires_grad=True), torch.zeros(10).requires_grad_(), Variable(..., True)
_LEARNT_TENSOR = re.compile(
    r"(?!.*Parameter\()(?:torch\.)?(?:autograd\.)?(?:rand\w*|zeros|ones|empty|full|normal|\w*[tT]ensor"
    r"|Variable)\(.*requires_grad",
    re.DOTALL,
)


# --- scripts that stop because of it -------------------------------------------------------------


def _nothing_to_optimize(run: Run, source: Source | None) -> list[Finding]:
    """All layers are in a list: parameters() is empty, and the optimizer refuses it."""
    crash = run.crash
    if crash is None or "empty parameter list" not in crash.message or source is None:
        return []
    own = {c.name for c in source.classes}
    for one in source.assignments:
        target, value = one.targets[0], one.value
        if not target.startswith("self.") or value is None or not _CONTAINER.match(value.text):
            continue
        last = one.place.end_line or one.place.line
        made = [
            call
            for call in source.calls
            if call.place.path == one.place.path
            and (
                one.place.line <= call.place.line <= last
                or (call.function == one.function and f"{target}." in _line(source, call))
            )
            and (re.match(r"torch\.nn\.[A-Z]", call.name) or call.name in own)
        ]
        if made:
            return [
                Finding(
                    says=f"the optimizer got no parameter at all: the layers in {target} are in a "
                    "plain container, which parameters() does not look into",
                    places=places(one.place, *crash.frames[-1:]),
                    confidence=0.9,
                    explains=("crash",),
                    fix=_fix(one),
                )
            ]
    return _plain_tensors(crash, source)


def _plain_tensors(crash: CrashFacts, source: Source) -> list[Finding]:
    """Weights that are tensors with requires_grad, not nn.Parameter: no module holds them."""
    mine = [
        a
        for a in source.assignments
        if a.targets[0].startswith("self.") and a.value is not None
        if _LEARNT_TENSOR.match(a.value.text)
    ]
    if not mine:
        return []
    names = ", ".join(a.targets[0] for a in mine[:3])
    first = mine[0]
    assert first.value is not None
    bare = re.sub(r",?\s*requires_grad\s*=\s*True|\.requires_grad_\(\)", "", first.value.text)
    return [
        Finding(
            says=f"the optimizer got no parameter at all: {len(mine)} weights ({names}) are plain "
            "tensors with requires_grad, and parameters() knows nn.Parameter only",
            places=places(first.place, *crash.frames[-1:]),
            confidence=0.9,
            explains=("crash",),
            fix=Fix(f"write {first.targets[0]} = nn.Parameter({bare}), and so for each"),
        )
    ]


def _line(source: Source, call: Call) -> str:
    return source.line(call.place.path, call.place.line) or ""


def _on_another_device(run: Run, source: Source | None) -> list[Finding]:
    """model.to("cuda") moved the registered layers only, and forward met one of the others."""
    crash = run.crash
    if crash is None or crash.during != "forward" or not _OTHER_DEVICE.search(crash.message):
        return []
    layer = crash.layers[-1] if crash.layers else None
    if layer is None or not layer.name.startswith("?") or layer.place is None:
        return []
    return [
        Finding(
            says=f"{layer.kind} is unknown to the network, so it stayed behind when the network "
            "was moved to another device",
            places=places(layer.place),
            confidence=0.9,
            explains=("crash",),
            fix=_fix(None),
        )
    ]


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = []
    for kept in _modules.unregistered(seen):
        kind = "dict" if isinstance(kept.container, (ast.Dict, ast.DictComp)) else "list"
        wrapper = "nn.ModuleDict" if kind == "dict" else "nn.ModuleList"
        text = seen.text(kept.block, kept.container)
        inner = "" if text in ("[]", "{}") else text if len(text) <= 60 else "..."
        found.append(
            Finding(
                says=f"the {kept.layer} layers in self.{kept.name} stand in a plain {kind}, which "
                "torch does not look into: they are not trained, moved or saved with the network",
                places=(seen.place(kept.block, kept.node),),
                severity="error",
                confidence=0.93,
                explains=("weights-unchanged", "underfitting", "loss-not-decreasing"),
                fix=Fix(f"write self.{kept.name} = {wrapper}({inner})"),
            )
        )
    return found


SAFE = "layers may be kept out of the optimizer and of checkpoints on purpose"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    code = advised(finding)
    made = assigned(source, finding.places[0]) if finding.places else None
    if (
        "nn.ModuleDict({...})" in told(finding)
        and made is not None
        and isinstance(made[1], ast.Dict)
    ):
        place = finding.places[0]
        written = text(source, place, made[1])
        new = f"torch.nn.ModuleDict({written})"
        return [ReplaceExpression(place, ("import torch",), old=written, new=new)]
    return (
        restated(finding, source) if code and re.search(r"nn\.Module(?:List|Dict)\(", code) else []
    )


BAD = """
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self, width=20, depth=4):
        super().__init__()
        self.first = nn.Linear(64, width)
        self.hidden = [nn.Linear(width, width) for _ in range(depth)]  # <- here
        self.last = nn.Linear(width, 10)

    def forward(self, x):
        x = torch.relu(self.first(x))
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.last(x)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x).float() / 8 - 1, torch.tensor(y))
train_data, test_data = random_split(data, [1400, 397])
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(6):
    for images, labels in DataLoader(train_data, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        optimizer.step()

net.eval()
with torch.no_grad():
    loader = DataLoader(test_data, batch_size=397)
    print("test accuracy", sum((net(a).argmax(1) == b).sum().item() for a, b in loader) / 397)
"""

GOOD = BAD.replace("[nn.Linear(width", "nn.ModuleList(nn.Linear(width").replace(
    "range(depth)]  # <- here", "range(depth))"
)
