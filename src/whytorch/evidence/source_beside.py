"""What the scripts in the same folder do with the weights that this one saves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from whytorch.evidence.source import Source

_WEIGHTS = re.compile(r"\.(pt|pth|pkl|pickle|ckpt|tar|bin|model|safetensors)$", re.IGNORECASE)
_LOADS = re.compile(r"\b(load_state_dict|load_model|torch\.load|jit\.load|load_file)\b")
MOST_FILES, MOST_BYTES = 60, 200_000


def loaded_beside(source: Source) -> Path | None:
    """A script in the same folder that loads a file of weights by a name that stands here, too: the
    evaluation of a project that trains with one script and tests with another."""
    names = set(_files_of_weights(source))
    own = {file.absolute.resolve() for file in source.files}
    folder = source.script.absolute.parent
    if not names:
        return None
    for path in sorted(folder.glob("*.py"))[:MOST_FILES]:
        text = _text(path) if path.resolve() not in own else ""
        if _LOADS.search(text) and any(name in text for name in names):
            return path
    return None


def _files_of_weights(source: Source) -> Iterator[str]:
    for file in source.files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value.rpartition("/")[2]
                if _WEIGHTS.search(name) and "\n" not in name:
                    yield name


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
