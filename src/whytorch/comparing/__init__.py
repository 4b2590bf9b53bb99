"""Two saved runs -> why the one is worse than the other; rests on what was saved alone."""

from __future__ import annotations

from whytorch.comparing.runs import compare

__all__ = ["compare"]
