"""What trials gave, on disk, so that a run can be broken off and taken up again."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Any

from accuracy.scripts import Subject


class Results:
    """Diagnoses count for one state of whytorch's source, bare runs for one script."""

    def __init__(self, folder: Path, source: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._source = source
        self._file = folder / "results.jsonl"
        self._known: dict[str, Any] = {}
        if self._file.exists():
            for line in self._file.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:  # the run before was broken off in the middle of a line
                    continue
                self._known[entry["key"]] = entry["value"]

    @cached_property
    def version(self) -> str:
        """A digest of whytorch's own source."""
        digest = hashlib.sha256()
        for path in sorted(self._source.rglob("*.py")):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:12]

    def _key(self, what: str, subject: Subject, seed: int = 0) -> str:
        state = str(seed) if what in ("bare", "printed") else self.version
        return f"{what}/{subject.digest}/{state}"

    def has(self, what: str, subject: Subject, seed: int = 0) -> bool:
        return self._key(what, subject, seed) in self._known

    def get(self, what: str, subject: Subject, seed: int = 0) -> Any:
        """The result; None if it isn't known, or there was none."""
        return self._known.get(self._key(what, subject, seed))

    def add(self, what: str, subject: Subject, seed: int, value: Any) -> None:
        key = self._key(what, subject, seed)
        self._known[key] = value
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "name": subject.name, "value": value}) + "\n")
