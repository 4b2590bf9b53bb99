"""Which images a loss of pairs pulls together and which it holds apart: contrastive, triplet.

Read off the graph: where two outputs of networks are subtracted from, or multiplied with, each
other, the gradient that arrives there says for each row whether the two come nearer. Of each pair
the classes are known where its images are among a loader's batch with labels; how far apart the
images themselves are is measured for all. Only in backwards that are looked at closely, in a
rehearsal: reading numbers off a tensor waits for the device.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from whytorch.evidence.recorder.passes import content_of
from whytorch.evidence.recorder.patches import harmless
from whytorch.evidence.recorder.undefined import between

_MOST_A_BACKWARD = 4  # differences
_KINDS = ("Sub", "Mul", "CosineSimilarity")
_LATEST = 0.3  # weight of the latest look in the distances of outputs


class _Rows(NamedTuple):
    """One output of a call, [images, numbers], and the images that it is of."""

    output: Tensor
    images: Tensor


class _Side:
    """What is known of the pairs that were pulled together, or held apart."""

    def __init__(self) -> None:
        self.pairs = self.known = self.same = 0
        self.far = self.far_squared = 0.0  # of the images, root mean squared difference
        self.apart: float | None = None  # of the outputs, in the latest looks

    def add(self, images: Tensor, outputs: Tensor, classes: list[tuple[int, int] | None]) -> None:
        known = [c for c in classes if c is not None]
        self.pairs += len(images)
        self.known += len(known)
        self.same += sum(one == other for one, other in known)
        self.far += float(images.sum())
        self.far_squared += float(images.square().sum())
        now = float(outputs.mean())
        self.apart = now if self.apart is None else self.apart + _LATEST * (now - self.apart)


class Pulls:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.pulled, self.held_apart = _Side(), _Side()
        self._again = 0  # images that stand in several pairs of a step: picked by the script

    @harmless
    @torch.no_grad()
    def before_backward(self, root: Tensor) -> None:
        if not self.recorder.keeps.on:
            return
        made = self._made()
        if len(made) < 2:
            return
        found = 0
        for node in between(root.grad_fn, set(made)):
            both = [n for n, _ in node.next_functions]
            name = node.name().partition("Backward")[0]
            if name in _KINDS and len(both) == 2 and all(n in made for n in both):
                self._wait(node, name, made[both[0]], made[both[1]])
                found += 1
                if found >= _MOST_A_BACKWARD:
                    return

    def _made(self) -> dict[Any, _Rows]:
        """What the networks gave since the last step, by the nodes that made it."""
        return {
            o.grad_fn: _Rows(o.detach(), call.inputs[i if i < len(call.inputs) else 0])
            for call in self.recorder.phases.pending
            for i, o in enumerate(call.outputs)
            if call.inputs and o.ndim == 2 and o.shape[1] > 1 and o.grad_fn is not None
        }

    def _wait(self, node: Any, name: str, one: _Rows, other: _Rows) -> None:
        if one.output.shape != other.output.shape or one.images.shape != other.images.shape:
            return
        if len(one.images) != len(one.output) or one.images is other.images:
            return
        classes = self._classes(one.images, other.images)
        node.register_hook(
            lambda _, arriving: self._arrived(name, one, other, classes, arriving[0])
        )

    @harmless
    @torch.no_grad()
    def _arrived(self, name: str, one: _Rows, other: _Rows, classes: list[Any], slope: Any) -> None:
        """A loss that rises with the distance of two outputs pulls them together."""
        if not isinstance(slope, Tensor):
            return
        away = one.output - other.output
        if name == "Sub":
            rises = (slope * away).sum(1)
        else:  # with their likeness
            rises = -(slope.sum(1) if slope.ndim == 2 else slope)
        if rises.shape[:1] != away.shape[:1] or rises.ndim != 1:
            return
        images = (one.images - other.images).float().flatten(1).square().mean(1).sqrt()
        for side, chosen in ((self.pulled, rises > 0), (self.held_apart, rises < 0)):
            rows = chosen.nonzero().flatten().tolist()
            if rows:
                side.add(images[chosen], away[chosen].norm(dim=1), [classes[i] for i in rows])

    def _classes(self, one: Tensor, other: Tensor) -> list[tuple[int, int] | None]:
        """Of both images of each pair; None where one of them is in no batch with labels."""
        known: dict[int, int] = {}
        for batch in self.recorder.data._recent:
            given = next(
                (c for c in self.recorder.phases.pending if batch.is_given(c.content)), None
            )
            if given is not None and batch.labels is not None:
                known.update(zip(given.content, batch.labels.tolist(), strict=False))
        hashes = [content_of(x) for x in (one, other)]
        self._again += len(one) + len(other) - len({*hashes[0], *hashes[1]})
        pairs = [(known.get(a), known.get(b)) for a, b in zip(*hashes, strict=True)]
        told = [(a, b) if a is not None and b is not None else None for a, b in pairs]
        return told + [None] * (len(one) - len(told))

    def facts(self) -> dict[str, Any] | None:
        if not self.pulled.pairs + self.held_apart.pairs:
            return None
        return {"pulled": vars(self.pulled), "held_apart": vars(self.held_apart),
                "again": self._again}  # fmt: skip
