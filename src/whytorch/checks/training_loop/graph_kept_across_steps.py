"""The graphs of earlier steps are kept.

What it looks for
    Autograd graphs of network calls long past that are still in memory, because a variable or a
    list holds a tensor computed from them: a loss summed without .item(). In evaluation, graphs
    that no backward will ever use. And the crash of a backward that runs into the graph of an
    earlier step: a hidden state carried on, or a sum of losses used again.

Why it hurts
    Memory grows with every step until it runs out, and freeing the long chain takes time.

How to fix it
    Keep numbers, not tensors: total += loss.item(). Call .detach() on what the next step takes
    over. Evaluate under torch.no_grad().

When it is fine
    Losses summed over a few batches for one backward; the log-probabilities of an episode; the
    last few outputs; a list of losses behind their backward that is made anew for every epoch.

References
    PyTorch FAQ, "My model reports cuda runtime error(2): out of memory".
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._helpers import places
from whytorch.checks._places import same
from whytorch.checks._promises import mends
from whytorch.checks._rewriting import restated, told
from whytorch.checks.training_loop._again import second_backward
from whytorch.checks.training_loop._emptied import append_at, emptied_every_pass
from whytorch.evidence.facts import KeptGraphs, Run, Training, Upkeep
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, dotted, inside, method, targets_of
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceExpression

# The recorder counts from 20 graphs on: more than any unrolled sequence of network calls, mean over
# the last few losses, or ensemble that a sound loop keeps behind its backward.
FEWEST_CALLS = 40
_NUMBERS = ("item", "detach", "float", "numpy", "tolist", "cpu")


def decide(
    run: Run, upkeep: Upkeep | None, training: Training | None, source: Source | None
) -> list[Finding] | NotJudged:
    crash = run.crash
    if crash is not None and "backward through the graph a second time" in crash.message:
        again = upkeep.backward_again if upkeep else ()
        return [second_backward(crash, again, source)]
    if upkeep is None:
        return NotJudged("no training loop was seen in the run")
    found = [
        _kept(g, source)
        for g in upkeep.graphs
        if not _for_one_pass(g, source) and not _of_a_library(g, training)
    ]
    if not found and run.backwards < FEWEST_CALLS:
        return NotJudged(f"needs {FEWEST_CALLS} steps; this run has {run.backwards}")
    return found


def _of_a_library(kept: KeptGraphs, training: Training | None) -> bool:
    """Nothing of the script holds them, and the network is called and stepped at one and the same
    line of it: the loop is a library's, which may keep what it computes for its scores."""
    stepped = training.step_place if training is not None else None
    return not kept.names and kept.place is not None and same(kept.place, stepped)


def _for_one_pass(kept: KeptGraphs, source: Source | None) -> bool:
    append = append_at(_holder(kept, source)[0], source)
    return kept.phase == "train" and append is not None and emptied_every_pass(append)


def _kept(kept: KeptGraphs, source: Source | None) -> Finding:
    name = kept.names[0] if kept.names else None
    held, value = _holder(kept, source)
    what = f"held by {' and '.join(kept.names[:2])}" if name else "held by something"
    evaluating = kept.phase == "eval"
    why = "no backward will ever use them" if evaluating else "their backward is long over"
    return Finding(
        says=f"the autograd graphs of {kept.most} of {kept.calls} network calls were in memory at "
        f"once, {what}: {why}",
        places=places(held, kept.place),
        severity="warning",
        confidence=0.9 if held else 0.75,
        measured={"graphs_alive": kept.most, "network_calls": kept.calls, "phase": kept.phase},
        explains=("memory-grows", "slow"),
        fix=Fix(_remedy(held, name, value, evaluating)),
    )


def _remedy(held: Place | None, name: str | None, value: str | None, evaluating: bool) -> str:
    around = "run this evaluation inside `with torch.no_grad():`"
    if held is None or name is None or value is None:
        return around if evaluating else "keep .item() or .detach() of the tensor, not the tensor"
    code = held.code or ""
    appended = ".append(" in code
    target = re.split(r"\+?=", code)[0].strip() or name
    value = value.removeprefix(f"{target} + ")  # of total = total + loss
    single = re.fullmatch(r"[\w.]+", value) is not None
    number = f"{value}.item()" if single else f"({value}).item()"
    if appended and not re.search(r"loss|err|cost|acc", value):
        number = f"{value}.detach().cpu()"
    write = f"{name}.append({number})" if appended else f"{target} += {number}"
    return f"{around}, and write {write}" if evaluating else f"write {write}"


