"""Finding -> a repaired copy of the user's source, as text and as a diff; no file is written."""

from __future__ import annotations

from whytorch.fixes.apply import Patched, Refused, Repair, repair
from whytorch.fixes.choose import Chosen, choose
from whytorch.fixes.plan import finder, planned
from whytorch.fixes.write import write

__all__ = [
    "Chosen",
    "Patched",
    "Refused",
    "Repair",
    "choose",
    "finder",
    "planned",
    "repair",
    "write",
]
