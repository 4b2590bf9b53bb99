"""float16 without loss scaling.

What it looks for
    Training under autocast in float16 with no GradScaler; a GradScaler that scales the loss while
    the optimizer steps by itself, on gradients 65536 times too large; one whose update() is never
    called, or that unscales twice; weights that are float16 themselves (model.half()) in a
    training that failed.

Why it hurts
    Gradients below 6e-8 are zero in float16: most of those of a trained network. Scaling the loss
    lifts them above that, and the step has to take the factor out again.

How to fix it
    Write scaler.scale(loss).backward(), scaler.step(optimizer), scaler.update(); or use bfloat16,
    which needs no scaler.

When it is fine
    Autocast in bfloat16, and float16 for evaluation only.

References
    PyTorch, "Automatic mixed precision"; Micikevicius et al., "Mixed precision training" (2018).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from whytorch.checks._helpers import places
from whytorch.checks._learning import learning
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import told
from whytorch.checks.training_loop._half_weights import of_half_weights
from whytorch.checks.training_loop._loop import optimizer_name
from whytorch.evidence.facts import CrashFacts, LossCalls, Passes, Run, Training, Upkeep
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, dotted, method
from whytorch.records import AnyEdit, Finding, Fix, InsertAfter, ReplaceExpression, ReplaceStatement

# Messages of torch.amp.GradScaler, and what to write.
_REFUSED = {
    "step() has already been called since the last update()": "write scaler.update() after "
    "scaler.step(optimizer), in every round",
    "unscale_() has already been called on this optimizer": "call scaler.unscale_(optimizer) once "
    "between two calls of scaler.update()",
    "unscale_() is being called after step()": "call scaler.unscale_(optimizer) before "
    "scaler.step(optimizer)",
    "Attempting to unscale FP16 gradients": "leave the weights in float32 (no model.half()): "
    "autocast casts what it computes",
    "No inf checks were recorded for this optimizer": "write scaler.scale(loss).backward() before "
    "scaler.step(optimizer)",
}
_AUTOCASTS = (
    "torch.autocast", "torch.cuda.amp.autocast", "torch.amp.autocast", "autocast",
    "torch.amp.autocast_mode.autocast", "torch.cuda.amp.autocast_mode.autocast",
)  # fmt: skip
_FOREIGN = ("accelerate", "lightning", "pytorch_lightning", "deepspeed", "fastai", "ignite",
            "composer", "apex", "transformers.Trainer", "torch_xla")  # fmt: skip


def decide(
    run: Run,
    training: Training | None,
    upkeep: Upkeep | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    if run.crash is not None:
        refused = [fix for text, fix in _REFUSED.items() if text in run.crash.message]
        if refused:
            return [_refused(run.crash, refused[0])]
    scaling = upkeep.scaling if upkeep else None
    if scaling is not None and scaling.bare_steps and training is not None:
        stepped = next((o for o in training.optimizers if o.steps), None)
        name = optimizer_name(stepped)
        factor = scaling.scale or 65536.0
        return [
            Finding(
                says=f"{scaling.bare_steps} steps of {name} used gradients of a loss that the "
                f"scaler had multiplied by {factor:g}",
                places=places(scaling.bare_place, scaling.place),
                confidence=0.96,
                measured={"bare_steps": scaling.bare_steps, "factor": factor},
                explains=("exploding-gradients", "non-finite-loss", "loss-not-decreasing",
                          "loss-at-chance", "same-class-predicted"),
                fix=Fix(f"write scaler.step({name}) and scaler.update() instead"),
            )
        ]  # fmt: skip
    outcome = learning(run, losses, training, passes)
    if (half := of_half_weights(training, losses, outcome, source)) is not None:
        return [half]
    return suspect(source) if source is not None else []


def _refused(crash: CrashFacts, fix: str) -> Finding:
    return Finding(
        says=f"GradScaler refused: {crash.message.splitlines()[0][:160]}",
        places=places(crash.frames[-1] if crash.frames else None),
        confidence=0.95,
        explains=("crash",),
        fix=Fix(fix),
    )


# --- the source alone ----------------------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    """A backward beside autocast in float16, and no scaler in the whole project."""
    around = source.around
    if not around.has(*_AUTOCASTS, "*.scale") or not around.has("*.backward"):
        return []
    if any(source.imports(name) for name in _FOREIGN):
        return []
    return _unscaled(source) + _bare_step(source)


def _unscaled(source: Source) -> list[Finding]:
    around = source.around
    built = around.has("*.GradScaler", "GradScaler")
    if around.has("*.scale") or (not built and _mentions(source, "scaler")):
        return []
    for spot in source.around.calls(*_AUTOCASTS):
        if _is_half(spot, source) and _trains(spot):
            return [
                Finding(
                    says="the forward pass runs in float16 and its loss is not scaled: gradients "
                    "below 6e-8 become zero",
                    places=(spot.place(),),
                    severity="warning",
                    confidence=0.85,
                    explains=("vanishing-gradients", "non-finite-loss", "underfitting"),
                    fix=Fix(
                        'write scaler = torch.amp.GradScaler("cuda") before the loop and, in it, '
                        "scaler.scale(loss).backward(), scaler.step(optimizer), scaler.update(); "
                        "or dtype=torch.bfloat16 here"
                    ),
                )
            ]
    return []


def _mentions(source: Source, word: str) -> bool:
    code = (line.partition("#")[0].lower() for file in source.files for line in file.lines)
    return any(word in line for line in code)


def _is_half(spot: Spot, source: Source) -> bool:
    """Whether this autocast is certainly on and certainly in float16."""
    call = spot.call
    given = {k.arg: k.value for k in call.keywords}
    if None in given or any(isinstance(a, ast.Starred) for a in call.args):
        return False
    old = "cuda" in spot.name  # torch.cuda.amp.autocast(enabled, dtype)
    order = ("enabled", "dtype") if old else ("device_type", "dtype", "enabled")
    given = {**dict(zip(order, call.args, strict=False)), **given}
    enabled, dtype = given.get("enabled"), given.get("dtype")
    if enabled is not None:
        enabled = source.around.made(spot, enabled)
        if not (isinstance(enabled, ast.Constant) and enabled.value is True):
            return False
    if dtype is not None:
        name = dotted(source.around.made(spot, dtype)) or dotted(dtype)
        return name.rpartition(".")[2] in ("float16", "half")
    if old:
        return True
    device = given.get("device_type")
    made = source.around.made(spot, device) if device is not None else None
    return isinstance(made, ast.Constant) and str(made.value).startswith("cuda")


def _trains(spot: Spot) -> bool:
    """Whether the same function calls backward on what was computed under it."""
    names = _computed(spot)
    for node in ast.walk(spot.function()):
        owner, called = method(node)
        if called == "backward" and owner.partition(".")[0] in names:
            return True
    return False


def _computed(spot: Spot) -> set[str]:
    """Names bound in the `with autocast():` block."""
    block = next((n for n in spot.up() if isinstance(n, (ast.With, ast.AsyncWith))), None)
    if block is None or not any(i.context_expr is spot.node for i in block.items):
        return set()
    return {
        n.id for n in ast.walk(block) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def _bare_step(source: Source) -> list[Finding]:
    """scaler.scale(loss).backward() and optimizer.step(), without a scaler.step in the project."""
    for spot in source.around.calls("*.scale"):
        scaler, _ = method(spot.node)
        parent = spot.tree.parents.get(spot.node)
        if not scaler or not (isinstance(parent, ast.Attribute) and parent.attr == "backward"):
            continue
        last = scaler.rpartition(".")[2]
        made = source.around.calls("*.GradScaler", "GradScaler")
        stepped = [c for c in _steps(source) if method(c.node)[0].rpartition(".")[2] == last]
        inside = [c for c in _steps(source) if c.function() is spot.function()]
        bare = [c for c in inside if not c.call.args and "sched" not in method(c.node)[0]]
        if made and not stepped and bare and not _mentions(source, ".unscale_("):
            name = method(bare[0].node)[0]
            return [
                Finding(
                    says=f"{name} steps on gradients that {scaler} has multiplied by 65536",
                    places=(bare[0].place(), spot.place()),
                    severity="warning",
                    confidence=0.9,
                    explains=("exploding-gradients", "non-finite-loss", "loss-not-decreasing"),
                    fix=Fix(f"write {scaler}.step({name}) and {scaler}.update() instead"),
                )
            ]
    return []


def _steps(source: Source) -> Iterator[Spot]:
    yield from source.around.calls("*.step")


SAFE = "bfloat16 has a coarser mantissa, and older devices lack it"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if not finding.places:
        return []
    says, place = told(finding), finding.places[0]
    if updated := re.match(r"write ([\w.]+\.update\(\)) after", says):
        return [InsertAfter(place, code=updated[1])]
    if scaled := re.match(r"write ([\w.]+\.step\([\w.]+\)) and ([\w.]+\.update\(\)) instead", says):
        used = {c.raw.rpartition(".")[0] for c in source.calls_to("*.scale")}
        if len(used) != 1:
            return []
        name, step = used.pop(), scaled[1].partition(".")[2]
        return [
            ReplaceStatement(place, code=f"{name}.{step}"),
            InsertAfter(place, code=f"{name}.update()"),
        ]
    if "or dtype=torch.bfloat16" not in says:
        return []
    old, new = "torch.float16", "torch.bfloat16"
    return [ReplaceExpression(finding.places[0], old=old, new=new)]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32, device=device) / 16
labels = torch.tensor(labels, device=device)
loader = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=50, shuffle=True)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(4):
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast(device, dtype=torch.float16):  # <- here
            loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())

model.eval()
with torch.no_grad():
    print("accuracy", (model(images[1400:]).argmax(1) == labels[1400:]).float().mean().item())
"""

GOOD = BAD.replace("dtype=torch.float16):  # <- here", "dtype=torch.bfloat16):")
