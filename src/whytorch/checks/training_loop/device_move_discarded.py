"""A tensor's move to the device is dropped.

What it looks for
    tensor.to(device) or tensor.cuda() as a statement: it returns a copy, and nobody takes it. Told
    from a network's .to(), which works in place, by what the name is: a part of a batch, or a
    tensor made before.

Why it hurts
    The tensor stays on the CPU. With the network on a GPU the first call of it crashes.

How to fix it
    Assign the result: images = images.to(device).

When it is fine
    Networks and losses (nn.Module), whose .to() changes them; a batch object of a library that
    moves itself.

References
    torch.Tensor.to: "Returns a Tensor with the specified device".
"""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.checks._promises import mends
from whytorch.checks._rewriting import advised, restated, statement, text
from whytorch.evidence.facts import CrashFacts, Run
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, dotted, inside, method, targets_of
from whytorch.records import AnyEdit, Finding, Fix, ReplaceStatement

_MOVES = ("*.to", "*.cuda")
_DEVICES = ("Expected all tensors to be on the same device", "should be the same",
            "found at least two devices", "is on cpu", "is on CPU")  # fmt: skip
_OF_MODULES = ("parameters", "train", "eval", "state_dict", "load_state_dict", "modules",
               "children", "zero_grad", "apply", "named_parameters", "forward", "share_memory",
               "requires_grad_", "items", "keys", "values")  # fmt: skip
_MAKES = (
    "tensor", "zeros", "ones", "randn", "rand", "empty", "full", "arange", "from_numpy", "randint",
    "zeros_like", "ones_like", "randn_like", "as_tensor", "stack", "cat", "linspace", "eye",
    "LongTensor", "FloatTensor", "Tensor",
)  # fmt: skip


def decide(source: Source, run: Run) -> list[Finding]:
    found = suspect(source)
    crash = run.crash
    if not found or crash is None or not any(t in crash.message for t in _DEVICES):
        return found
    return [_crashed(f, crash) for f in found]


def _crashed(finding: Finding, crash: CrashFacts) -> Finding:
    where = crash.frames[-1] if crash.frames else None
    return Finding(
        says=f"{finding.says}; it was needed on the other device",
        places=places(*finding.places, where),
        severity="error",
        confidence=0.95,
        explains=("crash",),
        fix=finding.fix,
    )


def suspect(source: Source) -> list[Finding]:
    """Statements that move a tensor and drop the result."""
    around = source.around
    if not around.has(*_MOVES):
        return []
    return [f for spot in around.calls(*_MOVES) if (f := _dropped(spot, source)) is not None]


def _dropped(spot: Spot, source: Source) -> Finding | None:
    statement = spot.statement()
    name, moves = method(spot.node)
    if not isinstance(statement, ast.Expr) or statement.value is not spot.node or not name:
        return None
    if moves == "to" and not (spot.call.args or spot.call.keywords):
        return None
    if "." in name or not _to_a_device(spot) or not _is_tensor(spot, name, source):
        return None
    return Finding(
        says=f"{spot.text(spot.node)} returns a copy on the device, and the copy is dropped: "
        f"{name} stays where it was",
        places=(spot.place(),),
        severity="warning",
        confidence=0.9,
        explains=("crash",),
        fix=Fix(f"write {name} = {spot.text(spot.node)}"),
    )


def _to_a_device(spot: Spot) -> bool:
    """.cuda(), .to("cuda"), .to(device): not .to(torch.float32)."""
    call = spot.call
    if method(call)[1] == "cuda":
        return True
    given = call.args[0] if call.args else call.keywords[0].value
    text = spot.text(given).lower()
    named = call.keywords and call.keywords[0].arg == "device"
    return bool(named) or any(word in text for word in ("dev", "cuda", "cpu", "gpu", "mps"))


def _is_tensor(spot: Spot, name: str, source: Source) -> bool:
    """Certainly a tensor: a part of an unpacked batch, or just made by torch."""
    function = spot.function()
    for node in inside(function):
        if isinstance(node, ast.Call) and dotted(node.func) == name:
            return False  # called: a network
        if isinstance(node, ast.Attribute) and dotted(node.value) == name:
            if node.attr in _OF_MODULES:
                return False
    made = [n for n in inside(function) if name in map(dotted, targets_of(n))]
    before = [n for n in made if n.lineno <= spot.call.lineno]  # type: ignore[attr-defined]
    if not before:
        return False
    return _made_tensor(before[-1], name, spot, source)


def _made_tensor(node: ast.AST, name: str, spot: Spot, source: Source) -> bool:
    if isinstance(node, ast.For):
        return _unpacked_from_loader(node, name, spot, source)
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return False
    value = node.value
    if isinstance(value, ast.Call) and isinstance(node.targets[0], ast.Name):
        called = dotted(value.func)
        return called.startswith(("torch.", "t.", "th.")) and called.count(".") == 1 and (
            called.rpartition(".")[2] in _MAKES
        )  # fmt: skip
    # inputs, labels = batch, of a loop over a loader
    if isinstance(node.targets[0], ast.Tuple) and isinstance(value, ast.Name):
        for loop in spot.loops():
            if isinstance(loop, ast.For) and value.id in map(dotted, targets_of(loop)):
                return _over_loader(loop, spot, source)
    return False


def _unpacked_from_loader(loop: ast.For, name: str, spot: Spot, source: Source) -> bool:
    target = loop.target
    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
    if method(loop.iter)[1] == "" and dotted(getattr(loop.iter, "func", None)) == "enumerate":
        parts = (
            parts[1].elts if len(parts) == 2 and isinstance(parts[1], (ast.Tuple, ast.List)) else []
        )
    names = [dotted(p) for p in parts]
    return len(names) > 1 and name in names and _over_loader(loop, spot, source)


def _over_loader(loop: ast.For, spot: Spot, source: Source) -> bool:
    """Over a DataLoader that the source shows, or what is called a loader by everybody."""
    over = loop.iter
    while isinstance(over, ast.Call) and dotted(over.func).rpartition(".")[2] in (
        "enumerate",
        "tqdm",
    ):
        if not over.args:
            return False
        over = over.args[0]
    made = source.around.made(spot, over)
    if isinstance(made, ast.Call):
        return dotted(made.func).rpartition(".")[2] == "DataLoader"
    last = dotted(over).rpartition(".")[2].lower()
    return "loader" in last or last in ("train_dl", "val_dl", "test_dl", "dl")


SAFE = True
promise = mends


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    first = restated(finding, source) if "= " in (advised(finding) or "") else []
    return [*first, *_others(finding, source)] if first else []


def _others(finding: Finding, source: Source) -> list[AnyEdit]:
    """The same of the other names that are moved so at the finding's places."""
    edits: list[AnyEdit] = []
    for place in finding.places[1:]:
        node = statement(source, place)
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            name = text(source, place, call.func.value)
            if name.isidentifier():
                code = f"{name} = {text(source, place, call)}"
                edits.append(ReplaceStatement(place, code=code))
    return edits


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
train_loader = DataLoader(TensorDataset(images[:1400], labels[:1400]), 50, shuffle=True)
test_loader = DataLoader(TensorDataset(images[1400:], labels[1400:]), 99)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
model.to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(4):
    for inputs, targets in train_loader:
        inputs.to(device)  # <- here
        targets = targets.to(device)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    hits = sum((model(a.to(device)).argmax(1).cpu() == b).sum().item() for a, b in test_loader)
print("test accuracy", hits / 397)
"""

GOOD = BAD.replace("inputs.to(device)  # <- here", "inputs = inputs.to(device)")
