"""Different shapes broadcast against each other in the loss.

What it looks for
    An element-wise loss (mse_loss, l1_loss, smooth_l1_loss, huber_loss and their kin, or a
    difference written by hand) between tensors with equally many numbers in different shapes, such
    as [64, 1] and [64], or [64, 1] and [1, 64]: torch spreads both to [64, 64]. And a sum over the
    whole batch that is added to the loss of each sample. And a mask for a loss that is one number
    already.

Why it hurts
    Every output is then compared with every target instead of its own. The least loss is reached
    when all outputs are the mean of the targets, so the network learns to say the mean.

How to fix it
    Give both one shape: outputs.squeeze(1), or targets.unsqueeze(1), or targets.view_as(outputs).

When it is fine
    A target of one number (torch.ones(1) for a discriminator), one row of targets for all samples,
    pairs on purpose (reduction="none", then weights for [N, N]; ranking and contrastive losses),
    masks.

References
    PyTorch, "Broadcasting semantics"; the warning of mse_loss, "Using a target size that is
    different to the input size".
"""

from __future__ import annotations

import ast
import math
import re

from whytorch.checks._helpers import (
    argument_text,
    learns_well,
    loss_call,
    places,
    plain,
    target_text,
)
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import advised, statement, told
from whytorch.checks.loss._by_hand import line_of
from whytorch.evidence.facts import LateMask, LossCalls, LossSite, Passes, Shape, WholeSum
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, Place, ReplaceExpression

_ELEMENTWISE = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss",
                "soft_margin_loss", "hinge_embedding_loss", "kl_div")  # fmt: skip
ENOUGH_CALLS = 3
_EXPLAINS = ("loss-not-decreasing", "underfitting", "loss-at-chance", "same-class-predicted",
             "evaluation-far-below-training")  # fmt: skip


def decide(losses: LossCalls, passes: Passes | None, source: Source | None) -> list[Finding]:
    found = []
    for site in losses.training():
        if (made := _broadcast(site)) is not None:
            found.append(_of_function(site, made, passes, source))
        elif site.function == "hand-written" and site.spread is not None:
            found.append(_by_hand(site, site.spread, losses, passes, source))
    found += [_of_the_whole(w) for w in losses.whole_sums if w.calls >= ENOUGH_CALLS]
    late = [m for m in losses.late_masks if m.calls >= ENOUGH_CALLS]
    return found + [_of_a_mask(m, passes) for m in late]


def _of_the_whole(one: WholeSum) -> Finding:
    return Finding(
        says=f"a sum over the whole batch of {one.batch}, one number, is added to a loss of each "
        f"sample ({one.calls} times seen): each of them gets the sum of all, and that part of the "
        f"loss weighs {one.batch} times as much as it is to",
        places=places(one.place),
        severity="warning",
        confidence=0.85,
        measured={"batch": one.batch, "calls": one.calls},
        explains=_EXPLAINS,
        fix=Fix("sum over the numbers of each sample alone: sum(dim=-1), not sum()"),
    )


def _of_a_mask(one: LateMask, passes: Passes | None) -> Finding:
    return Finding(
        says=f"a mask of {one.size} numbers, {one.zeros:.0%} of them 0, is multiplied with a loss "
        f"that is one number already ({one.calls} times seen), and summed: it leaves nothing out, "
        "what is masked counts as much as the rest",
        places=places(one.place),
        severity="warning" if learns_well(passes) else "error",
        confidence=0.9,
        measured={"size": one.size, "zeros": one.zeros, "calls": one.calls},
        explains=_EXPLAINS,
        fix=Fix('give the loss reduction="none", so that the mask meets the loss of each element'),
    )


def _broadcast(site: LossSite) -> Shape | None:
    """The shape that both were spread to, if each met several of the other."""
    one, other = site.input_shape, site.target_shape
    if site.function not in _ELEMENTWISE or site.raised or not one or not other or one == other:
        return None
    if math.prod(one) != math.prod(other):
        return None  # one row for all samples, a number for all: on purpose
    if len(one) == len(other) and not (len(one) == 2 and _reduced(site)):
        return None  # [B, N, 1] and [B, 1, N]: the dimension of one was put there to form pairs
    length = max(len(one), len(other))
    pairs = zip((1,) * (length - len(one)) + one, (1,) * (length - len(other)) + other, strict=True)
    made = tuple(max(pair) for pair in pairs)
    return made if math.prod(made) > math.prod(one) else None


