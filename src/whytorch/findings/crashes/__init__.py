"""Crashes are answers too: what a crash means in the user's own terms, and what to write.

Asked only where no check explains the crash. Each file holds the crashes of one subject, as a table
of words (those of all torch versions) and functions; the first that answers is taken.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from whytorch.evidence.facts import Run
from whytorch.findings.crashes import (
    checkpoints,
    data_types,
    devices,
    gradients,
    loading,
    networks,
    numbers,
    optimizers,
    python,
    results,
    shapes,
    values,
)
from whytorch.findings.crashes.answer import Answer, Ask, Kind
from whytorch.findings.crashes.scene import Scene

__all__ = ["Answer", "answer", "ended_itself"]

# Of two that match, the earlier is the more particular.
_KINDS: tuple[Kind, ...] = (
    *values.KINDS,
    *devices.KINDS,
    *data_types.KINDS,
    *shapes.KINDS,
    *gradients.KINDS,
    *numbers.KINDS,
    *optimizers.KINDS,
    *loading.KINDS,
    *python.KINDS,
    *checkpoints.KINDS,
    *results.KINDS,
    *networks.KINDS,
)

ended_itself = python.ended_itself


def answer(evidence: Mapping[type, Any]) -> Answer | None:
    """What the crash of a run means; None if there was none, or nothing is known about it."""
    run: Run = evidence[Run]
    if run.crash is None:
        return None
    scene = Scene(run.crash, evidence)
    text = f"{run.crash.type}: {run.crash.message}"
    for words, function in _KINDS:
        match = re.search(words, text)
        found = _ask(function, scene, match) if match else None
        if found is not None:
            return found
    return None


def _ask(function: Ask, scene: Scene, match: re.Match[str]) -> Answer | None:
    """One broken answer never loses the report (WHYTORCH_RAISE lets its fault through)."""
    try:
        return function(scene, match)
    except Exception:
        if os.environ.get("WHYTORCH_RAISE"):
            raise
        return None
