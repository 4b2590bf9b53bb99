"""What a run was made of, as values with names that two runs can be compared by.

How much a trait matters is the judgement of this file: what decides most often whether a training
works comes first. It only orders what differs; it is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from whytorch.evidence.facts import DataFlow, LossCalls, Network, Run, Training
from whytorch.records import Place

Aspect = Literal["data", "model", "settings", "run"]


class Trait(Struct, frozen=True):
    """`value`: compared; numbers by their ratio. `matters`: 0..1, where they differ greatly."""

    aspect: Aspect
    what: str
    value: Any
    matters: float
    place: Place | None = None


def traits(evidence: Mapping[type, Any]) -> dict[str, Trait]:
    """By their names, in the order in which a training meets them."""
    found = [*_data(evidence), *_model(evidence), *_settings(evidence), *_run(evidence)]
    return {trait.what: trait for trait in found if trait.value is not None}


def _data(evidence: Mapping[type, Any]) -> Iterator[Trait]:
    flow: DataFlow | None = evidence.get(DataFlow)
    if flow is None:
        return
    for phase, name in (("train", "training"), ("eval", "evaluation")):
        share = 1.0 if phase == "train" else 0.5  # what is evaluated changes what is measured
        loader = next(iter(flow.feeding(phase)), None)  # type: ignore[arg-type]
        if loader is not None:
            data, at = loader.dataset, loader.place
            yield Trait("data", f"{name} samples", data.length, 0.8 * share, data.place or at)
            counts = data.class_counts
            yield Trait("data", f"{name} classes", counts and len(counts), share, data.place or at)
            yield Trait("data", f"{name} batch size", loader.batch_size, 0.6 * share, at)
            transforms = tuple(t.name + _told(t.settings) for t in data.transforms)
            yield Trait("data", f"{name} transforms", transforms, 0.5 * share, data.base_place)
            if phase == "train":
                yield Trait("data", "training order", _order(loader.sequential), 0.8, at)
                yield Trait("data", "training sampler", loader.sampler, 0.5, at)
                yield Trait("data", "drop_last of training", loader.drop_last, 0.2, at)
                yield Trait("data", "loader workers", loader.workers, 0.05, at)
        entering = flow.entering(phase)  # type: ignore[arg-type]
        if entering is not None:
            seen, at = entering.model, entering.place
            yield Trait("data", f"shape of {name} images", seen.shape[1:], 0.7 * share, at)
            yield Trait("data", f"scale of {name} inputs", _scale(seen.mean, seen.std),
                        0.85 * share, at)  # fmt: skip


def _model(evidence: Mapping[type, Any]) -> Iterator[Trait]:
    network: Network | None = evidence.get(Network)
    if network is None:
        return
    at = network.place
    layers = tuple(f"{x.kind}{_told(x.settings)}" for x in network.layers if x.order >= 0)
    parameters = network.parameters()
    numbers = sum(_product(p.shape) for p in parameters)
    frozen = sum(not p.trainable for p in parameters)
    left_out = sum(p.trainable and not p.in_optimizer for p in parameters)
    yield Trait("model", "network", network.kind, 0.5, at)
    yield Trait("model", "parameters", numbers, 0.6, at)
    yield Trait("model", "layers", layers, 0.8, at)
    yield Trait("model", "pretrained weights", network.loaded, 0.9, at)
    yield Trait("model", "frozen parameters", frozen, 0.8, at)
    yield Trait("model", "parameters in no optimizer", left_out, 0.9, at)


def _settings(evidence: Mapping[type, Any]) -> Iterator[Trait]:
    losses: LossCalls | None = evidence.get(LossCalls)
    site = max(losses.training(), key=lambda s: s.calls, default=None) if losses else None
    if site is not None:
        yield Trait("settings", "loss function", site.function, 1.0, site.place)
        options = {k: v for k, v in site.options.items() if v is not None}
        yield Trait("settings", "options of the loss", options, 0.6, site.made_place or site.place)
    training: Training | None = evidence.get(Training)
    if training is None:
        return
    made = max(training.optimizers, key=lambda o: o.steps, default=None)
    if made is not None and made.groups:
        at, first = made.place, made.groups[0]
        yield Trait("settings", "optimizer", made.kind, 0.9, at)
        yield Trait("settings", "learning rate", first.lr, 1.0, at)
        yield Trait("settings", "momentum", first.momentum, 0.6, at)
        yield Trait("settings", "betas", first.betas or None, 0.5, at)
        yield Trait("settings", "weight decay", first.weight_decay, 0.6, at)
        yield Trait("settings", "parameter groups", len(made.groups), 0.4, at)
    schedulers = tuple(s.kind for s in training.schedulers if not s.inside)
    at = training.schedulers[0].place if training.schedulers else None
    yield Trait("settings", "schedulers", schedulers, 0.6, at)
    cleared = "never" if training.steps > 2 and not training.clears else "yes"
    yield Trait("settings", "gradients cleared", cleared, 1.0, training.zero_grad_place)
    accumulated = training.backwards_per_step and round(training.backwards_per_step)
    yield Trait("settings", "batches per step", accumulated, 0.6, training.step_place)
    clipped = training.clip_max_norm if training.clip_calls else 0.0
    yield Trait("settings", "gradients clipped to", clipped, 0.4, training.clip_place)
    yield Trait("settings", "mixed precision", training.autocast_dtypes, 0.4)


def _run(evidence: Mapping[type, Any]) -> Iterator[Trait]:
    run: Run = evidence[Run]
    yield Trait("run", "optimizer steps", run.steps, 0.5)
    yield Trait("run", "epochs", run.epochs, 0.5)
    yield Trait("run", "shortened", run.shortened, 0.4)
    yield Trait("run", "seed set", run.seed_set, 0.2)
    yield Trait("run", "device", run.device, 0.1)
    yield Trait("run", "torch", run.torch_version, 0.15)


def _order(sequential: bool | None) -> str | None:
    return None if sequential is None else "in order" if sequential else "mixed"


def _scale(mean: float | None, std: float | None) -> tuple[float, float] | None:
    return None if mean is None or std is None else (mean, std)


def _told(settings: Mapping[str, Any]) -> str:
    inside = ", ".join(f"{k}={v}" for k, v in settings.items() if v is not None)
    return f"({inside})" if inside else ""


def _product(shape: tuple[int, ...]) -> int:
    number = 1
    for size in shape:
        number *= size
    return number
