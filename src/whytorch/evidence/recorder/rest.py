"""When a watched training is left alone, so that watching costs it no more than a stated share.

The recorder measures itself: what a step takes while it looks and while it does not. From the
difference follows how many steps must pass unseen for each one that it looks at. It looks in
windows of whole steps, at the beginning of every pass over a loader, and at whole evaluations as
often as the budget allows; between them its hooks give way at once, and only count steps and
backwards.
"""

from __future__ import annotations

import math
import sys
import time
from collections import Counter, deque
from statistics import fmean, median
from threading import get_ident
from typing import Any

import torch
from torch import Tensor

from whytorch.evidence.recorder.patches import Patches, harmless, nothing

BUDGET = 0.01  # of the training's own time; the hooks that give way take some more
FIRST = 200  # steps that are all looked at: what goes wrong at once is seen at once
WINDOW = 10  # steps looked at together: an early word needs the same twice
_TRIAL = 20  # steps at rest, to learn what one takes
_AGAIN = 500  # steps after which a recorder that costs next to nothing measures itself anew
_KEPT = 60  # durations of each kind
_WINDOWS = 15
_ENOUGH = 5  # windows, to believe that looking costs nothing
_FIRST_PASSES = 1  # evaluations over a loader that are seen whole at any price
CHECK_EVERY = 8  # backwards at rest: is the loss still a number?
_LISTENS = 4  # of so many rests in the middle of a pass, one hears the calls of networks
BEAT_EVERY = 16  # steps, or batches of an evaluation, at rest
_MOST_SAVED = 120.0  # seconds
NEAR = 3  # steps before the end of a rest: batches that a loop fetches ahead are noted again


