"""Loops that fetch a batch before they use the one before, as those of accelerate and Lightning."""

from __future__ import annotations

from collections.abc import Sequence

from whytorch.evidence.recorder.batches import Delivered

_MOST = 64  # passes over loaders
Serial = tuple[int, int, int]  # (loader, pass over it, batch)


class Ahead:
    """Which batch an input comes from that was changed on its way: mixed, augmented, normalized.

    Its content tells nothing then. A loop that fetches ahead is known by its first call of the
    network, which comes when two batches of a pass were delivered. (One that skips its first batch
    and changes all others is taken for one.)
    """

    def __init__(self) -> None:
        self._ahead: dict[tuple[int, int], bool] = {}

    def called(self, serial: Serial | None) -> None:
        """The network is called, and this is the batch that was delivered last, of a pass that
        goes on."""
        if serial is None or serial[:2] in self._ahead:
            return
        if len(self._ahead) >= _MOST:
            self._ahead.pop(next(iter(self._ahead)))
        self._ahead[serial[:2]] = serial[2] == 2

    def used(self, batch: Delivered, serial: Serial | None) -> Delivered:
        """This batch was recognized. If its pass is over, nothing of it is held back any more."""
        if serial is None:
            self._ahead[batch.serial[:2]] = False
        return batch

    def held_back(
        self, recent: Sequence[Delivered], samples: int, serial: Serial | None
    ) -> Delivered | None:
        """The batch whose turn it is, if the loop fetches ahead and the input is as many."""
        if not recent or not self._ahead.get(recent[-1].serial[:2]):
            return None
        held = recent[-1] if serial is None else recent[0]
        if held.size != samples or held.serial[:2] != recent[-1].serial[:2]:
            return None
        return self.used(held, serial)
