"""The records of several processes, each told in short: what a process came to, beside others."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from whytorch.evidence import reading
from whytorch.evidence.facts import Peer


def read_peer(record: Path, rank: int, display: Callable[[str], str] = str) -> Peer:
    """One process of a launch, from its record; a field of another version counts as not seen."""
    return told(rank, reading.placed(reading.read_lines(record), display))


def told(rank: int, lines: reading.Subjects) -> Peer:
    """The same, from the last snapshots of its subjects."""

    def one(kind: str) -> dict[str, Any]:
        return lines.get(kind, {}).get("", {})

    settings, group, end, crash = (one(k) for k in ("settings", "distributed", "end", "crash"))
    plain = {
        "rank": rank,
        "steps": settings.get("steps", 0),
        "seconds": end.get("seconds") or settings.get("seconds", 0.0),
        "weights": group.get("weights"),
        "finished": end.get("exit") == "finished",
        "samples": group.get("samples", 0),
        "crash": f"{crash.get('type')}: {crash.get('message')}" if crash else None,
    }
    for more in ({"pace": group.get("pace"), "share": _share(lines, group)}, {}):
        try:
            return msgspec.convert({**plain, **more}, Peer, strict=False)
        except msgspec.ValidationError:
            continue
    return Peer(rank, 0)


def _share(lines: reading.Subjects, group: dict[str, Any]) -> dict[str, Any] | None:
    with contextlib.suppress(AttributeError, TypeError, ValueError):  # of another version, or cut
        return _trained_on(lines, group)
    return None


def _trained_on(lines: reading.Subjects, group: dict[str, Any]) -> dict[str, Any] | None:
    loaders = [x for x in lines.get("loader", {}).values() if "train" in x.get("phases", ())]
    images = lines.get("input", {}).get("train", {}).get("model")
    if not loaders:
        return {"images": images} if images else None
    most = max(loaders, key=lambda x: (x.get("batches") or 0) * (x.get("passes") or 0))
    dataset = most.get("dataset") or {}
    number = most.get("id")
    names = {name: n for n, name in enumerate(dataset.get("classes") or ())}
    waits = lines.get("upkeep", {}).get("", {}).get("waits", ())
    return {
        "place": most.get("place"),
        "batches": most.get("batches"),
        "passes": most.get("passes", 0),
        "labels": Counter(str(x) for d in most.get("draws", ()) for x in d.get("labels", ())),
        "contents": (group.get("contents") or {}).get(str(number), ()),
        "numbers": dataset.get("class_to_idx") or names,
        "images": images,
        "wait": next((w.get("wait") for w in waits if w.get("loader") == number), None),
    }
