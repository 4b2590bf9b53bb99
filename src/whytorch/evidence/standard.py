"""A standard short training, for objects that are diagnosed without a script around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from whytorch.evidence import constructed


class Objects(NamedTuple):
    """What the user hands over. Batches are (inputs, targets), losses loss_fn(outputs, targets)."""

    model: Any
    train_loader: Iterable[Any]
    loss_fn: Any
    optimizer: Any
    eval_loader: Iterable[Any] | None = None


def off_the_gpu(objects: Objects) -> Objects:
    """A fork cannot use a GPU that this process has used already: copies on the CPU."""
    import copy

    import torch

    devices = {p.device.type for p in objects.model.parameters()}
    if devices <= {"cpu"}:
        return objects
    # One copy of all three, so that the optimizer holds the parameters of the copied model.
    model, loss_fn, optimizer = copy.deepcopy((objects.model, objects.loss_fn, objects.optimizer))
    model.to("cpu")
    if isinstance(loss_fn, torch.nn.Module):
        loss_fn.to("cpu")
    for state in optimizer.state.values():
        for key, value in state.items():
            if isinstance(value, torch.Tensor):
                state[key] = value.cpu()
    return objects._replace(model=model, loss_fn=loss_fn, optimizer=optimizer)


def train(objects: Objects, epochs: int, lapse: Any) -> None:
    """Train and evaluate as most scripts do; the time-lapse may end loops early."""
    import torch

    model, optimizer = objects.model, objects.optimizer
    for loader in (objects.train_loader, objects.eval_loader):
        _own(loader)
    _own_memory(model, torch)
    constructed.note(model, lapse.recorder)
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    for _ in lapse.loop(range(epochs)):
        model.train()
        for batch in lapse.loop(objects.train_loader):
            inputs, targets = _pair(batch, device)
            optimizer.zero_grad()
            loss = objects.loss_fn(model(inputs), targets)
            loss.backward()
            optimizer.step()
        if objects.eval_loader is not None:
            model.eval()
            with torch.no_grad():
                for batch in lapse.loop(objects.eval_loader):
                    inputs, targets = _pair(batch, device)
                    objects.loss_fn(model(inputs), targets)


_kept: list[Any] = []


def _own(loader: Any) -> None:
    """A loader with lasting workers talks to those of the process that this one is a fork of."""
    if getattr(loader, "_iterator", None) is not None:
        _kept.append(loader._iterator)  # finalized, it would end these workers
        loader._iterator = None
    if getattr(loader, "pin_memory", False):
        loader.pin_memory = False  # it starts a GPU


def _own_memory(model: Any, torch: Any) -> None:
    """What is shared between processes would be trained there, too."""
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_shared():
            with torch.no_grad():
                tensor.data = tensor.data.clone()


def _pair(batch: Any, device: Any) -> tuple[Any, Any]:
    if isinstance(batch, Mapping) or not isinstance(batch, (tuple, list)) or len(batch) < 2:
        kind = type(batch).__name__
        raise TypeError(
            f"a loader gave a {kind}; whytorch.diagnose trains on batches of (inputs, targets). "
            "For other batches put %%whytorch on the cell that trains, or run whytorch train.py."
        )
    return _moved(batch[0], device), _moved(batch[1], device)


def _moved(value: Any, device: Any) -> Any:
    return value.to(device) if hasattr(value, "to") else value
