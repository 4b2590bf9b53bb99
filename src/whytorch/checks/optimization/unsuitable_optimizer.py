"""Optimizer that does not suit the training.

What it looks for
    Rprop on batches that change from step to step; L-BFGS stepped without a closure; plain SGD at
    a usual rate whose steps are thousands of times smaller than the weights, because it follows
    gradients that are tiny in a deep network.

Why it hurts
    SGD moves each weight in proportion to its gradient, and where that is tiny the weight stays;
    Rprop goes by the sign of the gradient alone, which changes by chance from batch to batch. Its
    steps then shrink or jump.

How to fix it
    Write torch.optim.Adam(model.parameters(), lr=1e-3). Rprop is for full batches; L-BFGS wants
    optimizer.step(closure).

When it is fine
    Rprop and L-BFGS on all of the data at once, SGD behind normalization layers. Gradients that
    vanish have a cause in the network; an optimizer that normalizes only copes with them.

References
    Riedmiller and Braun, A direct adaptive method for faster backpropagation learning: the RPROP
    algorithm (1993). Tieleman and Hinton, Lecture 6.5, rmsprop (2012): why not Rprop on batches.
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import places
from whytorch.checks._lab import gained, proven, swept
from whytorch.checks._learning import Learning, learning
from whytorch.checks._mending import OPTIMIZERS
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import advised, calls_here, text
from whytorch.checks.optimization._progress import FAR_ENOUGH, Progress, progress, short
from whytorch.evidence.facts import CrashFacts, LossCalls, Network, Passes, Run, Training
from whytorch.evidence.facts.experiments import LrSweep, OptimizerSwap
from whytorch.evidence.source import Call, Source
from whytorch.evidence.source_look import Look, Site, look
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceExpression, Severity

CONSEQUENCE_OF = (
    *SPOILS_LEARNING,
    "unsuitable-activation",
)

_ADAM = "write torch.optim.Adam({0}, lr=1e-3)"
_EXPLAINS = ("loss-not-decreasing", "loss-at-chance", "underfitting", "same-class-predicted")
ENOUGH_STEPS = 100
# At 0.001 a rate of SGD is a usual one (the tutorial's); below, the rate is what is looked at.
USUAL_PLAIN = 1e-3
MOMENTUM_GIVES = 10  # times as far, at 0.9: what that mends is a matter of momentum
HARDLY = 0.05  # of the first loss

# What trying the repair on the bench is.
TRIALS = (OptimizerSwap,)


def decide(
    run: Run,
    training: Training | None,
    network: Network | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if run.crash is not None and "closure" in run.crash.message:
        return _without_closure(run.crash)
    made = progress(training) if training is not None else None
    if training is None or made is None or made.travel is None:
        return NotJudged("needs an optimizer step; this run has none")
    outcome = learning(run, losses, training, passes)
    if made.optimizer.kind == "Rprop":
        return _on_batches(made, outcome, passes, source)
    if made.optimizer.kind != "SGD" or not outcome.failed or outcome.broke_at is not None:
        return []
    if run.training_shortened:
        return NotJudged("needs the whole training; this run was shortened")
    if made.steps < ENOUGH_STEPS:
        return NotJudged(f"needs {ENOUGH_STEPS} steps; this run has {made.steps}")
    return _crawls(made, outcome, network, source)


def _without_closure(crash: CrashFacts) -> list[Finding]:
    if crash.type != "TypeError" or "step" not in crash.message or not crash.frames:
        return []
    where = crash.frames[-1]
    return [
        Finding(
            says="L-BFGS computes the loss several times a step, and step() was given no closure "
            "to do that with",
            places=places(where),
            confidence=0.9,
            explains=("crash",),
            fix=Fix("write a function that clears the gradients, computes the loss, calls "
                    "backward() and returns the loss, and step(closure)"),
        )
    ]  # fmt: skip


def _on_batches(
    made: Progress, outcome: Learning, passes: Passes | None, source: Source | None
) -> list[Finding]:
    """Rprop, and other samples at every step."""
    train = passes.of("train") if passes is not None else ()
    fresh = max((p.new_samples or 0 for p in train), default=0)
    if made.batch is None or fresh < 2 * made.batch:
        return []
    # What it costs where the network learns all the same, the lab tells.
    severity: Severity = "error" if outcome.failed else "warning"
    parameters = _given(made.optimizer.place, source)
    return [
        Finding(
            says=f"Rprop goes by the signs of the gradient and wants all samples at once: its "
            f"{made.steps} steps saw {made.batch} of {fresh} each{outcome.reached()}",
            places=places(made.optimizer.place),
            severity=severity,
            confidence=0.85,
            measured={"batch_size": made.batch, "samples": fresh, "steps": made.steps},
            explains=(*_EXPLAINS, "loss-oscillates"),
            fix=Fix(_ADAM.format(parameters)),
        )
    ]


def _crawls(
    made: Progress, outcome: Learning, network: Network | None, source: Source | None
) -> list[Finding] | NotJudged:
    """SGD at a usual rate, and no weight gets anywhere, with momentum or without."""
    travel, rate = made.travel or 0.0, made.lr or 0.0
    far = travel * (1 if made.momentum else MOMENTUM_GIVES)
    if rate < USUAL_PLAIN or far >= FAR_ENOUGH or (made.fell or 0.0) >= HARDLY:
        return []
    if travel == 0.0 or (network is not None and network.loaded):
        return []
    parameters = _given(made.optimizer.place, source)
    return [
        Finding(
            says=f"SGD at lr={short(rate)} moved the weights by {travel:.2%} of their size in "
            f"{made.steps} steps: the rate is a usual one, and the gradients it multiplies are "
            f"tiny{outcome.reached()}",
            places=places(made.optimizer.place),
            severity="warning",
            confidence=0.5,
            measured={
                "learning_rate": rate,
                "momentum": made.momentum,
                "weights_moved_share": travel,
                "steps": made.steps,
            },
            explains=_EXPLAINS,
            fix=Fix(_ADAM.format(parameters) + ", or put BatchNorm behind the layers"),
        )
    ]


def _given(place: Place | None, source: Source | None) -> str:
    """The optimizer's first argument, as it is written."""
    call = source.call_at(place) if source is not None and place is not None else None
    text = call.args[0].text if call is not None and call.args else ""
    return text if text and len(text) <= 40 else "model.parameters()"


