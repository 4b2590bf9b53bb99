"""Data loaders: what they hold, what they drew, in which order, and for which phase."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from types import FrameType
from typing import Any
from weakref import ref

from torch import Tensor
from torch.utils import data as torch_data
from torch.utils.data import dataloader
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder import datasets
from whytorch.evidence.recorder.ahead import Ahead
from whytorch.evidence.recorder.batches import Delivered
from whytorch.evidence.recorder.draws import Draw, Loader
from whytorch.evidence.recorder.passes import Pass
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import here, place_of, user_frame
from whytorch.evidence.recorder.rest import BEAT_EVERY, NEAR
from whytorch.evidence.recorder.unguarded import counts_on_the_next
from whytorch.evidence.recorder.workers import seeded_by, seeding_of

_KEPT = 4096  # indices and labels of a draw


class Data:
    """`may_go_on` is the time-lapse's word on whether a loader may deliver another batch."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.may_go_on: Any = None
        self.batch_serial: tuple[int, int, int] | None = None  # (loader, pass over it, batch)
        self._loaders: WeakIdKeyDictionary[Any, Loader] = WeakIdKeyDictionary()
        self._all: list[Loader] = []
        self._draws: WeakIdKeyDictionary[Any, Draw] = WeakIdKeyDictionary()
        self._latest: tuple[Any, Any] = (lambda: None, None)  # the iterator of `_draws` begun last
        self._shortened: set[tuple[int, int]] = set()
        self._unseen: dict[tuple[int, int], int] = {}  # (loader, pass over it) -> batches
        self._serial = 0
        self.places: WeakIdKeyDictionary[Any, Any] = WeakIdKeyDictionary()
        self._recent: deque[Delivered] = deque(maxlen=2)
        self._ahead = Ahead()

    def install(self, patches: Patches) -> None:
        patches.later(self._leave_new)  # undone last
        patches.wrap(torch_data.Dataset, "__new__", self._wrap_new)
        patches.wrap(torch_data.DataLoader, "__init__", self._wrap_init)
        base = dataloader._BaseDataLoaderIter
        patches.wrap(base, "__init__", self._wrap_iter)
        patches.wrap(base, "_reset", self._wrap_reset)
        patches.wrap(base, "_next_index", self._wrap_next_index, idle=True)
        patches.wrap(base, "__next__", self._wrap_next)

    # --- construction -------------------------------------------------------------------------

    def _wrap_new(self, original: Any) -> Any:
        def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:
            made = _made_plainly(cls, *args, **kwargs)
            if self.recorder.on:
                self._made(made)
            return made

        return __new__

    @harmless
    def _leave_new(self) -> None:
        """Python never forgets that a class had a `__new__` of its own: once that is gone, its own
        `object.__new__` refuses every argument. So one that does nothing stays."""

        def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:
            return _made_plainly(cls, *args, **kwargs)

        torch_data.Dataset.__new__ = __new__

    @harmless
    def _made(self, dataset: Any) -> None:
        frame = user_frame()
        while (
            frame is not None
            and frame.f_back is not None
            and frame.f_code.co_name in ("__init__", "__new__")
            and isinstance(frame.f_locals.get("self"), type(dataset))
        ):
            frame = user_frame(frame.f_back)
        self.places[dataset] = place_of(frame)

    def _wrap_init(self, original: Any) -> Any:
        def __init__(loader: Any, *args: Any, **kwargs: Any) -> None:
            original(loader, *args, **kwargs)
            if self.recorder.on:
                self._register(loader)

        __init__.__wrapped__ = original  # type: ignore[attr-defined]
        return __init__

    @harmless
    def _register(self, loader: Any) -> Loader:
        known = self._loaders.get(loader)
        if known is None:
            known = self._loaders[loader] = Loader(len(self._all), loader, here())
            self._all.append(known)
        return known

    # --- iteration ----------------------------------------------------------------------------

    def _wrap_iter(self, original: Any) -> Any:
        def __init__(iterator: Any, loader: Any, *args: Any, **kwargs: Any) -> None:
            if self.recorder.on:
                self._start(iterator, loader)
            original(iterator, loader, *args, **kwargs)

        __init__.__wrapped__ = original  # type: ignore[attr-defined]
        return __init__

    def _wrap_reset(self, original: Any) -> Any:
        def _reset(iterator: Any, loader: Any, *args: Any, **kwargs: Any) -> Any:
            if self.recorder.on:
                self._start(iterator, loader)
            return original(iterator, loader, *args, **kwargs)

        return _reset

    @harmless
    def _start(self, iterator: Any, loader: Any) -> None:
        known = self._register(loader)
        if not known.described:
            known.described = True
            self._describe(known, loader)
            self.recorder.keeps.dataset(known, loader)
        known.passes += 1
        self._serial += 1
        if known.latest is not None:
            known.latest.followed()
        known.latest = self._draws[iterator] = draw = Draw(known, self._serial)
        self._latest = (ref(iterator), draw)
        self.recorder.rest.loader_starts(known.passes)
        self.recorder.phases.loader_started()

    def _describe(self, known: Loader, loader: Any) -> None:
        sampler = getattr(loader, "sampler", None)
        known.universe = datasets.universe(loader.dataset, sampler)
        known.facts = {
            "dataset": datasets.describe(
                loader.dataset, self.places, known.universe, self.recorder.transform_settings
            ),
            "batch_size": loader.batch_size,
            "sampler": type(sampler).__name__ if sampler is not None else None,
            "sequential": isinstance(sampler, torch_data.SequentialSampler),
            "drop_last": bool(getattr(loader, "drop_last", False)),
            "workers": int(getattr(loader, "num_workers", 0)),
            "batches": datasets.length(loader),
            "worker_seeding": seeding_of(getattr(loader, "worker_init_fn", None)),
            "seeded": seeded_by(getattr(loader, "worker_init_fn", None)),
            "sampling": self.recorder.samplers.describe(sampler),
        }
        known.length = datasets.length(loader.dataset)

    def _wrap_next_index(self, original: Any) -> Any:
        def _next_index(iterator: Any) -> Any:
            drawn = original(iterator)
            if self.recorder.awake and isinstance(drawn, (list, tuple)):
                draw = self._draws.get(iterator)
                if draw is not None:
                    draw.waiting.append(list(drawn))
            return drawn

        return _next_index

    def _wrap_next(self, original: Any) -> Any:
        recorder = self.recorder

        def __next__(iterator: Any) -> Any:
            if not recorder.on:
                return original(iterator)
            recorder.tick()
            draw = self._latest[1] if self._latest[0]() is iterator else self._draws.get(iterator)
            lapses = self.may_go_on is not None and draw is not None
            if lapses and self._ends_early(draw, sys._getframe(1)):
                self._ended(draw)
                raise StopIteration
            try:
                batch = original(iterator)
            except StopIteration:
                if draw is not None:
                    self._ended(draw, over=True)
                raise
            if draw is None:
                pass
            elif recorder.awake:
                self._delivered(draw, batch)
            else:
                self._passes_by(draw, batch)
            return batch

        __next__.__wrapped__ = original  # type: ignore[attr-defined]
        return __next__

    @harmless
    def _ends_early(self, draw: Draw, asked: FrameType) -> bool:
        if self.may_go_on is None or (draw.batches and counts_on_the_next(asked)):
            return False
        if self.may_go_on(draw, draw.batches, draw.loader.facts):
            return False
        self.cut(draw)
        return True

    def cut(self, draw: Draw) -> None:
        """This pass over a loader ends before its last batch."""
        draw.shortened = True
        self._shortened.add((draw.loader.index, draw.serial))

    @harmless
    def _ended(self, draw: Draw, over: bool = False) -> None:
        """What the network sees from now on is not this loader's."""
        if over:
            draw.over()
            self.recorder.rest.listen()
        if (self.batch_serial or ())[:2] == (draw.loader.index, draw.serial):
            self.batch_serial = None

    def batch_of(
        self, given: Tensor | None, content: list[int], learning: bool
    ) -> Delivered | None:
        """The batch that an input comes from: all of it, a part, or views.

        Loaders of accelerate, Lightning and others fetch one batch ahead: the latest delivered is
        then not the one in use, and the loader has ended before its last batch is used.
        """
        self._ahead.called(self.batch_serial)
        for one in reversed(self._recent):
            if one.is_given(content):
                one.used = True
                return self._ahead.used(one, self.batch_serial)
        samples = given.shape[0] if given is not None and given.ndim else 0
        held = self._ahead.held_back(self._recent, samples, self.batch_serial)
        if held is not None:
            return held
        latest = self._recent[-1] if self._recent else None
        if (
            latest is None
            and learning
            and self.batch_serial
            and self.batch_serial[:2] in self._unseen
        ):
            return Delivered(self.batch_serial, None, 0)  # it came during a rest
        if latest is None or self.batch_serial is None:
            return None
        size = latest.size
        if samples != size and (latest.used or size == 1) and self._left():
            return None  # any number of rows is a multiple of one
        fits = size and samples and (samples % size == 0 or size % samples == 0)
        return latest if fits or not size else None

    def _left(self) -> bool:
        """Whether the loop over the loader was left, by a `break`: its iterator is gone."""
        return self._latest[0]() is None

    @harmless
    def _delivered(self, draw: Draw, batch: Any) -> None:
        draw.batches += 1
        self.batch_serial = (draw.loader.index, draw.serial, draw.batches)
        self.recorder.mixing.delivered(batch)
        self.recorder.handed.delivered(self.batch_serial, batch)
        self.recorder.ranks.delivered(draw.loader.index, batch)
        indices = draw.waiting.popleft() if draw.waiting else []
        new = Delivered(self.batch_serial, batch, len(indices))
        self._recent.append(new)
        if not draw.unseen:
            self._note(draw, new, indices)
        self.recorder.beat()
        self.recorder.rest.delivered(draw)
        if not self.recorder.awake:  # this batch is not looked at any more
            self._miss(draw)

    def _note(self, draw: Draw, new: Delivered, indices: list[int]) -> None:
        """What this draw gave, as far as it was seen from its first batch on."""
        facts = draw.facts
        if len(facts["indices"]) < _KEPT and draw.loader.universe is not None:
            facts["indices"] += draw.loader.universe.base_indices(indices)
        if new.labels is not None and len(facts["labels"]) < _KEPT:
            facts["labels"] += new.labels.tolist()
        if len(facts["batch_sizes"]) < _KEPT:
            facts["batch_sizes"].append(new.size)

    def _miss(self, draw: Draw) -> None:
        draw.unseen = True
        key = (draw.loader.index, draw.serial)
        self._unseen[key] = self._unseen.get(key, 0) + 1

    def _passes_by(self, draw: Draw, batch: Any) -> None:
        """A batch at rest: it counts. One that a loop fetches ahead may come to use when the rest
        is over."""
        draw.batches = batches = draw.batches + 1
        self.batch_serial = serial = (draw.loader.index, draw.serial, batches)
        self._miss(draw)
        rest = self.recorder.rest
        if 0 < rest.left <= NEAR:
            self._fetched(serial, batch)
        if batches % BEAT_EVERY == 0:
            rest.tell()

    @harmless
    def _fetched(self, serial: tuple[int, int, int], batch: Any) -> None:
        self._recent.append(Delivered(serial, batch, 0))

    def rests(self) -> None:
        """Nothing more is seen for a while."""
        self._recent.clear()

    # --- what passes ask ----------------------------------------------------------------------

    def describe_pass(self, one: Pass) -> None:
        """Fill in which loader a pass drew from, and whether its samples are trained on."""
        if one.key[2] is None:
            return
        known = self._all[one.key[2]]
        known.phases.add(one.phase)
        (known.trained if one.phase == "train" else known.evaluated).add(one.root)
        one.loader = known.index
        one.planned_batches = known.facts.get("batches")
        one.dataset_length = known.length
        one.data_source = (known.facts.get("dataset") or {}).get("source")

    def was_shortened(self, one: Pass) -> bool:
        return (one.key[2], one.key[3]) in self._shortened

    def missed(self, one: Pass) -> int:
        """Batches of its loader that came while the recorder was at rest."""
        return self._unseen.get((one.key[2], one.key[3]), 0)

    def overlap(self, one: Pass) -> float | None:
        """Share of the evaluated samples that its training loaders hold too, by their indices."""
        if one.loader is None or one.phase != "eval":
            return None
        mine = self._all[one.loader].universe
        shares = [
            mine.overlap(other.universe)
            for other in self._all
            if mine is not None and other.universe is not None and _trains(other, one)
        ]
        known = [s for s in shares if s is not None]
        return max(known) if known else None

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        for known in self._all[:60]:
            if known.facts:
                yield (
                    "loader",
                    str(known.index),
                    {
                        "id": known.index,
                        "place": known.place,
                        **known.facts,
                        "phases": sorted(known.phases, reverse=True),
                        "passes": known.passes,
                        "draws": known.draws,
                    },
                )


def _made_plainly(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """What creating a data set does without anybody watching."""
    following = super(torch_data.Dataset, cls).__new__
    if following is not object.__new__:
        return following(cls, *args, **kwargs)
    if (args or kwargs) and cls.__init__ is object.__init__:
        raise TypeError(f"{cls.__name__}() takes no arguments")
    return following(cls)


def _trains(loader: Loader, one: Pass) -> bool:
    """Whether the network of this pass (or, if that never trained, any) was trained on it."""
    return one.root in loader.trained if one.root_trains else bool(loader.trained)
