"""Transforms that the script gives a data set after it was made: which, and on which line."""

from __future__ import annotations

from typing import Any

from torch.utils import data as torch_data
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import place_of, user_frame
from whytorch.evidence.recorder.transforms import transforms_of

_NAMES = ("transform", "transforms", "augment")
_MOST = 20  # settings kept of one data set


class TransformSettings:
    """Numbers data sets and transforms, so that facts can say "the same object"."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._set: WeakIdKeyDictionary[Any, list[dict[str, Any]]] = WeakIdKeyDictionary()
        self._numbers: WeakIdKeyDictionary[Any, int] = WeakIdKeyDictionary()
        self._kept: dict[int, tuple[Any, int]] = {}  # transforms may allow no weak reference
        self._next = 0

    def install(self, patches: Patches) -> None:
        patches.wrap(torch_data.Dataset, "__setattr__", self._wrap)

    def _wrap(self, original: Any) -> Any:
        def __setattr__(dataset: Any, name: str, value: Any) -> None:
            if name in _NAMES and self.recorder.on:
                self._note(dataset, value)
            super(torch_data.Dataset, dataset).__setattr__(name, value)

        return __setattr__

    @harmless
    def _note(self, dataset: Any, value: Any) -> None:
        known = self._set.setdefault(dataset, [])
        if len(known) >= _MOST:
            return
        frame = user_frame()
        holder = type("Held", (), {})()
        holder.transform = value
        known.append(
            {
                "number": self.number_of(value),
                "place": place_of(frame),
                "transforms": transforms_of([holder]) if callable(value) else [],
            }
        )

    def number_of(self, value: Any) -> int | None:
        """The same number for the same object; None for none."""
        if value is None:
            return None
        held = self._kept.get(id(value))
        if held is None:
            self._next += 1
            held = self._kept[id(value)] = (value, self._next)
        return held[1]

    def facts(self, chain: list[Any]) -> dict[str, Any]:
        """Of the base data set, as the fields of `DatasetFacts`."""
        base = chain[-1]
        if base not in self._numbers and isinstance(base, torch_data.Dataset):
            self._numbers[base] = len(self._numbers)
        history = self._set.get(base, []) if isinstance(base, torch_data.Dataset) else []
        current = next((v for n in _NAMES if (v := getattr(base, n, None)) is not None), None)
        number = self._numbers.get(base) if isinstance(base, torch_data.Dataset) else None
        return {
            "base": number,
            "transform_number": self.number_of(current),
            "transforms_set": list(history),
        }

    def snapshot(self, final: bool) -> Any:
        return ()
