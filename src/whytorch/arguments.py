"""Reads the command line. Prints nothing: what is wrong is raised as `UsageError`.

Not argparse: everything behind the script belongs to the script, also what looks like an option of
ours, and argparse cannot be kept from reading it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

from msgspec import Struct

from whytorch.records import Options
from whytorch.reports import CHECK_FORMATS, COMPARE_FORMATS, FORMATS

USAGE = "whytorch [options] train.py [its own arguments]"

HELP = f"""\
whytorch says why a PyTorch script does not produce the expected results.

usage: {USAGE}
       whytorch [options] -m package.train [its own arguments]
       whytorch fix [options] train.py [its own arguments]
                                      diagnoses, and prints the repairs as a diff
       whytorch watch [options] train.py [its own arguments]
                                      runs it for real, nothing shortened, and says what it saw
       whytorch check PATH... [options]
                                      what the source alone proves, in files, notebooks, folders
       whytorch list                  every mistake it knows, one a line
       whytorch explain ID            what a mistake is, why it hurts and how to mend it
       whytorch report RUN [options]  show a saved run again
       whytorch compare GOOD BAD [options]
                                      why the one saved run is worse than the other
       whytorch server                what check finds, in an editor (Language Server Protocol)
       whytorch completion SHELL      completes this command line, in bash, zsh or fish

It reads the script (or notebook.ipynb), rehearses it under observation in a scratch folder (your
files stay as they are), and names the mistakes in the order in which to mend them. The script
needs no change.

options (before the script; what comes after it belongs to the script):
  --budget TIME      how long the script may run, such as 60s (the default) or 2m
  --format FORMAT    {", ".join(FORMATS)};
                     of check: {", ".join(CHECK_FORMATS)}; of compare: {", ".join(COMPARE_FORMATS)}
  --output FILE      write the report to FILE
  --select ID,ID     judge only these mistakes
  --ignore ID,ID     leave these mistakes out
  --seed N           seed the script's random numbers
  --expect TEXT      what you expected, such as "test accuracy >= 0.9"
  --log-to WHERE     also to tensorboard[:FOLDER], wandb[:PROJECT] or mlflow[:URI]
  --workers WHERE    copies are rehearsed side by side: in 4 processes, or in ray[:ADDRESS]
  --no-lab           no experiments after the rehearsal
  --no-fix           neither write the repairs as diffs nor try them on a copy
  --write            fix: change the files, by what is safe and kept its promise on a copy
  --unsafe-fixes     fix --write: also by what is not safe, or was not tried
  --stop-on SEVERITY watch: end the training at the first error (or warning)
  --overhead SHARE   watch: how much of the training's time looking may take, such as 2%
  --follow           report: of a training that still runs, as it goes on
  --force-exclude    check: leave excluded files out even where they are named
  -q, --quiet        no progress line; of check: no count
  --version          show the version
  -h, --help         show this

