"""A dropout layer that forward makes anew follows the mode of the network that makes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_repairs import written

NET = """from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
{body}
        return self.fc(x)
"""
SAYS = "make nn.Dropout(0.5) once in __init__, and call it in forward"


@pytest.mark.parametrize(
    ("body", "line", "becomes"),
    [
        ("x = nn.Dropout(p=0.5)(x)", "Dropout(p", "x = nn.Dropout(p=0.5).train(self.training)(x)"),
        ("x = nn.Dropout()(x)", "Dropout()", "x = nn.Dropout().train(self.training)(x)"),
        (
            "drop = nn.Dropout2d(0.3, inplace=True)\n        x = drop(x)",
            "Dropout2d",
            "drop = nn.Dropout2d(0.3, inplace=True).train(self.training)",
        ),
    ],
)
def test_it_is_given_the_mode(tmp_path: Path, body: str, line: str, becomes: str) -> None:
    text = NET.format(body=f"        {body}")
    made = written(tmp_path, "dropout-active-in-evaluation", text, [line], SAYS)
    assert made == [f"-{body.partition(chr(10))[0]}", f"+{becomes}"]


def test_outside_of_a_network_nothing_says_the_mode(tmp_path: Path) -> None:
    text = "from torch import nn\n\n\ndef head(x):\n    return nn.Dropout(0.5)(x)\n"
    assert not written(tmp_path, "dropout-active-in-evaluation", text, ["Dropout(0.5)"], SAYS)
