"""Too few steps because batches are gathered: the step comes after each, and nothing is divided."""

from __future__ import annotations

from pathlib import Path

import pytest

from whytorch import catalog, fixes, script
from whytorch.evidence.source import read_source
from whytorch.records import Finding, Fix, Place

CHECKS = {check.id: check for check in catalog.load_catalog()}
LOOP = """\
import torch
{head}
for epoch in range(3):
    micro = 0
    for x, y in loader:
        loss = f(model(x), y){divided}
        {backward}
        micro += 1
        if {when}:
            optimizer.step()
            optimizer.zero_grad()
"""


def changed(folder: Path, text: str) -> list[str]:
    """The lines that the repair writes."""
    target = folder / "train.py"
    target.write_text(text)
    lines = text.split("\n")
    at = [next(n for n, t in enumerate(lines, 1) if w in t) for w in (".step()", "backward()")]
    found = Finding(
        "few", places=tuple(Place(str(target), n) for n in at), id="batch-size-too-large",
        measured={"batch_size": 800, "batches_per_step": 8}, fix=Fix("step after every batch"),
    )  # fmt: skip
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    diff = (made.fix.diff if made.fix else None) or ""
    return [t[1:].strip() for t in diff.split("\n") if t.startswith("+") and t[1:2] != "+"]


@pytest.mark.parametrize(
    ("head", "divided", "backward", "when", "wanted"),
    [
        ("", "", "(loss / 8).backward()", "micro % 8 == 0",
         ["(loss / 1).backward()", "if micro % 1 == 0:"]),
        ("", " / 8", "loss.backward()", "micro % 8 == 0",
         ["loss = f(model(x), y) / 1", "if micro % 1 == 0:"]),
        ("EVERY = 8", " / EVERY", "loss.backward()", "micro % EVERY == 0 or micro == n",
         ["EVERY = 1"]),
        ("", "", "loss.backward()", "micro == 8", []),  # nothing says after how many
        ("for EVERY in (8, 16): pass", "", "loss.backward()", "micro % EVERY == 0", []),
    ],
)  # fmt: skip
def test_the_number_becomes_one(
    tmp_path: Path, head: str, divided: str, backward: str, when: str, wanted: list[str]
) -> None:
    text = LOOP.format(head=head, divided=divided, backward=backward, when=when)
    assert changed(tmp_path, text) == wanted
