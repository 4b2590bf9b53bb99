"""`%load_ext whytorch` and `%%whytorch`: diagnose a notebook's cell where it stands.

The cell is rehearsed with all that the notebook knows, in a fork: it changes nothing, and what it
would have computed is not there afterwards. Run the cell without `%%whytorch` to train for real.
"""

from __future__ import annotations

import shlex
from typing import Any

from whytorch import caller, catalog, live
from whytorch.arguments import UsageError, parse
from whytorch.reports.shown import Shown, shown

# What these miss in the cell may stand in another one.
_ELSEWHERE = {"no-held-out-evaluation", "unseeded-run", "checkpoint-not-loaded"}


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext whytorch` calls."""

    def whytorch(line: str, cell: str) -> Shown:
        return diagnose_cell(shell, line, cell)

    shell.register_magic_function(whytorch, magic_kind="cell", magic_name="whytorch")


def unload_ipython_extension(shell: Any) -> None:
    """What `%unload_ext whytorch` calls."""
    shell.magics_manager.magics["cell"].pop("whytorch", None)


def diagnose_cell(shell: Any, line: str, cell: str) -> Shown:
    """The report on a cell. In `line` stand options as before a script: --budget 20s --no-lab."""
    command = parse([*shlex.split(line), "cell"])
    if command.action != "diagnose" or command.args or command.module or command.output:
        raise UsageError(f"%%whytorch takes the options of a diagnosis, not: {line}")
    code = shell.transform_cell(cell)
    number = len(shell.user_ns.get("In", ())) - 1  # of this cell; the counter may be at the next
    name = shell.compile.cache(code, number=max(0, number))
    options = command.options
    checks = catalog.choose(options.select, options.ignore)
    report = live.rehearsed_here(
        lambda lapse: _run(code, name, shell.user_ns),
        caller.of_cells(name),
        tuple(check for check in checks if check.id not in _ELSEWHERE),
        options,
    )
    return shown(report)


def _run(code: str, name: str, namespace: dict[str, Any]) -> None:
    from whytorch.evidence import kernel
    from whytorch.evidence.loops import wrap

    stand_in = kernel.Shell(namespace)
    namespace["get_ipython"] = lambda: stand_in  # of the fork's namespace: no command is run
    kernel.run_cell(code, 1, name, namespace, wrap)
