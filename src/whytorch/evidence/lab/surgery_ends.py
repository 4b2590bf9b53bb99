"""The end of a network and the beginning of its loss."""

from __future__ import annotations

from whytorch.evidence.lab.bench import Bench, NotRebuilt
from whytorch.evidence.lab.program import Op
from whytorch.evidence.lab.surgery import ACTIVATIONS, VIEWS, Trace, first_micro, plain


def loss_functions(bench: Bench) -> list[str]:
    """Names of the torch functions between the network's output and the loss, in their order."""
    return [plain(op.call) for op in first_micro(bench).ops if not isinstance(op.call, int)]


def judged_output(bench: Bench) -> int:
    """Which of the network's outputs the loss takes. Raises NotRebuilt where it takes several."""
    ops = first_micro(bench).ops
    call: Op = next(op for op in ops if op.call == bench.main and isinstance(op.call, int))
    taken = set().union(*(op.slots() for op in ops))
    used = [n for n, slot in enumerate(call.outputs) if slot in taken]
    if len(used) != 1:
        raise NotRebuilt(f"the loss takes {len(used)} outputs of the network")
    return used[0]


def ending(bench: Bench, own: Trace) -> int | None:
    """The event of the activation whose result, reshaped at most, is what the loss takes."""
    at = own.ends[judged_output(bench)]
    while at is not None and own.events[at].name in VIEWS and len(own.events[at].sources) == 1:
        at = own.events[at].sources[0]
    if at is None or own.events[at].name not in ACTIVATIONS:
        return None
    return at
