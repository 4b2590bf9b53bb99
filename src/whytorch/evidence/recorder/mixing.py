"""Mixed images (mixup, cutmix): how much of its own image each sample kept, against how much of its
own label the loss asks for. The first from the batch as delivered, the second from the gradient:
that of a cross-entropy is softmax minus target, however the script put its loss together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from whytorch.evidence.recorder.batches import find_labels
from whytorch.evidence.recorder.by_hand import log_softmaxed
from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.tensors import tensors_in

_NUMBERS = 768  # of each image
_ROWS = 12  # samples of a batch whose partner is looked for
_MOST_ROWS = 512
_DENSE = 12  # batches looked at before the schedule thins out
_LOSSES = ("cross_entropy", "nll_loss", "kl_div")


class _Partner(NamedTuple):
    own: int
    partner: int  # the image it was mixed with
    share: float  # of its own
    total: float = 1.0  # of both weights


class Mixing:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._schedule = Schedule(dense=_DENSE)
        self._batches = 0
        # Numbers of the images, and the labels: of each kind where there are several
        self._sketch: tuple[Tensor, list[Tensor]] | None = None
        self._hooked: int | None = None
        self._place: Any = None
        # For each sample: share of its own image, weight of its own label, of its partner's, and
        # what the weights of both images sum to.
        self._seen: list[tuple[float, float, float, float]] = []

    def install(self, patches: Patches) -> None:
        """Asked by the data and the losses."""

    @harmless
    def delivered(self, batch: Any) -> None:
        """A loader's batch, before the script may change it in place."""
        self._sketch, self._hooked = None, None
        self._batches += 1
        if not self._schedule.due(self._batches - 1):
            return
        images, labels = next(tensors_in(batch), None), find_labels(batch)
        if images is None or labels is None or not images.is_floating_point():
            return
        if images.ndim < 3 or not 2 <= images.shape[0] <= _MOST_ROWS or len(labels) != len(images):
            return
        kinds = [t.long().clone() for t in tensors_in(batch) if _indices(t, len(images))]
        self._sketch = (_few(images).clone(), kinds if len(kinds) > 1 else [labels.clone()])

    @harmless
    def by_hand(self, root: Tensor) -> None:
        """A backward from a loss that the script computed itself: a cross-entropy if the
        network's output goes through log_softmax on its way there."""
        if self._sketch is None or len(self._sketch[1]) > 1:
            return
        outputs = [o for call in self.recorder.phases.pending for o in call.outputs]
        nodes = {o.grad_fn: o for o in outputs if o.ndim == 2 and o.grad_fn is not None}
        for given in log_softmaxed(root, nodes):
            self.loss("cross_entropy", given, given)

    @harmless
    def loss(self, function: str, given: Tensor, target: Tensor) -> None:
        """A loss call on outputs [N, C]: watch their gradient if the images were mixed."""
        call = self.recorder.phases.latest
        if self._sketch is None or call is None or call.input is None or not given.requires_grad:
            return
        images, kinds = self._sketch
        fits = given.ndim == 2 and given.shape[0] == len(images) and function in _LOSSES
        if not fits or self._hooked == id(given) or call.input.shape[:1] != given.shape[:1]:
            return
        if function != "cross_entropy" and given.grad_fn is None:
            return
        mixed = _few(call.input).to(images.device)
        if mixed.shape != images.shape or torch.equal(mixed, images):
            return
        labels = _asked_for(kinds, target)
        if labels is None:
            return
        found = [p for i in range(min(_ROWS, len(images))) if (p := _partner(mixed, images, i))]
        if len(found) < 2 or int(labels.max()) >= given.shape[1] or int(labels.min()) < 0:
            return
        self._hooked = id(given)
        chances = given.detach().float().softmax(1)
        given.register_hook(lambda grad: self._gradient(grad, chances, labels, found))

    @harmless
    def _gradient(
        self, grad: Tensor, chances: Tensor, labels: Tensor, found: list[_Partner]
    ) -> None:
        """Target = softmax - gradient, up to the factor that the loss was divided by."""
        wanted, labels = grad.detach().float() * len(chances), labels.to(chances.device)
        for own, partner, share, total in found:
            one, other = int(labels[own]), int(labels[partner])
            if one == other:
                continue
            rest = torch.ones_like(chances[own], dtype=torch.bool)
            rest[[one, other]] = False
            p, g = chances[own], wanted[own]
            weight = p[rest].sum().item(), g[rest].sum().item()
            scale = weight[0] / weight[1] if weight[1] > 1e-6 and weight[0] > 1e-3 else 1.0
            # Label smoothing; a loss may be divided, or be multiplied, by more. And a label of a
            # third image: it is in the sum of the rest, but most classes have their softmax alone.
            if 1.1 <= scale <= 2 or _are_alike(p[rest], g[rest]):
                scale = 1.0
            target = p - scale * g
            self._seen.append((share, target[one].item(), target[other].item(), total))

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        if len(self._seen) >= 8:
            yield "mixing", "", {"samples": [list(s) for s in self._seen[:400]]}


