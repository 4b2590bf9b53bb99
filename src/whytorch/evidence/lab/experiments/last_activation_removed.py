"""The network without the activation at its end: softmax, sigmoid, ReLU, whatever it is.

It is the function of torch whose result, reshaped at most, is what the loss takes. Where the loss
needs what it gives (probabilities, their logarithms), it cannot be taken out alone.
"""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import surgery, trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt
from whytorch.evidence.lab.surgery_ends import ending, loss_functions

_NEED_PROBABILITIES = ("binary_cross_entropy", "nll_loss", "nll_loss_nd", "kl_div", "log", "log2")
_MAKE_THEM = ("softmax", "sigmoid", "exp", "logsumexp", "softplus", "log_softmax")


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    own = surgery.trace(bench)
    at = ending(bench, own)
    if at is None:
        raise NotRebuilt("the network does not end in an activation")
    name = own.events[at].name
    _require_free(name, loss_functions(bench))
    surgery.require_steady(bench, own, surgery.ACTIVATIONS)
    rules = {own.rank(at, surgery.ACTIVATIONS): surgery.skipped}
    change = Change(
        f"no {name} at the end",
        network=lambda network: surgery.rewritten(network, surgery.ACTIVATIONS, rules),
    )
    return trial.compare(bench, [change], seconds)


def _require_free(activation: str, loss: list[str]) -> None:
    """Raises NotRebuilt where the loss means nothing on raw outputs."""
    needed = next((n for n, f in enumerate(loss) if f in _NEED_PROBABILITIES), None)
    if needed is not None and not any(f in _MAKE_THEM for f in loss[:needed]):
        raise NotRebuilt(f"the loss needs what {activation} gives")
    if activation == "log_softmax" and "cross_entropy" not in loss:
        raise NotRebuilt("the loss takes the logarithms of probabilities")
