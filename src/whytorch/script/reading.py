"""Reads a script: finds it, refuses what is not one in words for the user, and parses it."""

from __future__ import annotations

import hashlib
import importlib.util
import linecache
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from whytorch.script.decoding import decode, parse
from whytorch.script.files import Script, ScriptError, SourceFile
from whytorch.script.notebook import program
from whytorch.script.project import find, gather

_KNOWN = {
    ".pyc": "compiled Python; give its source",
    ".pyx": "Cython",
    ".sh": "a shell script; give the Python script that it starts",
}


def read(
    target: str, args: Sequence[str] = (), *, module: bool = False, cwd: Path | None = None
) -> Script:
    """The script at the path `target`, or the module of that name; `ScriptError` if it is none."""
    folder = os.path.abspath(cwd or os.getcwd())
    absolute = _module_file(target, folder) if module else os.path.join(folder, target)
    absolute = os.path.normpath(absolute)
    path = shown(absolute, folder) if module else target
    data = _bytes(absolute, path, target)
    name = target if module else None
    modules = _names(name, absolute) if name else ()
    first, notes = _first(data, path, absolute)
    first = replace(first, modules=modules)
    files, unread, more = gather(first, roots(absolute, folder, module), folder, shown)
    return Script(
        path=path,
        absolute=first.absolute,
        args=tuple(args),
        module=name,
        sha256=hashlib.sha256(data).hexdigest(),
        files=files,
        cwd=Path(folder),
        unread=unread,
        more=more,
        notes=notes,
    )


def with_texts(script: Script, texts: Mapping[str, bytes]) -> Script:
    """The same script where some files, by absolute path, hold something else. A text that is no
    Python leaves its file as it is."""
    files = [_holding(file, texts.get(str(file.absolute))) for file in script.files]
    return replace(script, files=tuple(files))


def _holding(file: SourceFile, data: bytes | None) -> SourceFile:
    if data is None:
        return file
    try:
        now, _ = _parsed(data, file.path, file.absolute)
    except ScriptError:
        return file
    return replace(now, modules=file.modules)


def _first(data: bytes, path: str, absolute: str) -> tuple[SourceFile, tuple[str, ...]]:
    """The script, and what of it is left out, in words for the user."""
    first, unread = _parsed(data, path, Path(absolute))
    if not first.tree.body and unread:
        raise unread[0]
    if not first.tree.body:
        raise ScriptError(f"{path} is empty: it holds no statement.")
    if path.lower().endswith(".ipynb"):
        # Tracebacks and records name lines of the program; Python would look for them in the file.
        lines = [f"{line}\n" for line in first.lines]
        linecache.cache[absolute] = (len(first.text), None, lines, absolute)
    return first, tuple(f"Left out, since it is no Python: {error}" for error in unread)


def _parsed(data: bytes, path: str, absolute: Path) -> tuple[SourceFile, Sequence[ScriptError]]:
    """A file of these bytes, and what of a notebook is no Python."""
    notebook = program(data, path) if path.lower().endswith(".ipynb") else None
    text = decode(data, path) if notebook is None else notebook.text
    tree = parse(text, path, whole=notebook is None)
    lines = tuple(text.split("\n"))
    if notebook is None:
        return SourceFile(path, absolute, text, lines, tree), ()
    return SourceFile(path, absolute, text, lines, tree, cells=notebook.cells), notebook.unread


def _names(name: str, absolute: str) -> tuple[str, ...]:
    return (f"{name}.__main__" if os.path.basename(absolute) == "__main__.py" else name,)


def shown(absolute: str, folder: str) -> str:
    """The path as the user sees it: relative to the working directory if it lies below."""
    prefix = folder if folder.endswith(os.sep) else folder + os.sep
    return absolute[len(prefix) :] if absolute.startswith(prefix) else absolute


def roots(absolute: str, folder: str, module: bool) -> list[str]:
    """Where the project's modules may lie, in Python's order; src is where packages often do."""
    own = os.path.dirname(absolute)
    first = [folder, own] if module else [own, folder]
    return list(dict.fromkeys([*first, os.path.join(folder, "src")]))


def _bytes(absolute: str, path: str, target: str) -> bytes:
    _, extension = os.path.splitext(absolute)
    try:
        mode = os.stat(absolute).st_mode
        if stat.S_ISDIR(mode):
            raise _folder(absolute, path)
        if not stat.S_ISREG(mode):  # reading a pipe or a device might never end
            raise ScriptError(f"{path} is not a regular file.")
        if extension.lower() not in (".py", ".pyw", ".ipynb", ""):
            kind = _KNOWN.get(extension.lower(), f"not a Python script ({extension})")
            raise ScriptError(f"{path} is {kind.format(path=path)}.")
        with open(absolute, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(absolute, path, target) from None
    except (OSError, ValueError) as error:  # no permission, a null byte in the name, ...
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ScriptError(f"{path} can't be read: {reason}.") from None


def _folder(absolute: str, path: str) -> ScriptError:
    entry = os.path.join(path, "__main__.py")
    if os.path.isfile(os.path.join(absolute, "__main__.py")):
        return ScriptError(f"{path} is a folder. Its script is {entry}: give that.")
    scripts = sorted(name for name in os.listdir(absolute) if name.endswith(".py"))
    hint = f" It holds {', '.join(scripts[:4])}." if scripts else ""
    return ScriptError(f"{path} is a folder, not a script.{hint}")


def _missing(absolute: str, path: str, target: str) -> ScriptError:
    if os.path.isfile(absolute + ".py"):
        return ScriptError(f"No such file: {path}. Did you mean {path}.py?")
    found = find(target, [os.path.dirname(absolute)]) if "/" not in target else []
    if found and found[-1][0] == target:
        return ScriptError(f"No such file: {path}. For the module of that name: -m {target}")
    import difflib

    folder = os.path.dirname(absolute)
    names = [n for n in os.listdir(folder) if n.endswith(".py")] if os.path.isdir(folder) else []
    close = difflib.get_close_matches(os.path.basename(absolute), names, 1, 0.7)
    hint = f" Did you mean {os.path.join(os.path.dirname(path), close[0])}?" if close else ""
    return ScriptError(f"No such file: {path}.{hint}")


def _module_file(name: str, folder: str) -> str:
    """The file that `python -m name` runs in `folder`. No package is imported to find it."""
    if not all(part.isidentifier() for part in name.split(".")):
        raise ScriptError(f"{name} is not a module's name. After -m write pkg.train, not a path.")
    for roots in ([folder], [os.path.join(folder, "src")], _installed(name)):
        for candidate in (f"{name}.__main__", name):
            found = find(candidate, roots, own_only=False)
            if found and found[-1][0] == candidate:
                if os.path.basename(found[-1][1]) == "__init__.py":
                    raise ScriptError(f"{name} is a package without __main__.py; give its module.")
                return found[-1][1]
    raise ScriptError(f"No module named {name}, seen from {folder}.")


def _installed(name: str) -> list[str]:
    """Folders that hold the top package, if it is installed (an editable install, say)."""
    try:
        spec = importlib.util.find_spec(name.partition(".")[0])  # a top package is not imported
    except (ImportError, ValueError, AttributeError):
        return []
    if spec is None:
        return []
    locations = list(spec.submodule_search_locations or ())
    if not locations and spec.origin:
        locations = [spec.origin]
    return [os.path.dirname(location) for location in locations]
