"""Where a setting of an optimizer is written, and by which name.

In plain scripts that is the line that makes the optimizer. Where a framework makes it, the line of
the script that led there is `trainer.train()`, and the setting is an argument of another call:
`TrainingArguments(learning_rate=...)`, `NeuralNetClassifier(lr=...)`.
"""

from __future__ import annotations

from typing import NamedTuple

from whytorch.checks._helpers import places
from whytorch.checks.optimization._progress import argument_place
from whytorch.evidence.facts import OptimizerFacts
from whytorch.evidence.source import Source
from whytorch.records import Place

_NAMES = {
    "lr": ("lr", "learning_rate", "lr_max", "max_lr", "base_lr"),
    "weight_decay": ("weight_decay", "wd"),
    "momentum": ("momentum", "mom"),
}


class Setting(NamedTuple):
    places: tuple[Place, ...]
    name: str


def configured(optimizer: OptimizerFacts, name: str, source: Source | None) -> Setting:
    """Of one of `_NAMES`: where to change it, the first place first."""
    made_here = places(optimizer.place, argument_place(optimizer, name, source))
    return _of_framework(optimizer, name, source) or Setting(made_here, name)


def _of_framework(optimizer: OptimizerFacts, name: str, source: Source | None) -> Setting | None:
    """The one argument of that meaning and value, if the optimizer's line does not make it."""
    place = optimizer.place
    if source is None or place is None or not optimizer.groups:
        return None
    value = getattr(optimizer.groups[0], name)
    if value is None or source.definition(place, name) is not None:
        return None
    lines = source.statement_lines(place)
    here = source.calls_within(Place(place.path, lines[0], lines[-1]))
    if any(call.last == optimizer.kind for call in here):
        return None
    given = [
        (call, keyword)
        for call in source.calls
        for keyword, written in call.keywords.items()
        if keyword.rpartition("__")[2] in _NAMES[name] and written.constant == value
    ]
    if len(given) != 1:
        return None
    (call, keyword), line = given[0], source.definition(given[0][0].place, given[0][1])
    return Setting(places(line or call.place), keyword)
