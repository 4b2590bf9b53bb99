"""The time-lapse: a long training shortened from inside, so that all of it is reached.

Loops register here (the script's own `for` loops and every pass over a DataLoader). What fits the
budget runs whole. What doesn't is ended early: the first training pass gets the largest part of
the time, later ones less, and the last part is kept for whatever comes after the training.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from whytorch.evidence.engines import Engine, engine_around

FIRST_PASS = 0.35  # of the budget may go to the first training pass
LATER_PASS = 0.25  # of what is left, for each later one
EVALUATION = 0.2  # of what is left, for each evaluation pass
KEPT_FOR_THE_END = 0.25  # of the budget: epochs end when less is left
FEW = 2  # batches that every pass gets, so that sums and means in the script have something
OVERTIME = 1.3  # of the budget: the rehearsal ends, wherever it is


class RehearsalOver(BaseException):
    """Ends the script from inside; no handler for Exception catches it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Loop:
    """One loop that is going on."""

    def __init__(self, length: int | None, now: float, steps: int) -> None:
        self.length = length
        self.started = now
        self.first_step = steps
        self.rounds = 0
        self.has_inner_training = False
        self.delegated = False  # it runs over a DataLoader, which is asked itself
        self.allowed: float | None = None  # seconds; decided when the loop turns out too long
        self.engine: Engine | None = None  # the framework whose pass it is


class Plan:
    """How many steps the whole training would make, as its loops say: a script that stops by itself
    makes fewer. Known once a second pass agrees: what lies around the passes may be a `while`, or a
    function that is called again, which no loop here tells of."""

    def __init__(self) -> None:
        self._first: tuple[Loop, int] | None = None  # the first pass, and what it says
        self._agreed = self._unknown = False

    def hear(self, loop: Loop, steps: int, rounds: int | None) -> None:
        """What one pass says: so many of its kind are still to come, with it."""
        if not loop.length or rounds is None:
            self._unknown = True
            return
        a_round = (steps - loop.first_step) / loop.rounds
        planned = loop.first_step + round(a_round * loop.length * rounds)
        if self._first is None or self._first[0] is loop:
            self._first = (loop, planned)
        elif planned > 1.1 * self._first[1]:
            self._unknown = True
        else:
            self._agreed = True

    @property
    def steps(self) -> int | None:
        return self._first[1] if self._first and self._agreed and not self._unknown else None


