"""The loop over the epochs that a framework keeps to itself: how long it is, and how to end it.

The time-lapse ends the script's own loops itself. A framework's loop lies in an installed package;
it is asked to end in the framework's own way, as its early stopping would, so that what the script
does after the training is reached.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple


class Engine(NamedTuple):
    owner: Any
    epochs: int | None  # planned in all
    epoch: int | None  # the one going on, from 1; None: counted by who asks
    end: Callable[[], None]
    shorten: Callable[[int], None] | None = None  # its passes to so many batches, if it minds


def engine_around() -> Engine | None:
    """The innermost framework whose training led to the caller."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get("self") if frame.f_code.co_name in _METHODS else None
        for kind in type(owner).__mro__ if owner is not None else ():
            known = _KINDS.get((kind.__module__.partition(".")[0], kind.__name__))
            if known is not None:
                return known(owner)
        frame = frame.f_back
    return None


def _lightning(loop: Any) -> Engine:
    trainer = loop.trainer
    epochs = loop.max_epochs if (loop.max_epochs or -1) > 0 else None

    def end() -> None:
        trainer.should_stop = True

    def shorten(batches: int) -> None:
        """It validates, and steps its schedulers, behind the batch that it takes for the last."""
        loop.max_batches = batches
        if isinstance(trainer.val_check_batch, int):
            trainer.val_check_batch = min(trainer.val_check_batch, batches)

    return Engine(loop, epochs, trainer.current_epoch + 1, end, shorten)


def _transformers(trainer: Any) -> Engine:
    def end() -> None:
        trainer.control.should_training_stop = True

    state = trainer.state
    return Engine(trainer, state.num_train_epochs or None, int(state.epoch or 0) + 1, end)


def _ignite(engine: Any) -> Engine:
    return Engine(engine, engine.state.max_epochs, engine.state.epoch, engine.terminate)


def _skorch(net: Any) -> Engine:
    def end() -> None:
        raise KeyboardInterrupt  # by which skorch lets people end a training

    return Engine(net, net.max_epochs, None, end)


_KINDS: dict[tuple[str, str], Callable[[Any], Engine]] = {
    ("lightning", "_FitLoop"): _lightning,
    ("pytorch_lightning", "_FitLoop"): _lightning,
    ("transformers", "Trainer"): _transformers,
    ("ignite", "Engine"): _ignite,
    ("skorch", "NeuralNet"): _skorch,
}
# The methods of these classes that hold the loop.
_METHODS = {
    "run", "train", "_inner_training_loop", "fit_loop",
    "_internal_run", "_internal_run_as_gen", "_run_once_on_dataset", "_run_once_on_dataset_as_gen",
}  # fmt: skip
