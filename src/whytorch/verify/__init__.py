"""Does the repaired copy keep its promise, twice? The user's files are not touched for it."""

from __future__ import annotations

from whytorch.verify.proof import Run, verification
from whytorch.verify.trying import Tried, affordable, try_repairs

__all__ = ["Run", "Tried", "affordable", "try_repairs", "verification"]
