"""Every loss call: what was given, in which encoding, and what came out."""

from __future__ import annotations

import functools
import inspect
import math
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from whytorch.evidence.recorder.by_hand import targets_of
from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.graph import chain_behind, comes_from
from whytorch.evidence.recorder.guesses import Guess
from whytorch.evidence.recorder.pair_targets import PAIR_LOSSES, SIGNED, PairTargets
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here, is_user_file
from whytorch.evidence.recorder.reaches import DIFFERENCES, Reach
from whytorch.evidence.recorder.roots import spread_over
from whytorch.evidence.recorder.sink import finite
from whytorch.evidence.recorder.tensors import dtype, shape

FUNCTIONS = (
    "cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div", "multi_margin_loss",
    "multilabel_margin_loss", "multilabel_soft_margin_loss", "soft_margin_loss",
    "hinge_embedding_loss", "poisson_nll_loss", "gaussian_nll_loss",
)  # fmt: skip
_MOST_CLASSES = 4096
_UNKNOWN = 2  # calls since a backward: more than the one whose value is that of the backward


class _Site:
    """All calls of one function at one place in one phase."""

    def __init__(self, function: str, place: Any, phase: str) -> None:
        self.facts: dict[str, Any] = {
            "function": function, "place": place, "phase": phase, "calls": 0,
        }  # fmt: skip
        self.schedule = Schedule(dense=12)
        self.counts: dict[int, int] = {}
        self.guess = Guess(function)
        self.reach = Reach()

    def widen(self, name: str, value: float | None, pick: Any) -> None:
        """Keep the extreme of `value` over all calls."""
        if value is not None:
            old = self.facts.get(name)
            self.facts[name] = value if old is None else pick(old, value)

    def also(self, name: str, value: bool | None) -> None:
        """True only while every call says so."""
        if value is not None:
            self.facts[name] = self.facts.get(name, True) and value


