"""Not the network it should be: built anew, carried over, or with its first weights.

What it looks for
    A new network at every epoch, each trained for one pass over the same data and then dropped, or
    one whose weights are drawn anew in front of each pass.
    And cross-validation whose folds share one network: from the second fold on it is evaluated on
    samples that an earlier fold trained it on. And evaluations that are all of a network which no
    step has changed, a copy from before the training or one built for the evaluation, or of the
    first weights, which are put in each time.

Why it hurts
    A model built anew has forgotten the epochs before it, and one that folds share was trained on
    what it is then tested on. The average over folds is too good.

How to fix it
    Build the network and its optimizer before the loop over epochs; in cross-validation, inside the
    loop over folds. Evaluate the network that trains, or load its weights into the other one first.

When it is fine
    A new network for each fold, setting or repeat. What tells them from epochs: they see other
    data, other settings or another seed, or train for several passes.

References
    T. Hastie, R. Tibshirani and J. Friedman, The elements of statistical learning, section 7.10.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec.structs import replace

from whytorch.checks._helpers import places
from whytorch.checks._places import loops_around, within
from whytorch.checks._promises import goes
from whytorch.checks._repairs import first_in
from whytorch.checks._rewriting import statement, text, told
from whytorch.checks.training_loop import _another, _reset
from whytorch.checks.training_loop._moved_out import moved_out
from whytorch.evidence.facts import Network, Passes, PassFacts, Run, Training
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, dotted, inside, method, targets_of
from whytorch.records import AnyEdit, Finding, Fix, InsertBefore, NotJudged, Place, Remove

FEWEST = 3  # networks, each with one pass; of a run that was shortened, whose passes were more
FEWEST_WHOLE = 2
SEEN = 0.8  # of a fold's samples: a random other fold's share would be (k - 1) / k of them, or all
_EPOCH = re.compile(r"epoch|\bep\b|iteration", re.IGNORECASE)
_FOLDS = ("*.KFold", "*.StratifiedKFold", "*.GroupKFold", "*.RepeatedKFold", "*.ShuffleSplit",
          "*.StratifiedShuffleSplit", "*.RepeatedStratifiedKFold", "*.LeaveOneOut")  # fmt: skip
_RESETS = re.compile(r"reset|init|load_state_dict|deepcopy|clone|apply|build|create|make")


def decide(
    run: Run,
    passes: Passes,
    network: Network | None,
    training: Training | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if source is None:
        return NotJudged("the script's source could not be read")
    another = _another.decide(run, passes) or _another.of_first_weights(run, passes)
    if another:
        return another
    trained = [p for p in passes.of("train") if p.steps]
    shared = list(_shared(source))
    if shared:
        return [_measured(f, passes) for f in shared]
    if (reset := _reset.each_epoch(trained, network, _epochs_around, source)) is not None:
        return [reset]
    made, kind = (network.place, network.kind) if network else (None, "network")
    around = _epochs_around(made, source) if made is not None else None
    if around is None:
        made, kind = _stepped_at(training), "network"
        around = _epochs_around(made, source) if made is not None else None
    numbers = [p.network for p in trained]
    few = FEWEST if run.shortened else FEWEST_WHOLE
    if around is None or made is None or len(set(numbers)) < few or None in numbers:
        return []
    if len(set(numbers)) < len(numbers):  # some network had more than one pass
        return []
    loop, line = around
    step = training.step_place if training is not None else None
    builder = source.enclosing_function(made)
    if builder is None or (step is not None and within(step, builder.place)):
        line = made  # the loop's own line trains, too
    return [_rebuilt(trained, loop, (line, made), kind)]


def _stepped_at(training: Training | None) -> Place | None:
    """Where the last optimizer was built: beside the network that it steps, of which the one that
    is evaluated may be an averaged copy."""
    stepped = [o.place for o in training.optimizers if o.steps] if training is not None else []
    return stepped[-1] if stepped else None


# --- a new one every epoch ------------------------------------------------------------------------


def _rebuilt(
    trained: list[PassFacts], loop: Place, made: tuple[Place, Place], kind: str
) -> Finding:
    return Finding(
        says=f"{len(trained)} networks were trained, each for one pass over the data and from its "
        f"initial weights: a new {kind} is built in the loop over epochs",
        places=places(*made, loop),
        severity="error",
        confidence=0.92,
        measured={"networks": len(trained), "passes_each": 1},
        explains=("loss-not-decreasing", "underfitting", "loss-at-chance"),
        fix=Fix(f"move the line that builds it, and the optimizer's, before line {loop.line}"),
    )


def _epochs_around(place: Place, source: Source, calls: int = 4) -> tuple[Place, Place] | None:
    """The loop over epochs around a line, or around a call of the function that it stands in; and
    the line in it."""
    around = loops_around(source, place)
    epochs = [x for x in around if _EPOCH.search(f"{x.target} {x.iterable}")]
    if epochs:
        return None if _varies(source, epochs[-1].place) else (epochs[-1].place, place)
    function = source.enclosing_function(place)
    if around or function is None or not calls:
        return None
    callers = source.calls_to(f"*.{function.name}", function.name)
    found = (_epochs_around(c.place, source, calls - 1) for c in callers)
    return next((loop for loop in found if loop is not None), None)


def _varies(source: Source, loop: Place) -> bool:
    """A seed is set in the loop: the repeats are meant."""
    seeds = source.calls_to("torch.manual_seed", "*.set_seed", "*.seed_everything", "*.seed")
    return any(within(c.place, loop) for c in seeds)


# --- one for all folds ----------------------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    """A loop over the folds of scikit-learn that trains a network built before it."""
    if not source.around.has(*_FOLDS) or not source.around.has("*.backward", "*.step", "*.fit"):
        return []
    return list(_shared(source))


def _measured(finding: Finding, passes: Passes) -> Finding:
    seen = [p for p in passes.of("eval") if (p.seen_in_training or 0.0) >= SEEN]
    if not seen:
        return finding
    return replace(
        finding,
        says=f"{finding.says}; in {len(seen)} evaluations {SEEN:.0%} or more of the samples had "
        "been trained on before",
        severity="error",
        confidence=0.95,
    )


def _shared(source: Source) -> Iterator[Finding]:
    if not source.around.has(*_FOLDS):
        return
    for spot in source.around.calls("*.split"):
        loop = next((x for x in spot.loops() if spot.node in ast.walk(_head(x))), None)
        folds = source.around.made(spot, spot.call.func.value)  # type: ignore[attr-defined]
        if loop is None or not isinstance(folds, ast.Call):
            continue
        if f"*.{dotted(folds.func).rpartition('.')[2]}" not in _FOLDS:
            continue
        shared = _carried(spot, loop, source)
        if shared is not None:
            name, made = shared
            yield Finding(
                says=f"all folds train one network: {name} is built before the loop over the folds "
                "and never renewed in it, so each fold after the first is evaluated on samples "
                "that an earlier one trained on",
                places=(made, spot.at(loop).place()),
                severity="warning",
                confidence=0.9,
                explains=(),
                fix=Fix(f"build {name} and its optimizer inside the loop that starts at line "
                        f"{loop.lineno}"),
            )  # fmt: skip


def _head(loop: ast.AST) -> ast.AST:
    return loop.iter if isinstance(loop, (ast.For, ast.AsyncFor)) else loop


def _carried(spot: Spot, loop: ast.AST, source: Source) -> tuple[str, Place] | None:
    """A network made before the loop, trained in it, and neither rebuilt nor reset there."""
    nodes = list(inside(loop))
    text = " ".join(dotted(n.func) for n in nodes if isinstance(n, ast.Call))
    if _RESETS.search(text) or not _trains(nodes, source):
        return None
    bound = {dotted(t) for n in nodes for t in targets_of(n)}
    used = {dotted(a) for n in nodes if isinstance(n, ast.Call) for a in (n.func, *n.args)}
    used |= {method(n)[0] for n in nodes if method(n)[1] in ("train", "eval", "zero_grad")}
    for node in inside(spot.function()):
        if not isinstance(node, ast.Assign) or node.lineno >= loop.lineno:  # type: ignore[attr-defined]
            continue
        name = dotted(node.targets[0])
        if name and name in used - bound and _is_network(node.value, spot, source):
            return name, spot.at(node).place()
    return None


def _trains(nodes: list[ast.AST], source: Source) -> bool:
    """A backward in the loop, or in a function that it calls."""
    if any(method(n)[1] == "backward" for n in nodes):
        return True
    called = {dotted(n.func) for n in nodes if isinstance(n, ast.Call)}
    return any(
        getattr(s.function(), "name", "") in called for s in source.around.calls("*.backward")
    )


def _is_network(value: ast.expr, spot: Spot, source: Source) -> bool:
    """`Net()`, `nn.Sequential(...)`, `resnet18()`, each perhaps with .to(device)."""
    while method(value)[1] in ("to", "cuda", "float", "double") or (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in ("to", "cuda")
    ):
        value = value.func.value  # type: ignore[attr-defined]
    if not isinstance(value, ast.Call):
        return False
    name = source.around.name_of(spot, value.func)
    own = {c.name for c in source.classes if any("Module" in b for b in c.bases)}
    return name in own or name == "torch.nn.Sequential" or name.startswith("torchvision.models.")


SAFE = "each fold starts anew, where it went on"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if told(finding).startswith("move the line that builds it") and len(finding.places) > 1:
        return moved_out(source, finding.places[0], finding.places[-1])
    if not told(finding).startswith("build ") or len(finding.places) < 2:
        return []
    made, loop = finding.places[:2]
    node = statement(source, made)
    line = text(source, made, node) if node is not None else ""
    first = first_in(source, loop)
    if first is None or "\n" in line or not line or made.path != loop.path:
        return []
    return [Remove(made), InsertBefore(first, code=line)]


BAD = """
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import KFold
from torch import nn

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
labels = torch.tensor(labels)


def train(net, x, y, epochs=4):
    optimizer = torch.optim.Adam(net.parameters(), lr=0.004)
    net.train()
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(60):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()


def test(net, x, y):
    net.eval()
    with torch.no_grad():
        return (net(x).argmax(1) == y).float().mean().item()


scores = []
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))  # <- here
for fold, (train_idx, test_idx) in enumerate(KFold(4, shuffle=True, random_state=0).split(images)):
    train(net, images[train_idx], labels[train_idx])
    scores.append(test(net, images[test_idx], labels[test_idx]))
    print("fold", fold, "accuracy", scores[-1])
print("mean accuracy", np.mean(scores))
"""

_LINE = "net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))"
GOOD = BAD.replace(f"{_LINE}  # <- here\n", "").replace(
    "    train(net, images[", f"    {_LINE}\n    train(net, images["
)
