"""A logarithm of 0, a division by 0, or a root of what is negative.

What it looks for
    The first loss of the run that is no number, while the outputs of the network still are: on the
    way from these to the loss a logarithm was given 0, a division had 0 below, a root was taken of
    something negative (or a power that is no whole number), or exp() went beyond the largest
    number. Or one of these within the network, of numbers of common size, where its outputs are no
    numbers while it trains (generalized mean pooling). Or the first gradient that is no
    number though the loss is one: a root was taken of exactly 0, where it is infinitely steep (the
    distance of an image to itself, a perfect prediction).

Why it hurts
    NaN and infinity go into every gradient, and with one step into every weight: from there on the
    network is lost, whatever follows.

How to fix it
    Use the loss that takes logits (binary_cross_entropy_with_logits, cross_entropy, logsigmoid,
    log_softmax): it cannot get there. Else keep away from the edge: torch.log(p + 1e-7),
    total / count.clamp(min=1). In float32, 1 - 1e-8 is 1.

When it is fine
    A logarithm of 0 that torch.where or a mask leaves out, as long as the loss is a number. Outputs
    that have grown beyond all measure are the learning rate's doing.

References
    Goldberg, "What every computer scientist should know about floating-point arithmetic", 1991.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.checks._helpers import places
from whytorch.checks._mending import owner
from whytorch.checks._promises import mends
from whytorch.evidence.facts import LossCalls, Training
from whytorch.evidence.facts.training import Undefined
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, Place, ReplaceExpression

CONSEQUENCE_OF = ("nll-without-log-softmax", "degenerate-images")

FEWEST = 3  # losses that are no number: one batch is passed over, as mixed precision does
_DONE = {
    "log": "takes the logarithm of 0 or less",
    "log1p": "takes log1p of -1 or less",
    "div": "divides by 0",
    "sqrt": "takes the square root of something negative",
    "exp": "takes exp() of something so large that the result is infinite",
    "pow": "raises something negative to a power that is no whole number",
}
_KEPT = {
    "log": "write torch.log(p + 1e-7), or use the loss that takes logits",
    "log1p": "clamp what it is given: x.clamp(min=-1 + 1e-7)",
    "div": "keep what it divides by away from 0: .clamp(min=1e-8), of counts .clamp(min=1)",
    "sqrt": "clamp what it is given: torch.sqrt(x.clamp(min=1e-12))",
    "exp": "clamp what it is given, or use logsumexp or log_softmax instead of exp() and log()",
    "pow": "clamp what is raised: x.clamp(min=1e-6) ** p",
}
_AT_ZERO = "keep what the root is taken of above 0: torch.sqrt(x.clamp(min=1e-12))"


def decide(training: Training, losses: LossCalls | None, source: Source | None) -> list[Finding]:
    found = training.undefined
    after = [s.loss_finite for s in training.trace if found and s.index >= found.step]
    bad = after.count(False)
    if found is None or bad < FEWEST:
        return []  # one batch: the training went on
    lost = not any(after[after.index(False) :])
    when = "from there on" if lost else f"and in {bad} of the {len(after)} steps looked at"
    return [
        Finding(
            says=_steep(found, when) if found.of_gradient else _no_number(found, when),
            places=places(*_written(found, source), *_computed(training, losses)),
            severity="error" if lost else "warning",
            confidence=0.9,
            measured={"step": found.step, "operation": found.operation, "numbers": found.times},
            explains=("non-finite-loss", "loss-not-decreasing", "same-class-predicted",
                      "loss-at-chance", "underfitting"),
            fix=Fix(_AT_ZERO if found.of_gradient else _KEPT[found.operation]),
        )
    ]  # fmt: skip


def _no_number(found: Undefined, when: str) -> str:
    if found.inside:
        return (
            f"at step {found.step + 1} the network's outputs are no numbers, {when}: within it the "
            f"script {_DONE[found.operation]}, of {found.times} of {found.of} numbers"
        )
    return (
        f"at step {found.step + 1} the loss is no number, {when}, while what the network "
        f"gave was: on the way to the loss the script {_DONE[found.operation]}, of "
        f"{found.times} of {found.of} numbers"
    )


def _steep(found: Undefined, when: str) -> str:
    after = "after it the loss is no number either" if when == "from there on" else (
        f"the loss is none {when.removeprefix('and ')}"
    )  # fmt: skip
    return (
        f"at step {found.step + 1} the loss is a number, but its gradient is not: on the way to "
        f"the loss the script takes the square root of exactly 0, of {found.times} of {found.of} "
        f"numbers, and there the root is infinitely steep; {after}"
    )


def _written(found: Undefined, source: Source | None) -> list[Place]:
    """Where the source does that; a division is not written as a call."""
    if source is None or found.operation == "div":
        return []
    if found.operation == "pow":
        return list(_raised(source))[:2]
    names = ("log", "log2", "log10") if found.operation == "log" else (found.operation,)
    of_torch = source.calls_to(*(f"torch.{n}" for n in names))
    of_tensors = [c for n in names for c in source.calls_to(f"*.{n}") if _of_a_tensor(c)]
    return [c.place for c in (*of_torch, *of_tensors)][:2]


def _raised(source: Source) -> Iterator[Place]:
    """`x ** p`, torch.pow(x, p): those whose power may be no whole number."""
    for file in source.files:
        for node in ast.walk(file.tree):
            power: ast.expr | None = None
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                power = node.right
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".pow"):
                power = node.args[-1] if node.args else None
            whole = isinstance(power, ast.Constant) and isinstance(power.value, int)
            if power is not None and not whole:
                yield Place(file.path, power.lineno)


def _of_a_tensor(call: Call) -> bool:
    """`p.log()`, not np.log(p), math.log(2) or self.log("loss", loss)."""
    return not call.args and not call.keywords


def _computed(training: Training, losses: LossCalls | None) -> list[Place]:
    by_hand = [s.place for s in (losses.training() if losses else ()) if s.place]
    return [p for p in (*by_hand[:1], training.backward_place) if p is not None]


SAFE = "the smallest numbers count a little otherwise in the loss"
promise = mends
_LEAST = {"log": "1e-7", "sqrt": "1e-12"}


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    """What the logarithms and roots on the lines named are given is kept from 0."""
    operation = finding.measured.get("operation")
    least = _LEAST.get(str(operation))
    edits: list[AnyEdit] = []
    for place in finding.places if least else ():
        for call in source.calls_within(Place(place.path, place.line)):
            if call.raw.rpartition(".")[2] != operation or len(call.args) > 1 or call.keywords:
                continue
            kept = f".clamp(min={least})"
            if call.name == f"torch.{operation}" and call.args:
                given = call.args[0].text
                new = f"{call.raw}({given if _is_one(given) else f'({given})'}{kept})"
            elif _of_a_tensor(call):
                new = f"{owner(call)}{kept}.{operation}()"
            else:
                continue
            edits.append(ReplaceExpression(call.place, old=call.written, new=new))
    return edits


def _is_one(code: str) -> bool:
    """Whether `.clamp()` behind it takes all of it."""
    parts = (ast.Name, ast.Call, ast.Attribute, ast.Subscript)
    return isinstance(ast.parse(code, mode="eval").body, parts)


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
wanted = nn.functional.one_hot(y, 10).float()
net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)


def entropy(scores, target):
    p = torch.sigmoid(scores)
    return -(target * torch.log(p) + (1 - target) * torch.log(1 - p)).mean()  # <- here


for epoch in range(12):
    for rows in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        entropy(net(x[rows]), wanted[rows]).backward()
        optimizer.step()
with torch.no_grad():
    print("held-out accuracy", (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""

GOOD = BAD.replace("torch.log(p)", "torch.log(p + 1e-7)").replace(
    "torch.log(1 - p)).mean()  # <- here", "torch.log(1 - p + 1e-7)).mean()"
)