def _holder(kept: KeptGraphs, source: Source | None) -> tuple[Place | None, str | None]:
    """The line that put the tensor there, and what it put."""
    if source is None:
        return None, None
    for name in kept.names:
        last = name.rpartition(".")[2]
        for one in source.assignments:
            hit = any(
                t == name or t.startswith(f"{name}[") or ("." in name and t == f"self.{last}")
                for t in one.targets
            )
            inside_it = "." in name or _within(one.function, kept.function)
            grows = one.augmented or (one.value is not None and name in one.value.text.split())
            if hit and inside_it and grows and one.value is not None:
                return one.place, one.value.text
        for call in source.calls:
            if call.last in ("append", "extend") and call.args and call.raw.startswith(name):
                return call.place, call.args[0].text
    return None, None


def _within(qualified: str, function: str) -> bool:
    return qualified.rpartition(".")[2] == function


# --- the source alone ----------------------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    """`total += loss` beside `loss.backward()`, where nothing but a backward would need a graph."""
    if not source.around.has("*.backward"):
        return []
    found: list[Finding] = []
    for spot in source.around.calls("*.backward"):
        name, _ = method(spot.node)
        loops = spot.loops()
        if not name or "." in name or not loops:
            continue
        found += _summed(spot, name, loops[0])
    return found


def _summed(spot: Spot, loss: str, loop: ast.AST) -> list[Finding]:
    function = spot.function()
    nodes = list(inside(loop))
    if _becomes_number(spot, nodes, loss):
        return []
    for node in nodes:
        kept, value = _keeps(node, loss)
        if not kept or emptied_every_pass(spot.at(node)):
            continue
        if not _used_by_backward(function, kept) and not _no_grad(spot.at(node)):
            place = spot.at(node).place()
            text = spot.text(value) if value is not None else loss
            write = text.replace(loss, f"{loss}.item()", 1)
            form = f"{kept} += {write}" if isinstance(node, ast.AugAssign) else None
            return [
                Finding(
                    says=f"{kept} keeps {loss}, a tensor with its graph, for every batch",
                    places=(place,),
                    severity="warning",
                    confidence=0.8,
                    explains=("memory-grows", "slow"),
                    fix=Fix(f"write {form or f'{kept}.append({write})'}"),
                )
            ]
    return []


def _keeps(node: ast.AST, loss: str) -> tuple[str, ast.expr | None]:
    """The variable that a statement adds the bare loss to."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        bare = _is_bare(node.value, loss)
        return (dotted(node.target) if bare else ""), node.value
    owner, called = method(node)
    if called == "append" and isinstance(node, ast.Call) and len(node.args) == 1:
        return (owner if _is_bare(node.args[0], loss) else ""), node.args[0]
    return "", None


def _is_bare(value: ast.expr, loss: str) -> bool:
    """`loss`, `loss * n`, `loss / n`: a tensor of the graph."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Mult, ast.Div)):
        simple = (ast.Name, ast.Constant, ast.Attribute)
        if isinstance(value.right, simple) or method(value.right)[1] == "size":
            return _is_bare(value.left, loss)
        return False
    return isinstance(value, ast.Name) and value.id == loss


def _becomes_number(spot: Spot, nodes: list[ast.AST], loss: str) -> bool:
    """Whether the loop makes a number of the loss under the same name, before or after."""
    for node in nodes:
        if loss in [dotted(t) for t in targets_of(node)]:
            value = getattr(node, "value", None)
            called = method(value)[1] if value is not None else ""
            if called in _NUMBERS or isinstance(value, ast.Constant):
                return True
    return False


def _used_by_backward(function: ast.AST, kept: str) -> bool:
    """Whether the sum itself is differentiated; with retain_graph a part of it may be."""
    for node in inside(function):
        owner, called = method(node)
        if owner == kept and called in ("backward", "detach_"):
            return True
        if called == "backward" and isinstance(node, ast.Call):
            if any(k.arg == "retain_graph" for k in node.keywords):
                return True
    return False


def _no_grad(spot: Spot) -> bool:
    around = [n for n in spot.up() if isinstance(n, ast.With)]
    return any("no_grad" in spot.text(i.context_expr) for w in around for i in w.items)


SAFE = True
promise = mends


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    for place in finding.places[:1]:
        found = re.search(r"(?:\+= |append\()\(?([\w.]+)\)?\.(?:item|detach)\(\)", told(finding))
        if found is None and re.match(r"write [\w.]+ \+= \(.+\)\.item\(\)$", told(finding)):
            return restated(finding, source)
        if found is not None:
            return [ReplaceExpression(place, old=found[1], new=f"{found[1]}.detach()")]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
labels = torch.tensor(labels)
loader = DataLoader(TensorDataset(images[:1400], labels[:1400]), batch_size=35, shuffle=True)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)

for epoch in range(4):
    running_loss = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        running_loss += loss  # <- here
    print(f"epoch {epoch}: loss {running_loss / len(loader):.3f}")

net.eval()
with torch.no_grad():
    right = (net(images[1400:]).argmax(1) == labels[1400:]).float().mean()
print(f"test accuracy {right:.3f}")
"""

GOOD = BAD.replace("running_loss += loss  # <- here", "running_loss += loss.item()")
