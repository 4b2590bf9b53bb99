"""The terms that a loss is the sum of: those that come from a network's output, and through which
no gradient gets back to it.

Read off the tape, which has every torch function between a network's output and its backward: a
term is what the last additions add up, times a number or not. A term may also lead to the weights
of a network that is not the one to be stepped: the generator's loss through a detached image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from whytorch.evidence.lab.program import Op, Slot
from whytorch.evidence.recorder.places import here

_SUMS = ("add", "__add__", "__radd__", "__iadd__", "add_", "sub", "__sub__", "__rsub__", "rsub",
         "__isub__", "sub_")  # fmt: skip
_SCALED = ("mul", "__mul__", "__rmul__", "__imul__", "mul_", "div", "__truediv__", "__div__",
           "__idiv__", "__itruediv__", "div_", "true_divide", "neg", "__neg__")  # fmt: skip
# A constant that is added on purpose: the entropy of a target makes a divergence of an entropy.
_MEANT = ("detach", "detach_")
_MOST_TERMS = 32
_ENOUGH = 60  # backwards of one kind
_MOST_FOUND = 8


class _Cut(NamedTuple):
    function: str
    place: Any
    behind: frozenset[int]  # the networks that a gradient would have reached
    reached: frozenset[int]  # and those that it reaches all the same
    alone: bool  # the term is what it made, maybe times a number: a figure beside the loss


class Terms:
    """Filled by the tape, operation by operation; asked at every backward."""

    def __init__(self) -> None:
        self._leads: set[int] = set()  # slots through which a gradient reaches a network
        self._cuts: dict[int, tuple[str, Any]] = {}  # slot that no longer does: what made it, where
        self._found: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._pending: list[_Cut] = []  # of the latest backward
        self._stepped: set[int] = set()  # networks whose weights moved since
        self._place: tuple[str, int] | None = None
        # Of each kind: the line of the backward, and the networks that were stepped after it.
        self._backwards: dict[tuple[tuple[str, int], frozenset[int]], int] = {}

    def output(self, tensors: Sequence[Tensor], slots: Sequence[int]) -> None:
        """What a network gave."""
        self._leads.update(n for t, n in zip(tensors, slots, strict=True) if t.requires_grad)

    def made(self, op: Op, results: Sequence[Tensor]) -> None:
        """An operation was written down, with gradients on or off."""
        if any(t.requires_grad for t in results):
            self._leads.update(op.outputs)
        elif torch.is_grad_enabled() and op.slots() & self._leads:
            what = (getattr(op.call, "__name__", "?"), here())
            self._cuts.update(dict.fromkeys(op.outputs, what))

    def stepped(self, networks: Iterable[int]) -> None:
        """An optimizer that holds weights of these networks made a step."""
        self._stepped.update(networks)

    def backward(self, ops: Sequence[Op], root: int) -> None:
        """A backward begins at `root`."""
        self._settle()
        self._pending, self._stepped = [], set()
        place: Any = here()
        self._place = (str(place["path"]), int(place["line"])) if place else ("", 0)
        if self._cuts:
            self._pending = self._look({n: op for op in ops for n in op.outputs}, root)
        self._leads.clear()
        self._cuts.clear()

    def _settle(self) -> None:
        """What the latest backward lost, now that it is known which weights it was for."""
        if self._place is None:
            return
        kind = (self._place, frozenset(self._stepped))
        if self._backwards.get(kind, 0) >= _ENOUGH:
            return
        self._backwards[kind] = self._backwards.get(kind, 0) + 1
        lost = {}
        for cut in self._pending:
            elsewhere = bool(cut.reached)
            if cut.reached & self._stepped or not cut.behind & self._stepped:
                continue
            verdict = _is_verdict(cut, self._stepped)
            if elsewhere or cut.function not in _MEANT or verdict:
                where = (cut.place["path"], cut.place["line"]) if cut.place else None
                lost[kind, cut.function, where] = {
                    "function": cut.function, "place": cut.place, "elsewhere": elsewhere,
                    "verdict": verdict,
                }  # fmt: skip
        for key, facts in lost.items():
            known = self._found.setdefault(key, {**facts, "backwards": 0})
            known["backwards"] += 1

    def _look(self, by_slot: dict[int, Op], root: int) -> list[_Cut]:
        terms = _terms(by_slot, root)
        if not any(t in self._leads for t in terms):
            return []  # all of it is cut off
        found = []
        for term in terms:
            reached = frozenset(_networks(by_slot, term, self._leads))
            for slot in self._cuts_behind(by_slot, term, terms):
                behind = frozenset(_networks(by_slot, slot, None))
                if not behind & reached:
                    found.append(_Cut(*self._cuts[slot], behind, reached, slot == term))
        return found

    def _cuts_behind(self, by_slot: dict[int, Op], term: int, terms: set[int]) -> list[int]:
        """The operations behind a term that cut something off; not those that only take another
        term's value away from it (x - x.detach() has the gradient of x, and is meant to)."""
        waiting, seen, found = [term], set(), []
        while waiting:
            slot = waiting.pop()
            if slot in seen or slot not in by_slot:
                continue
            seen.add(slot)
            before = by_slot[slot].slots()
            if slot not in self._cuts:
                waiting += before
            elif not before & terms:
                found.append(slot)
        return found

    def snapshot(self) -> Iterator[tuple[str, str, Any]]:
        for number, (key, found) in enumerate(list(self._found.items())[:_MOST_FOUND]):
            yield "cut_term", str(number), {**found, "of": self._backwards[key[0]]}


def _is_verdict(cut: _Cut, stepped: set[int]) -> bool:
    """Of another network, which is not stepped now, on what the stepped one gave; compared with
    something, and added up. A number that nothing can change has no other use there."""
    return not cut.reached and not cut.alone and bool(cut.behind - stepped)


def _terms(by_slot: dict[int, Op], root: int) -> set[int]:
    """The slots that are added up to the root."""
    waiting, found = [root], set[int]()
    while waiting and len(found) < _MOST_TERMS:
        slot = waiting.pop()
        op = by_slot.get(slot)
        name = getattr(op.call, "__name__", "") if op is not None else ""
        given = [a for a in op.args if isinstance(a, Slot)] if op is not None else []
        if name in _SUMS or (name in _SCALED and len(given) == 1):
            waiting += [a.number for a in given]
        else:
            found.add(slot)
    return found


def _networks(by_slot: dict[int, Op], start: int, through: set[int] | None) -> set[int]:
    """The networks whose outputs a slot was computed from, through certain slots only or any."""
    waiting, seen, found = [start], set(), set[int]()
    while waiting:
        slot = waiting.pop()
        op = by_slot.get(slot)
        if op is None or slot in seen or (through is not None and slot not in through):
            continue
        seen.add(slot)
        if isinstance(op.call, int):
            found.add(op.call)
        waiting += op.slots()
    return found
