"""Early stopping decides wrongly.

What it looks for
    In the source: a best value that no result can ever beat (a loss that has to exceed infinity, or
    fall below 0), that follows the metric in its wrong direction (by hand, or in a callback that is
    told what to monitor), or that is never updated; a
    patience counter that is never set back when things improve; and a monitored value that is the
    training's own loss though a validation is computed beside it. The same of a best value by which
    weights are kept without a counter. Where the training was run, how
    it ended, and whether the weights that were put back are those of the worst evaluation.

Why it hurts
    The training ends after a few epochs whatever happens, or never, and the "best" model that was
    kept is not the best.

How to fix it
    For a loss: best = float("inf"), `if val_loss < best: best, counter = val_loss, 0`, else
    counter += 1. For an accuracy: best = 0, and >; for a callback, mode="max".

When it is fine
    A counter that is set back in another way, training until the training loss itself converges,
    and a loss that is given as a negative number.

References
    L. Prechelt, "Early stopping - but when?" (1998).
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from whytorch.checks._helpers import places
from whytorch.checks._promises import goes
from whytorch.checks._repairs import in_loop
from whytorch.checks._rewriting import number, setting, told
from whytorch.checks.training_loop._monitored import monitored
from whytorch.checks.training_loop._never_updated import last_kept, never_updated, suspected
from whytorch.checks.training_loop._stopping import Rule, rules, trained_on
from whytorch.checks.training_loop._turned import turned, turned_around
from whytorch.checks.training_loop._worst_kept import best_kept, worst_kept
from whytorch.evidence.facts import Passes, Run
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, InsertAfter, Place

_FALLS = re.compile(r"loss|error|(^|_)err($|_)|rmse|mse|mae|perplexity|ppl|cost", re.IGNORECASE)
_RISES = re.compile(r"acc|f1|auc|dice|iou|precision|recall|correct|map$|bleu", re.IGNORECASE)


def decide(source: Source, run: Run, passes: Passes | None) -> list[Finding]:
    found = _of_rules(source, passes is not None and best_kept(passes, source))
    worst = worst_kept(passes, run, source) if passes is not None else None
    if worst is not None:  # what the run shows goes before what is written
        return [worst]
    last = last_kept(passes, run, source)
    if last is not None and not any(f.places[:1] == last.places[:1] for f in found):
        found = [last, *found]
    if not found or run.shortened or passes is None:
        return found
    epochs = len(passes.of("train"))
    return [replace(f, says=f"{f.says}; this run trained {epochs} epochs") for f in found]


def suspect(source: Source) -> list[Finding]:
    found = _of_rules(source)
    if not found:
        found = [suspected(one) for one in never_updated(source)][:1]
    return found


def _of_rules(source: Source, best_kept: bool = False) -> list[Finding]:
    """A name may lie: whatever is called a loss, the run may have kept the best by it."""
    found = []
    for rule in rules(source):
        one = (
            _unbeatable(rule)
            or (None if best_kept else _wrong_way(rule))
            or _stuck(rule)
            or _never_reset(rule)
        )
        one = one or _on_training(rule)
        found += [one] if one else []
    found += [] if best_kept else _of_callbacks(source)
    return found[:3]


def _of_callbacks(source: Source) -> list[Finding]:
    found = []
    for one in monitored(source):
        if not (_falls(one.name) if one.up else _rises(one.name)):
            continue
        other, mode = ("min", "max") if one.up else ("max", "min")
        says = f"{one.callee} monitors {one.name} with mode={mode!r}"
        says += "" if one.said else ", which it takes when it is told nothing"
        says += f": {one.name} counts as better when it {'rises' if one.up else 'falls'}"
        found.append(_finding(says, one.place, f'write mode="{other}"', 0.9))
    return found


def _finding(says: str, place: Place | None, fix: str, confidence: float = 0.85) -> Finding:
    return Finding(
        says=says,
        places=places(place),
        severity="warning",
        confidence=confidence,
        explains=("underfitting", "overfitting", "evaluation-far-below-training"),
        fix=Fix(fix),
    )


def _unbeatable(rule: Rule) -> Finding | None:
    """best = inf with >, best = -inf with <: no number gets there."""
    first, up = rule.first, rule.up
    if first is None or abs(first) < 1e6:
        return None
    if (first > 0) != up:
        return None
    return _finding(
        f"{rule.best} starts at {first:g} and {rule.metric} has to be "
        f"{'greater' if up else 'smaller'}: it never is, and nothing ever counts as better",
        rule.test,
        _write(rule),
        0.95,
    )


def _wrong_way(rule: Rule) -> Finding | None:
    """A loss kept when it rises, an accuracy kept when it falls."""
    falls, rises = _falls(rule.metric), _rises(rule.metric)
    if falls == rises or rule.negated:
        return None
    if rule.up and falls:
        kind = "is a loss, and it counts as better when it rises"
    elif not rule.up and rises:
        kind = "is better when it is higher, and counts as better when it falls"
    elif not rule.up and falls and rule.first == 0:
        kind = f"has to fall below {rule.best}, which starts at 0: it never does"
    else:
        return None
    return _finding(f"{rule.metric} {kind}", rule.test, _write(rule), 0.88)


def _write(rule: Rule) -> str:
    falls = _falls(rule.metric)
    if falls or (not _rises(rule.metric) and not rule.up):
        return (
            f'write {rule.best} = float("inf") before the loop, and '
            f"`if {rule.metric} < {rule.best}:`"
        )
    return f"write {rule.best} = 0 before the loop, and `if {rule.metric} > {rule.best}:`"


def _stuck(rule: Rule) -> Finding | None:
    """The counter is set back, and what it was compared with never changes."""
    if rule.updated or not rule.counter:
        return None
    return _finding(
        f"{rule.best} is never updated: every {rule.metric} is compared with its first value",
        rule.test,
        f"write {rule.best} = {rule.metric} where it is better",
    )


def _never_reset(rule: Rule) -> Finding | None:
    if not rule.counter or rule.reset or not rule.updated or not rule.stops:
        return None
    mend = f"write {rule.counter} = 0 where {rule.best} is updated"
    if rule.each:
        mend = f"add `else: {rule.counter} = 0`, and keep the best value instead of the last"
    return _finding(
        f"{rule.counter} counts every epoch that brings no improvement and is never set back: the "
        "training ends after that many in all, not in a row",
        rule.counted,
        mend,
        0.86,
    )


def _on_training(rule: Rule) -> Finding | None:
    """The value is summed beside backward, and an evaluation stands in the same loop."""
    if not rule.counter or not rule.stops or not trained_on(rule):
        return None
    return _finding(
        f"the training stops by {rule.metric}, which is summed over training batches: it goes on "
        "falling while the network overfits",
        rule.test,
        "compare the validation's value instead",
        0.8,
    )


def _falls(name: str) -> bool:
    return bool(_FALLS.search(name)) and not _RISES.search(name)


def _rises(name: str) -> bool:
    return bool(_RISES.search(name)) and not _FALLS.search(name)


_OTHER_WAY = re.compile(
    r'write ([\w.]+) = (float\("inf"\)|0) before the loop, and `if .+ ([<>]) [\w.]+:`'
)
SAFE = "the training ends at another epoch"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if other_way := _OTHER_WAY.match(told(finding)):
        best, start, up = other_way[1], other_way[2], other_way[3] == ">"
        return turned(source, finding.places[0], best, up, start)
    if told(finding).startswith("turn the comparison around"):
        return turned_around(source, finding.places[0])
    if mode := number(r'write mode=("m(?:ax|in)")', finding):
        return setting(finding, source, ("ModelCheckpoint",), "mode", mode)
    reset = re.match(r"write (\w+) = 0 where (\w+) is updated", told(finding))
    if reset is None:
        return []
    around = source.enclosing_function(finding.places[0])
    inside = around.qualname if around else "<module>"
    for one in source.assignments:
        if reset[2] in one.targets and one.function == inside and in_loop(source, one.place):
            return [InsertAfter(one.place, code=f"{reset[1]} = 0")]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
loss_fn = nn.CrossEntropyLoss()

best_loss, counter, patience = float("inf"), 0, 4
for epoch in range(30):
    model.train()
    for rows in torch.randperm(1000).split(50):
        optimizer.zero_grad()
        loss_fn(model(x[rows]), y[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss = loss_fn(model(x[1000:1400]), y[1000:1400]).item()
    if val_loss < best_loss:
        best_loss = val_loss
    else:
        counter += 1  # <- here
        if counter >= patience:
            print("early stopping after epoch", epoch)
            break

with torch.no_grad():
    print("test accuracy", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""

GOOD = BAD.replace("best_loss = val_loss\n", "best_loss, counter = val_loss, 0\n").replace(
    "  # <- here", ""
)