class Rest:
    """`recorder.awake` says whether the hooks of single steps look; `left` how many more do not."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.budget = BUDGET
        self.left = 0  # steps of the rest going on
        self.share = 0.0  # what looking adds to a step; 0 while it isn't known
        self._bare = 0.0  # seconds that a step takes at rest
        self._window = FIRST
        self._added: deque[float] = deque(maxlen=_WINDOWS)  # by looking, in the latest windows
        self._awake_steps: deque[float] = deque(maxlen=_KEPT)
        self._resting_steps: deque[float] = deque(maxlen=_KEPT)
        self._saved = {"train": 0.0, "eval": 0.0}  # seconds that may be spent on looking
        self._accounted = 0.0
        self._stepped_at: float | None = None  # None: something else than a step came between
        self._began_with: int | None = None  # id of the optimizer whose step a rest began after
        self._unseen: Counter[int] = Counter()  # steps of each optimizer, by its id, in this rest
        self.in_step = False  # at rest: a network was called for a step that has not come
        self._in_evaluation = False  # at rest: it began in the middle of one
        self._rests = 0
        self._called = False  # an evaluation was known by a network's call alone
        self._whole = True  # an evaluation over the loader that began last may be seen to its end

    def install(self, patches: Patches) -> None:
        """The last of the hooks at a step, so that all others have seen it; at rest the only one,
        and as short as can be: a perceptron's step takes no longer than a few dozen calls."""
        patches.around_steps(nothing, self.after_step)
        patches.after_resting_step = self.after_resting_step

    # --- what a step costs ----------------------------------------------------------------------

    def _measure(self) -> None:
        """`share`: what looking adds to a step, as a share of it. Each window is set against the
        rest before it: a machine may be slower a minute later. Of a window it is the mean: one of
        its steps is looked at closely, and costs most. Of a rest it is the median: a step at which
        the machine was busy must not make looking seem free."""
        if self._bare and len(self._awake_steps) >= WINDOW // 2:
            self._added.append(fmean(self._awake_steps) / self._bare - 1.0)
            self.share = max(0.0, median(self._added))

    def _account(self, kind: str) -> None:
        """What the time since the last account earned, and what looking took of it."""
        now = time.perf_counter()
        spent, self._accounted = now - self._accounted, now
        if not self.share:
            return
        for saved in self._saved:
            self._saved[saved] = min(self._saved[saved] + spent * self.budget / 2, _MOST_SAVED)
        if self.recorder.awake:
            self._saved[kind] -= spent * self.share / (1.0 + self.share)

    # --- steps ----------------------------------------------------------------------------------

    @harmless
    def after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """A step that was looked at is over: begin a rest?"""
        recorder = self.recorder
        if not recorder.on or not recorder.watches or get_ident() != recorder.thread:
            return
        if self._stepped_at is not None:
            self._awake_steps.append(time.perf_counter() - self._stepped_at)
        self._window -= 1
        if self._window <= 0:
            self._account("train")
            self._maybe_rest(optimizer)
        self.in_step = False
        self._stepped_at = time.perf_counter()

    def _maybe_rest(self, optimizer: Any) -> None:
        recorder = self.recorder
        if recorder.ranks.several or recorder.optimizers.troubled:
            self._window = _AGAIN  # processes are compared, and what is wrong counted, at each step
            return
        if self._window == 0:
            self._measure()
        if self.share <= self.budget / 2 and len(self._added) < _ENOUGH:
            self._begin(optimizer, _TRIAL)
        elif self.share <= self.budget / 2:
            self._window = _AGAIN
            self._added.clear()
        elif self._saved["train"] < 0:
            debt = WINDOW * self._bare * self.share - self._saved["train"]
            self._begin(optimizer, math.ceil(debt / (self._bare * self.budget / 2)))

    def after_resting_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """A step that nobody else saw: it counts, and may end the rest."""
        recorder = self.recorder
        if not recorder.on or get_ident() != recorder.thread:
            return
        try:
            if len(self._resting_steps) < _KEPT:
                now = time.perf_counter()
                if self._stepped_at is not None:
                    self._resting_steps.append(now - self._stepped_at)
                self._stepped_at = now
            self._unseen[id(optimizer)] += 1
            recorder.steps += 1
            self.in_step = False
            self.left -= 1
            if self.left % BEAT_EVERY == 0:
                self.tell()
            # After the same optimizer's step: of two that take turns, none is seen more often.
            if self.left <= 0 and (self._began_with in (None, id(optimizer)) or self.left < -_KEPT):
                self.wake(WINDOW)
        except Exception:
            recorder.faults.note("Rest.after_resting_step")

    @harmless
    def tell(self) -> None:
        """The counts of this rest go to those who keep them, and the record grows."""
        self._account("train")
        if steps := self._unseen.total():
            self.recorder.phases.stepped(steps)
        self.recorder.optimizers.rested(self._unseen)
        self._unseen.clear()
        self.recorder.beat()

    # --- rest -----------------------------------------------------------------------------------

    def _begin(self, optimizer: Any, steps: int) -> None:
        recorder = self.recorder
        self.left = max(steps, WINDOW)
        self._began_with = id(optimizer) if optimizer is not None else None
        self.in_step, self._in_evaluation = False, optimizer is None
        self._resting_steps.clear()
        recorder.phases.rests()
        recorder.data.rests()
        recorder.upkeep.rests()
        recorder.awake = False
        self._rests += 1
        out = not _compiles()
        recorder.patches.rest(out)
        # Evaluations come after a pass over a loader, or are heard of in some of the rests.
        deaf = recorder.data.batch_serial and not self._called and self._rests % _LISTENS
        if out and deaf:
            recorder.modules.hook.take_out()

    def wake(self, window: int, close: bool = True) -> None:
        """Look again from now on, at `window` steps or until the next one that can rest; `close`:
        closely, if it is time for that."""
        recorder = self.recorder
        if not recorder.awake and recorder.on:
            self.tell()
            recorder.awake, self.left = True, 0
            recorder.patches.wake()
            self.listen()
            if len(self._resting_steps) >= _TRIAL // 2:
                self._bare = max(1e-9, median(self._resting_steps))
            self._awake_steps.clear()
            recorder.deep_step = close and recorder.step_schedule.due(recorder.steps)
            recorder.optimizers.wakes()
            recorder.losses.wakes()
            self._window, self._stepped_at = window, None

    # --- passes, calls and backwards ------------------------------------------------------------

    @harmless
    def loader_starts(self, passes: int) -> None:
        """A pass over a loader begins, of which there were so many: it is there to be seen, if only
        its first step. An evaluation is seen whole, on credit, or not at all."""
        self._account("train")
        self._whole = self._saved["eval"] >= 0 or passes <= _FIRST_PASSES
        self._stepped_at = None
        affords = self._saved["train"] > 0
        self.wake(WINDOW if affords else 1, close=affords)

    @harmless
    def delivered(self, draw: Any) -> None:
        """A batch came while the hooks look: do they go on, in an evaluation?"""
        recorder = self.recorder
        if recorder.watches and recorder.phases.evaluates(draw.loader.index, draw.serial):
            self._account("eval")
            self._stepped_at = None
            if not self._whole:
                self._begin(None, WINDOW)

    def listen(self) -> None:
        """From now on a network's call is heard, at rest too."""
        self.recorder.modules.hook.put_back()

    @harmless
    def sees(self) -> bool:
        """Whether the call of a module at rest is an evaluation that begins, and may be seen: then
        the rest is over. Modules inside a network come after it, which settled the matter."""
        if torch.is_grad_enabled():
            self.in_step = True
        elif self.left and not (self.in_step or self._in_evaluation) and self._saved["eval"] >= 0:
            self._called = True
            self.wake(1)
        return bool(self.recorder.awake)

    @harmless
    def check(self, root: Any) -> None:
        """A loss that is no number is looked at closely, at once. No device is waited for."""
        loss = root if isinstance(root, Tensor) else root[0]
        if loss.device.type == "cpu" and loss.numel() == 1 and self.recorder.gradients.last_finite:
            if not math.isfinite(float(loss.detach())):
                self._began_with, self.left = None, 1
                self.recorder.hurry()


def _compiles() -> bool:
    """Whether torch.compile made something of this process's code: it does so again where a
    function is another one than before."""
    utils = sys.modules.get("torch._dynamo.utils")
    return bool(getattr(utils, "counters", {}).get("frames"))
