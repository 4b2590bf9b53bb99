"""Running a script as Python itself would: `python script ...` or `python -m package.module ...`.

Used in the child of a rehearsal and in a watched process; both have their options set up before.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from whytorch.evidence import kernel


def prepare(
    target: str,
    args: Sequence[str],
    module: bool,
    read: Callable[[str], bytes],
    compiled: Callable[[bytes, str], types.CodeType],
    wrap: Callable[[Any], Any] = lambda tree: tree,
) -> Callable[[], None]:
    """A function that runs the script as its own `__main__`.

    `read` gives the text of a path, `compiled` what Python is to run of a text at a path; of a
    notebook's cells, `wrap` gives the syntax trees to be run. Raises ModuleNotFoundError for a
    module that isn't there.
    """
    sys.argv = [target, *args]
    main_module = types.ModuleType("__main__")
    spec = None
    path = target
    if module:
        spec = importlib.util.find_spec(target)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(target + ".__main__")
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"No module named {target}")
        path = sys.argv[0] = spec.origin
    main_module.__package__ = spec.parent if spec is not None else None
    main_module.__file__ = path
    main_module.__spec__ = spec
    main_module.__dict__["__builtins__"] = __builtins__
    source = read(path)
    notebook = path.lower().endswith(".ipynb")
    if notebook:
        path = sys.argv[0] = os.path.abspath(path)
        del main_module.__file__
        os.chdir(os.path.dirname(path))  # as Jupyter does

    def run() -> None:
        sys.modules["__main__"] = main_module
        if notebook:
            kernel.run(source, path, main_module.__dict__, wrap)
            return
        exec(compiled(source, os.path.abspath(path)), main_module.__dict__)

    return run


def folder_of(target: str, module: bool) -> str:
    """What Python puts first on `sys.path` for the script."""
    return os.getcwd() if module else os.path.dirname(os.path.abspath(target))


def read_file(path: str) -> bytes:
    return Path(path).read_bytes()


def as_written(source: bytes, path: str) -> Any:
    """Compiled as Python compiles it, nothing changed."""
    return compile(source, path, "exec", dont_inherit=True)
