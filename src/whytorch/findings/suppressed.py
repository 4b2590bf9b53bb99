"""`# whytorch: ignore[some-id]` in the source: findings that the user does not want to see."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable
from functools import lru_cache

from whytorch.evidence.source import Source
from whytorch.records import Finding
from whytorch.script import SourceFile

# Without ids: every finding. Several ids stand between one pair of brackets, with commas.
_IGNORE = re.compile(r"#\s*whytorch:\s*ignore(?:\[([^\]]*)\])?", re.IGNORECASE)
_ALL = "*"


def kept(findings: Iterable[Finding], source: Source | None) -> list[Finding]:
    """The findings that no comment on their line, or on a line of that statement, silences."""
    return [f for f in findings if source is None or not _silenced(f, source)]


def _silenced(finding: Finding, source: Source) -> bool:
    if not finding.places:
        return False
    place = finding.places[0]
    file = source.file(place.path)
    if file is None or "whytorch:" not in file.text.lower():
        return False
    comments = comments_of(file)
    said = {id for line in source.statement_lines(place) for id in comments.get(line, ())}
    return _ALL in said or finding.id in said


@lru_cache(maxsize=16)
def comments_of(file: SourceFile) -> dict[int, tuple[str, ...]]:
    """Line -> the ids that a comment there silences; "*" for all."""
    found: dict[int, tuple[str, ...]] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(file.text).readline):
            if token.type == tokenize.COMMENT and (match := _IGNORE.search(token.string)):
                found[token.start[0]] = _ids(match[1])
    except (tokenize.TokenError, SyntaxError, IndentationError):
        pass  # what was read until there holds
    return found


def _ids(text: str | None) -> tuple[str, ...]:
    if text is None:
        return (_ALL,)
    return tuple(id.strip().lower().replace("_", "-") for id in text.split(",") if id.strip())
