"""Cross-entropy on the network's raw outputs in the place of the script's loss.

A softmax or sigmoid at the network's end is taken out for it. One-hot targets become the classes
they stand for; with one output a sample it is the binary form. Losses cannot be compared, only
accuracies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from whytorch.evidence.lab import surgery, trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt
from whytorch.evidence.lab.surgery_ends import ending, judged_output, loss_functions

_SQUASH = ("softmax", "sigmoid", "log_softmax", "logsigmoid", "softmin")
_CROSS_ENTROPIES = (
    "cross_entropy", "nll_loss", "nll_loss_nd", "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
)  # fmt: skip


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    own = surgery.trace(bench)
    at = ending(bench, own)
    last = own.events[at].name if at is not None else None
    if judged_output(bench) != 0:
        raise NotRebuilt("the loss does not take the network's first output")
    output = own.outputs[0]
    loss = _loss(output, [y for _, y in bench.pairs()])
    _require_other(last, loss_functions(bench), binary=_single(output))
    removed: Callable[[Any], Any] | None = None
    if at is not None and last in _SQUASH:
        surgery.require_steady(bench, own, surgery.ACTIVATIONS)
        rules = {own.rank(at, surgery.ACTIVATIONS): surgery.skipped}
        removed = lambda n: surgery.rewritten(n, surgery.ACTIVATIONS, rules)  # noqa: E731
    change = Change(
        "cross-entropy on raw outputs", network=removed, loss=loss, logits=_single(output)
    )
    return trial.compare(bench, [change], seconds, comparable=False)


def _require_other(last: str | None, functions: list[str], binary: bool) -> None:
    """Raises NotRebuilt where the script's loss is cross-entropy of raw outputs already."""
    way = [*([last] if last else []), *functions]
    squashed = [f for f in way if f in ("softmax", "sigmoid", "softmin", "relu", "tanh")]
    loss = next((f for f in functions if f in _CROSS_ENTROPIES), None)
    if loss is None:
        return
    right = {
        "cross_entropy": not squashed,
        "binary_cross_entropy": squashed == ["sigmoid"] and binary,
        "binary_cross_entropy_with_logits": not squashed and binary,
    }.get(loss, not squashed and "log_softmax" in way)
    if right:
        raise NotRebuilt("the loss is cross-entropy on raw outputs")


def _single(output: Tensor) -> bool:
    return output.ndim == 1 or (output.ndim == 2 and output.shape[1] == 1)


def _loss(output: Tensor, targets: list[Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss for outputs and targets of these shapes. Raises NotRebuilt."""
    if _single(output):
        if any(bool(((y != 0) & (y != 1)).any()) for y in targets):
            raise NotRebuilt("the targets of the one output are not 0 and 1")
        return lambda o, y: functional.binary_cross_entropy_with_logits(
            o.reshape(-1), y.reshape(-1).to(o.dtype)
        )
    if targets[0].ndim == output.ndim and targets[0].shape[1] == output.shape[1]:
        if any(_names_no_class(y) for y in targets):
            raise NotRebuilt("the targets do not name one class each")
        return lambda o, y: functional.cross_entropy(o, y.float().argmax(1))
    classes = output.shape[1]
    if targets[0].shape[1:] != output.shape[2:] or any(_no_index(y, classes) for y in targets):
        raise NotRebuilt("the targets are no classes")
    return lambda o, y: functional.cross_entropy(o, y.long())


def _names_no_class(y: Tensor) -> bool:
    """Whether rows are no shares of classes that add up to 1."""
    return bool((y < 0).any()) or bool((y.sum(1) - 1).abs().gt(1e-4).any())


def _no_index(y: Tensor, classes: int) -> bool:
    whole = bool((y == torch.floor(y)).all()) if y.is_floating_point() else True
    return not whole or bool((y < 0).any()) or bool((y >= classes).any())
