"""The best weights are kept by reference.

What it looks for
    A state_dict() that was set aside, and loaded or saved after more steps without having been
    copied: its tensors are the live weights, which went on changing. Also a second name for the
    network itself (best_model = model).

Why it hurts
    "Best" is "last": what is loaded, saved or evaluated at the end is the network after its last
    step, overfitted or not.

How to fix it
    Write copy.deepcopy(model.state_dict()), or torch.save it at once.

When it is fine
    A state dict that is saved or loaded before the next step, and a target network that takes the
    weights of now.

References
    PyTorch, "Saving and loading models": "best_model_state will keep getting updated".
"""

from __future__ import annotations

import ast

from whytorch.checks._helpers import places
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import at, restated, statement, text
from whytorch.checks.training_loop._alias import aliases, handed_over
from whytorch.evidence.facts import Checkpoints, KeptWeights, Run, Training
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Loops, Spot, dotted, inside, method, targets_of
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, ReplaceExpression, Severity

_USED = ("load_state_dict", "save")
_COPIED_ELSEWHERE = (".cpu()", ".to(", ".numpy()")  # a copy on a GPU, none on a CPU


def decide(
    run: Run, training: Training | None, checkpoints: Checkpoints | None, source: Source | None
) -> list[Finding] | NotJudged:
    kept = checkpoints.kept if checkpoints else ()
    if kept:
        return [_finding(max(kept, key=lambda k: (k.used == "loaded", k.steps_between)))]
    suspected = suspect(source) if source is not None else []
    if not suspected and source is not None and training and len(training.optimizers) == 1:
        suspected = [_second_name(*found) for found in handed_over(source)][:1]
    if suspected or run.shortened:  # the end of the training, where they are used, may be missing
        return suspected or NotJudged("the run was shortened: weights set aside were not used")
    return []


def _finding(kept: KeptWeights) -> Finding:
    code = kept.taken_place.code if kept.taken_place and kept.taken_place.code else ""
    moved = any(word in code for word in _COPIED_ELSEWHERE)
    severity: Severity = "advice" if moved else "error"
    what = {"loaded": "loaded back", "saved": "saved", "copied": "loaded"}[kept.used]
    return Finding(
        says=f"the weights set aside were {what} {kept.steps_between} optimizer steps later, and "
        "had changed with every one of them: state_dict() gives the live tensors",
        places=places(kept.taken_place, kept.used_place),
        severity=severity,
        confidence=0.95,
        measured={"steps_between": kept.steps_between, "tensors": kept.tensors, "used": kept.used},
        explains=("evaluation-far-below-training", "overfitting"),
        fix=Fix(_remedy(code)),
    )


def _remedy(code: str) -> str:
    line = code.strip()
    start, call, _ = line.partition(".state_dict()")
    name = start.replace("(", " ").replace("=", " ").replace(":", " ").split()
    taken = f"{name[-1]}.state_dict()" if call and name else "model.state_dict()"
    return f"write copy.deepcopy({taken})"


# --- the source alone ----------------------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    """`if better: best = model.state_dict()` in a training loop, and `best` used behind it."""
    around = source.around
    if not around.has("*.backward", "*.fit", "*.step"):
        return []
    for spot, kept, model in aliases(source):
        return [_second_name(spot, kept, model)]
    if not around.has("*.state_dict"):
        return []
    for spot in around.calls("*.state_dict"):
        kept = _set_aside(spot)
        if kept and (used := _used_later(spot, kept, source)) is not None:
            model = method(spot.node)[0] or "model"
            return [
                Finding(
                    says=f"{kept} holds the live weights of {model}: the steps that follow change "
                    "them, and it is used after the training",
                    places=places(spot.place(), used.place()),
                    severity="warning",
                    confidence=0.88,
                    explains=("evaluation-far-below-training", "overfitting"),
                    fix=Fix(f"write {kept} = copy.deepcopy({model}.state_dict())"),
                )
            ]
    return []


def _second_name(spot: Spot, kept: str, model: str) -> Finding:
    return Finding(
        says=f"{kept} is another name for {model}, not a copy: what is used after the "
        "training is the network of its last step",
        places=(spot.place(),),
        severity="warning",
        confidence=0.88,
        explains=("evaluation-far-below-training", "overfitting"),
        fix=Fix(f"write {kept} = copy.deepcopy({model})"),
    )


