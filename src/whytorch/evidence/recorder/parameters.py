"""The parameters of each network: how they started, what reached them, whether they moved."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from weakref import ref

import torch
from torch import Tensor, nn

from whytorch.evidence.recorder.modules import Group
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import is_user_file
from whytorch.evidence.recorder.tensors import held, mean_std, rows_identical, shape

_KEPT = 64  # numbers of each parameter that are kept to see whether it moved
_SPREAD = 0.6180339887498949  # golden section: neither rows nor columns are hit alone
_RANKS = ("unknown", "none", "zero", "nonzero")


class _Watched:
    """The parameters of one group, by name, with the facts known about them."""

    def __init__(self) -> None:
        self.root: Any = None
        self.facts: dict[str, dict[str, Any]] = {}
        self.tensors: dict[str, Any] = {}  # name -> weak reference
        self.heads: dict[str, Tensor] = {}
        self.noted: dict[str, int] = {}  # backwards and steps before it was first seen
        self.looked_at_step = -1
        self.modes: set[bool] = set()  # the root's own flag when its gradients came


class Parameters:
    """First look at the first forward pass, then after each backward that is looked at closely."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.loaded: set[int] = set()  # ids: came from a state dict
        self._moved: set[int] = set()  # ids: were trained, maybe as part of another network
        self.manual_updates = False
        self._groups: dict[int, _Watched] = {}

    def install(self, patches: Patches) -> None:
        """Nothing to patch: other observers call in here."""

    def first_look(self, group: Group, root: nn.Module) -> None:
        """Take note of every parameter of the root, and later of those that were replaced."""
        watched = self._groups.setdefault(group.index, _Watched())
        if watched.root is None or watched.root() is not root:
            watched.root, watched.heads = ref(root), {}
            for name, parameter in root.named_parameters():
                self._note(watched, name, parameter)
        else:
            self._note_replaced(watched, root)
        self._look_at_movement(watched)

    def _note_replaced(self, watched: _Watched, root: nn.Module) -> None:
        """A new head in an old network: what was known about the old one is of no use."""
        for name, parameter in root.named_parameters():
            known = watched.tensors.get(name)
            if isinstance(parameter, nn.Parameter) and (known is None or known() is not parameter):
                watched.facts.pop(name, None)
                self._note(watched, name, parameter)

    def stray(self, group: Group, name: str, module: nn.Module) -> None:
        """Parameters of a module that the network calls but does not know."""
        watched = self._groups.setdefault(group.index, _Watched())
        for own, parameter in module.named_parameters(recurse=False):
            self._note(watched, f"{name}.{own}", parameter)

    @torch.no_grad()
    def _note(self, watched: _Watched, name: str, parameter: Tensor) -> None:
        own = held(parameter)
        if own is None:
            return  # it is there for a moment: it comes again, or a shard of it does
        watched.tensors[name] = ref(parameter)
        watched.heads[name] = some_of(own)
        watched.noted[name] = self.recorder.backwards + self.recorder.steps
        if name in watched.facts:
            return
        mean, std = mean_std(own, 4096) if own.is_floating_point() else (None, None)
        watched.facts[name] = {
            "name": name,
            "shape": shape(parameter),
            "trainable": parameter.requires_grad,
            "in_optimizer": self.recorder.optimizers.holds(parameter),
            "loaded": id(parameter) in self.loaded or id(parameter) in self._moved,
            "grad": "unknown",
            "initial_mean": mean,
            "initial_std": std,
            "initial_rows_identical": rows_identical(own),
        }

    def _look_at_movement(self, watched: _Watched) -> None:
        steps = self.recorder.steps
        so_far = self.recorder.backwards + steps
        for name, tensor_ref in watched.tensors.items():
            tensor = tensor_ref()
            own = held(tensor) if tensor is not None else None
            if own is None or name not in watched.heads or name not in watched.facts:
                continue
            head = some_of(own)
            if not torch.equal(head, watched.heads[name]):
                watched.facts[name]["changed"] = True
                self._moved.add(id(tensor))
                watched.heads[name] = head
                if steps == watched.looked_at_step and self.recorder.backwards > steps:
                    self.manual_updates = True
            elif so_far > watched.noted[name]:  # it could have moved while it was watched
                watched.facts[name].setdefault("changed", False)
        watched.looked_at_step = steps

    @harmless
    def after_backward(self, group: Group, leaves: set[int]) -> None:
        """Which parameters the graph of this loss reached, and what gradient they got."""
        watched = self._groups.get(group.index)
        if watched is None:
            return
        root = group.root()
        if root is not None:
            watched.modes.add(root.training)
        for name, tensor_ref in watched.tensors.items():
            parameter, facts = tensor_ref(), watched.facts.get(name)
            if parameter is None or facts is None:
                continue
            facts["trainable"] = parameter.requires_grad
            facts["in_optimizer"] = self.recorder.optimizers.holds(parameter)
            facts["reaches_loss"] = facts.get("reaches_loss") or id(parameter) in leaves
            self._note_gradient(facts, parameter)

    @torch.no_grad()
    def _note_gradient(self, facts: dict[str, Any], parameter: Tensor) -> None:
        grad = parameter.grad
        if grad is None or grad.is_sparse:
            state = "none" if grad is None else "nonzero"
        elif facts["grad"] == "nonzero" or (own := held(grad)) is None:
            state = facts["grad"]
        else:
            state = "nonzero" if bool(own.any()) else "zero"
            if state == "nonzero" and "grad_rows_identical" not in facts:
                facts["grad_rows_identical"] = rows_identical(own)
        facts["grad"] = max(facts["grad"], state, key=_RANKS.index)

    def owned(self, group: Group) -> dict[int, str]:
        """Ids of the group's live parameters, with their names."""
        watched = self._groups.get(group.index)
        alive = ((r(), n) for n, r in watched.tensors.items()) if watched else ()
        return {id(p): n for p, n in alive if p is not None}

    def alive(self, group: Group) -> list[Tensor]:
        """The group's parameters that still exist."""
        watched = self._groups.get(group.index)
        found = (r() for r in watched.tensors.values()) if watched else ()
        return [p for p in found if p is not None]

    def gradients(self, group: Group) -> dict[str, float]:
        """Norm of the gradient of each layer that has one now."""
        watched = self._groups.get(group.index)
        squares: dict[str, float] = {}
        for name, tensor_ref in watched.tensors.items() if watched else ():
            parameter = tensor_ref()
            grad = parameter.grad if parameter is not None else None
            own = held(grad) if grad is not None else None
            if own is not None:
                layer = name.rpartition(".")[0]
                norm = own.detach().float().norm().item()
                squares[layer] = squares.get(layer, 0.0) + norm * norm
        return {layer: value**0.5 for layer, value in squares.items()}

    def any_loaded(self, group: Group) -> bool:
        """Whether any of its weights was not fresh at the first look."""
        watched = self._groups.get(group.index)
        return any(f["loaded"] for f in watched.facts.values()) if watched else False

    def of(self, group: Group, layer: str) -> list[dict[str, Any]]:
        """Facts of one layer's own parameters."""
        watched = self._groups.get(group.index)
        facts = watched.facts.items() if watched else ()
        return [f for n, f in facts if n.rpartition(".")[0] == layer]

    def silent_layers(self, group: Group, called: set[str]) -> Iterator[tuple[str, str, Any]]:
        """Layers with parameters that no forward pass called."""
        watched = self._groups.get(group.index)
        names = {n.rpartition(".")[0] for n in watched.facts} if watched else set()
        root = group.root()
        modules = dict(root.named_modules()) if root is not None else {}
        for name in sorted(names - called):
            module = modules.get(name)
            yield (
                "layer",
                name,
                {
                    "name": name,
                    "kind": type(module).__name__ if module is not None else "Module",
                    "place": (self.recorder.modules.made.get(module) or None) if module else None,
                    "order": -1,
                    "calls": 0,
                    "settings": {},
                    "parameters": self.of(group, name),
                },
            )

    def last_look(self) -> None:
        """What moved since the last close look, and what a backward that raised was to train."""
        for watched in self._groups.values():
            self._look_at_movement(watched)
        main = self.recorder.modules.main_group()
        if self.recorder.gradients.running and main is not None and main.root() is not None:
            self.first_look(main, main.root())
            for name, parameter in main.root().named_parameters():
                self._groups[main.index].facts[name]["trainable"] = parameter.requires_grad

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        main = self.recorder.modules.main_group()
        for group in self.recorder.modules.groups.values():
            watched = self._groups.get(group.index)
            if group is not main and watched is not None:
                reached = [f for f in watched.facts.values() if f["grad"] == "nonzero"]
                if reached:
                    yield "companion", str(group.index), self._companion(group, watched, reached)

    def _companion(self, group: Group, watched: _Watched, reached: list[Any]) -> dict[str, Any]:
        """As `Companion`."""
        modules, root = self.recorder.modules, group.root()
        file = getattr(sys.modules.get(type(root).__module__), "__file__", None) or ""
        return {
            "kind": group.kind,
            "place": (modules.made.get(root) or None) if root is not None else None,
            "call_place": group.call_place,
            "trainable": sum(math.prod(f["shape"]) for f in reached),
            "left_out": sum(
                math.prod(f["shape"])
                for f in reached
                if not (f["in_optimizer"] or f.get("changed") or f["loaded"])
            ),
            "from_library": root in modules.from_library if root is not None else False,
            "user_defined": is_user_file(file) if file else True,
            "train_mode": next(iter(watched.modes)) if len(watched.modes) == 1 else None,
        }


def some_of(parameter: Tensor) -> Tensor:
    """A copy of up to 64 of its numbers, from all over: the first may belong to blank pixels."""
    flat = parameter.detach().reshape(-1)
    return flat[_spread(len(flat), flat.device)] if len(flat) > _KEPT else flat.clone()


@lru_cache(maxsize=4096)
def _spread(length: int, device: torch.device) -> Tensor:
    return torch.tensor([int(i * _SPREAD % 1 * length) for i in range(_KEPT)], device=device)
