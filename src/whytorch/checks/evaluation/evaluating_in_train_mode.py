"""Evaluation in train mode.

What it looks for
    Held-out samples go through the network while it is in train mode, and it has layers for which
    that matters: dropout that drops, or BatchNorm that uses the statistics of the batch.

Why it hurts
    Dropout removes random units from a network that is being measured, and BatchNorm makes each
    prediction depend on the other samples of the batch, and learns the test data's statistics.
    The figure is neither the one the network would give in use, nor the same twice.

How to fix it
    Call model.eval() before the evaluation, and model.train() before the next training epoch.

When it is fine
    Batches of the training data in train mode: update_bn for averaged weights, accuracy on the
    fly. Drawing several predictions of the same samples on purpose (MC dropout). Networks without
    dropout and BatchNorm, and layers frozen by their own eval().

References
    PyTorch notes, Autograd mechanics: "Evaluation Mode (nn.Module.eval())".
"""

from __future__ import annotations

from whytorch.checks import _modes
from whytorch.checks._helpers import places
from whytorch.checks._mending import forgotten_parentheses, network_at
from whytorch.checks._places import loops_around
from whytorch.checks._promises import mends
from whytorch.checks._uncalled import uncalled
from whytorch.checks.evaluation._held_out import drawn_again, evaluations, on_held_out
from whytorch.evidence.facts import Network, Passes, PassFacts, Run
from whytorch.evidence.source import Call, Source
from whytorch.evidence.source_look import look
from whytorch.records import (
    AnyEdit,
    Finding,
    Fix,
    InsertAfter,
    InsertBefore,
    NotJudged,
    Place,
    Severity,
)

BEFORE = "call model.eval() before this evaluation, model.train() before the next epoch"
BACK = "move this switch to train mode behind the evaluation"
LOWER = 0.1  # evaluation accuracy this far below training: the mode may be why


def decide(
    passes: Passes, run: Run, network: Network | None, source: Source | None
) -> list[Finding] | NotJudged:
    own = _always_of_the_batch(network)
    trained = passes.of("train")
    evaluated = [p for p in evaluations(passes.passes) if on_held_out(p)]
    if not trained or not evaluated:
        return NotJudged("no evaluation on held-out samples was seen")
    found = [p for p in evaluated if _in_train_mode(p, own) and not drawn_again(p, evaluated)]
    if not found or run.classification is False:
        return []
    return [_finding(found[-1], len(found), trained[-1], source)]


def _always_of_the_batch(network: Network | None) -> int:
    """BatchNorm layers that keep no statistics: they do the same in both modes."""
    layers = network.layers if network is not None else ()
    return sum(
        "BatchNorm" in x.kind and x.settings.get("track_running_stats") is False for x in layers
    )


def _in_train_mode(one: PassFacts, own: int) -> bool:
    minding = one.active_dropout > 0 or one.active_batchnorm > own
    return one.train_mode is True and minding


def _finding(one: PassFacts, times: int, trained: PassFacts, source: Source | None) -> Finding:
    layers = [
        f"{count} {kind} layer{'s' * (count > 1)}"
        for count, kind in ((one.active_dropout, "dropout"), (one.active_batchnorm, "BatchNorm"))
        if count
    ]
    named = uncalled(source, "eval")
    back = None if named else _switched_back(one, source)
    first = named[0] if named else back
    how = f" ({one.accuracy:.0%} accuracy)" if one.accuracy is not None else ""
    return Finding(
        says=f"{one.samples} held-out samples{how} went through the network in train mode, in "
        f"{times} evaluation{'s' * (times > 1)}, with {' and '.join(layers)} active",
        places=places(first, one.place, *one.callers[1:2], _eval_call(source)),
        severity=_severity(one, trained),
        confidence=0.95,
        measured={
            "evaluations_in_train_mode": times,
            "samples": one.samples,
            "active_dropout_layers": one.active_dropout,
            "active_batchnorm_layers": one.active_batchnorm,
            "evaluation_accuracy": one.accuracy,
            "training_accuracy": trained.accuracy,
        },
        explains=("evaluation-far-below-training", "results-vary-between-runs"),
        fix=named[1] if named else Fix(BACK if back else BEFORE),
    )


