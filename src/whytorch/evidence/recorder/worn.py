"""Which weights a network had when it was called: a number that tells one state from another.

Weights that are swapped in for an evaluation (a moving average, a checkpoint) and out again are the
same network to everything else. Taken at the first call after a change between learning and asking,
and only where the weights lie in ordinary memory: reading them from a GPU would make it wait.
"""

from __future__ import annotations

import torch
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.modules import Call

_MOST = 400  # looks at one network
_PARAMETERS = 40  # of which two numbers each are read


class Worn:
    def __init__(self) -> None:
        self._seen = WeakIdKeyDictionary()  # network -> (looks, with gradients, steps)

    def look(self, call: Call, steps: int) -> int | None:
        """None where nothing can have changed since the last look, or nobody can tell."""
        looks, grad, at = self._seen.get(call.root, (0, not call.grad, -1))
        if looks >= _MOST or (grad == call.grad and (call.grad or at == steps)):
            return None
        self._seen[call.root] = (looks + 1, call.grad, steps)
        return _number(call.root)


@torch.no_grad()
def _number(root: torch.nn.Module) -> int | None:
    numbers: list[float] = []
    for count, weight in enumerate(root.parameters()):
        ordinary = weight.device.type == "cpu" and weight.is_floating_point()
        if count >= _PARAMETERS or not ordinary or not weight.numel():
            break
        at = weight.detach()
        numbers.append(float(at[(0,) * at.ndim]))
        numbers.append(float(at[(-1,) * at.ndim]))
    return hash(tuple(numbers)) if numbers else None
