"""The recorder as a whole: one clock, one record, and an observer for each kind of fact."""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from whytorch.evidence.recorder.agreement import Agreement
from whytorch.evidence.recorder.bare import Bare
from whytorch.evidence.recorder.begun_anew import BegunAnew
from whytorch.evidence.recorder.clock import Schedule
from whytorch.evidence.recorder.comparisons import Comparisons
from whytorch.evidence.recorder.data import Data
from whytorch.evidence.recorder.dropouts import Dropouts
from whytorch.evidence.recorder.foreign import Foreign
from whytorch.evidence.recorder.freezing import Freezing
from whytorch.evidence.recorder.functional import Functional
from whytorch.evidence.recorder.gradients import Gradients
from whytorch.evidence.recorder.hand_steps import HandSteps
from whytorch.evidence.recorder.handed import Handed
from whytorch.evidence.recorder.keeps import Keeps
from whytorch.evidence.recorder.layers import Layers
from whytorch.evidence.recorder.losses import Losses
from whytorch.evidence.recorder.mixing import Mixing
from whytorch.evidence.recorder.modules import Modules
from whytorch.evidence.recorder.norms import Norms
from whytorch.evidence.recorder.optimizers import Optimizers
from whytorch.evidence.recorder.parameters import Parameters
from whytorch.evidence.recorder.patches import Faults, Patches
from whytorch.evidence.recorder.phases import Phases
from whytorch.evidence.recorder.printed import Printed
from whytorch.evidence.recorder.processes import Processes
from whytorch.evidence.recorder.ranks import Ranks
from whytorch.evidence.recorder.relus import Relus
from whytorch.evidence.recorder.rest import Rest
from whytorch.evidence.recorder.roots import Roots
from whytorch.evidence.recorder.samplers import Samplers
from whytorch.evidence.recorder.saturation import Saturation
from whytorch.evidence.recorder.schedulers import Schedulers
from whytorch.evidence.recorder.scores import Scores
from whytorch.evidence.recorder.settings import Settings
from whytorch.evidence.recorder.sink import Sink
from whytorch.evidence.recorder.strays import Strays
from whytorch.evidence.recorder.structure import Structure
from whytorch.evidence.recorder.tags import Tags
from whytorch.evidence.recorder.tape import Tape
from whytorch.evidence.recorder.traces import Traces
from whytorch.evidence.recorder.transform_settings import TransformSettings
from whytorch.evidence.recorder.upkeep import Upkeep
from whytorch.evidence.recorder.uses import Uses
from whytorch.evidence.recorder.warned import Warned
from whytorch.evidence.recorder.weights import Weights

FIRST_FLUSH = 0.5  # seconds; later flushes come at growing distances, so the record stays small
PROGRESS_EVERY = 0.15
LONGEST_GAP = 60.0  # seconds between snapshots of a watched training
SNAPSHOTS = 0.005  # of a watched training's time, that they may take
LONGEST_WAIT = 300.0  # seconds, however long a snapshot takes