def _severity(one: PassFacts, trained: PassFacts) -> Severity:
    if one.accuracy is None or trained.accuracy is None:
        return "warning"
    return "error" if trained.accuracy - one.accuracy >= LOWER else "warning"


def _eval_call(source: Source | None) -> Place | None:
    """Where the script does call eval(), too early or for another network."""
    found = source.calls_to("*.eval") if source else ()
    return found[0].place if found else None


def _switched_back(one: PassFacts, source: Source | None) -> Place | None:
    """The train() that undoes an eval() before these predictions, in the function they are in."""
    if source is None or one.place is None:
        return None
    at = one.place
    where = _function_at(source, at)
    above = [
        call
        for call in source.calls_to("*.eval", "*.train")
        if call.place.path == at.path
        and call.place.line < at.line
        and _function_at(source, call.place) == where
    ]
    last = max(above, key=lambda call: call.place.line, default=None)
    undone = any(call.last == "eval" or _is_off(call) for call in above if call is not last)
    return last.place if last and undone and last.last == "train" and not _is_off(last) else None


def _function_at(source: Source, place: Place) -> Place | None:
    function = source.enclosing_function(place)
    return function.place if function else None


def _is_off(call: Call) -> bool:
    return any(value.constant is False for value in (*call.args, *call.keywords.values()))


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    found = _modes.evaluated_in_training_mode(seen) if seen.sites("*.backward") else None
    if found is None:
        return []
    model = seen.text(found.block, found.node.func)
    return [
        Finding(
            says=f"{model} has {found.layer} layers and is evaluated here, and nothing ever "
            "switches it to evaluation mode",
            places=(seen.place(found.block, found.node),),
            severity="error",
            confidence=0.88,
            explains=("evaluation-far-below-training", "results-vary-between-runs"),
            fix=Fix(f"write {model}.eval() before the evaluation, and {model}.train() behind it"),
        )
    ]


# May a machine change it without asking? (see check_file.py)
SAFE = True
promise = mends


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if named := forgotten_parentheses(finding, "eval"):
        return named
    for place in finding.places[:1]:
        model, loops = network_at(source, place), loops_around(source, place)
        where = loops[-1].place if loops else place
        if model is None:
            return []
        if _trains_in(source, where):  # a look in between, at all held-out samples at once
            return _around(source, place, where, model)
        edits: list[AnyEdit] = [InsertBefore(where, code=f"{model}.eval()")]
        if not any(c.loop_depth for c in source.calls_to("*.train")):
            edits.append(InsertAfter(where, code=f"{model}.train()"))
        return edits
    return []


def _around(source: Source, place: Place, loop: Place, model: str) -> list[AnyEdit]:
    """The switch right before the statement, and back behind it unless the loop does that."""
    edits: list[AnyEdit] = [InsertBefore(place, code=f"{model}.eval()")]
    if not any(c.last == "train" and not c.args for c in source.calls_within(loop)):
        edits.append(InsertAfter(place, code=f"{model}.train()"))
    return edits


def _trains_in(source: Source, where: Place) -> bool:
    return any(c.last == "backward" for c in source.calls_within(where))


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
train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
test_loader = DataLoader(TensorDataset(x_test, y_test), batch_size=100)

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(8):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

hits = 0
with torch.no_grad():
    for images, labels in test_loader:
        hits += (model(images).argmax(1) == labels).sum().item()  # <- here
print(f"test accuracy: {hits / len(x_test):.3f}")
"""

GOOD = BAD.replace("hits = 0", "model.eval()\nhits = 0").replace("  # <- here", "")