class Losses:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.sites: dict[tuple[Any, ...], _Site] = {}
        self.calls_since_backward = 0
        self.last_value: Tensor | None = None
        self.graphed_since_backward = 0  # those that a backward could start from
        self.last_graphed: Tensor | None = None
        self.last_site: _Site | None = None
        self._pairs = PairTargets()
        self._inside = False
        self.current: str | None = None  # the function being computed, for a crash
        self._signatures: dict[str, inspect.Signature] = {}

    def install(self, patches: Patches) -> None:
        for name in (*FUNCTIONS, *PAIR_LOSSES):
            if hasattr(F, name):
                self._signatures[name] = inspect.signature(getattr(F, name))
                patches.wrap(F, name, functools.partial(self._wrap, name), idle=True)

    def _wrap(self, name: str, original: Any) -> Any:
        recorder = self.recorder

        def loss(*args: Any, **kwargs: Any) -> Any:
            if (
                torch.compiler.is_compiling()
                or not recorder.awake
                or self._inside
                or threading.get_ident() != recorder.thread
            ):
                return original(*args, **kwargs)
            self._inside = True
            self.current = name
            try:
                value = original(*args, **kwargs)
            except Exception as error:
                self._note(name, args, kwargs, None, error)
                raise
            finally:
                self._inside = False
            self.current = None
            self._note(name, args, kwargs, value, None)
            return value

        loss.__wrapped__ = original  # type: ignore[attr-defined]
        loss.__name__ = name
        return loss

    @harmless
    def _note(self, name: str, args: Any, kwargs: Any, value: Any, error: Any) -> None:
        bound = self._signatures[name].bind_partial(*args, **kwargs).arguments
        given, target = bound.get("input"), bound.get("target")
        if name in SIGNED and error is None and torch.is_grad_enabled():
            self._pairs.given(name, target, here(), self._made_place())
        if not isinstance(given, Tensor) or not isinstance(target, Tensor):
            return
        phase = "train" if torch.is_grad_enabled() and self._learning(given) else "eval"
        place = here()
        # Two networks may share a line of a helper; what they give is told apart by its width.
        width = given.shape[1] if given.ndim == 2 else None
        key = (name, phase, place and place["path"], place and place["line"], width)
        site = self.sites.get(key)
        if site is None:
            if len(self.sites) >= 200:
                return
            site = self.sites[key] = _Site(name, place, phase)
            site.facts["made_place"] = self._made_place()
        calls = site.facts["calls"]
        site.facts["calls"] = calls + 1
        if torch.is_grad_enabled():
            site.facts["connected"] = given.requires_grad or site.facts.get("connected", False)
            if target.grad_fn is not None and not given.requires_grad:
                site.facts["taught_targets"] = site.facts.get("taught_targets", 0) + 1
        if error is not None:
            site.facts["raised"] = f"{type(error).__name__}: {str(error)[:300]}"
        else:
            self._note_value(site, value)
        self.recorder.roots.slopes.asked(target)
        self.recorder.phases.loss(name, given, target, value)
        if phase == "train":
            self.recorder.mixing.loss(name, given, target)
            self.recorder.agreement.asked(site, name, given, target)
        if site.schedule.due(calls) or error is not None:
            self._look(site, name, given, target, bound)
            if name in DIFFERENCES and isinstance(value, Tensor) and value.shape == target.shape:
                self._wait_for_all(site, given, target, value)

    def _made_place(self) -> dict[str, Any] | None:
        """Where the user constructed the loss module whose forward led here, if one did."""
        frame: FrameType | None = sys._getframe(1)
        made = None
        while frame is not None and not is_user_file(frame.f_code.co_filename):
            owner = frame.f_locals.get("self") if frame.f_code.co_name == "forward" else None
            if isinstance(owner, nn.modules.loss._Loss):
                made = self.recorder.modules.made.get(owner) or made
            frame = frame.f_back
        return made

    def _learning(self, given: Tensor) -> bool:
        call = self.recorder.modules.call or self.recorder.phases.giver(given)
        return call is None or call.grad

    def _note_value(self, site: _Site, value: Any) -> None:
        if not isinstance(value, Tensor) or not value.numel():
            return
        self.calls_since_backward += 1
        self.last_value = value.detach()
        self.last_site = site
        if value.requires_grad:
            self.graphed_since_backward += 1
            self.last_graphed = self.last_value
        if "first_value" not in site.facts:
            site.facts["first_value"] = finite(self.last_value.float().mean().item())
        site.facts["last_tensor"] = self.last_value
        self.recorder.roots.computed(site, value)

    @torch.no_grad()
    def _look(self, site: _Site, name: str, given: Tensor, target: Tensor, bound: Any) -> None:
        facts = site.facts
        facts.update(
            input_shape=shape(given), input_dtype=dtype(given),
            target_shape=shape(target), target_dtype=dtype(target),
        )  # fmt: skip
        options = {k: v for k, v in bound.items() if k not in ("input", "target")}
        facts["options"] = {
            k: v.detach().reshape(-1)[:100].tolist() if isinstance(v, Tensor) else v
            for k, v in options.items()
            if v is not None
        }
        if given.grad_fn is not None:
            facts.update(chain_behind(given))
        giver = self.recorder.phases.giver(given)
        if giver is not None:
            facts["from_model"] = comes_from(given, giver.outputs)
            facts["group"] = giver.group.index
        if given.numel() and given.is_floating_point():
            self._look_at_input(site, given.detach())
        site.also("itself", _is_itself(name, given, target, bool(bound.get("log_target"))))
        if target.numel() and not target.is_complex():
            self._look_at_target(site, target.detach(), given)
            self.recorder.tags.trained_on(name, target, given)
            weighted = any(isinstance(v, Tensor) for v in options.values())
            site.guess.add(target, given, weighted or options.get("reduction", "mean") != "mean")
            if name in DIFFERENCES and not weighted and options.get("reduction") != "none":
                site.reach.add(target, given)  # where each counts by itself, some may be left out

    def _wait_for_all(self, site: _Site, given: Tensor, target: Tensor, errors: Tensor) -> None:
        """Of an error for each number some may be masked out behind it: where a gradient comes back
        to each, none is."""
        if errors.grad_fn is not None and errors.ndim:
            errors.grad_fn.register_hook(
                lambda _, arriving: self._came_back(site, given, target, arriving[0])
            )

    @harmless
    def _came_back(self, site: _Site, given: Tensor, target: Tensor, arriving: Any) -> None:
        if isinstance(arriving, Tensor) and bool((arriving != 0).all()):
            site.reach.add(target, given)

    def _look_at_input(self, site: _Site, given: Tensor) -> None:
        x = given[:4096].float()
        low, high = x.min().item(), x.max().item()
        site.widen("input_min", finite(low), min)
        site.widen("input_max", finite(high), max)
        site.also("nonnegative", low >= 0)
        if x.ndim < 2 or x.shape[1] < 2:
            return
        site.widen("row_sum_gap", finite((x.sum(1) - 1).abs().max().item()), max)
        site.widen("logsumexp_gap", finite(x.logsumexp(1).abs().max().item()), max)
        if x.shape[0] > 1:
            site.widen("column_sum_gap", finite((given.float().sum(0) - 1).abs().max().item()), max)

    def _look_at_target(self, site: _Site, target: Tensor, given: Tensor) -> None:
        y = (target if target.ndim else target.reshape(1))[:65536].double()
        low, high = y.min().item(), y.max().item()
        site.widen("target_min", finite(low), min)
        site.widen("target_max", finite(high), max)
        integral = bool((y == y.round()).all().item())
        site.also("target_integral", integral)
        if y.ndim >= 2 and y.shape[1] > 1 and y.shape == given.shape:
            sums = y.sum(1)
            site.widen("target_row_sum_gap", finite((sums - 1).abs().max().item()), max)
            one_hot = integral and low >= 0 and bool((sums == 1).all().item())
            site.also("target_one_hot", one_hot and high == 1)
        elif integral and math.isfinite(low) and _countable(target, given, low, high):
            values, counts = torch.unique(y.long(), return_counts=True)
            for v, c in zip(values.tolist(), counts.tolist(), strict=True):
                site.counts[v] = site.counts.get(v, 0) + c

    def wakes(self) -> None:
        """After a rest nobody knows how many losses the next backward has behind it."""
        self.calls_since_backward = self.graphed_since_backward = _UNKNOWN
        self.last_value = self.last_graphed = None

    def hand_written(self, root: Tensor, place: Any) -> None:
        """A backward with no loss call before it: the script computed its loss itself."""
        if self.calls_since_backward:
            return
        key = ("hand-written", "train", place and place["path"], place and place["line"])
        site = self.sites.setdefault(key, _Site("hand-written", place, "train"))
        site.facts["calls"] += 1
        site.facts["connected"] = root.requires_grad
        if site.schedule.due(site.facts["calls"] - 1):
            site.facts["input_shape"], site.facts["input_dtype"] = shape(root), dtype(root)
            site.facts.update(chain_behind(root))
            self._look_by_hand(site, root)
        self.recorder.mixing.by_hand(root)
        value = root.detach().float().mean()
        site.facts.setdefault("first_value", finite(value.item()))
        site.facts["last_tensor"] = value

    @harmless
    def _look_by_hand(self, site: _Site, root: Tensor) -> None:
        """What a loss written by hand compares, where autograd has kept it."""
        outputs = [o for call in self.recorder.phases.pending for o in call.outputs]
        site.facts["spread"] = spread_over(root, outputs)
        found = None if site.facts["spread"] else targets_of(root, outputs)
        if found is not None:
            kind, given, target = found
            site.facts.update(
                by_hand=kind, input_shape=shape(given), input_dtype=dtype(given),
                target_shape=shape(target), target_dtype=dtype(target),
            )  # fmt: skip
            self._look_at_target(site, target, given)
            site.reach.add(target, given)

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        for index, site in enumerate(self.sites.values()):
            facts = {k: v for k, v in site.facts.items() if k != "last_tensor"}
            last = site.facts.get("last_tensor")
            if last is not None:
                facts["last_value"] = finite(last.float().mean().item())
            guess = site.guess.value()
            if guess is not None:
                facts["guess_loss"] = guess
            if (answered := site.guess.answered()) is not None:
                facts["answered"] = answered
            reach = site.reach.value()
            if reach is not None:
                facts["out_of_reach"] = reach
            if site.counts:
                facts["target_counts"] = {str(k): v for k, v in sorted(site.counts.items())[:1000]}
            yield "loss", str(index), facts
        yield from self._pairs.snapshot()


def _countable(target: Tensor, given: Tensor, low: float, high: float) -> bool:
    """Few enough to be counted; or used as indices of the outputs, and one of them is none."""
    if high - low < _MOST_CLASSES:
        return True
    indices = not target.is_floating_point() and given.ndim == target.ndim + 1 > 1
    return indices and high >= given.shape[1]


def _is_itself(name: str, given: Tensor, target: Tensor, logs: bool) -> bool:
    """Whether what is compared is one and the same, and nothing can change it."""
    if given.requires_grad or given.shape != target.shape or not given.is_floating_point():
        return False
    one = given.exp() if name == "kl_div" and not logs else given
    return torch.allclose(one.float(), target.float(), rtol=1e-4, atol=1e-6)
