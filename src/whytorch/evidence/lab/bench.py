"""The bench: the script's training steps, rebuilt from the tape, to be run again with one thing
changed.

A run starts from the weights that the script started from, takes the recorded batches in their
order (and again from the first when they are used up), computes the loss as the script did, and
steps an optimizer of the same kind and settings. `Change` says what is different. Nothing here
touches the script's own objects but its networks, and those get their weights back.
"""

from __future__ import annotations

import contextlib
import copy
import math
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from whytorch.evidence.lab import program
from whytorch.evidence.lab.change import Change, Curve, NotRebuilt, Surgery
from whytorch.evidence.lab.program import Const, Micro, Op, Step
from whytorch.evidence.recorder.passes import predictions_of

__all__ = ["Bench", "Change", "Curve", "NotRebuilt", "Surgery"]

FEWEST_STEPS = 10  # where recording ended early
REPLAY_SECONDS = 3.0  # then those replayed so far must do
EXACT_STEPS = 5  # replayed to see whether the bench is the script
_BLOWN_UP = 1e6  # times the first loss: the run is over


class Bench:
    """Raises `NotRebuilt` where there is nothing to run again."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        tape = recorder.tape
        self.tape = tape
        self.steps: list[Step] = tape.steps
        if not self.steps:
            raise NotRebuilt(tape.problem or "no training step was recorded")
        if tape.problem and len(self.steps) < FEWEST_STEPS:
            raise NotRebuilt(tape.problem)
        if not any(step.micros for step in self.steps):
            raise NotRebuilt("no backward was recorded before the optimizer's steps")
        self.main = self._main()
        self.steps = program.moving(self.steps, self.tape.networks, self.main)
        self._keeps = recorder.keeps
        self._group = recorder.modules.group_of(tape.networks[self.main].module)
        self.binary = bool(self._group and self._group.gives_logits)
        self.step_seconds: float | None = None
        self.length: int | None = None  # steps of every trial
        self.own: list[Curve] | None = None  # the script as it is, run for the trials
        self.kept: Any = None  # (network, Curve): trained for experiments that look at it

    def _main(self) -> int:
        """The network that the answer is about, or else the largest that the steps call."""
        called = set().union(*map(program.networks_of, self.steps))
        if not called:
            raise NotRebuilt("the loss does not come from a network")
        modules, networks = self.recorder.modules, self.tape.networks
        about = modules.main_group()
        its = [n for n in sorted(called) if modules.group_of(networks[n].module) is about]
        sizes = {n: sum(t.numel() for t in networks[n].initial.values()) for n in called}
        return max(its or sorted(called), key=lambda n: sizes[n])

    # --- the pieces ----------------------------------------------------------------------------

    def networks(self, change: Change | None = None) -> list[nn.Module]:
        """Copies of the networks at their first weights, the trained one changed."""
        made = []
        # Copied together: one may be a part of another.
        copies = copy.deepcopy([network.module for network in self.tape.networks])
        for number, (network, own) in enumerate(zip(self.tape.networks, copies, strict=True)):
            own.zero_grad(set_to_none=True)
            with torch.no_grad():
                for name, value in network.initial.items():
                    with contextlib.suppress(AttributeError):  # replaced by the script since
                        program.weight(own, name).copy_(value)
            for name, parameter in own.named_parameters():
                parameter.requires_grad_(network.learns.get(name, True))
            if change is not None and change.network is not None and number == self.main:
                program.remember_modules(own)
                own = change.network(own)
            made.append(own)
        return made

    def optimizers(self, networks: list[nn.Module], change: Change) -> list[Optimizer]:
        """Optimizers as the script's, holding the copies' parameters."""
        made = []
        for number, original in enumerate(self.tape.optimizers):
            settings = next((s.settings for s in self.steps if s.optimizer == number), None)
            groups = self._groups(original, networks, settings, change)
            if change.optimizer is not None:
                own = change.optimizer(groups)
            else:
                own = _like(original, groups)
                state = self.tape.states[number]
                if state and change.network is None:
                    own.load_state_dict({**own.state_dict(), "state": copy.deepcopy(state)})
            made.append(own)
        return made

    def _groups(
        self,
        original: Optimizer,
        networks: list[nn.Module],
        settings: list[dict[str, Any]] | None,
        change: Change,
    ) -> list[dict[str, Any]]:
        """Parameter groups by name; after surgery, the new parameters join the largest group."""
        groups: list[dict[str, Any]] = []
        held: set[int] = set()
        for index, group in enumerate(original.param_groups):
            own = {k: v for k, v in group.items() if k != "params"}
            if settings and index < len(settings):
                own.update(settings[index])
            for key, value in change.settings.items():
                if key in own:
                    own[key] = value(own[key]) if callable(value) else value
            own["lr"] = own.get("lr", 1e-3) * change.rate
            own["params"] = [
                p for q in group["params"] if (p := self._copy_of(q, networks)) is not None
            ]
            held.update(map(id, own["params"]))
            groups.append(own)
        if change.network is not None and groups:
            new = [p for p in networks[self.main].parameters() if id(p) not in held]
            learns = self.tape.networks[self.main].learns
            known = {n for n in self.tape.networks[self.main].names.values() if learns.get(n, True)}
            named = {id(p): n for n, p in networks[self.main].named_parameters()}
            new = [p for p in new if p.requires_grad and named.get(id(p)) not in known]
            max(groups, key=lambda g: len(g["params"]))["params"].extend(new)
        return [g for g in groups if g["params"]]

    def _copy_of(self, parameter: Tensor, networks: list[nn.Module]) -> Tensor | None:
        for number, network in enumerate(self.tape.networks):
            name = network.names.get(id(parameter))
            if name is not None:
                with contextlib.suppress(AttributeError):
                    return program.weight(networks[number], name)
        return None

    # --- running -------------------------------------------------------------------------------

    def replay(self, most: int = EXACT_STEPS) -> tuple[int, list[tuple[float, float]]]:
        """How many of the first steps give the script's losses to the last bit, and (recorded,
        replayed) of each."""
        pairs: list[tuple[float, float]] = []
        networks = self.networks()
        optimizers = self.optimizers(networks, Change())
        with self.aside():
            started = time.perf_counter()
            for step in self.steps[:most]:
                if pairs and time.perf_counter() - started > REPLAY_SECONDS:
                    break
                losses = self._step(step, networks, optimizers, Change(), exact=True)
                pairs += [(m.loss, value) for m, value in zip(step.micros, losses, strict=True)]
        exact = sum(a == b or (a != a and b != b) for a, b in pairs)
        return exact, pairs

    def agrees(self, pairs: list[tuple[float, float]]) -> bool:
        """Whether the first loss is the script's: on the CPU to the last bit; a GPU's kernels add
        up in any order, and a thousandth is agreement there."""
        recorded, replayed = pairs[0]
        if recorded == replayed or (recorded != recorded and replayed != replayed):
            return True
        weight = next(iter(self.tape.networks[self.main].initial.values()))
        return weight.is_cuda and math.isclose(recorded, replayed, rel_tol=1e-3)

    def run(
        self,
        change: Change | None = None,
        steps: int = 100,
        seed: int = 0,
        seconds: float = math.inf,
        judge: bool = True,
        then: Callable[[nn.Module], object] | None = None,
    ) -> Curve:
        """Train once. The order of the recorded steps is theirs for seed 0, shuffled for others.
        Ends early after `seconds`, or when the loss is no number. `then` is called with the trained
        network, unless the loss broke."""
        change = change or Change()
        started = time.perf_counter()
        curve = Curve([], 0.0)
        with self.aside():
            torch.manual_seed(seed)
            networks = self.networks(change)
            optimizers = self.optimizers(networks, change)
            for step in self._order(change, steps, seed):
                losses = self._step(step, networks, optimizers, change, exact=False)
                if losses:
                    curve.losses.append(sum(losses) / len(losses))
                last = curve.losses[-1] if curve.losses else 0.0
                if not math.isfinite(last) or abs(last) > _BLOWN_UP * max(1.0, abs(curve.start)):
                    curve.broke = True
                    break
                if time.perf_counter() - started > seconds:
                    break
            done = max(1, len(curve.losses))
            self.step_seconds = (time.perf_counter() - started) / done
            if judge and not curve.broke:
                curve.train_accuracy = self.accuracy(networks[self.main], "train", change)
                curve.eval_accuracy = self.accuracy(networks[self.main], "eval", change)
            if then is not None and not curve.broke:
                then(networks[self.main])
        curve.seconds = time.perf_counter() - started
        return curve

    def _order(self, change: Change, steps: int, seed: int) -> Iterator[Step]:
        recorded = self._with_batches(change) if change.batches is not None else self.steps
        listed = [s for s in recorded if s.micros]
        draw = random.Random(seed)
        given = 0
        while given < steps:
            if seed:
                draw.shuffle(listed)
            yield from listed[: steps - given]
            given += len(listed)

    def _with_batches(self, change: Change) -> list[Step]:
        """A step for each batch of the change, otherwise like the script's at the same place."""
        listed = [s for s in self.steps if s.micros]
        made = []
        for number, (x, y) in enumerate(change.batches or ()):
            like = listed[int(number / change.pace) % len(listed)]
            own = like.micros[0]
            micro = Micro(self.on_other_batch(own, x, y), own.root, 0.0, own.stale)
            made.append(Step([micro], like.optimizer, like.settings, like.clips))
        return made

    def on_other_batch(self, micro: Micro, x: Tensor, y: Tensor) -> list[Op]:
        """The operations of a step with its inputs and labels replaced. Raises NotRebuilt."""
        old_x, old_y = self.batch_of(micro)
        sizes = {old_x.shape[0]: x.shape[0]}

        def leaf(value: Any) -> Any:
            if isinstance(value, Const) and value.value is old_x:
                return Const(x, value.gradient)
            if isinstance(value, Const) and value.value is old_y:
                return Const(y.to(value.value.dtype), value.gradient)
            if isinstance(value, int) and not isinstance(value, bool) and value > 1:
                return sizes.get(value, value)  # a view that names the size of the batch
            return value

        from torch.utils import _pytree as pytree

        made = []
        for op in micro.ops:
            args, kwargs = pytree.tree_map(leaf, (op.args, op.kwargs))
            made.append(Op(op.call, args, kwargs, op.outputs, op.around, op.changes_first))
        return made

    def batch_of(self, micro: Micro) -> tuple[Tensor, Tensor]:
        """What entered the network (one tensor [B, ...]) and the labels its loss compares with ([B]
        or [B, C]). Raises NotRebuilt where there is not one of each."""
        calls = [op for op in micro.ops if isinstance(op.call, int)]
        if len(calls) != 1:
            raise NotRebuilt(f"a step calls its networks {len(calls)} times")
        entered = [t for t in calls[0].consts() if t.ndim > 1]
        if len(entered) != 1:
            raise NotRebuilt("more than one tensor enters the network")
        x = entered[0]
        others = [t for op in micro.ops if op is not calls[0] for t in op.consts()]
        targets = {id(t): t for t in others if t.ndim and t.shape[0] == x.shape[0]}
        if len(targets) != 1:
            raise NotRebuilt("what the loss compares with is not one tensor")
        return x, next(iter(targets.values()))

    def pairs(self) -> list[tuple[Tensor, Tensor]]:
        """(inputs, labels) of every recorded step. Raises NotRebuilt."""
        return [self.batch_of(m) for s in self.steps for m in s.micros]

    def _step(
        self,
        step: Step,
        networks: list[nn.Module],
        optimizers: list[Optimizer],
        change: Change,
        exact: bool,
    ) -> list[float]:
        losses = []
        for number, micro in enumerate(step.micros):
            for index, optimizer in enumerate(optimizers):
                stale = index < len(micro.stale) and micro.stale[index]
                if not stale or (change.clear and number == 0):
                    optimizer.zero_grad(set_to_none=True)
            root = self._root(micro, networks, change, exact)
            losses.append(float(root.detach()))
            if root.requires_grad:
                root.backward()
        own = min(step.optimizer, len(optimizers) - 1)
        if change.clip:
            held = [p for g in optimizers[own].param_groups for p in g["params"]]
            for function, args, kwargs in step.clips:
                function(held, *args, **kwargs)
        self._set(optimizers[own], step, change)
        optimizers[own].step()
        return losses

    def _root(self, micro: Micro, networks: list[nn.Module], change: Change, exact: bool) -> Tensor:
        swap = self._swap(micro, change)
        if change.loss is None:
            return program.run(micro.ops, networks, exact=exact, swap=swap)[micro.root]
        _, y = self.batch_of(micro)
        found = program.run(micro.ops, networks, exact=exact, swap=swap, until_network=True)
        call = next(op for op in micro.ops if isinstance(op.call, int))
        output = found[call.outputs[0]]
        return change.loss(output, swap(y) if swap is not None else y)

    def _swap(self, micro: Micro, change: Change) -> program.Swap | None:
        if change.inputs is None and change.targets is None:
            return None
        x, y = self.batch_of(micro)
        inputs, targets = change.inputs, change.targets

        def swap(value: Tensor) -> Tensor:
            if value is x and inputs is not None:
                return inputs(value)
            return targets(value) if value is y and targets is not None else value

        return swap

    def _set(self, optimizer: Optimizer, step: Step, change: Change) -> None:
        """The rates, momenta and decays that this step had in the script."""
        if change.optimizer is not None or not change.schedule:
            return
        for group, recorded in zip(optimizer.param_groups, step.settings, strict=False):
            own = {k: v for k, v in recorded.items() if k in group and k not in change.settings}
            if "lr" in own and isinstance(own["lr"], (int, float)):
                own["lr"] = own["lr"] * change.rate
            group.update(own)

    # --- measuring -----------------------------------------------------------------------------

    @torch.no_grad()
    def accuracy(
        self, network: nn.Module, phase: str, change: Change | None = None, most: int = 512
    ) -> float | None:
        """Share of recorded samples of a phase that are named right, in eval mode; None where
        their labels, or which output holds the scores, are not known."""
        kept = self._kept(phase)
        if kept is None or self._group is None:
            return None
        network.eval()
        device = next(network.parameters()).device  # samples are kept on the CPU
        logits = self.binary or (change is not None and change.logits)
        right = counted = 0
        for x, labels in zip(kept.tensors, kept.labels, strict=True):
            if labels is None or counted >= most:
                continue
            given = change.inputs(x) if change is not None and change.inputs is not None else x
            try:
                output = network(given.to(device))
            except Exception:
                return None
            scores = self._scores(output)
            predicted = predictions_of(scores, logits) if scores is not None else None
            if predicted is None or predicted.shape != labels.shape:
                return None
            right += int((predicted.cpu() == labels).sum())
            counted += int(labels.numel())
        return right / counted if counted else None

    def _kept(self, phase: str) -> Any:
        return self._keeps.inputs.get((self._group.index, phase)) if self._group else None

    def _scores(self, output: Any) -> Tensor | None:
        leaves = [t for t in torch.utils._pytree.tree_leaves(output) if isinstance(t, Tensor)]
        at = self._group.scores_at if self._group else None
        if at is not None and at < len(leaves):
            return leaves[at]
        return next((t for t in leaves if t.ndim in (1, 2)), None)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """The generators of the script's process get their state back."""
        state, python = program.generators(), random.getstate()
        with torch.enable_grad():
            try:
                yield
            finally:
                program.restore(state)
                random.setstate(python)


def _like(original: Optimizer, groups: list[dict[str, Any]]) -> Optimizer:
    """An optimizer of the same class; all settings stand in its groups."""
    kind = type(original)
    try:
        return kind(groups)
    except TypeError:
        return kind(groups, lr=groups[0].get("lr", 1e-3))
