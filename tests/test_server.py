"""The language server, talked to over its real process: diagnostics, and repairs as actions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls")

BROKEN = """\
import torch
from torch import nn, optim

model = nn.Linear(2, 2)
optimizer = optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
"""
SOUND = BROKEN.replace("    loss.backward()", "    optimizer.zero_grad()\n    loss.backward()")


class Editor:
    """Speaks the Language Server Protocol with `whytorch server`."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "whytorch", "server"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._serial = 0
        self._waiting: list[dict[str, Any]] = []
        self.uri = (folder / "train.py").as_uri()
        client = {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}}
        self.capabilities = self.ask("initialize", client)["capabilities"]
        self.tell("initialized", {})

    def tell(self, method: str, params: Any, **more: Any) -> None:
        text = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
        self._process.stdin.flush()

    def ask(self, method: str, params: Any) -> Any:
        self._serial += 1
        self.tell(method, params, id=self._serial)
        while True:
            message = self._read()
            if message.get("id") == self._serial:
                assert "error" not in message, message
                return message["result"]
            self._waiting.append(message)

    def diagnostics(self) -> list[dict[str, Any]]:
        """What the server says next of a document."""
        while True:
            message = self._waiting.pop(0) if self._waiting else self._read()
            if message.get("method") == "textDocument/publishDiagnostics":
                return message["params"]["diagnostics"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server is gone"
        return json.loads(self._process.stdout.read(length))

    def open(self, text: str) -> list[dict[str, Any]]:
        document = {"uri": self.uri, "languageId": "python", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return self.diagnostics()

    def change(self, text: str, version: int = 2) -> list[dict[str, Any]]:
        document = {"uri": self.uri, "version": version}
        changed = {"textDocument": document, "contentChanges": [{"text": text}]}
        self.tell("textDocument/didChange", changed)
        return self.diagnostics()

    def actions(self, line: int) -> list[dict[str, Any]]:
        point = {"line": line, "character": 0}
        asked = {"textDocument": {"uri": self.uri}, "range": {"start": point, "end": point},
                 "context": {"diagnostics": []}}  # fmt: skip
        return self.ask("textDocument/codeAction", asked) or []

    def close(self) -> int:
        self.ask("shutdown", None)
        self.tell("exit", None)
        return self._process.wait(timeout=30)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    (tmp_path / "train.py").write_text("# what is on disk is not what the editor shows\n")
    made = Editor(tmp_path)
    yield made
    made.kill()


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:n])) for n in range(len(lines) + 1)]
    for edit in reversed(edits):
        begin, end = (starts[edit["range"][p]["line"]] + edit["range"][p]["character"]
                      for p in ("start", "end"))  # fmt: skip
        text = text[:begin] + edit["newText"] + text[end:]
    return text


def test_a_session(editor: Editor) -> None:
    assert editor.capabilities["codeActionProvider"]["codeActionKinds"] == ["quickfix"]
    (found,) = editor.open(BROKEN)
    assert (found["code"], found["source"], found["severity"]) == (
        "missing-zero-grad", "whytorch", 1,
    )  # fmt: skip
    assert found["range"] == {
        "start": {"line": 7, "character": 4}, "end": {"line": 7, "character": 19},
    }  # fmt: skip
    assert "zero_grad" in found["message"]

    (action,) = editor.actions(7)
    assert action["kind"] == "quickfix" and action["isPreferred"] is True
    assert action["diagnostics"][0]["code"] == "missing-zero-grad"
    assert applied(BROKEN, action["edit"]["changes"][editor.uri]) == SOUND
    assert editor.actions(0) == []

    assert editor.change(SOUND) == []
    assert editor.actions(7) == []
    # Columns count as the editor counts them: a letter beyond 16 bits is two.
    wide = BROKEN.replace("    loss.backward()", "    '\U0001f600'; loss.backward()")
    (found,) = editor.change(wide, 3)
    assert found["range"]["start"]["character"] == 10
    assert editor.change("import torch\nx = = 1\n", 4) == []  # half a word typed
    (found,) = editor.change(BROKEN.replace("loss.backward()", "loss.backward()  # x"), 5)
    editor.tell("textDocument/didSave", {"textDocument": {"uri": editor.uri}})
    assert [d["code"] for d in editor.diagnostics()] == ["missing-zero-grad"]
    silent = BROKEN.replace("loss.backward()", "loss.backward()  # whytorch: ignore")
    assert editor.change(silent, 6) == []
    editor.tell("textDocument/didClose", {"textDocument": {"uri": editor.uri}})
    assert editor.diagnostics() == []
    assert editor.close() == 0


def test_a_notebook_opened_as_text_has_no_places(editor: Editor, tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": BROKEN, "metadata": {}}
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (tmp_path / "n.ipynb").write_text(text)
    editor.uri = (tmp_path / "n.ipynb").as_uri()
    assert editor.open(text) == []


def test_it_says_what_is_missing() -> None:
    code = (
        "import sys; sys.modules['pygls'] = None\n"
        "from whytorch.cli import main; sys.exit(main(['server']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'whytorch[server]'" in done.stderr
