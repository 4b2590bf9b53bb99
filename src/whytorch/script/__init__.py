"""Path -> Script: the user's files, read and parsed; nothing is run and torch is not needed."""

from __future__ import annotations

from whytorch.script.files import Script, ScriptError, SourceFile
from whytorch.script.reading import read, with_texts

__all__ = ["Script", "ScriptError", "SourceFile", "read", "with_texts"]