exit codes: 0 nothing found, 1 something found, 2 wrong usage, 3 nothing could be judged
"""

Action = Literal[
    "diagnose",
    "fix",
    "watch",
    "check",
    "list",
    "explain",
    "report",
    "compare",
    "completion",
    "help",
    "version",
]


class UsageError(Exception):
    """The command line cannot be followed; the message says what is wrong with it."""


class Command(Struct, frozen=True):
    """What the command line asks for. `target` is a script, a module, an id or a saved run;
    what is to be checked or compared stands in `args`."""

    action: Action
    target: str = ""
    args: tuple[str, ...] = ()
    module: bool = False
    format: str = "terminal"
    output: str | None = None
    quiet: bool = False
    force_exclude: bool = False
    write: bool = False
    unsafe_fixes: bool = False
    follow: bool = False
    stop_on: str | None = None
    overhead: float | None = None
    log_to: tuple[str, ...] = ()
    options: Options = Options()


def parse(words: Sequence[str]) -> Command:
    """The command in `words` (without the program's name)."""
    rest = list(words)
    chosen: dict[str, Any] = {}
    action = "diagnose"
    while rest and (_is_option(rest[0]) or (rest[0] in RUNNING and action == "diagnose")):
        if rest[0] in RUNNING:
            action = rest.pop(0)
            continue
        _take_option(rest, chosen)
        if asked := chosen.pop("action", None):
            return Command(asked)
    if action == "diagnose" and rest and rest[0] in COMMANDS:
        return _subcommand(rest, chosen)
    module = bool(rest) and rest[0] == "-m"
    if module or (rest and rest[0] == "--"):
        del rest[0]
    if not rest:
        raise UsageError("-m needs the name of a module" if module else f"which script? {USAGE}")
    return _command(action, chosen, target=rest[0], args=tuple(rest[1:]), module=module)


def _is_option(word: str) -> bool:
    return word.startswith("-") and word not in ("-", "--", "-m")


def _subcommand(rest: list[str], chosen: dict[str, Any]) -> Command:
    action = rest.pop(0)
    what, allowed = COMMANDS[action]
    names: list[str] = []
    while rest:
        if rest[0].startswith("-"):
            _take_option(rest, chosen)
        else:
            names.append(rest.pop(0))
    if asked := chosen.pop("action", None):
        return Command(asked)
    if foreign := chosen.keys() - allowed:
        raise UsageError(f"whytorch {action} takes no option --{_spelled(min(foreign))}")
    if action == "check":
        if not names:
            raise UsageError("whytorch check takes at least one file or folder")
        return _command(action, chosen, args=tuple(names))
    if action == "compare":
        if len(names) != 2:
            raise UsageError(f"whytorch compare takes {what}")
        return _command(action, chosen, args=tuple(names))
    if len(names) != (1 if what else 0):
        raise UsageError(f"whytorch {action} takes {what or 'no arguments'}")
    return _command(action, chosen, target=names[0] if names else "")


def _command(action: str, chosen: dict[str, Any], **more: Any) -> Command:
    formats = {"check": CHECK_FORMATS, "compare": COMPARE_FORMATS}.get(action, FORMATS)
    if chosen.setdefault("format", formats[0]) not in formats:
        raise UsageError(f"--format {chosen['format']}: there is {', '.join(formats)}")
    if "force_exclude" in chosen and action != "check":
        raise UsageError("only whytorch check knows --force-exclude")
    if action != "watch" and (only := {"stop_on", "overhead"} & chosen.keys()):
        raise UsageError(f"only whytorch watch knows --{_spelled(min(only))}")
    if "follow" in chosen and action != "report":
        raise UsageError("only whytorch report knows --follow")
    if action != "fix" and (only := {"write", "unsafe_fixes"} & chosen.keys()):
        raise UsageError(f"only whytorch fix knows --{_spelled(min(only))}")
    if action == "watch" and (foreign := chosen.keys() - _OF_WATCH):
        raise UsageError(f"whytorch watch takes no option --{_spelled(min(foreign))}")
    if action == "fix" and not chosen.get("fix", True):
        raise UsageError("whytorch fix takes no option --no-fix")
    if "unsafe_fixes" in chosen and "write" not in chosen:
        raise UsageError("--unsafe-fixes goes with --write")
    ours = set(Options.__struct_fields__)
    options = Options(**{name: value for name, value in chosen.items() if name in ours})
    rest = {name: value for name, value in chosen.items() if name not in ours}
    return Command(action, options=options, **rest, **more)  # type: ignore[arg-type]


def _take_option(rest: list[str], chosen: dict[str, Any]) -> None:
    """Move the option at the head of `rest`, with its value, into `chosen`."""
    name, equals, value = rest.pop(0).partition("=")
    if name in FLAGS:
        if equals:
            raise UsageError(f"{name} takes no value")
        key, constant = FLAGS[name]
        chosen[key] = constant
        return
    if name not in VALUES:
        raise UsageError(_unknown(name))
    if not equals:
        if not rest:
            raise UsageError(f"{name} needs a value")
        value = rest.pop(0)
    key, read = VALUES[name]
    try:
        new = read(value)
    except ValueError as error:
        raise UsageError(f"{name} {value}: {error}") from None
    # Ids add up when an option is given again; of everything else the last one counts.
    chosen[key] = chosen.get(key, ()) + new if isinstance(new, tuple) else new


def _unknown(name: str) -> str:
    from difflib import get_close_matches  # only a typo needs it, and importing it takes time

    close = get_close_matches(name, [*VALUES, *FLAGS], n=1)
    hint = f"did you mean {close[0]}?" if close else f"the script's own come after it: {USAGE}"
    return f"there is no option {name}; {hint}"


def _spelled(key: str) -> str:
    return {"lab": "no-lab", "fix": "no-fix"}.get(key, key.replace("_", "-"))


# --- the values --------------------------------------------------------------------------------


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*(s|m|h)?", text.strip().lower())
    seconds = float(match[1]) * {"m": 60, "h": 3600}.get(match[2], 1) if match else 0.0
    if not 0 < seconds < math.inf:
        raise ValueError("write a time above zero, such as 60s or 2m")
    return seconds


def _ids(text: str) -> tuple[str, ...]:
    ids = tuple(part.strip() for part in text.split(",") if part.strip())
    if not ids:
        raise ValueError("write ids, such as missing-zero-grad,dead-relu (see: whytorch list)")
    return ids


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,18}", text):
        raise ValueError("write a whole number from 0")
    return int(text)


