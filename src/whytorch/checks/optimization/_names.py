"""What the user calls a network that the optimizer does not hold."""

from __future__ import annotations

from whytorch.evidence.facts import Companion, Network
from whytorch.evidence.source import Assignment, Source


def named(one: Network | Companion, source: Source | None) -> str:
    """What the user calls it, where the line that makes it assigns one name, or where it is called
    by one; else its class."""
    names = source.names_assigned_at(one.place) if source and one.place else ()
    if len(names) == 1:
        return names[0]
    made = called(one, source) if source is not None and isinstance(one, Network) else None
    return made.targets[0] if made is not None else one.kind


def called(network: Network, source: Source) -> Assignment | None:
    """Where the name is assigned by which the training calls the network: of a copy, say."""
    calls = source.calls_within(network.call_place) if network.call_place else ()
    names = {c.raw for c in calls if c.args and c.raw.isidentifier()}
    inside = {c.function for c in calls} | {"<module>"}
    made = [
        a
        for a in source.assignments
        if len(a.targets) == 1
        and a.targets[0] in names
        and a.function in inside
        and not _of_another_class(a, network, source)
    ]
    return made[0] if len(made) == 1 else None


def _of_another_class(assigned: Assignment, network: Network, source: Source) -> bool:
    """The line makes something else of torch's, such as the loss that is called around it."""
    value = assigned.value.text if assigned.value else ""
    return any(
        c.name.startswith("torch.nn.") and c.last != network.kind and value.startswith(f"{c.raw}(")
        for c in source.calls_within(assigned.place)
    )
