"""Arguments in, text and exit code out. The only file of whytorch that prints.

Imports little at the top, so that `whytorch --help` and a typo are answered at once; the rooms
are imported by the command that needs them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from whytorch import output
from whytorch.arguments import HELP, Command, UsageError, parse

if TYPE_CHECKING:
    from whytorch.records import Place, Report

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
    output.refuse(command.output)
    try:
        choose(command.options.select, command.options.ignore)
    except UnknownCheck as error:
        raise UsageError(str(error)) from None

    from whytorch import pipeline, progress
    from whytorch.script import ScriptError

    try:
        with progress.shown(not command.quiet and _is_terminal(sys.stderr)) as show:
            return pipeline.diagnose(
                command.target,
                command.args,
                module=command.module,
                options=command.options,
                progress=show,
            )
    except ScriptError as error:
        return _refuse(_with_place(str(error), getattr(error, "place", None)))


def _watch(command: Command) -> int:
    from whytorch import watching
    from whytorch.script import ScriptError

    output.refuse(command.output)

    companion: list[Any] = []

    def begins(folder: Path) -> None:
        if command.stop_on or (not command.quiet and _is_terminal(sys.stderr)):
            companion.append(_companion(folder, command))

    def over(report: Report) -> None:
        """What the script printed is its own: the answer goes to the other stream."""
        for process in companion:
            process.terminate()
            process.wait()
        if command.output is None and not command.quiet:
            _say("\n" + _rendered(report, command, sys.stderr), sys.stderr)
        elif command.output is not None:
            from whytorch.reports import render

            _stored(render(report, command.format), command.output)

    try:
        return watching.watched(
            command.target, command.args, command.module, command.options, begins, over
        )
    except ScriptError as error:
        return _refuse(_with_place(str(error), getattr(error, "place", None)))


def _companion(folder: Path, command: Command) -> Any:
    """A process beside the training that reads its record and says early what is certain."""
    import subprocess

    code = "import sys; from whytorch.cli import attend; attend(*sys.argv[1:])"
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

    def say(finding: Finding) -> None:
        place = f", {finding.places[0]}" if finding.places else ""
        says = clean(f"whytorch: {finding.title}{place}: {finding.says}")
        _say(f"{says}\n", sys.stderr)

    with suppress(AttributeError, OSError):
        os.nice(19)  # the training goes first
    options = Options(
        select=tuple(filter(None, select.split(","))), ignore=tuple(filter(None, ignore.split(",")))
    )
    with suppress(KeyboardInterrupt):
        watching.follow(Path(folder), options, watching.Early(Path(folder), stop_on or None, say))


def _check(command: Command) -> int:
    output.refuse(command.output)
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
    output.refuse(command.output)
    from whytorch import watching

    try:
        report = _followed(command) if command.follow else watching.report(command.target)
    except OSError as error:
        return _refuse(f"{command.target}: no saved run can be read: {error.strerror or error}")
    except ValueError as error:
        return _refuse(str(error))
    return _deliver(report, command)


def _compare(command: Command) -> int:
    output.refuse(command.output)
    from whytorch import comparing
    from whytorch.reports import comparison

    try:
        compared = comparing.compare(*command.args)
    except OSError as error:
        return _refuse(f"{error.filename}: no saved run can be read: {error.strerror or error}")
    except ValueError as error:
        return _refuse(str(error))
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    text = comparison.text(compared, "utf-8" if command.output else encoding)
    told = comparison.to_json(compared) if command.format == "json" else text
    if command.output is None:
        _say(told)
    elif not _stored(told, command.output):
        return WRONG_USAGE
    elif not command.quiet:
        _say(f"{text.splitlines()[0]}\nThe report is in {command.output}\n")
    return FOUND if compared.differences or compared.only_bad else NOTHING_FOUND


def _followed(command: Command) -> Report:
    """The report of a training, told anew whenever its findings change, until it ends."""
    from whytorch import watching

    shown: list[tuple[str, ...]] = []

    def tell(report: Report) -> bool:
        ids = tuple(f.id for f in report.findings)
        if report.run.exit == "running" and (not shown or shown[-1] != ids):
            shown.append(ids)
            _say(_rendered(report, command, sys.stdout))
        return True

    return watching.follow(Path(command.target), command.options, tell)


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


def _server(command: Command) -> int:
    try:
        from whytorch import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        return _refuse("the language server needs pygls: pip install 'whytorch[server]'")
    server.serve()
    return NOTHING_FOUND


def _completion(command: Command) -> int:
    from whytorch import completion

    if command.target not in completion.SHELLS:
        return _refuse(f"{command.target} is no shell it knows: {', '.join(completion.SHELLS)}")
    _say(completion.render(command.target))
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
    "watch": _watch,
    "check": _check,
    "report": _report,
    "compare": _compare,
    "list": _list,
    "explain": _explain,
    "server": _server,
    "completion": _completion,
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
        _say(_rendered(report, command, sys.stdout))
        return exit_code(report)
    text = render_patch(report) if patch else render(report, command.format)
    if not _stored(text, command.output):
        return WRONG_USAGE
    if not command.quiet:
        headline = render(report, "terminal").split("\n")[0]
        _say(f"{headline}\nThe report is in {command.output}\n")
    return exit_code(report)


def _rendered(report: Report, command: Command, stream: TextIO | None) -> str:
    """The report as `stream` can show it."""
    from shutil import get_terminal_size  # importing it takes time

    from whytorch.reports import render

    encoding = getattr(stream, "encoding", None) or "ascii"
    width = get_terminal_size((80, 25)).columns
    color = _is_terminal(stream) and not os.environ.get("NO_COLOR")
    return render(report, command.format, width=width, color=color, encoding=encoding)


def _stored(text: str, path: str) -> bool:
    try:
        output.save(text, Path(path))
    except OSError as error:
        _say(text)  # the minutes that it took are not lost
        _refuse(f"the report could not be written to {path}: {error.strerror}")
        return False
    return True


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
