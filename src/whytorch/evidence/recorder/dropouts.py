"""Dropout that is at work, also where the script calls it as a function."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from whytorch.evidence.recorder.modules import Call
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import place_of, user_frame

_NAMES = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout",
          "feature_alpha_dropout")  # fmt: skip
_ATTENTION = "scaled_dot_product_attention"
_DROPOUT = nn.modules.dropout._DropoutNd
_MOST_SITES = 300
_MOST_OPEN = 64  # calls whose phase is not known yet; the oldest are given up
_MOST_PASSES = 50


class Dropouts:
    """Counts, in each network call, the dropout calls that drop something; and which they are, in
    those that are looked at closely."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._sites: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._open: dict[tuple[int, int], list[dict[str, Any]]] = {}

    def install(self, patches: Patches) -> None:
        for name in (*_NAMES, _ATTENTION):
            patches.wrap(F, name, self._wrap, idle=True)

    def _wrap(self, original: Any) -> Any:
        recorder = self.recorder
        name = getattr(original, "__name__", "dropout")

        def dropout(*args: Any, **kwargs: Any) -> Any:
            if (
                not torch.compiler.is_compiling()
                and recorder.awake
                and recorder.modules.call is not None
                and threading.get_ident() == recorder.thread
            ):
                self._note(name, sys._getframe(1), args, kwargs)
            return original(*args, **kwargs)

        dropout.__wrapped__ = original  # type: ignore[attr-defined]
        dropout.__name__ = name
        return dropout

    @harmless
    def _note(self, name: str, caller: FrameType, args: Any, kwargs: Any) -> None:
        if name == _ATTENTION:  # (query, key, value, attn_mask, dropout_p): no flag of its own
            share, training = args[4] if len(args) > 4 else kwargs.get("dropout_p", 0.0), True
        else:
            share = args[1] if len(args) > 1 else kwargs.get("p", 0.5)
            training = args[2] if len(args) > 2 else kwargs.get("training", True)
        if training and share > 0:
            call = self.recorder.modules.call
            call.dropouts += 1
            if call.deep:
                self._remember(call, name, float(share), caller)

    def _remember(self, call: Call, function: str, share: float, caller: FrameType) -> None:
        layer = caller.f_locals.get("self")
        layer = layer if isinstance(layer, _DROPOUT) else None
        frame = user_frame(caller)
        where = (frame.f_code.co_filename, frame.f_lineno) if frame else None
        owner, name = self._owner(call, layer)
        key = (call.group.index, function, where, owner, name)
        site = self._sites.get(key)
        if site is None and len(self._sites) < _MOST_SITES:
            made = self.recorder.modules.made
            site = self._sites[key] = {
                "function": function,
                "place": place_of(frame),
                "owner": owner,
                "name": name,
                "made_place": (made.get(layer) or None) if layer is not None else None,
                "in_training": 0,
                "in_evaluation": 0,
                "eval_passes": [],
            }
        if site is not None:
            site["p"] = share
            self._open.setdefault((call.group.index, call.serial), []).append(site)
            if len(self._open) > _MOST_OPEN:
                del self._open[next(iter(self._open))]

    def _owner(self, call: Call, layer: nn.Module | None) -> tuple[str, str | None]:
        if layer is None:
            return "function", None
        if self.recorder.modules.made_inside.get(layer) == call.serial:
            return "fresh", None
        name = self.recorder.layers.name_in(call.root, layer)
        return ("stray" if name.startswith("?") else "layer"), name

    @harmless
    def resolved(self, call: Call, phase: str, index: int) -> None:
        """The phase of a call is known now, and the pass it belongs to."""
        for site in self._open.pop((call.group.index, call.serial), ()):
            if phase == "train":
                site["in_training"] += 1
            elif not call.training:
                site["in_evaluation"] += 1
                if index not in site["eval_passes"] and len(site["eval_passes"]) < _MOST_PASSES:
                    site["eval_passes"].append(index)

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        group = self.recorder.modules.main_group()
        for number, (key, site) in enumerate(self._sites.items()):
            if group is not None and key[0] == group.index:
                yield "dropout", str(number), site
