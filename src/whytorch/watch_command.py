"""`whytorch watch`: a real training, told early what is certain; and following its record."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whytorch import output
from whytorch.console import is_terminal, refuse, rendered, say, stored, with_place

if TYPE_CHECKING:
    from whytorch.arguments import Command
    from whytorch.records import Report


def watch(command: Command) -> int:
    from whytorch import watching
    from whytorch.script import ScriptError

    output.refuse(command.output)

    companion: list[Any] = []

    def begins(folder: Path) -> None:
        if command.stop_on:
            _hear_interrupts()
        if command.stop_on or (not command.quiet and is_terminal(sys.stderr)):
            companion.append(_companion(folder, command))

    def over(report: Report) -> None:
        """What the script printed is its own: the answer goes to the other stream."""
        for process in companion:
            process.terminate()
            process.wait()
        if command.output is None and not command.quiet:
            say("\n" + rendered(report, command, sys.stderr), sys.stderr)
        elif command.output is not None:
            from whytorch.reports import render

            stored(render(report, command.format), command.output)

    try:
        return watching.watched(
            command.target, command.args, command.module, command.options, begins, over,
            command.overhead,
        )  # fmt: skip
    except ScriptError as error:
        return refuse(with_place(str(error), getattr(error, "place", None)))


def _hear_interrupts() -> None:
    """What a shell starts in the background (`nohup whytorch watch ... &` in a script) begins with
    interrupts ignored: nothing would end it early."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _companion(folder: Path, command: Command) -> Any:
    """A process beside the training that reads its record and says early what is certain."""
    import subprocess

    code = "import sys; from whytorch.watch_command import attend; attend(*sys.argv[1:])"
    chosen = [",".join(ids) for ids in (command.options.select, command.options.ignore)]
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder), command.stop_on or "", *chosen],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        start_new_session=True,  # Ctrl-C is the training's
    )


def attend(folder: str, stop_on: str, select: str, ignore: str) -> None:
    """Follow the record in `folder` until its training ends; findings go to stderr at once."""
    from whytorch import watching
    from whytorch.records import Finding, Options
    from whytorch.reports._text import clean

    def tell(finding: Finding) -> None:
        place = f", {finding.places[0]}" if finding.places else ""
        told = clean(f"whytorch: {finding.title}{place}: {finding.says}")
        say(f"{told}\n", sys.stderr)

    with suppress(AttributeError, OSError):
        os.nice(5)  # the training goes first; at 19 a machine full of its workers never gets here
    options = Options(
        select=tuple(filter(None, select.split(","))), ignore=tuple(filter(None, ignore.split(",")))
    )
    with suppress(KeyboardInterrupt):
        watching.follow(Path(folder), options, watching.Early(Path(folder), stop_on or None, tell))


def followed(command: Command) -> Report:
    """The report of a training, told anew whenever its findings change, until it ends."""
    from whytorch import watching

    shown: list[tuple[str, ...]] = []

    def tell(report: Report) -> bool:
        ids = tuple(f.id for f in report.findings)
        if report.run.exit == "running" and (not shown or shown[-1] != ids):
            shown.append(ids)
            say(rendered(report, command, sys.stdout))
        return True

    return watching.follow(Path(command.target), command.options, tell)
