"""What the commands share: exit codes, and how text gets to a terminal or into a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from whytorch import output

if TYPE_CHECKING:
    from whytorch.arguments import Command
    from whytorch.records import Place, Report

NOTHING_FOUND, FOUND, WRONG_USAGE, NOT_JUDGED, INTERRUPTED = 0, 1, 2, 3, 130


def rendered(report: Report, command: Command, stream: TextIO | None) -> str:
    """The report as `stream` can show it."""
    from shutil import get_terminal_size  # importing it takes time

    from whytorch.reports import render

    encoding = getattr(stream, "encoding", None) or "ascii"
    width = get_terminal_size((80, 25)).columns
    color = is_terminal(stream) and not os.environ.get("NO_COLOR")
    return render(report, command.format, width=width, color=color, encoding=encoding)


def stored(text: str, path: str) -> bool:
    try:
        output.save(text, Path(path))
    except OSError as error:
        say(text)  # the minutes that it took are not lost
        refuse(f"the report could not be written to {path}: {error.strerror}")
        return False
    return True


def with_place(message: str, place: Place | None) -> str:
    """`message` with the line it is about, the column marked."""
    if place is None:
        return message
    if str(place) not in message:
        message = f"{place}: {message}"
    if not place.code:
        return message
    code = place.code.split("\n")[0]
    caret = "" if place.column is None else f"\n    {' ' * place.column}^"
    return f"{message}\n    {code}{caret}"


def is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def refuse(message: str, code: int = WRONG_USAGE) -> int:
    from whytorch.reports._text import clean  # the message may quote the user's source

    lines = "\n".join(clean(line) for line in message.split("\n"))
    say(f"whytorch: {lines}\n", sys.stderr)
    return code


def say(text: str, stream: TextIO | None = None) -> None:
    """Write `text`, whatever the stream can show, and however early its reader leaves."""
    stream = sys.stdout if stream is None else stream
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "ascii"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        # `| head` has read what it wanted. Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
