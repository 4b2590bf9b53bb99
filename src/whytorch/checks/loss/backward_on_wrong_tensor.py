"""Backward starts from another tensor than the loss.

What it looks for
    A loss is computed in training, with its graph, but no backward goes through it. The backwards
    start from a tensor that was compared with no label (outputs.mean()), or the loss leads to
    parameters of the optimizer that no backward reaches. And in the source: a sum of losses is
    computed, but backward starts from one of its terms, and no backward from the others. Or
    backward starts from a score of overlap (Dice, Jaccard), where 1 - score is meant, or from the
    loss with a minus in front; or the optimizer was built with maximize=True.

Why it hurts
    The weights follow what is propagated. The loss that is computed and printed has no part in it,
    or some of its terms have none.

How to fix it
    Call backward on the loss that is meant: loss = criterion(outputs, labels); loss.backward().

When it is fine
    A second loss that is only printed beside the one that is learned from (better under no_grad).
    Several backwards, one for each term. Losses of adversaries (WGAN), which compare with no label.

References
    PyTorch, "Autograd mechanics".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from whytorch.checks._helpers import places, plain
from whytorch.checks._promises import LOWER_LOSS, goes, pays
from whytorch.checks._rewriting import advised, restated
from whytorch.checks.loss._upside_down import climbs, minimized
from whytorch.evidence.facts import LossCalls, LossSite, Network, Run, Training
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import Look, Site, look
from whytorch.evidence.source_nodes import walk
from whytorch.records import AnyEdit, Finding, Fix, Outcome, Place

CONSEQUENCE_OF = ("loss-cut-from-model",)

ENOUGH = 3  # looks; a script may compute a loss once or twice beforehand, to print it
_EXPLAINS = ("loss-not-decreasing", "loss-at-chance", "underfitting", "same-class-predicted",
             "loss-oscillates")  # fmt: skip


def decide(
    losses: LossCalls,
    training: Training,
    run: Run,
    network: Network | None,
    source: Source | None,
) -> list[Finding]:
    if (score := minimized(training, losses, source)) is not None:
        return [score]
    if (climbing := climbs(training, losses, source)) is not None:
        return [climbing]
    dropped = [s for s in losses.training() if _is_dropped(s)]
    alone = training.roots_alone >= ENOUGH and training.roots_alone == training.roots_looked_at
    if alone and dropped and not any(s.propagated for s in losses.sites):
        return [_of_nothing_compared(dropped[0], training, source)]
    unreached = _unreached(network)
    found = [_of_own_parameters(s, unreached, training) for s in dropped if s.only_behind]
    if found and unreached and run.every_stage:  # its turn may come in a later stage
        return found[:1]
    return _in_source(source, training) if source is not None else []


def _is_dropped(site: LossSite) -> bool:
    return site.dropped >= ENOUGH and not site.propagated and site.function != "hand-written"


def _unreached(network: Network | None) -> int:
    """Parameters that the optimizer holds and no backward led to."""
    return sum(
        p.trainable and p.in_optimizer and p.reaches_loss is False and p.grad in ("none", "unknown")
        for p in (network.parameters() if network else ())
    )


def _of_nothing_compared(site: LossSite, training: Training, source: Source | None) -> Finding:
    name = _assigned(source, site.place)
    return Finding(
        says=f"{site.function} is computed {site.calls} times, but none of the "
        f"{training.backwards} backwards goes through it: they start from a tensor that was "
        "compared with no label",
        places=places(training.backward_place, site.place),
        severity="error",
        confidence=0.93,
        measured={
            "loss": site.function,
            "loss_calls": site.calls,
            "backwards": training.backwards,
            "output_shape": list(site.input_shape or ()),
        },
        explains=_EXPLAINS,
        fix=Fix(f"write {name}.backward()"),
    )


def _of_own_parameters(site: LossSite, unreached: int, training: Training) -> Finding:
    return Finding(
        says=f"{site.function} of outputs {plain(site.input_shape)} is computed {site.calls} "
        f"times, but no backward goes through it: {unreached} parameter tensors that only it leads "
        "to never get a gradient",
        places=places(site.place, training.backward_place),
        severity="error",
        confidence=0.85,
        measured={"loss": site.function, "loss_calls": site.calls, "parameters": unreached},
        explains=("underfitting", "weights-unchanged", "loss-not-decreasing"),
        fix=Fix("add it to the loss that backward starts from"),
    )


def _assigned(source: Source | None, place: Place | None) -> str:
    names = source.names_assigned_at(place) if source and place else ()
    return names[0] if len(names) == 1 else "loss"


# --- a sum of which only one term is propagated ---------------------------------------------------


def _in_source(source: Source, training: Training) -> list[Finding]:
    """What the source says, where the run shows that this backward is the one that is used."""
    at = training.backward_place
    return [
        finding
        for finding in suspect(source)
        if at is not None and (finding.places[0].path, finding.places[0].line) == (at.path, at.line)
    ]


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = list(_without_labels(seen)) if seen.sites("*.backward") else []
    for site, total, term, others, made in _partial(seen):
        listed = " and ".join(others)
        found.append(
            Finding(
                says=f"{total} is computed from {term} and {listed}, but backward starts from "
                f"{term} alone: {listed} {'has' if len(others) == 1 else 'have'} no part in it",
                places=(seen.place(site.block, site.node), seen.place(site.block, made)),
                severity="error",
                confidence=0.85,
                explains=("underfitting", "overfitting"),
                fix=Fix(f"write {total}.backward()"),
            )
        )
    return found


def _without_labels(seen: Look) -> Iterator[Finding]:
    """outputs.mean().backward(), where a loss of the same outputs is computed and only shown."""
    for site in seen.sites("*.backward"):
        outputs = _reduced(site.node)
        function = seen.function(site.block)
        body = function.node if function is not None else site.block.scope.node
        for made in seen.inside(body) if outputs is not None else ():
            if not isinstance(made, ast.Assign) or not isinstance(made.value, ast.Call):
                continue
            given, target = made.value.args, made.targets[0]
            is_loss = len(given) == 2 and isinstance(given[0], ast.Name) and given[0].id == outputs
            if not is_loss or not isinstance(target, ast.Name):
                continue
            if re.search("loss|criterion|entropy", ast.unparse(made.value.func), re.IGNORECASE):
                if _is_forgotten(seen, body, target.id, made):
                    yield _suspected_mean(seen, site, made, target.id)
                    break


def _reduced(backward: ast.Call) -> str | None:
    """`outputs` of outputs.mean().backward()"""
    value = backward.func.value if isinstance(backward.func, ast.Attribute) else None
    if not isinstance(value, ast.Call) or value.args or not isinstance(value.func, ast.Attribute):
        return None
    inner = value.func
    named = inner.attr in ("mean", "sum", "norm", "max") and isinstance(inner.value, ast.Name)
    return inner.value.id if named and isinstance(inner.value, ast.Name) else None


def _suspected_mean(seen: Look, site: Site, made: ast.Assign, loss: str) -> Finding:
    text = seen.text(site.block, site.node)
    return Finding(
        says=f"{text} starts from the outputs, which were compared with no label; {loss} is "
        "computed and only shown",
        places=(seen.place(site.block, site.node), seen.place(site.block, made)),
        severity="error",
        confidence=0.9,
        explains=_EXPLAINS,
        fix=Fix(f"write {loss}.backward()"),
    )


def _partial(seen: Look) -> Iterator[tuple[Site, str, str, list[str], ast.AST]]:
    """(backward, sum, propagated term, forgotten terms, where the sum is made)."""
    for site in seen.sites("*.backward"):
        func = site.node.func
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
            continue
        function = seen.function(site.block)
        body = function.node if function is not None else site.block.scope.node
        term = func.value.id
        for made in seen.inside(body):
            if not isinstance(made, ast.Assign) or made.lineno >= site.node.lineno:
                continue
            terms = _terms(made.value)
            target = made.targets[0]
            if not isinstance(target, ast.Name) or term not in terms or target.id in terms:
                continue
            if not _is_forgotten(seen, body, target.id, made):
                continue
            others = [t for t in terms if t != term and _is_loss(seen, body, t, made)]
            if others and not any(_has_backward(seen, body, t) for t in others):
                yield site, target.id, term, others, made


def _terms(value: ast.expr) -> list[str]:
    """The names that are added, with or without a factor: a, b, c of `a + 0.1 * b + c / 2`."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return [*_terms(value.left), *_terms(value.right)]
    if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Mult, ast.Div)):
        names = [n for n in (value.left, value.right) if isinstance(n, ast.Name)]
        return [names[-1].id] if names else []
    return [value.id] if isinstance(value, ast.Name) else []