def _are_alike(one: Tensor, other: Tensor) -> bool:
    return bool(((one - other).abs() < 0.02 * one).float().mean() >= 0.5)


def _indices(value: Tensor, count: int) -> bool:
    whole = not value.is_floating_point() and not value.is_complex()
    return whole and value.ndim == 1 and len(value) == count


def _asked_for(kinds: list[Tensor], target: Tensor) -> Tensor | None:
    """The labels that this loss is about: a network with several heads has several kinds."""
    if len(kinds) == 1:
        return kinds[0]
    if not _indices(target, len(kinds[0])):
        return None
    wanted = target.detach().long().sort().values
    return next((k for k in kinds if torch.equal(k.to(wanted.device).sort().values, wanted)), None)


@torch.no_grad()
def _few(images: Tensor) -> Tensor:
    """[N, at most 768 numbers] of each image, evenly spread."""
    rows = images.detach().reshape(images.shape[0], -1)
    return rows[:, :: max(1, rows.shape[1] // _NUMBERS)].float()


@torch.no_grad()
def _partner(mixed: Tensor, images: Tensor, i: int) -> _Partner | None:
    """Blended, or cut out and pasted."""
    m, own = mixed[i], images[i]
    if torch.allclose(m, own, atol=1e-5):
        return None
    step, moved = images - own, m - own
    size = step.square().sum(1).clamp(min=1e-12)
    part = (step @ moved) / size  # of the partner
    left = (moved - part[:, None] * step).square().sum(1)
    left[i] = torch.inf
    j = int(left.argmin())
    if left[j] < 1e-6 * moved.square().sum() + 1e-10 and 0 < part[j] <= 1:
        return _Partner(i, j, 1 - float(part[j]))
    if (unlike := _scaled(mixed, images, i)) is not None:
        return unlike
    pasted = ((m == own) | (m == images)).all(1)
    pasted[i] = False
    if not bool(pasted.any()):
        return None
    j = int(pasted.int().argmax())
    differing = own != images[j]
    return _Partner(i, j, float((m == own)[differing].float().mean()))


def _scaled(mixed: Tensor, images: Tensor, i: int) -> _Partner | None:
    """A blend whose two weights do not sum to 1."""
    m, own = mixed[i].double(), images[i].double()
    others = images.double()
    aa, ab, bb = own @ own, others @ own, others.square().sum(1)
    am, bm = own @ m, others @ m
    # A pair that is one image, scaled, has no two weights.
    room = (aa * bb - ab * ab).clamp(min=1e-9 * aa * bb + 1e-12)
    a, b = (am * bb - bm * ab) / room, (bm * aa - am * ab) / room
    left = (m - a[:, None] * own - b[:, None] * others).square().sum(1)
    left[i] = torch.inf
    j = int(left.argmin())
    exact = left[j] < 1e-6 * m.square().sum() and a[j] > 0.01 and b[j] > 0.01
    total = float(a[j] + b[j])
    return _Partner(i, j, float(a[j]) / total, total) if exact else None
