"""A metric object that is computed after every pass, and never set back."""

from __future__ import annotations

from whytorch.evidence.source import Call, Source

_LIBRARIES = ("torchmetrics.", "torcheval.metrics.")


def computed_on(source: Source | None) -> Call | None:
    """Where it is computed. Asked once a figure has been shown to hold earlier passes."""
    calls = source.calls if source is not None else ()
    made = {
        name
        for call in calls
        if source is not None and call.name.startswith(_LIBRARIES)
        for name in source.names_assigned_at(call.place)
    }
    set_back = {call.raw for call in calls if call.last == "reset"}
    for call in calls:
        owner = call.raw.rpartition(".")[0]
        if call.last == "compute" and owner in made and f"{owner}.reset" not in set_back:
            return call
    return None
