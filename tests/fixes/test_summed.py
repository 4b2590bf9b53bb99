"""A count that every batch overwrites is added up, where it was begun at 0 before the loop."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_repairs import written

LOOP = """\
def evaluate(model, loader):
    loss, {begun} = 0.0, 0
    for x, y in loader:
        {each}
        {count} = (model(x).argmax(1) == y).sum().item()
        loss += f(model(x), y).item()
    return loss / len(loader), {count} / len(loader.dataset)
"""


@pytest.mark.parametrize(
    ("begun", "each", "count", "wanted"),
    [
        ("right", "pass", "right",
         ["-right = (model(x).argmax(1) == y).sum().item()",
          "+right += (model(x).argmax(1) == y).sum().item()"]),
        ("self.right", "pass", "self.right",
         ["-self.right = (model(x).argmax(1) == y).sum().item()",
          "+self.right += (model(x).argmax(1) == y).sum().item()"]),
        ("other", "pass", "right", []),  # begun nowhere: nothing to add to
        ("right", "right = 0", "right", []),  # what each batch came to
        ("right", "right = right * 1", "right", []),
    ],
)  # fmt: skip
def test_what_is_added_up(
    tmp_path: Path, begun: str, each: str, count: str, wanted: list[str]
) -> None:
    text = LOOP.format(begun=begun, each=each, count=count)
    says = "count right predictions and samples over all batches"
    made = written(
        tmp_path, "metric-miscomputed", text, ["return loss"], says,
        finding="the right ones of the last batch are divided by all samples",
    )  # fmt: skip
    assert made == wanted
