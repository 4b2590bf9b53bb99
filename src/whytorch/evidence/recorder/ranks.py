"""Training over several processes: samplers, wrapped networks, what the ranks tell each other."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Iterator
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import distributed
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.pace import Contents, Pace
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here
from whytorch.evidence.recorder.sink import finite
from whytorch.evidence.recorder.tensors import held

_COLLECTIVES = (
    "all_reduce", "reduce", "all_gather", "gather", "all_gather_object", "gather_object",
    "all_gather_into_tensor", "reduce_scatter", "broadcast", "broadcast_object_list",
    "all_to_all",
)  # fmt: skip
_MOST = 20
_MOST_EPOCHS = 10_000


class Ranks:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._group: dict[str, Any] | None = None
        self._places: WeakIdKeyDictionary[Any, Any] = WeakIdKeyDictionary()
        self._samplers: WeakIdKeyDictionary[Any, dict[str, Any]] = WeakIdKeyDictionary()
        self._all: list[dict[str, Any]] = []
        self._wrapped: WeakIdKeyDictionary[nn.Module, dict[str, Any]] = WeakIdKeyDictionary()
        self._inside: WeakIdKeyDictionary[nn.Module, dict[str, Any]] = WeakIdKeyDictionary()
        self._networks: list[dict[str, Any]] = []
        self._collectives: dict[str, int] = {}
        self._pace = Pace()
        self._contents = Contents()
        self._samples = 0  # of the training calls

    def install(self, patches: Patches) -> None:
        if not dist.is_available():
            return
        patches.wrap(dist, "init_process_group", self._wrap_start)
        patches.wrap(DistributedDataParallel, "__init__", self._wrap_network)
        sampler = distributed.DistributedSampler
        patches.wrap(sampler, "__init__", self._wrap_sampler)
        patches.wrap(sampler, "__iter__", self._wrap_iter)
        for name in _COLLECTIVES:
            patches.wrap(dist, name, functools.partial(self._wrap_told, name))

    def _wrap_start(self, original: Any) -> Any:
        def init_process_group(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if self.recorder.on:
                self._started()
            return result

        init_process_group.__wrapped__ = original  # type: ignore[attr-defined]
        return init_process_group

    @harmless
    def _started(self) -> None:
        self._group = {
            "world_size": dist.get_world_size(),
            "rank": dist.get_rank(),
            "place": here(),
            "backend": str(dist.get_backend()),
        }

    def _wrap_told(self, name: str, original: Any) -> Any:
        def collective(*args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_compiling() or not self.recorder.on:
                return original(*args, **kwargs)
            self._collectives[name] = self._collectives.get(name, 0) + 1
            begun = time.perf_counter()
            try:
                return original(*args, **kwargs)
            finally:
                self._pace.exchanged(time.perf_counter() - begun)

        collective.__wrapped__ = original  # type: ignore[attr-defined]
        return collective

    # --- how this process gets on --------------------------------------------------------------

    @property
    def several(self) -> bool:
        """Whether this is one of several processes that train together."""
        return self._group is not None and self._group["world_size"] > 1

    @harmless
    def delivered(self, loader: int, batch: Any) -> None:
        """A loader has given a batch."""
        if self.several:
            self._contents.delivered(loader, batch)

    @harmless
    def entering(self) -> None:
        """A network is called in training mode, with gradients."""
        if self.several:
            self._pace.entering()

    @harmless
    def before_backward(self) -> None:
        if self.several:
            self._pace.backward()

    @harmless
    def stepped(self) -> None:
        if self.several:
            self._pace.stepped()

    # --- samplers -----------------------------------------------------------------------------

    def _wrap_sampler(self, original: Any) -> Any:
        def __init__(sampler: Any, *args: Any, **kwargs: Any) -> None:
            original(sampler, *args, **kwargs)
            if self.recorder.on:
                self._made(sampler)

        __init__.__wrapped__ = original  # type: ignore[attr-defined]
        return __init__

    @harmless
    def _made(self, sampler: Any) -> None:
        self._places[sampler] = here()

    def _wrap_iter(self, original: Any) -> Any:
        def __iter__(sampler: Any) -> Any:
            if self.recorder.on:
                self._iterated(sampler)
            return original(sampler)

        __iter__.__wrapped__ = original  # type: ignore[attr-defined]
        return __iter__

    @harmless
    def _iterated(self, sampler: Any) -> None:
        facts = self._samplers.get(sampler)
        if facts is None:
            facts = self._samplers[sampler] = {
                "place": self._places.get(sampler),
                "shuffle": bool(sampler.shuffle), "replicas": int(sampler.num_replicas),
                "passes": 0, "seen": set(), "length": len(sampler.dataset),
                "total": int(sampler.total_size), "trained": False, "begun": -1,
            }  # fmt: skip
            self._all.append(facts)
        facts["passes"] += 1
        if len(facts["seen"]) < _MOST_EPOCHS:
            facts["seen"].add(int(sampler.epoch))

    # --- networks -----------------------------------------------------------------------------

    def _wrap_network(self, original: Any) -> Any:
        def __init__(wrapper: Any, module: Any, *args: Any, **kwargs: Any) -> None:
            original(wrapper, module, *args, **kwargs)
            if self.recorder.on:
                self._wrap_noted(wrapper, module)

        __init__.__wrapped__ = original  # type: ignore[attr-defined]
        return __init__

    @harmless
    def _wrap_noted(self, wrapper: Any, module: nn.Module) -> None:
        norms = [
            (name, m)
            for name, m in module.named_modules()
            if isinstance(m, nn.modules.batchnorm._BatchNorm)
            and not isinstance(m, nn.SyncBatchNorm)
        ]
        facts = {
            "place": here(), "kind": type(module).__name__, "calls": 0, "raw_calls": 0,
            "raw_place": None, "batchnorms": len(norms), "smallest_batch": None,
            "first_batchnorm": norms[0][0] if norms else None, "largest_batch": None,
            "broadcast_buffers": bool(getattr(wrapper, "broadcast_buffers", True)),
            "processes": dist.get_world_size(getattr(wrapper, "process_group", None)),
        }  # fmt: skip
        self._wrapped[wrapper] = facts
        self._inside[module] = facts
        self._networks.append(facts)

    @harmless
    def called(self, call: Any) -> None:
        """A network call is over: through the wrapper, or past it?"""
        if not call.grad or not call.training:
            return
        self._samples += call.samples or 0
        if not self._networks:
            return
        facts = self._wrapped.get(call.root)
        if facts is not None:
            facts["calls"] += 1
        else:
            facts = self._inside.get(call.root)
            if facts is None:
                return
            facts["raw_calls"] += 1
            facts["raw_place"] = facts["raw_place"] or call.place
        if call.samples:
            facts["smallest_batch"] = min(facts["smallest_batch"] or call.samples, call.samples)
            facts["largest_batch"] = max(facts["largest_batch"] or 0, call.samples)

    def _trained(self) -> None:
        """Which samplers feed training, as their loaders were seen to."""
        for loader, known in list(self.recorder.data._loaders.items()):
            sampler = getattr(loader, "sampler", None)
            facts = self._samplers.get(sampler) if sampler is not None else None
            if facts is not None and "train" in known.phases:
                facts["trained"] = True

    @torch.no_grad()
    def _sum_of_weights(self) -> float | None:
        """Of the whole network: a shard's sum says nothing about the others."""
        group = self.recorder.modules.main_group()
        known = self.recorder.parameters.alive(group) if group is not None else []
        # One that was called inside its wrapper and by itself has two names.
        found = list({id(p): p for p in known}.values())
        root = group.root() if group is not None else None
        if root is not None and _in_parts(root):
            return None
        if not found or any(type(p) not in (torch.Tensor, nn.Parameter) for p in found):
            return None
        total = 0.0
        for parameter in found:
            if parameter.is_meta or parameter.is_sparse or not parameter.is_floating_point():
                return None
            if held(parameter) is None:
                return None
            total += parameter.detach().double().abs().sum().item()
        return finite(total)

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        if self._group is None and not self._all:
            return
        self._trained()
        samplers = [
            {**{k: v for k, v in s.items() if k not in ("seen", "begun")}, "epochs": len(s["seen"])}
            for s in self._all[:_MOST]
        ]
        group = self._group or {"world_size": 1, "rank": 0, "place": None}
        weights = self._sum_of_weights() if final and self._group is not None else None
        yield (
            "distributed",
            "",
            {
                **group,
                "samplers": samplers,
                "wrapped": self._networks[:_MOST],
                "collectives": dict(self._collectives),
                "weights": weights,
                "pace": self._pace.facts(),
                "contents": self._contents.facts(),
                "samples": self._samples,
            },
        )


def _in_parts(root: nn.Module) -> bool:
    """Whether each process holds a part of the network's weights, in plain tensors."""
    kind = getattr(sys.modules.get("torch.distributed.fsdp"), "FullyShardedDataParallel", None)
    return kind is not None and any(isinstance(m, kind) for m in root.modules())
