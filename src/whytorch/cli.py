"""Arguments in, text and exit code out. The only file of whytorch that prints.

Imports little at the top, so that `whytorch --help` and a typo are answered at once; the rooms
are imported by the command that needs them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from whytorch import output, watch_command
from whytorch.arguments import HELP, Command, UsageError, parse
from whytorch.console import (
    FOUND,
    INTERRUPTED,
    NOT_JUDGED,
    NOTHING_FOUND,
    WRONG_USAGE,
    is_terminal,
    refuse,
    rendered,
    say,
    stored,
    with_place,
)

if TYPE_CHECKING:
    from whytorch.records import Report


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        command = parse(sys.argv[1:] if argv is None else argv)
        return _ACTIONS[command.action](command)
    except UsageError as error:
        return refuse(f"{error}\n(whytorch --help shows every option)")
    except KeyboardInterrupt:
        # The first Ctrl-C ends the rehearsal and still gives a report; this is the second.
        return refuse("interrupted", INTERRUPTED)
    except Exception as error:
        # Python's own exit code for this is 1, which here means that something was found.
        import traceback

        say(traceback.format_exc(), sys.stderr)
        fault = f"this is a fault of whytorch, not of your script ({type(error).__name__})"
        return refuse(f"{fault}; please report it with the lines above", NOT_JUDGED)


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
        say(f"left out: {id}: {clean(why)}\n")
    if chosen.repair is None:
        say(f"{clean(report.verdict.headline)}\nnothing was written\n")
        return exit_code(report)
    try:
        fixes.write(chosen.repair, chosen.diagnosed)
    except fixes.Refused as refused:
        return refuse(str(refused))
    say(patch(chosen.repair.diff))
    say("".join(f"mended: {f.id}\n" for f in chosen.findings))
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

    from whytorch import pipeline, progress, scan
    from whytorch.script import ScriptError

    try:
        if command.action == "fix" and command.target.lower().endswith(".ipynb"):
            chosen = command.options
            return scan.repairs(command.target, select=chosen.select, ignore=chosen.ignore)
        with progress.shown(not command.quiet and is_terminal(sys.stderr)) as show:
            return pipeline.diagnose(
                command.target,
                command.args,
                module=command.module,
                options=command.options,
                progress=show,
            )
    except ScriptError as error:
        return refuse(with_place(str(error), getattr(error, "place", None)))


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
        return refuse(str(error))

    def shown(format: str, encoding: str = "utf-8") -> str:
        return render_check(
            checked, format, checks=suspecting(), quiet=command.quiet, encoding=encoding
        )

    code = FOUND if any(f.severity != "advice" for f in checked.findings) else NOTHING_FOUND
    code = code if checked.files else NOT_JUDGED
    if command.output is None:
        say(shown(command.format, getattr(sys.stdout, "encoding", None) or "ascii"))
    elif not stored(shown(command.format), command.output):
        return WRONG_USAGE
    elif not command.quiet:
        headline = shown("text").splitlines()[-1]
        say(f"{headline}\nThe report is in {command.output}\n")
    return code


def _report(command: Command) -> int:
    output.refuse(command.output)
    from whytorch import watching

    try:
        report = (
            watch_command.followed(command) if command.follow else watching.report(command.target)
        )
    except OSError as error:
        return refuse(f"{command.target}: no saved run can be read: {error.strerror or error}")
    except ValueError as error:
        return refuse(str(error))
    return _deliver(report, command)


def _compare(command: Command) -> int:
    output.refuse(command.output)
    from whytorch import comparing
    from whytorch.reports import comparison

    try:
        compared = comparing.compare(*command.args)
    except OSError as error:
        return refuse(f"{error.filename}: no saved run can be read: {error.strerror or error}")
    except ValueError as error:
        return refuse(str(error))
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    text = comparison.text(compared, "utf-8" if command.output else encoding)
    told = comparison.to_json(compared) if command.format == "json" else text
    if command.output is None:
        say(told)
    elif not stored(told, command.output):
        return WRONG_USAGE
    elif not command.quiet:
        say(f"{text.splitlines()[0]}\nThe report is in {command.output}\n")
    return FOUND if compared.differences or compared.only_bad else NOTHING_FOUND


def _list(command: Command) -> int:
    from whytorch.catalog import load_catalog

    checks = load_catalog()
    ids = max((len(check.id) for check in checks), default=0)
    areas = max((len(check.area) for check in checks), default=0)
    say("".join(f"{c.id:<{ids}}  {c.area:<{areas}}  {c.title}\n" for c in checks))
    return NOTHING_FOUND


def _explain(command: Command) -> int:
    from whytorch.catalog import UnknownCheck, find
    from whytorch.reports import explain

    try:
        check = find(command.target)
    except UnknownCheck as error:
        return refuse(f"{error} (whytorch list shows all)")
    say(explain.render(check))
    return NOTHING_FOUND


def _server(command: Command) -> int:
    try:
        from whytorch import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        return refuse("the language server needs pygls: pip install 'whytorch[server]'")
    server.serve()
    return NOTHING_FOUND


def _completion(command: Command) -> int:
    from whytorch import completion

    if command.target not in completion.SHELLS:
        return refuse(f"{command.target} is no shell it knows: {', '.join(completion.SHELLS)}")
    say(completion.render(command.target))
    return NOTHING_FOUND


def _help(command: Command) -> int:
    say(HELP)
    return NOTHING_FOUND


def _version(command: Command) -> int:
    import whytorch

    say(f"whytorch {whytorch.__version__}\n")
    return NOTHING_FOUND


_ACTIONS: dict[str, Callable[[Command], int]] = {
    "diagnose": _diagnose,
    "fix": _fix,
    "watch": watch_command.watch,
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


def _log(report: Report, tracker: str, quiet: bool) -> None:
    """What goes wrong there is told, and costs the answer nothing."""
    from whytorch import trackers

    try:
        told = trackers.send(report, tracker)
    except Exception as error:
        refuse(f"--log-to {tracker}: {error}")
        return
    if not quiet:
        say(f"Logged: {told}\n", sys.stderr)


def _deliver(report: Report, command: Command, patch: bool = False) -> int:
    from whytorch.reports import render
    from whytorch.reports.fixes_text import render as render_patch

    for tracker in command.log_to:
        _log(report, tracker, command.quiet)
    patch = patch and command.format == "terminal"
    if patch and command.output is None:
        say(render_patch(report))
        return exit_code(report)

    if command.output is None:
        if command.format == "html" and report.saved and is_terminal(sys.stdout):
            # A browser reads megabytes of HTML, a person does not: the page is beside the run.
            from whytorch import saved

            headline = render(report, "terminal").split("\n")[0]
            say(f"{headline}\nThe page is {saved.shown(report.saved)}\n")
            return exit_code(report)
        say(rendered(report, command, sys.stdout))
        return exit_code(report)
    text = render_patch(report) if patch else render(report, command.format)
    if not stored(text, command.output):
        return WRONG_USAGE
    if not command.quiet:
        headline = render(report, "terminal").split("\n")[0]
        say(f"{headline}\nThe report is in {command.output}\n")
    return exit_code(report)
