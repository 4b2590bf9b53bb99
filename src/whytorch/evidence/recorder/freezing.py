"""Freezing that does not freeze: attributes nobody reads, and frozen weights that still move."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from typing import Any
from weakref import ref

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import is_user_file, place_of, user_frame
from whytorch.evidence.recorder.tensors import held

_REAL = "requires_grad"
_ALIKE = 0.8  # require_grad and requried_grad are above 0.9, required and retain_grad below 0.77
_MOST = 60  # of each kind
_HEAD = 64  # numbers of a weight that are compared


@cache
def _misnames(name: str) -> bool:
    return name == _REAL or SequenceMatcher(None, name, _REAL).ratio() >= _ALIKE


class Freezing:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._misnamed: dict[tuple[str, str, str], bool] = {}
        self._moved: dict[str, None] = {}
        self._walks: dict[tuple[str, int], tuple[Any, ref[nn.Module]]] = {}
        self._own_walks: dict[tuple[str, int], Any] = {}  # those through the trained network
        self._frozen: list[tuple[str, Tensor, Tensor]] = []
        self._freezes: dict[tuple[str, int], Any] = {}

    def install(self, patches: Patches) -> None:
        patches.wrap(nn.Module, "named_parameters", self._wrap)
        patches.wrap(Tensor, "requires_grad_", self._wrap_switch)

    def _wrap(self, original: Any) -> Any:
        def named_parameters(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            if not torch.compiler.is_compiling() and self.recorder.awake:
                self._note_walk(module)
            return original(module, *args, **kwargs)

        named_parameters.__wrapped__ = original  # type: ignore[attr-defined]
        return named_parameters

    def _wrap_switch(self, original: Any) -> Any:
        def requires_grad_(tensor: Tensor, requires_grad: bool = True) -> Any:
            compiling = torch.compiler.is_compiling()
            if not requires_grad and not compiling and self.recorder.on:
                self._note_switch(tensor)
            return original(tensor, requires_grad)

        requires_grad_.__wrapped__ = original  # type: ignore[attr-defined]
        return requires_grad_

    @harmless
    def _note_switch(self, tensor: Tensor) -> None:
        """Where weights were frozen, also by way of a framework's freeze()."""
        if isinstance(tensor, nn.Parameter) and threading.get_ident() == self.recorder.thread:
            frame = user_frame(sys._getframe(2))
            if frame is not None and len(self._freezes) < _MOST:
                key = (frame.f_code.co_filename, frame.f_lineno)
                self._freezes.setdefault(key, place_of(frame))

    @harmless
    def _note_walk(self, module: nn.Module) -> None:
        frame = sys._getframe(3)  # below the guard and the hook: who called
        if is_user_file(frame.f_code.co_filename) and len(self._walks) < _MOST:
            if threading.get_ident() == self.recorder.thread:
                key = (frame.f_code.co_filename, frame.f_lineno)
                self._walks.setdefault(key, (place_of(frame), ref(module)))

    @harmless
    def before_step(self, optimizer: Optimizer) -> None:
        """At the steps that are looked at closely."""
        main = self.recorder.modules.main_group()
        self._frozen = []
        if main is None or main.root() is None:
            return
        self._look(main.root())
        self._find_walks(main.root())
        names = self.recorder.parameters.owned(main)
        for group in optimizer.param_groups:
            for p in group["params"]:
                name = names.get(id(p))
                if name is None:
                    continue
                if not p.requires_grad and p.grad is not None and len(self._frozen) < _MOST:
                    self._watch(name, p)

    def _watch(self, name: str, p: Tensor) -> None:
        """A frozen weight whose gradient is all zero: momentum or decay may move it on.

        One that is not zero may be of a time before: two networks that take turns.
        """
        grad, own = held(p.grad), held(p)
        if grad is None or own is None or grad.is_sparse or bool(grad.any()):
            return
        self._frozen.append((name, own, own.detach().reshape(-1)[:_HEAD].clone()))

    def _find_walks(self, root: nn.Module) -> None:
        """Which loops over names went through the trained network, a part or a wrapper of it."""
        for key, (place, module_ref) in self._walks.items():
            module = module_ref()
            if key in self._own_walks or module is None:
                continue
            if any(m is module for m in root.modules()) or any(m is root for m in module.modules()):
                self._own_walks[key] = place

    def _look(self, root: nn.Module) -> None:
        for name, module in root.named_modules():
            self._note(name, "module", vars(module))
        for name, p in root.named_parameters():
            self._note(name, "parameter", getattr(p, "__dict__", {}))

    def _note(self, name: str, kind: str, attributes: dict[str, Any]) -> None:
        for attribute, value in attributes.items():
            if isinstance(value, (bool, int)) and _misnames(attribute):
                if len(self._misnamed) < _MOST:
                    self._misnamed[kind, name, attribute] = bool(value)

    @harmless
    def after_step(self) -> None:
        for name, p, before in self._frozen:
            if not torch.equal(p.detach().reshape(-1)[:_HEAD], before):
                self._moved.setdefault(name)
        self._frozen = []

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        main = self.recorder.modules.main_group()
        if final and main is not None and main.root() is not None:
            self._look(main.root())  # a backward may have raised before any step
        misnamed = [
            {"owner": owner, "name": name, "attribute": attribute, "value": value}
            for (owner, name, attribute), value in self._misnamed.items()
        ]
        walks = [place for place in self._own_walks.values() if place]
        facts = {
            "misnamed": misnamed,
            "frozen_but_moved": list(self._moved),
            "walks": walks,
            "freezes": list(self._freezes.values()),
        }
        if any(facts.values()):
            yield "freezing", "", facts
