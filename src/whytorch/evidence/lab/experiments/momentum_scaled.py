"""The script's optimizer without momentum, and with the usual 0.9.

For optimizers with a setting of that name (SGD, RMSprop); the betas of Adam are left alone, since
they also set how its steps are scaled.
"""

from __future__ import annotations

from typing import Any

from whytorch.evidence.lab import trial
from whytorch.evidence.lab.bench import Bench, Change, NotRebuilt

VALUES = (0.0, 0.9)  # 0.9: what torch's own recipes use with SGD


def measure(bench: Bench, seconds: float) -> dict[str, Any]:
    settings = next((s.settings for s in bench.steps if s.micros), [])
    own = {float(g["momentum"]) for g in settings if isinstance(g.get("momentum"), (int, float))}
    if not own:
        raise NotRebuilt("the optimizer has no momentum that can be set")
    changes = [
        Change(f"momentum={value:g}", settings={"momentum": value})
        for value in VALUES
        if any(abs(value - known) > 0.01 for known in own)
    ]
    return trial.compare(bench, changes, seconds)
