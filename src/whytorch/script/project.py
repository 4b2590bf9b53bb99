"""The project's own modules that a script imports; what is installed is never read."""

from __future__ import annotations

import ast
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from whytorch.script.decoding import decode, parse
from whytorch.script.files import ScriptError, SourceFile

_MOST = 200  # files
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_STDLIB = os.path.dirname(os.path.abspath(os.__file__)) + os.sep

Found = list[tuple[str, str]]  # (dotted name, absolute path): the packages, then the module


def gather(
    first: SourceFile,
    roots: Sequence[str],
    folder: str,
    shown: Callable[[str, str], str],
    *,
    most: int = _MOST,
    load: Callable[[str, str, str], SourceFile] | None = None,
) -> tuple[tuple[SourceFile, ...], tuple[str, ...], bool]:
    """`first` and the files it leads to, nearest first; those unread and why; were there more."""
    load = load or _read
    paths: dict[str, str] = {str(first.absolute): first.path}
    names: dict[str, dict[str, None]] = {str(first.absolute): dict.fromkeys(first.modules)}
    files: list[SourceFile] = []
    unread: list[str] = []
    tops: dict[str, bool] = {}
    waiting = deque([first])
    more = False
    while waiting:
        file = waiting.popleft()
        files.append(file)
        package = _package(file, names[str(file.absolute)])
        for name, path in _imported(file, package, roots, tops):
            if path not in paths:
                if len(paths) >= most:
                    more = True
                    continue
                paths[path] = shown(path, folder)
                names[path] = {}
                try:
                    waiting.append(load(path, paths[path], name))
                except (ScriptError, OSError) as error:
                    unread.append(str(error))
            names[path][name] = None
    named = tuple(replace(file, modules=tuple(names[str(file.absolute)])) for file in files)
    return named, tuple(unread), more


def find(dotted: str, roots: Sequence[str], *, own_only: bool = True) -> Found:
    """Files of the module and of the packages around it, as far as they exist below one root."""
    for root in roots:
        found: Found = []
        base, name = root, ""
        for part in dotted.split("."):
            name = f"{name}.{part}" if name else part
            base = os.path.join(base, part)
            path = os.path.join(base, "__init__.py")
            if not os.path.isfile(path):
                path = base + ".py"
                if not os.path.isfile(path):
                    if os.path.isdir(base):  # a folder without __init__.py is a package too
                        continue
                    break
            if not own_only or is_own(path):
                found.append((name, path))
        if found:
            return found
    return []


def is_own(path: str) -> bool:
    """False for what belongs to Python or was installed."""
    return not path.startswith(_STDLIB) and not any(part in path for part in _INSTALLED)


def _read(path: str, display: str, name: str) -> SourceFile:
    with open(path, "rb") as file:
        text = decode(file.read(), display)
    tree = parse(text, display)
    return SourceFile(display, Path(path), text, tuple(text.split("\n")), tree, (name,))


def _package(file: SourceFile, names: dict[str, None]) -> str:
    """Dotted name of the package that holds the file; empty if it is not known to be in one."""
    name = next(iter(names), "")
    if file.absolute.name == "__init__.py":
        return name
    return name.rpartition(".")[0]


def _imported(
    file: SourceFile, package: str, roots: Sequence[str], tops: dict[str, bool]
) -> Iterator[tuple[str, str]]:
    """Name and path of each file that `file` imports; `tops` remembers which packages are own."""
    for statement in imports(file.tree):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if _exists(alias.name, roots, tops):
                    yield from find(alias.name, roots)
            continue
        if not statement.level and not _exists(statement.module or "", roots, tops):
            continue
        # from a import b: b may be a module as well as a name in a.
        base, prefix, at = statement.module or "", "", roots
        if statement.level:
            up = os.path.dirname(file.absolute)
            kept = package.split(".") if package else []
            for _ in range(statement.level - 1):
                up, kept = os.path.dirname(up), kept[:-1]
            at, prefix = [up], ".".join(kept)
            if prefix:
                prefix += "."
        for alias in statement.names:
            dotted = base if alias.name == "*" else f"{base}.{alias.name}".lstrip(".")
            for name, path in find(dotted, at) if dotted else ():
                yield prefix + name, path
        if statement.level:
            init = os.path.join(at[0], "__init__.py")
            if os.path.isfile(init) and is_own(init):
                yield prefix.rstrip(".") or os.path.basename(at[0]), init


def _exists(dotted: str, roots: Sequence[str], tops: dict[str, bool]) -> bool:
    """Whether the top package lies below a root. Most don't, and are asked for again and again."""
    top = dotted.partition(".")[0]
    if top not in tops:
        bases = [os.path.join(root, top) for root in roots]
        tops[top] = any(os.path.exists(base + ".py") or os.path.isdir(base) for base in bases)
    return tops[top]


def imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import, wherever it stands. Expressions hold none, so only statements are visited."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
            continue
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                stack.extend(inner)