def _reduced(site: LossSite) -> bool:
    """One number for all: pairs that are formed on purpose are weighed or chosen before."""
    return site.options.get("reduction", "mean") != "none"


def _of_function(
    site: LossSite, made: Shape, passes: Passes | None, source: Source | None
) -> Finding:
    one, other = site.input_shape or (), site.target_shape or ()
    outputs = argument_text(loss_call(source, site), "input", 0, "outputs")
    labels = target_text(source, site)
    if one == (*other, 1):
        write = f"{labels}.unsqueeze({len(other)})"
    elif other == (*one, 1):
        write = f"{labels}.squeeze({len(one)})"
    else:
        write = f"{labels}.view_as({outputs})"
    return Finding(
        says=f"{site.function} was given outputs of shape {plain(one)} and targets of shape "
        f"{plain(other)} ({site.calls} calls): it spread both to {plain(made)} and compared every "
        "output with every target",
        places=places(site.place, site.made_place),
        severity="warning" if learns_well(passes) else "error",
        confidence=0.97,
        measured={
            "output_shape": list(one),
            "target_shape": list(other),
            "compared_shape": list(made),
            "calls": site.calls,
        },
        explains=_EXPLAINS,
        fix=Fix(f"write {write} for the targets in this loss"),
    )


def _by_hand(
    site: LossSite,
    spread: tuple[Shape, Shape],
    losses: LossCalls,
    passes: Passes | None,
    source: Source | None,
) -> Finding:
    before, after = spread
    count = after[0]
    met = [s.place for s in losses.squares[:1]]
    other = [count, 1] if len(before) == 1 else [count]
    shape = f"outputs.squeeze(1), to shape [{count}]" if len(before) == 2 else (
        f"targets.squeeze(1), to shape [{count}]"
    )  # fmt: skip
    return Finding(
        says=f"in this loss outputs of shape {plain(before)} met targets of another shape (such as "
        f"{other}), and became {plain(after)}: every output was compared with every target, in "
        f"{site.calls} calls",
        places=places(*met, line_of(source, site.place), site.place),
        severity="warning" if learns_well(passes) else "error",
        confidence=0.9,
        measured={
            "output_shape": list(before),
            "compared_shape": list(after),
            "calls": site.calls,
        },
        explains=_EXPLAINS,
        fix=Fix(f"give both one shape: write {shape}"),
    )


SAFE = "each output may be compared with every target on purpose"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if told(finding).startswith("give both one shape") and finding.places:
        return _one_shape(source, finding.places[0])
    new = advised(finding)
    old = re.sub(r"\.(?:un)?squeeze\(\d+\)$|\.view_as\(.*\)$", "", new or "")
    if not new or old == new or not re.fullmatch(r"[A-Za-z_(][\w.\[\](), -]*", old):
        return []
    return [ReplaceExpression(finding.places[0], old=old, new=new)]


def _one_shape(source: Source, place: Place) -> list[AnyEdit]:
    """`out - target` -> `out - target.view_as(out)`, where one name is plainly the output's."""
    node = statement(source, place)
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub):
            names = [ast.unparse(side) for side in (part.left, part.right)]
            outputs = [n for n in names if re.search(r"out|pred|logit|score|hat", n)]
            if len(outputs) == 1 and all(n.isidentifier() for n in names):
                target = names[1 - names.index(outputs[0])]
                new = f"{target}.view_as({outputs[0]})"
                return [ReplaceExpression(place, old=target, new=new)]
    return []


BAD = """
import torch
import torch.nn as nn
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
features, progression = load_diabetes(return_X_y=True)
x = torch.tensor(scale(features), dtype=torch.float32)
y = torch.tensor(scale(progression), dtype=torch.float32)
train_loader = DataLoader(TensorDataset(x[:360], y[:360]), batch_size=20, shuffle=True)

model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
for epoch in range(6):
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, targets)  # <- here
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        error = (model(x[360:]).squeeze(1) - y[360:]).square().mean().item()
    print(f"epoch {epoch}: squared error on held-out patients {error:.3f}")
"""

GOOD = BAD.replace(
    "criterion(outputs, targets)  # <- here", "criterion(outputs.squeeze(1), targets)"
)
