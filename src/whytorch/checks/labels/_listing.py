"""Files that are listed in whatever order the file system has them in.

Looked for once the run has shown that images and labels do not belong together: then the order of
one of the two is nobody's, and a listing that is not sorted has such an order.
"""

from __future__ import annotations

import re

from whytorch.evidence.source import Call, Source

_LISTINGS = (
    "os.listdir",
    "os.scandir",
    "glob.glob",
    "glob.iglob",
    "*.iterdir",
    "*.glob",
    "*.rglob",
)
_OF_CLASSES = re.compile(r"class|categor|label|species|kind|dir|folder", re.I)
_ORDERING = ("sorted", "natsorted", "sort")


def unsorted(source: Source | None) -> list[Call]:
    """The listings whose statement does not sort them, nor sorts what they are kept as."""
    if source is None:
        return []
    ordering = [c for c in source.calls if c.last in _ORDERING]
    return [
        call
        for call in source.calls_to(*_LISTINGS)
        if not any(_sorts(source, other, call) for other in ordering)
    ]


def _sorts(source: Source, ordering: Call, listing: Call) -> bool:
    """`sorted(os.listdir(d))`, or `names = os.listdir(d)` and anywhere `names.sort()` (a listing
    that nobody keeps by a name is sorted where it stands, or not at all)."""
    if any(listing.written in v.text for v in ordering.args):
        return ordering.place.path == listing.place.path
    kept = source.names_assigned_at(listing.place)
    sorted_names = {ordering.raw.rpartition(".")[0], *(v.text for v in ordering.args)}
    return bool(set(kept) & sorted_names)


def sorted_as_text(source: Source | None) -> Call | None:
    """The one listing that is sorted by the names as they are, where 10 comes before 2. Folders of
    classes have no such numbers, and of several listings all may be in one order."""
    if source is None:
        return None
    listings = source.calls_to(*_LISTINGS)
    by_name = [
        call
        for call in listings
        for other in source.calls_to("sorted")
        if "key" not in other.keywords and _sorts(source, other, call)
    ]
    one = by_name[0] if len(by_name) == len(listings) == 1 else None
    named = source.names_assigned_at(one.place) if one is not None else ()
    return None if any(map(_OF_CLASSES.search, named)) else one