# --- what the source proves ---------------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    """Rprop stepped in the loop over a loader's batches; L-BFGS stepped with nothing."""
    found = []
    seen = look(source)
    for site in seen.sites("torch.optim.Rprop", "torch.optim.LBFGS"):
        call, steps = seen.call(site.node), _steps_of(site, seen)
        if call is None:
            continue
        if call.last == "LBFGS":
            found += [_no_closure(c) for c in steps if not c.args and not c.keywords]
        elif steps and all(_in_batches(c, source) for c in steps):
            found.append(
                Finding(
                    says="Rprop wants all samples at once, and is stepped after every batch of a "
                    "DataLoader",
                    places=(call.place, steps[0].place),
                    confidence=0.75,
                    grade="suspected",
                    explains=_EXPLAINS,
                    fix=Fix(_ADAM.format(call.args[0].text if call.args else "params")),
                )
            )
    return found


def _steps_of(optimizer: Site, seen: Look) -> list[Call]:
    """The steps of this very optimizer: another function may call its own one the same."""
    steps = []
    for site in seen.sites("*.step"):
        func = site.node.func
        made = seen.instance(site.block, func.value) if isinstance(func, ast.Attribute) else None
        step = seen.call(site.node) if made is not None and made.node is optimizer.node else None
        steps += [step] if step is not None else []
    return steps


def _no_closure(step: Call) -> Finding:
    return Finding(
        says=f"{step.raw}() of L-BFGS needs a closure: this raises TypeError",
        places=(step.place,),
        confidence=0.85,
        grade="suspected",
        explains=("crash",),
        fix=Fix(f"write {step.raw}(closure)"),
    )


def _in_batches(step: Call, source: Source) -> bool:
    """Whether the loop right around it runs over a DataLoader with a batch size."""
    around = [
        x
        for x in source.loops
        if x.function == step.function
        and x.place.path == step.place.path
        and x.place.line < step.place.line <= (x.place.end_line or x.place.line)
    ]
    if not around:
        return False
    loaders = source.calls_to("torch.utils.data.DataLoader", "DataLoader")
    words = set(re.findall(r"\w+", around[-1].iterable))
    return any(
        words & set(source.names_assigned_at(c.place)) and c.argument("batch_size") is not None
        for c in loaders
    )


def prove(
    swap: OptimizerSwap,
    sweep: LrSweep,
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
) -> list[Finding]:
    """Another optimizer learns on the same steps; the script's own does not, at any rate."""
    made = progress(training)
    if made is None or swept(sweep) is not None:
        return []  # another rate would do
    gain = gained(swap)
    return proven(
        gain,
        learning(run, losses, training, passes),
        f"{made.optimizer.kind} learns at no rate from {min(sweep.rates, default=0):.0e} to "
        f"{max(sweep.rates, default=0):.0e}",
        places(made.optimizer.place),
        f"write torch.optim.{gain.says}" if gain else "",
    )


SAFE = "another optimizer changes the result of every training"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    code = advised(finding)
    for call in calls_here(finding, source, *OPTIMIZERS, "Rprop", "LBFGS", "ASGD"):
        if code is None or not code.startswith("torch.optim.Adam("):
            return []
        place = call.place
        file = source.file(place.path)
        node = next((n for n in ast.walk(file.tree) if isinstance(n, ast.Call)
                     and (n.lineno, text(source, place, n.func)) == (place.line, call.raw)),
                    None) if file else None  # fmt: skip
        if node is not None:
            old = text(source, place, node)
            given = call.args[0].text if call.args else "params"
            new = f"torch.optim.Adam({given}, lr=1e-3)"
            return [ReplaceExpression(place, ("import torch",), old, new)] if call.args else []
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=10, shuffle=True)

model = nn.Sequential(
    nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(),
    nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10),
)
optimizer = torch.optim.Rprop(model.parameters(), lr=0.003)  # <- here
for epoch in range(3):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("Rprop(model.parameters(), lr=0.003)  # <- here",
                   "Adam(model.parameters(), lr=0.003)")  # fmt: skip