def _set_aside(spot: Spot) -> str:
    """The variable that gets the bare state dict under a condition, in a loop or a method."""
    parent = spot.tree.parents.get(spot.node)
    if isinstance(parent, ast.Dict):  # best = {"model": model.state_dict(), "epoch": epoch}
        parent = spot.tree.parents.get(parent)
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
        return ""
    name = dotted(parent.targets[0])
    if not name or not any(isinstance(n, ast.If) for n in _below_loop(spot)):
        return ""
    if not spot.loops() and not name.startswith("self."):
        return ""
    return name


def _below_loop(spot: Spot) -> list[ast.AST]:
    """What stands between the node and its loop, or its function."""
    found = []
    for node in spot.up():
        if isinstance(node, (*Loops, ast.FunctionDef)):
            break
        found.append(node)
    return found


def _used_later(spot: Spot, kept: str, source: Source) -> Spot | None:
    """Where the variable is loaded, or saved when the loop is over."""
    loops = spot.loops()
    if loops and not _trains(loops[-1]):
        return None
    if not loops and not any(_trains(loop) for loop in _all_loops(source)):
        return None
    last = kept.rpartition(".")[2]
    for use in source.around.calls("*.load_state_dict", "*.save"):
        given = [dotted(a) for a in (*use.call.args[:1], *(k.value for k in use.call.keywords))]
        given += [dotted(a.value) for a in use.call.args[:1] if isinstance(a, ast.Subscript)]
        same = kept in given if not kept.startswith("self.") else any(
            g.rpartition(".")[2] == last and "." in g for g in given
        )  # fmt: skip
        if not same:
            continue
        saves = method(use.node)[1] == "save"
        within = loops and use.call.lineno <= (loops[-1].end_lineno or 0)
        at_once = _same_branch(spot, use)
        local = kept.startswith("self.") or use.function() is spot.function()
        if local and not at_once and not (saves and within):
            return use
    return None


def _same_branch(spot: Spot, use: Spot) -> bool:
    """Used in the very branch that sets it aside, before the next step."""
    branch = next((n for n in spot.up() if isinstance(n, ast.If)), None)
    return branch is not None and any(n is branch for n in use.up())


def _trains(loop: ast.AST) -> bool:
    """A step or a call that may train: a loop over one trained network's steps."""
    names = [method(n)[1] or dotted(getattr(n, "func", None)) for n in inside(loop)]
    makes_anew = any(
        isinstance(n, ast.Assign)
        and isinstance(n.value, ast.Call)
        and dotted(n.value.func).rpartition(".")[2][:1].isupper()
        and any(t in ("model", "net", "self.model") for t in map(dotted, targets_of(n)))
        for n in inside(loop)
    )
    trains = any(n in ("step", "backward", "fit") or "train" in n.lower() for n in names if n)
    return trains and not makes_anew


def _all_loops(source: Source) -> list[ast.AST]:
    spots = source.around.calls("*.step", "*.backward")
    return [loop for s in spots for loop in s.loops()]


SAFE = True
promise = goes  # another epoch than the last is kept now: on unseen samples it may be the worse one


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    for place in finding.places[:1]:
        node = statement(source, place)
        for call in ast.walk(node) if node is not None else ():
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                if call.func.attr == "state_dict":
                    old = text(source, place, call)
                    return [ReplaceExpression(at(place, call), ("import copy",), old,
                                              f"copy.deepcopy({old})")]  # fmt: skip
    return restated(finding, source, ("import copy",))


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
train_x, train_y, val_x, val_y, test_x, test_y = (
    x[:1000], y[:1000], x[1000:1400], y[1000:1400], x[1400:], y[1400:]
)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)


def accuracy(inputs, labels):
    model.eval()
    with torch.no_grad():
        return (model(inputs).argmax(1) == labels).float().mean().item()


best_accuracy, best_weights = 0.0, None
for epoch in range(12):
    model.train()
    for rows in torch.randperm(1000).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(train_x[rows]), train_y[rows]).backward()
        optimizer.step()
    score = accuracy(val_x, val_y)
    if score > best_accuracy:
        best_accuracy = score
        best_weights = model.state_dict()  # <- here
model.load_state_dict(best_weights)
print("best validation", best_accuracy, "test", accuracy(test_x, test_y))
"""

GOOD = "\nimport copy\n" + BAD.replace(
    "model.state_dict()  # <- here", "copy.deepcopy(model.state_dict())"
)
