"""What MkDocs does for this site beyond its pages: a page for each mistake, made from its check."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mkdocs.structure.files import File, Files

from whytorch.catalog import Check, load_catalog
from whytorch.reports import explain

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Pages that lie nowhere: MkDocs is given their text."""
    for path, text in _pages(load_catalog()):
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Links to files of the repository that are no pages become their paths."""
    folder = posixpath.dirname(page.file.src_uri)

    def shown(link: re.Match[str]) -> str:
        text, target = link[1], link[2]
        if re.match(r"[a-z]+:", target):
            return link[0]
        path = posixpath.normpath(posixpath.join(folder, target))
        if not path.startswith("..") and files.get_file_from_path(path) is not None:
            return link[0]
        return f"{text} (`{posixpath.normpath(posixpath.join('docs', folder, target))}`)"

    return _LINK.sub(shown, markdown)


def _pages(checks: tuple[Check, ...]) -> Iterator[tuple[str, str]]:
    for check in checks:
        yield f"mistakes/{check.id}.md", explain.markdown(check)
    yield "mistakes/index.md", _index(checks)


def _index(checks: tuple[Check, ...]) -> str:
    parts = [
        f"# Mistakes\n\nThe {len(checks)} mistakes that whytorch knows, by what they are about."
    ]
    for area, members in groupby(sorted(checks, key=lambda c: (c.area, c.id)), lambda c: c.area):
        lines = [f"- [{explain.escaped(c.title)}]({c.id}.md)" for c in members]
        parts.append(f"## {area.capitalize()}\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"
