"""Arguments in, text and exit code out. The only file of whytorch that prints.

Imports little at the top, so that `whytorch --help` and a typo are answered at once; the rooms
are imported by the command that needs them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from whytorch.arguments import HELP, Command, UsageError, parse

if TYPE_CHECKING:
    from whytorch.records import Place, Progress, ProgressState, Report

NOTHING_FOUND, FOUND, WRONG_USAGE, NOT_JUDGED, INTERRUPTED = 0, 1, 2, 3, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        command = parse(sys.argv[1:] if argv is None else argv)
        return _ACTIONS[command.action](command)
    except UsageError as error:
        return _refuse(f"{error}\n(whytorch --help shows every option)")
    except KeyboardInterrupt:
        # The first Ctrl-C ends the rehearsal and still gives a report; this is the second.
        return _refuse("interrupted", INTERRUPTED)
    except Exception as error:
        # Python's own exit code for this is 1, which here means that something was found.
        import traceback

        _say(traceback.format_exc(), sys.stderr)
        fault = f"this is a fault of whytorch, not of your script ({type(error).__name__})"
        return _refuse(f"{fault}; please report it with the lines above", NOT_JUDGED)


# --- the commands ------------------------------------------------------------------------------


def _diagnose(command: Command) -> int:
    report = _diagnosed(command)
    return report if isinstance(report, int) else _deliver(report, command)


def _fix(command: Command) -> int:
    report = _diagnosed(command)
    if isinstance(report, int):
        return report
    if not command.write:
        return _deliver(report, command, patch=True)
    from whytorch import fixes
    from whytorch.reports._text import clean
    from whytorch.reports.fixes_text import patch

    chosen = fixes.choose(report, command.unsafe_fixes)
    for id, why in chosen.left_out:
        _say(f"left out: {id}: {clean(why)}\n")
    if chosen.repair is None:
        _say(f"{clean(report.verdict.headline)}\nnothing was written\n")
        return exit_code(report)
    try:
        fixes.write(chosen.repair, chosen.diagnosed)
    except fixes.Refused as refused:
        return _refuse(str(refused))
    _say(patch(chosen.repair.diff))
    _say("".join(f"mended: {f.id}\n" for f in chosen.findings))
    return FOUND if chosen.left_out else NOTHING_FOUND


def _diagnosed(command: Command) -> Report | int:
    """The report, or the exit code where there is none."""
    from whytorch.catalog import UnknownCheck, choose

    # All that can be wrong with the command line is found before minutes are spent on the script.
    _refuse_output(command.output)
    try:
        choose(command.options.select, command.options.ignore)
    except UnknownCheck as error:
        raise UsageError(str(error)) from None

    from whytorch import pipeline, scan
    from whytorch.script import ScriptError

    try:
        if command.action == "fix" and command.target.lower().endswith(".ipynb"):
            chosen = command.options
            return scan.repairs(command.target, select=chosen.select, ignore=chosen.ignore)
        with _progress(command) as progress:
            return pipeline.diagnose(
                command.target,
                command.args,
                module=command.module,
                options=command.options,
                progress=progress,
            )
    except ScriptError as error:
        return _refuse(_with_place(str(error), getattr(error, "place", None)))


def _check(command: Command) -> int:
    _refuse_output(command.output)
    from whytorch import scan
    from whytorch.catalog import UnknownCheck, suspecting
    from whytorch.reports import render_check
    from whytorch.script import ScriptError

    chosen = command.options
    try:
        checked = scan.check(
            command.args,
            select=chosen.select,
            ignore=chosen.ignore,
            force_exclude=command.force_exclude,
        )
    except UnknownCheck as error:
        raise UsageError(str(error)) from None
    except ScriptError as error:
        return _refuse(str(error))

    def shown(format: str, encoding: str = "utf-8") -> str:
        return render_check(
            checked, format, checks=suspecting(), quiet=command.quiet, encoding=encoding
        )

    code = FOUND if any(f.severity != "advice" for f in checked.findings) else NOTHING_FOUND
    code = code if checked.files else NOT_JUDGED
    if command.output is None:
        _say(shown(command.format, getattr(sys.stdout, "encoding", None) or "ascii"))
    elif not _stored(shown(command.format), command.output):
        return WRONG_USAGE
    elif not command.quiet:
        headline = shown("text").splitlines()[-1]
        _say(f"{headline}\nThe report is in {command.output}\n")
    return code


def _report(command: Command) -> int:
    _refuse_output(command.output)
    from whytorch import saved

    try:
        report = saved.load(command.target)
    except OSError as error:
        return _refuse(f"{command.target}: no saved run can be read: {error.strerror or error}")
    except ValueError as error:
        return _refuse(str(error))
    return _deliver(report, command)


def _list(command: Command) -> int:
    from whytorch.catalog import load_catalog

    checks = load_catalog()
    ids = max((len(check.id) for check in checks), default=0)
    areas = max((len(check.area) for check in checks), default=0)
    _say("".join(f"{c.id:<{ids}}  {c.area:<{areas}}  {c.title}\n" for c in checks))
    return NOTHING_FOUND


def _explain(command: Command) -> int:
    from whytorch.catalog import UnknownCheck, find
    from whytorch.reports import explain

    try:
        check = find(command.target)
    except UnknownCheck as error:
        return _refuse(f"{error} (whytorch list shows all)")
    _say(explain.render(check))
    return NOTHING_FOUND


def _help(command: Command) -> int:
    _say(HELP)
    return NOTHING_FOUND


def _version(command: Command) -> int:
    import whytorch

    _say(f"whytorch {whytorch.__version__}\n")
    return NOTHING_FOUND


_ACTIONS: dict[str, Callable[[Command], int]] = {
    "diagnose": _diagnose,
    "fix": _fix,
    "check": _check,
    "report": _report,
    "list": _list,
    "explain": _explain,
    "help": _help,
    "version": _version,
}


# --- the report --------------------------------------------------------------------------------


def exit_code(report: Report) -> int:
    """Advice alone is nothing found; a symptom without a cause is something found."""
    if any(finding.severity != "advice" for finding in report.findings):
        return FOUND
    kinds = {"unknown-cause": FOUND, "expectation-unrealistic": FOUND, "not-judged": NOT_JUDGED}
    return kinds.get(report.verdict.kind, NOTHING_FOUND)


def _deliver(report: Report, command: Command, patch: bool = False) -> int:
    from whytorch.reports import render
    from whytorch.reports.fixes_text import render as render_patch

    patch = patch and command.format == "terminal"
    if patch and command.output is None:
        _say(render_patch(report))
        return exit_code(report)

    if command.output is None:
        encoding = getattr(sys.stdout, "encoding", None) or "ascii"
        from shutil import get_terminal_size  # importing it takes time

        width = get_terminal_size((80, 25)).columns
        color = _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")
        _say(render(report, command.format, width=width, color=color, encoding=encoding))
        return exit_code(report)
    text = render_patch(report) if patch else render(report, command.format)
    if not _stored(text, command.output):
        return WRONG_USAGE
    if not command.quiet:
        headline = render(report, "terminal").split("\n")[0]
        _say(f"{headline}\nThe report is in {command.output}\n")
    return exit_code(report)


def _stored(text: str, output: str) -> bool:
    try:
        _save(text, Path(output))
    except OSError as error:
        _say(text)  # the minutes that it took are not lost
        _refuse(f"the report could not be written to {output}: {error.strerror}")
        return False
    return True


def _refuse_output(output: str | None) -> None:
    """Raise `UsageError` if the report could not be written to `output`; leaves no trace."""
    if output is None:
        return
    path = Path(output)
    try:
        if path.is_dir():
            raise UsageError(f"--output {output}: this is a folder; name a file in it")
        if not path.parent.is_dir():
            raise UsageError(f"--output {output}: the folder {path.parent} does not exist")
        if path.is_file() or not path.exists():  # opening a pipe would wait for its reader
            existed = path.exists()
            path.open("ab").close()
            if not existed:
                path.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"--output {output}: cannot be written: {reason}") from None


def _save(text: str, path: Path) -> None:
    """Write at once or not at all, so that a full disk leaves the former report as it was."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    path = path.resolve()
    part = path.with_name(f".whytorch-{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        if path.exists():
            from shutil import copymode

            copymode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _with_place(message: str, place: Place | None) -> str:
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


# --- the terminal ------------------------------------------------------------------------------


@contextmanager
def _progress(command: Command) -> Iterator[Progress | None]:
    """A line on stderr that says what is going on, for as long as the block runs."""
    if command.quiet or not _is_terminal(sys.stderr):
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
    shown = ("", 0)

    def show(state: ProgressState) -> None:
        nonlocal shown
        moment = (state.phase, int(state.elapsed * 10))  # ten times a second is enough
        if moment != shown:
            shown = moment
            line = Text(progress_line(state), no_wrap=True, overflow="crop")
            with suppress(OSError):  # a terminal that is gone is no reason to end the diagnosis
                live.update(line, refresh=True)

    with live:
        yield show


def progress_line(state: ProgressState) -> str:
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


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def _refuse(message: str, code: int = WRONG_USAGE) -> int:
    from whytorch.reports._text import clean  # the message may quote the user's source

    lines = "\n".join(clean(line) for line in message.split("\n"))
    _say(f"whytorch: {lines}\n", sys.stderr)
    return code


def _say(text: str, stream: TextIO | None = None) -> None:
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
