"""The line on stderr that says what a diagnosis is doing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whytorch.records import Progress, ProgressState


@contextmanager
def shown(on: bool) -> Iterator[Progress | None]:
    """A line on stderr that says what is going on, for as long as the block runs."""
    if not on:
        yield None
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    live = Live(
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    last = ("", 0)

    def show(state: ProgressState) -> None:
        nonlocal last
        moment = (state.phase, int(state.elapsed * 10))  # ten times a second is enough
        if moment != last:
            last = moment
            said = Text(line(state), no_wrap=True, overflow="crop")
            with suppress(OSError):  # a terminal that is gone is no reason to end the diagnosis
                live.update(said, refresh=True)

    with live:
        yield show


def line(state: ProgressState) -> str:
    """What `state` says to a person who waits."""
    parts: list[str] = [state.phase]
    if state.step:
        parts.append(f"step {state.step}")
    if state.epoch:
        parts.append(f"epoch {state.epoch}")
    if state.loss is not None:
        parts.append(f"loss {state.loss:.4g}")
    if state.elapsed and state.budget:
        parts.append(f"{state.elapsed:.0f} of {state.budget:.0f} s")
    if state.next:
        parts.append(f"next: {state.next}")
    return "  ".join(parts)
