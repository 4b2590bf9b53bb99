"""What a training loop does around its steps: the observers of it under one roof."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.accumulation import Accumulation
from whytorch.evidence.recorder.graphs import Graphs
from whytorch.evidence.recorder.patches import Patches, harmless, while_awake
from whytorch.evidence.recorder.scaling import Scaling
from whytorch.evidence.recorder.waits import Waits


class Upkeep:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.graphs = Graphs(recorder)
        self.scaling = Scaling(recorder)
        self.accumulation = Accumulation(recorder, self.scaling)
        self.waits = Waits(recorder)
        self._seeded = False
        self._seeded_late = False

    def install(self, patches: Patches) -> None:
        self.scaling.install(patches)
        self.waits.install(patches)
        patches.wrap(torch.autograd, "backward", self._wrap_backward, idle=True)
        patches.wrap(torch, "manual_seed", self._wrap_seed)
        patches.around_steps(self.before_step, self.after_step)

    def _wrap_backward(self, original: Any) -> Any:
        recorder = self.recorder

        def backward(*args: Any, **kwargs: Any) -> Any:
            if (
                torch.compiler.is_compiling()
                or not recorder.awake
                or threading.get_ident() != recorder.thread
            ):
                return original(*args, **kwargs)
            given = args[0] if args else kwargs.get("tensors")
            root = self._before(given)
            recorder.ranks.before_backward()
            try:
                result = original(*args, **kwargs)
            except RuntimeError as error:
                if root is not None and "second time" in str(error):
                    self.graphs.refused(root)
                raise
            self.graphs.after_backward()
            return result

        backward.__wrapped__ = original  # type: ignore[attr-defined]
        return backward

    @harmless
    def _before(self, given: Any) -> Tensor | None:
        root = given if isinstance(given, Tensor) else given[0]
        self.graphs.before_backward(root)
        self.accumulation.before_backward(root)
        self.scaling.before_backward(root)
        return root

    def _wrap_seed(self, original: Any) -> Any:
        def manual_seed(*args: Any, **kwargs: Any) -> Any:
            if self.recorder.on:
                self._seed()
            return original(*args, **kwargs)

        manual_seed.__wrapped__ = original  # type: ignore[attr-defined]
        return manual_seed

    @harmless
    def _seed(self) -> None:
        if not self._seeded:
            self._seeded = True
            self._seeded_late = any(
                next(module.parameters(), None) is not None
                for module in list(self.recorder.modules.made.keys())[:50]
            )

    @while_awake
    def before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self.scaling.before_step()

    @while_awake
    def after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self.accumulation.stepped()
        self.scaling.stepped()
        self.recorder.ranks.stepped()

    def rests(self) -> None:
        """Nothing more is seen for a while."""
        self.graphs.rests()
        self.accumulation.rests()
        self.waits.rests()

    @harmless
    def called(self, call: Any) -> None:
        """A network call is over."""
        self.recorder.weights.redrawn.called()
        self.recorder.layers.sequences.left(call)
        self.graphs.called(call)

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        if self.recorder.backwards:
            yield (
                "upkeep",
                "",
                {
                    "micro": self.accumulation.facts(),
                    "graphs": self.graphs.facts(final),
                    "waits": self.waits.facts(),
                    "backward_again": self.graphs.again,
                    "seeded_late": self._seeded_late,
                    **self.scaling.facts(),
                },
            )