def _is_forgotten(seen: Look, body: ast.AST, total: str, made: ast.Assign) -> bool:
    """Whether the sum goes nowhere but to print and item(): it is neither propagated, returned,
    given to a function, nor part of another sum."""
    if _has_backward(seen, body, total):
        return False
    shown: set[int] = set()
    for node in seen.inside(body):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.endswith(("print", "append", ".item", "float", "format", "log", "info", "write",
                              "add_scalar", "set_postfix", "update", ".detach")):  # fmt: skip
                shown |= {id(n) for n in walk(node)}
        elif isinstance(node, ast.JoinedStr):
            shown |= {id(n) for n in walk(node)}
    names = [n for n in seen.inside(body) if isinstance(n, ast.Name) and n.id == total]
    uses = [n for n in names if isinstance(n.ctx, ast.Load)]
    return all(id(n) in shown for n in uses)


def _has_backward(seen: Look, body: ast.AST, name: str) -> bool:
    """Whether this tensor is what a backward or a gradient is asked for."""
    pattern = re.compile(rf"(?<![\w.]){re.escape(name)}\b")
    for call in seen.calls_inside(body):
        written = ast.unparse(call.func)
        if written.endswith((".backward", ".scale", "grad", "manual_backward", ".step")):
            if pattern.search(ast.unparse(call)):
                return True
    return False


