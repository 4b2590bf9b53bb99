"""Training and evaluation, told apart by what happens: a call of the network whose output a
backward starts from is training, any other is evaluation. Stretches of one kind form a *pass*.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.averages import Averages
from whytorch.evidence.recorder.graph import inputs_behind, is_made_by_weights
from whytorch.evidence.recorder.map_scores import confusions_of, overlap_of
from whytorch.evidence.recorder.modules import Call, Group
from whytorch.evidence.recorder.partly import Partly
from whytorch.evidence.recorder.passes import Pass, classes_in, content_of, predictions_of
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.teaching import Teaching
from whytorch.evidence.recorder.tensors import Pool
from whytorch.evidence.recorder.worn import Worn

_MOST_PENDING = 16
_MANY = 16  # images, of each of which a batch of classes would hold one by chance
_MOST_TARGETS = 4  # of one call: mixed labels come one after the other
_KEPT_AT_START = 120
_KEPT_AT_END = 80
_MOST_REMEMBERED = 500_000
_TAKE_LOGITS = ("binary_cross_entropy_with_logits", "soft_margin_loss")
_FRESH_CALLS = 2  # calls at the start of a pass that are looked at closely
# What a pass says of right and wrong; without meaning for outputs that name no class.
_OF_CLASSES = (
    "correct", "counted", "batch_accuracies_mean", "matching_pairs", "last_batch", "confusion",
    "otherwise_correct", "halving_mean",
)  # fmt: skip
_DROPOUT = nn.modules.dropout._DropoutNd
_BATCHNORM = nn.modules.batchnorm._BatchNorm


class Phases:
    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.pending: list[Call] = []
        self.latest: Call | None = None
        self._worn = Worn()
        self.awaits_labels = False  # the latest call was not yet compared with anything
        self.phase = "starting"
        self.epochs = 0
        self.interrupted = False  # the script ended in the middle of something
        self.fresh = True  # the next evaluation call starts a pass
        self.last_trained: dict[str, Any] = {}
        self._passes: list[Pass] = []
        self._current: Pass | None = None
        self._count = 0
        # What each network was trained on; a new model for each fold has seen only its own fold.
        self._evaluated_content: dict[int, set[int]] = {}
        self._trained_content: WeakIdKeyDictionary[nn.Module, set[int]] = WeakIdKeyDictionary()
        self._roots: WeakIdKeyDictionary[Any, int] = WeakIdKeyDictionary()
        self._next_root = 0
        self._widths: dict[int, int | None] = {}  # scores a sample in training, by group
        self._teaching = Teaching()
        self._partly, self.averages = Partly(), Averages(recorder)

    def install(self, patches: Patches) -> None:
        """Nothing to patch: other observers call in here."""

    # --- calls of the network -------------------------------------------------------------------

    def before_call(self, group: Group) -> None:
        """A new call: earlier ones without gradient, and those of an earlier batch, are over."""
        serial = self.recorder.data.batch_serial
        if serial is None or len(self.pending) >= _MOST_PENDING:
            self._resolve([c for c in self.pending if not c.grad], "eval")
        else:
            stale = [c for c in self.pending if not c.grad or c.moment != serial]
            self._resolve(stale, "eval")
        if len(self.pending) >= _MOST_PENDING:
            self._resolve(self.pending[:1], "eval")

    def called(self, call: Call) -> None:
        if call.input is not None:
            call.content = content_of(call.input)
        data = self.recorder.data
        batch = data.batch_of(call.input, call.content, call.grad and call.training)
        call.batch, call.moment = batch and batch.serial, data.batch_serial
        call.weights = self._worn.look(call, self.recorder.steps)
        self.averages.look(call)
        if batch is not None and batch.across and call.input is not None and call.input.ndim > 1:
            call.content = content_of(call.input.transpose(0, 1))
        output = _scores_in(call)
        if output is not None:
            call.predictions = predictions_of(output, call.group.gives_logits)
        labels = batch.labels_of(call.group.binary) if batch else None
        if labels is not None and call.samples and labels.shape[0] == call.samples:
            call.labels = labels
        self.latest = call
        self.awaits_labels = call.predictions is not None
        self.pending.append(call)

    def loss(self, function: str, given: Tensor, target: Tensor, value: Any) -> None:
        """A loss call: its target labels the network call that gave its input, or the one going
        on: models of Hugging Face compute their loss themselves."""
        self._teaching.loss(given, target, self.pending)
        inside = self.recorder.modules.call
        call = inside or self.giver(given)
        if call is None or not given.ndim:
            return
        call.used = True
        self._partly.loss(call, given)
        position = next((i for i, o in enumerate(call.outputs) if given is o), None)
        if position is not None or inside is not None:
            call.group.loss_inputs += 1
            call.group.gives_logits = function in _TAKE_LOGITS
        if value is None or given.shape[0] != call.samples or target.shape[:1] != given.shape[:1]:
            return
        if call.grad is False and function in ("cross_entropy", "nll_loss"):
            call.graph["pixels"] = confusions_of(given, target)
        call.graph["masks"] = overlap_of(function, given, target)
        self._take_target(call, function, given, target)
        if position is not None and call.labels is not None and call.group.scores_at is None:
            call.group.scores_at = position  # (features, scores), or (scores, auxiliary scores)
        if self._current is not None or call.grad is False:
            call.graph.setdefault("loss", value)

    def giver(self, given: Tensor) -> Call | None:
        """The call of a network that a loss's input comes from: the latest one, or, where that had
        no gradients and the input has some (a teacher was asked after its student), one before."""
        latest = self.latest
        if latest is None or latest.grad is not False or any(given is o for o in latest.outputs):
            return latest
        if not given.requires_grad:
            return latest
        return next((c for c in reversed(self.pending) if c.grad), latest)

    def _take_target(self, call: Call, function: str, given: Tensor, target: Tensor) -> None:
        if given.ndim > 2:
            return
        if len(call.targets) < _MOST_TARGETS:
            call.targets.append(target.detach())
        if _numbers_the_batch(target, given):
            call.labels = call.predictions = None
            return
        if target.ndim == 1 or target.shape[1:] == (1,):
            call.labels = classes_in(target.detach().reshape(-1), given)
        elif target.shape == given.shape and target.is_floating_point():
            one_hot = bool(((target == 0) | (target == 1)).all() and (target.sum(1) == 1).all())
            if function == "kl_div" and not one_hot:
                return  # a teacher's word: the labels are what they were
            call.labels = target.detach().argmax(1) if one_hot else None
        else:
            return
        call.group.names_classes |= call.labels is not None
        if function.startswith("binary_cross_entropy") and call.labels is not None:
            call.group.binary = target.ndim == 1 or target.shape[1:] == (1,)
        if function in ("cross_entropy", "nll_loss", *_TAKE_LOGITS):
            call.predictions = predictions_of(given, function in _TAKE_LOGITS)

    @harmless
    def before_backward(self, root: Tensor, nodes: set[Any] | None) -> None:
        """A backward: the pending calls that its graph contains were training."""
        with_grad = [c for c in self.pending if c.grad]
        trained = with_grad
        if len(with_grad) > 1 and nodes is None:
            from whytorch.evidence.recorder.graph import walk

            nodes = walk(root)[0]
        if len(with_grad) > 1 and nodes:
            trained = [c for c in with_grad if any(o.grad_fn in nodes for o in c.outputs)]
        probed = [c for c in trained if self._probed(c)]
        trained = [c for c in trained if c not in probed]
        self._resolve([c for c in self.pending if c in probed or not c.grad], "eval")
        self._resolve(trained, "train")

    def _probed(self, call: Call) -> bool:
        """Whether the backward is after the input: the network is frozen, or is not in training
        and nothing trains what stands in front of it."""
        images = inputs_behind(call.input)
        if images and not any(p.requires_grad for p in call.root.parameters()):
            return True
        # An attack by an optimizer of the image's own, on a network that learns by another.
        learns, held = call.root in self._trained_content, self.recorder.optimizers.holds
        attacked = ((learns and v is call.input) or not held(v) for v in images)
        return not call.training and any(attacked)

    def _resolve(self, calls: list[Call], phase: str) -> None:
        for call in calls:
            if call in self.pending:
                self.pending.remove(call)
                self._add(call, phase)

    def loader_started(self) -> None:
        """A loader begins a pass: what is pending belongs to the one before."""
        self._resolve(list(self.pending), "eval")
        self.fresh = True

    def rests(self) -> None:
        """Nothing more is seen for a while: what becomes of the calls that wait stays unknown."""
        self._resolve([c for c in self.pending if not c.grad], "eval")
        self.pending, self.latest, self.awaits_labels = [], None, False
        if self._current is not None and self._current.loader is None:
            self._current.unseen = True

    def evaluates(self, loader: int, serial: int) -> bool:
        """Whether this pass over a loader is known to be an evaluation."""
        self._resolve([c for c in self.pending if not c.grad], "eval")
        current = self._current
        return (
            current is not None and current.phase == "eval" and current.key[2:4] == (loader, serial)
        )

    # --- passes ---------------------------------------------------------------------------------

    @harmless
    def _add(self, call: Call, phase: str) -> None:
        current = self._pass_for(call, phase)
        if self._gives_features(call, phase):
            call.labels = None  # the loader's; nothing was compared with them
        current.add(call)
        self._teaching.added(call, current)
        current.interleaved |= phase == "eval" and self.recorder.steps > current.first_step
        self._look_at_modes(current, call)
        self.recorder.dropouts.resolved(call, phase, current.index)
        if call.input_pool is not None:
            current.inputs.merge(call.input_pool)
            current.codes |= phase == "train" and is_made_by_weights(call.input)
            self._pool(call, phase, "model", call.input_pool)
            if call.layer_pool is not None:
                self._pool(call, phase, "first_layer", call.layer_pool)
        if phase == "train":
            current.new_samples += self._remember(call)
            self.last_trained = {
                "train_mode": call.training, "batch": call.samples,
                "accuracy": current.last_accuracy, "pass_index": current.index,
            }  # fmt: skip
        elif call.content and not self._partly.unknown(call):
            known = self._trained_on(call.root)
            current.seen_content += sum(any(c in k for k in known) for c in call.content)
            current.hashed += len(call.content)
            current.meet(call.content)
            current.fresh_samples += self._evaluate(current, call.content)
        self.recorder.keeps.batch(call, phase)
        self.recorder.handed.entered(call, phase)
        call.inputs = []
        call.graph, call.outputs, call.input, call.targets = {}, [], None, []  # as the script would

    def _gives_features(self, call: Call, phase: str) -> bool:
        """Whether an evaluation's outputs are no scores of classes: as many as in training they
        are not, and the script held them up to no label itself (it looks for neighbours)."""
        scores = _scores_in(call)
        width = scores.shape[1] if scores is not None and scores.ndim == 2 else None
        if phase == "train":
            self._widths[call.group.index] = width
        known = self._widths.get(call.group.index)
        return None not in (width, known) and width != known and not call.used

    def _remember(self, call: Call) -> int:
        """Take note that the network was trained on these samples; how many were new to it."""
        known = self._partly.learned(call, self._trained_content.setdefault(call.root, set()))
        before = len(known)
        if before < _MOST_REMEMBERED:
            known.update(call.content)
        return len(known) - before

    def _evaluate(self, current: Pass, content: list[int]) -> int:
        """Take note that these samples of a loader were evaluated; how many had never been."""
        if current.loader is None:
            return 0
        known = self._evaluated_content.setdefault(current.loader, set())
        new = sum(c not in known for c in content)
        if len(known) < _MOST_REMEMBERED:
            known.update(content)
        return new

    def _number(self, root: nn.Module, anew: bool = False) -> int:
        """Tells networks apart, also those that are gone: by their weights, since a slice of a
        Sequential is a new module each time."""
        own = next(root.parameters(), root)
        if anew or own not in self._roots:
            self._roots[own] = self._next_root
            self._next_root += 1
        return self._roots[own]

    def _trained_on(self, root: nn.Module) -> list[set[int]]:
        """What this network was trained on; a copy that never trained itself stands for all."""
        own = self._trained_content.get(root)
        return list(self._trained_content.values()) if own is None else [own]

    def _pool(self, call: Call, phase: str, role: str, pool: Pool) -> None:
        call.group.phase_places.setdefault(phase, call.place)
        call.group.made |= set() if getattr(call.input, "grad_fn", None) is None else {phase}
        call.group.input_pools.setdefault((phase, role), Pool()).merge(pool)

    def _pass_for(self, call: Call, phase: str) -> Pass:
        loader, serial = call.batch[:2] if call.batch else (None, None)
        # Without a loader, what comes another way is a pass of its own: accuracy(a), accuracy(b).
        where = call.way if phase == "eval" and serial is None else None
        key = (phase, call.group.index, loader, serial, where)
        if self._current is None or self._current.key != key:
            known = [p for p in self._passes[-4:] if p.key == key and self._goes_on(p)]
            self._current = known[-1] if known else self._begin(call, phase, key)
        return self._current

    def _goes_on(self, one: Pass) -> bool:
        """Whether calls with the same key still belong to this pass."""
        return one.loader is not None or one.first_step == self.recorder.steps

    def _begin(self, call: Call, phase: str, key: Any) -> Pass:
        begun = Pass(self._count, phase, key, call, self.recorder.steps)
        self._count += 1
        if self._current is not None:
            self._current.close()
        self.phase = phase
        self.epochs += phase == "train" and not self._beside(begun)
        begun.anew = phase == "train" and self.recorder.begun_anew.asked()
        if begun.anew:  # as good as another network, such as one for each fold
            self._trained_content.pop(call.root, None)
        begun.root = self._number(call.root, begun.anew)
        begun.opens = phase == "train" and call.root not in self._trained_content
        begun.root_trains = phase == "train" or call.root in self._trained_content
        begun.started = self.recorder.elapsed()
        self.recorder.data.describe_pass(begun)
        self._passes.append(begun)
        if len(self._passes) > _KEPT_AT_START + _KEPT_AT_END:
            del self._passes[_KEPT_AT_START]
        self.fresh = phase == "eval"
        return begun

    def _beside(self, begun: Pass) -> bool:
        """Whether another network trains in the same pass over a loader: body and head apart, two
        against each other."""
        drawn = begun.key[2:4]
        return None not in drawn and any(
            p.phase == "train" and p.key[2:4] == drawn for p in self._passes[-4:]
        )

    def _look_at_modes(self, current: Pass, call: Call) -> None:
        self.fresh = current.phase == "eval" and current.batches < _FRESH_CALLS
        if current.batches <= _FRESH_CALLS:
            dropout = batchnorm = 0
            for module in call.root.modules():
                if isinstance(module, _DROPOUT) and module.training and module.p > 0:
                    dropout += 1
                elif isinstance(module, _BATCHNORM) and module.training:
                    batchnorm += 1
            current.active_dropout = max(current.active_dropout, dropout, call.dropouts)
            current.active_batchnorm = max(current.active_batchnorm, batchnorm)

    @harmless
    def cut_short(self) -> None:
        """The time-lapse ended a loop that the script wrote by hand."""
        if self._current is not None and self._current.phase == "train":
            self._current.shortened = True

    def stepped(self, steps: int = 1) -> None:
        self._teaching.stepped()
        if self._current is not None and steps:
            self._current.steps += steps
            self._current.ended = self.recorder.elapsed()

    @property
    def latest_pass(self) -> int:
        """Index of the pass that the latest call belongs to; -1 before the first."""
        self._resolve([c for c in self.pending if not c.grad], "eval")
        return self._current.index if self._current else -1

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        if final:
            if self.interrupted:  # it may have been on its way to a backward
                self.pending = [c for c in self.pending if not (c.grad and c.training)]
            self._resolve(list(self.pending), "eval")
        groups = {g.index: g for g in self.recorder.modules.groups.values()}
        for one in self._passes:  # which network is the trained one may not be known yet
            facts = {**one.facts(self.recorder.data), "group": one.key[1]}
            group = groups.get(one.key[1])
            if group is not None and not group.names_classes:  # an embedding, an autoencoder
                facts.update(dict.fromkeys(_OF_CLASSES))
            yield "pass", str(one.index), facts


def _numbers_the_batch(target: Tensor, given: Tensor) -> bool:
    """Whether each image is told from the others of its batch (CLIP, contrastive losses): [N, N]
    scores and every number once. Such an accuracy falls with the size of the batch, and a network
    may know the classes all the same."""
    n = given.shape[0]
    if n < _MANY or target.shape != (n,) or given.shape != (n, n) or target.is_floating_point():
        return False
    numbers = torch.arange(n, device=target.device, dtype=target.dtype)
    return torch.equal(target.detach().sort().values, numbers)


def _scores_in(call: Call) -> Tensor | None:
    """The output that holds the scores: the one a loss took for them, or the first that can."""
    at = call.group.scores_at
    if at is not None and at < len(call.outputs) and call.outputs[at].ndim in (1, 2):
        return call.outputs[at]
    return next((o for o in call.outputs if o.ndim in (1, 2)), None)
