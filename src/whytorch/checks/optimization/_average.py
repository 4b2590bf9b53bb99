"""An average of the weights with so long a memory that it still holds the first ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._held_out import evaluations
from whytorch.checks.regularization._gap import WIDE
from whytorch.evidence.facts import Passes, PassFacts, Run, Training
from whytorch.evidence.source import Call, Source
from whytorch.records import Finding, Fix, Place

# Of the way to the weights that training had reached. An average of the last half of a training
# has come nearly all of it; one that answers as well as the network itself is of no concern.
BEHIND = 0.6
# An average of the weights on the way lies near it. Pruned or rounded ones lie somewhere else.
NEAR = 0.5
# Neither AverageMeter nor np.average, nor a schema; ExponentialLR is no average either.
_NAMED = re.compile(
    r"EMA|Ema(?![a-z])|(?<![a-z])ema(?![a-z])|[Aa]veraged|[Mm]oving_?[Aa]v|[Ee]xponential_?[AaMm]"
    r"|[Ss]hadow|[Pp]olyak|[Mm]ean_?[Tt]eacher"
)
_MEMORY = ("decay", "ema_decay", "momentum", "alpha", "beta", "tau")


def behind(
    training: Training, run: Run, passes: Passes | None, source: Source | None
) -> Finding | None:
    """The weights that are evaluated are on their way to those that are trained, and answer worse
    by far. Of a run that was cut short the average would have caught up."""
    one = training.averaged
    if one is None or passes is None or run.training_shortened:
        return None
    if one.way >= BEHIND or one.beside > NEAR:
        return None
    trained = [p for p in passes.of("train") if p.accuracy is not None]
    asked = [p for p in evaluations(passes.passes) if p.accuracy is not None]
    if not trained or not asked:
        return None
    last = asked[-1]
    is_it = one.swapped or last.network not in (None, trained[-1].network)
    made = list(_made(source))
    if not one.moved and not made:
        return None  # weights as they once were, looked at again
    if not is_it or _gap(trained[-1], last) < WIDE:
        return None
    return Finding(
        title="Average of the weights that lags behind",
        says=f"evaluated is an average of the weights that has come {max(one.way, 0):.0%} of the "
        f"way from the first ones to those that training had reached, in {one.steps} steps: it has "
        f"{last.accuracy:.0%} right, the trained network {trained[-1].accuracy:.0%} of its "
        "training samples",
        places=places(*made, last.place),
        severity="error",
        confidence=0.92,
        measured={"way": one.way, "steps": one.steps, "swapped": one.swapped},
        explains=("evaluation-far-below-training", "underfitting", "same-class-predicted"),
        fix=Fix(
            f"forget more in each step: a decay of {1 - 20 / max(one.steps, 40):.2g} remembers the "
            "last twentieth of these steps; or let it grow, min(decay, (1 + step) / (10 + step))"
        ),
    )


def _gap(trained: PassFacts, asked: PassFacts) -> float:
    return (trained.accuracy or 0.0) - (asked.accuracy or 0.0)


def _made(source: Source | None) -> Iterator[Place]:
    """Where the average is made, with its memory if that stands there."""
    named = [c for c in (source.calls if source is not None else ()) if _NAMED.search(c.raw)]
    told = [c for c in named if _has_memory(c)]
    yield from (c.place for c in (told or named)[:1])


def _has_memory(call: Call) -> bool:
    known = any(call.argument(name) is not None for name in _MEMORY)
    return known or any(isinstance(a.constant, float) for a in call.args)