class Lapse:
    """Decides which loops end early. `steps` and `backwards` are read from the recorder."""

    def __init__(self, budget: float, clock: Any = time.perf_counter) -> None:
        self.budget = budget
        self._clock = clock
        self._thread = threading.get_ident()
        self._start = clock()
        self.recorder: Any = None
        self.loops: list[Loop] = []
        self.training_passes = 0
        self.cut: dict[str, int] = {}  # what was shortened: "training pass" -> times
        self._plan = Plan()
        self.interrupted: str | None = None
        self._fetching: Loop | None = None  # the loop that is asking for its next item
        self._engine: Engine | None = None  # a framework that trains
        self._engine_loop = Loop(None, 0.0, 0)  # its loop over the epochs
        self._engine_batches = 0  # of its passes, once they were shortened

    # --- clock ----------------------------------------------------------------------------------

    def begin(self) -> None:
        """The script starts now; importing torch was not its time."""
        self._start = self._clock()

    def elapsed(self) -> float:
        return float(self._clock() - self._start)

    def left(self) -> float:
        return self.budget - self.elapsed()

    def tick(self) -> None:
        """Called from the hooks, often: ends a rehearsal that is far over its time."""
        if self.interrupted:
            raise RehearsalOver(self.interrupted)
        if self.elapsed() > self.budget * OVERTIME:
            self.cut["the end"] = 1
            raise RehearsalOver("budget")

    @property
    def _steps(self) -> int:
        return self.recorder.steps if self.recorder is not None else 0

    # --- the script's for loops -----------------------------------------------------------------

    def loop(self, iterable: Any) -> Iterator[Any]:
        """What a `for` of the script runs over instead of `iterable`: the same, maybe fewer."""
        iterator = iter(iterable)
        if threading.get_ident() != self._thread or (self.recorder and not self.recorder.on):
            yield from iterator  # a thread of the script's own, or a loader's worker
            return
        loop = Loop(_length(iterable), self.elapsed(), self._steps)
        self.loops.append(loop)
        try:
            while loop.rounds < FEW or not self._loop_ends(loop):
                self._fetching = loop
                try:
                    item = next(iterator)
                except StopIteration:
                    return
                finally:
                    self._fetching = None
                loop.rounds += 1
                yield item
        finally:
            self._leave(loop)

    def _leave(self, loop: Loop) -> None:
        while self.loops and self.loops.pop() is not loop:
            pass
        if self._steps > loop.first_step and self.loops:
            self.loops[-1].has_inner_training = True

    def _loop_ends(self, loop: Loop) -> bool:
        steps = self._steps - loop.first_step
        if steps == 0 or loop.delegated:
            return False
        if loop.has_inner_training:
            ends = self._is_long(loop) and self.left() < KEPT_FOR_THE_END * self.budget
            return self._count("training epochs", ends)
        ends = self._pass_ends(loop, self.elapsed() - loop.started)
        if ends and self.recorder is not None:
            self.recorder.phases.cut_short()
        return self._count("training pass", ends)

    # --- passes over loaders ----------------------------------------------------------------------

    def may_go_on(self, draw: Any, batches: int, facts: dict[str, Any]) -> bool:
        """Whether a DataLoader may deliver another batch of this pass."""
        if self._fetching is not None:
            self._fetching.delegated = True
        if batches == 0:
            draw.lapse = Loop(facts.get("batches"), self.elapsed(), self._steps)
            draw.lapse.engine = self._find_engine()
            return True
        loop: Loop = draw.lapse
        loop.rounds = batches
        if batches < FEW:
            return True
        spent = self.elapsed() - loop.started
        if self._steps > loop.first_step:
            if loop.engine is not None and self._engine_ends(loop.engine):
                return True  # it looks whether it shall end behind a batch
            if loop.engine is not None and batches + 1 == self._engine_batches:
                self.recorder.data.cut(draw)  # its passes stay as short as one was made
            ends = self._count("training pass", self._pass_ends(loop, spent))
            return not ends or self._shortened(draw, loop.engine, batches + 1)
        allowed = max(EVALUATION * (self.left() + spent), 0.0)
        if self._would_end(loop, spent) <= allowed or spent < allowed:
            return True
        return not self._count("evaluation pass", True)

    # --- the loops of frameworks --------------------------------------------------------------

    def _find_engine(self) -> Engine | None:
        """The framework that begins a pass here; its epochs count like rounds of a loop."""
        try:
            found = engine_around()
        except Exception:  # another version of it: its loop cannot be ended
            return None
        if found is not None and (self._engine is None or self._engine.owner is not found.owner):
            self._engine_loop = Loop(found.epochs, self.elapsed(), self._steps)
            self._engine_batches = 0
        self._engine = found or self._engine
        if found is not None:
            counted = self._engine_loop.rounds + 1
            self._engine_loop.rounds = found.epoch if found.epoch is not None else counted
        return found

    def _shortened(self, draw: Any, engine: Engine | None, batches: int) -> bool:
        """Whether the framework was told to take the batch that comes now for the last."""
        if engine is None or engine.shorten is None:
            return False
        engine.shorten(batches)
        self._engine_batches = batches
        self.recorder.data.cut(draw)
        return True

    def _engine_ends(self, engine: Engine) -> bool:
        late = self.left() < KEPT_FOR_THE_END * self.budget
        if engine is not self._engine or not late or not self._is_long(self._engine_loop):
            return False
        self._engine = None  # asked once
        self._count("training epochs", True)
        engine.end()
        return True

    def _would_end(self, loop: Loop, spent: float) -> float:
        """Seconds the whole pass would need, going by its batches so far."""
        return spent / loop.rounds * loop.length if loop.length else spent

    def _pass_ends(self, loop: Loop, spent: float) -> bool:
        if loop.allowed is None:
            if self._fits(loop, spent):
                return False
            self.training_passes += 1
            share = FIRST_PASS if self.training_passes == 1 else LATER_PASS
            kept = KEPT_FOR_THE_END * self.budget
            loop.allowed = share * max(0.0, self.left() + spent - kept)
        return spent >= loop.allowed

    def _fits(self, loop: Loop, spent: float) -> bool:
        """Whether the whole training would fit, going by this pass and the loops around it."""
        one = self._would_end(loop, spent)
        rounds = 1
        engine = [self._engine_loop] if loop.engine is not None else []
        for outer in (*self.loops, *engine):
            if outer is not loop and outer.length and not outer.delegated:
                rounds *= max(1, outer.length - outer.rounds + 1)
        known = all(
            outer.length for outer in self.loops if outer is not loop and not outer.delegated
        )
        self._plan.hear(loop, self._steps, rounds if known else None)
        return one * rounds <= self.left() + spent - 0.05 * self.budget

    def _is_long(self, loop: Loop) -> bool:
        spent = self.elapsed() - loop.started
        remaining = (loop.length - loop.rounds) if loop.length else 1
        return spent / max(1, loop.rounds) * remaining > self.left() - 0.05 * self.budget

    def _count(self, what: str, ends: bool) -> bool:
        if ends:
            self.cut[what] = self.cut.get(what, 0) + 1
        return ends

    @property
    def planned_steps(self) -> int | None:
        return self._plan.steps

    @property
    def cut_training(self) -> bool:
        """Whether the training is not whole: evaluations alone may be shortened."""
        return bool(self.cut.keys() - {"evaluation pass"})

    def says(self) -> str:
        """A sentence about what was shortened; empty if nothing was."""
        if not self.cut:
            return ""
        parts = []
        for what, times in self.cut.items():
            parts.append(
                "it was stopped before its end"
                if what == "the end"
                else f"{what} ended early"
                if times == 1
                else f"{what} ended early {times} times"
            )
        return f"to keep within {self.budget:g} s: " + ", ".join(parts)


def _length(iterable: Any) -> int | None:
    try:
        return len(iterable)
    except (TypeError, NotImplementedError, AttributeError):
        return None