def _nonempty(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return text


def _expectation(text: str) -> str:
    from whytorch.findings.expectation import parse  # only this option needs it

    parse(_nonempty(text))
    return text


def _severity(text: str) -> str:
    if text not in ("error", "warning"):
        raise ValueError("write error or warning")
    return text


def _share(text: str) -> float:
    number = text.removesuffix("%")
    try:
        share = float(number) / (100 if number != text else 1)
    except ValueError:
        share = 0.0
    if not 0.001 <= share <= 1:
        raise ValueError("write a share from 0.1% to 100%, such as 2% or 0.02")
    return share


def _tracker(text: str) -> tuple[str, ...]:
    if text.partition(":")[0] not in TRACKERS:
        raise ValueError(f"write one of {', '.join(TRACKERS)}")
    return (text,)


def _workers(text: str) -> str:
    from whytorch.workers import checked  # only this option needs it

    return checked(text)


VALUES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "--budget": ("budget", _seconds),
    "--format": ("format", _nonempty),
    "--output": ("output", _nonempty),
    "--select": ("select", _ids),
    "--ignore": ("ignore", _ids),
    "--seed": ("seed", _whole),
    "--expect": ("expect", _expectation),
    "--stop-on": ("stop_on", _severity),
    "--overhead": ("overhead", _share),
    "--log-to": ("log_to", _tracker),
    "--workers": ("workers", _workers),
}
FLAGS: dict[str, tuple[str, Any]] = {
    "--no-lab": ("lab", False),
    "--no-fix": ("fix", False),
    "--write": ("write", True),
    "--unsafe-fixes": ("unsafe_fixes", True),
    "--follow": ("follow", True),
    "--force-exclude": ("force_exclude", True),
    "--quiet": ("quiet", True),
    "-q": ("quiet", True),
    "--version": ("action", "version"),
    "--help": ("action", "help"),
    "-h": ("action", "help"),
}
RUNNING = ("fix", "watch")  # commands in front of a script
TRACKERS = ("tensorboard", "wandb", "mlflow")
_OF_WATCH = {"format", "output", "quiet", "select", "ignore", "stop_on", "overhead"}
COMMANDS: dict[str, tuple[str, set[str]]] = {  # what it takes, and which options
    "check": ("files", {"format", "output", "quiet", "select", "ignore", "force_exclude"}),
    "list": ("", set()),
    "explain": ("the id of one mistake (see: whytorch list)", set()),
    "report": ("the path of one saved run", {"format", "output", "quiet", "follow", "log_to"}),
    "server": ("", set()),
    "completion": ("bash, zsh or fish", set()),
    "compare": ("two saved runs, the better one first", {"format", "output", "quiet"}),
}