def _is_loss(seen: Look, body: ast.AST, name: str, before: ast.Assign) -> bool:
    """Whether a name is computed by a call just before: a term, and no constant or running sum."""
    made = [
        n
        for n in seen.inside(body)
        if isinstance(n, (ast.Assign, ast.AugAssign))
        for t in (n.targets if isinstance(n, ast.Assign) else [n.target])
        if isinstance(t, ast.Name) and t.id == name
    ]
    if not made or any(isinstance(n, ast.AugAssign) for n in made):
        return False
    last = max((n for n in made if n.lineno < before.lineno), key=lambda n: n.lineno, default=None)
    if last is None or not any(isinstance(n, ast.Call) for n in walk(last.value)):
        return False
    text = ast.unparse(last.value)
    return not re.search(r"\.item\(|\.detach\(|float\(|no_grad", text)


SAFE = "another quantity may be minimized on purpose"


def promise(before: Outcome, after: Outcome) -> bool:
    """It learns better. Where no accuracy is known, the losses are those of two quantities: what
    was found is gone, and the copy's own falls."""
    if pays(before, after):
        return True
    measured = (after.eval_accuracy, after.train_accuracy) != (None, None)
    first, last = after.first_loss, after.last_loss
    falls = first is not None and last is not None and last < first - LOWER_LOSS * abs(first)
    return falls and not measured and goes(before, after)


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    code = advised(finding)
    mends = code is not None and (code.endswith(".backward()") or " = " in code)
    return restated(finding, source) if mends else []


BAD = """
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
train_loader = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=50, shuffle=True)

model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(4):
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, targets)
        outputs.mean().backward()  # <- here
        optimizer.step()
    model.eval()
    with torch.no_grad():
        correct = (model(images[1400:]).argmax(1) == labels[1400:]).sum().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {correct / 397:.3f}")
"""

GOOD = BAD.replace("outputs.mean().backward()  # <- here", "loss.backward()")