class Recorder:
    """Observes a training in this process and appends what it saw to the file `path`.

    `tick` is called at every batch, backward and step, outside all guards: the time-lapse of a
    rehearsal may end the script there. Nothing else in here raises into the script. `watches`: a
    training of any length, whose record is read while it runs.
    """

    def __init__(
        self, path: Path | str, tick: Callable[[], None] | None = None, watches: bool = False
    ) -> None:
        self.sink = Sink(Path(path), packs=watches)
        self.watches = watches
        self.faults = Faults()
        self.patches = Patches()
        self.tick = tick or (lambda: None)
        self.on = False
        self.awake = False  # on, and not at rest: the hooks of single steps look
        self.thread = threading.get_ident()
        self.started = time.perf_counter()
        self.steps = 0  # optimizer steps so far
        self.backwards = 0
        self.step_schedule = Schedule(after=0)
        self.deep_step = True  # look closely until the next optimizer step
        self._next_flush = FIRST_FLUSH
        self._next_progress = 0.0
        self.traces = Traces(self)
        self.transform_settings = TransformSettings(self)
        self.mixing = Mixing(self)
        self.agreement = Agreement(self)
        self.data = Data(self)
        self.modules = Modules(self)
        self.layers = Layers(self)
        self.structure = Structure(self)
        self.parameters = Parameters(self)
        self.relus = Relus(self)
        self.saturation = Saturation(self)
        self.roots = Roots(self)
        self.losses = Losses(self)
        self.comparisons = Comparisons(self)
        self.tags = Tags(self)
        self.dropouts = Dropouts(self)
        self.norms = Norms(self)
        self.samplers = Samplers(self)
        self.scores = Scores(self)
        self.uses = Uses(self)
        self.gradients = Gradients(self)
        self.optimizers = Optimizers(self)
        self.schedulers = Schedulers(self)
        self.foreign = Foreign(self)
        self.freezing = Freezing(self)
        self.phases = Phases(self)
        self.printed = Printed(self)
        self.processes = Processes(self)
        self.functional = Functional(self)
        self.settings = Settings(self)
        self.upkeep = Upkeep(self)
        self.begun_anew = BegunAnew(self)
        self.weights = Weights(self)
        self.ranks = Ranks(self)
        self.keeps = Keeps(self)
        self.tape = Tape(self)
        self.handed = Handed(self)
        self.hand_steps = HandSteps(self)
        self.strays = Strays(self)
        self.bare = Bare(self)
        self.warned = Warned(self)
        self.rest = Rest(self)

    @property
    def observers(self) -> tuple[Any, ...]:
        return (
            self.traces,
            self.transform_settings,
            self.mixing,
            self.agreement,
            self.data,
            self.modules,
            self.layers,
            self.structure,
            self.parameters,
            self.relus,
            self.saturation,
            self.roots,
            self.losses,
            self.comparisons,
            self.tags,
            self.dropouts,
            self.norms,
            self.samplers,
            self.scores,
            self.uses,
            self.gradients,
            self.strays,
            self.bare,
            self.optimizers,
            self.schedulers,
            self.foreign,
            self.freezing,
            self.phases,
            self.printed,
            self.processes,
            self.functional,
            self.settings,
            self.upkeep,
            self.begun_anew,
            self.weights,
            self.ranks,
            self.keeps,
            self.tape,
            self.handed,
            self.warned,
        )

    def install(self) -> None:
        """Put the hooks in place; forked children (loader workers) run without them."""
        self.on = self.awake = True
        self.started = time.perf_counter()
        self.thread = threading.get_ident()
        for observer in (*self.observers, self.rest):  # last: what it counts, others have seen
            try:
                observer.install(self.patches)
            except Exception:  # another torch: observe what can be observed
                self.faults.note(f"{type(observer).__name__}.install")
        self.patches.wrap(torch.jit, "script", self._wrap_script)
        os.register_at_fork(after_in_child=self._turn_off)

    def uninstall(self) -> None:
        """Take the hooks out and write the last snapshots."""
        self.rest.tell()
        self.flush(final=True)
        self._turn_off()
        self.patches.undo()

    def _wrap_script(self, original: Any) -> Any:
        """`torch.jit.script` compiles the source of what a function calls: not of our hooks."""

        @functools.wraps(original)
        def script(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("_frames_up") is None:
                kwargs["_frames_up"] = 1  # this function is one more frame
            with self.patches.originals():
                return original(*args, **kwargs)

        return script

    def _turn_off(self) -> None:
        self.on = self.awake = False

    def elapsed(self) -> float:
        """Seconds since the hooks were put in place."""
        return time.perf_counter() - self.started

    def stepped(self) -> None:
        """An optimizer step of the trained network is over."""
        self.steps += 1
        self.deep_step = self.step_schedule.due(self.steps)

    def beat(self) -> None:
        """Called at every batch and step: progress often, snapshots rarely."""
        self.scores.look()
        now = self.elapsed()
        if now >= self._next_progress:
            self._next_progress = now + max(PROGRESS_EVERY, now / 300)
            self.sink.write("progress", "", self._progress(now))
        if now >= self._next_flush:
            self.flush()
            self._next_flush = now + self._gap(now, self.elapsed() - now)

    def _gap(self, now: float, took: float) -> float:
        """Seconds until the next snapshot, after one that took so long: a small network makes a
        thousand steps in the time of fifty of them."""
        gap = max(now * 0.4, FIRST_FLUSH)
        if not self.watches:
            return gap
        return max(min(gap, LONGEST_GAP), min(took / SNAPSHOTS, LONGEST_WAIT))

    def hurry(self) -> None:
        """Something happened that a reader of the record should know at the next step."""
        self._next_flush = min(self._next_flush, self.elapsed())

    def _progress(self, now: float) -> dict[str, Any]:
        return {
            "seconds": now,
            "step": self.steps,
            "epoch": self.phases.epochs,
            "loss": self.gradients.last_loss,
            "phase": self.phases.phase,
        }

    def flush(self, final: bool = False) -> None:
        """Write a snapshot of every subject that changed."""
        for observer in self.observers:
            try:
                lines: Iterable[tuple[str, str, Any]] = observer.snapshot(final)
                for kind, key, data in lines:
                    self.sink.write(kind, key, data)
            except Exception:
                self.faults.note(f"{type(observer).__name__}.snapshot")
        if self.faults.seen:
            self.sink.write("fault", "", dict(self.faults.seen))
