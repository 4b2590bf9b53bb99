"""The network without dropout, and with half the probabilities.

Dropout is found as a call of torch while the network runs in training, so it is the same whether
a module or the network's `forward` makes it. That inside attention and recurrent layers stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from whytorch.evidence.lab import surgery, trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt

NAMES = frozenset({
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
    "feature_dropout",
})  # fmt: skip


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    own = surgery.trace(bench)
    if not any(_p(e.args, e.kwargs) and _drops(e.args, e.kwargs) for e in _calls(own)):
        raise NotRebuilt("the network drops nothing in training")
    changes = [
        Change("no dropout", network=_scaled(len(_calls(own)), 0.0)),
        Change("half the dropout", network=_scaled(len(_calls(own)), 0.5)),
    ]
    return trial.compare(bench, changes, seconds)


def _calls(own: surgery.Trace) -> list[surgery.Event]:
    return [event for event in own.events if event.name in NAMES]


def _p(args: Any, kwargs: Any) -> float:
    return float(kwargs["p"] if "p" in kwargs else args[1] if len(args) > 1 else 0.5)


def _drops(args: Any, kwargs: Any) -> bool:
    """torch.dropout calls `train` what functional.dropout calls `training`."""
    given = kwargs.get("training", kwargs.get("train"))
    return bool(given if given is not None else args[2] if len(args) > 2 else True)


def _scaled(calls: int, factor: float) -> Callable[[nn.Module], nn.Module]:
    def rule(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        p = _p(args, kwargs) * factor
        if "p" in kwargs or len(args) < 2:
            return function(*args, **{**kwargs, "p": p})
        return function(args[0], p, *args[2:], **kwargs)

    return lambda network: surgery.rewritten(network, NAMES, dict.fromkeys(range(calls), rule))
