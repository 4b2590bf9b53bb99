"""Crashes are answers: the first line says, in the script's own terms, what to write, and where.

Each script of `tests/crashes/` crashes. Its first comment holds the words that the first line of
the report must contain; the line it must name ends with `# <- here`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import expectations
import pytest
import warm

from whytorch import reports

SCRIPTS = Path(__file__).parent.parent / "crashes"
CASES = sorted(SCRIPTS.glob("*/*.py"))


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 tells lines, not expressions")
def test_the_first_line_says_what_to_write(path: Path, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    report = warm.diagnose(script, tmp_path)
    first = reports.render(report, "terminal").splitlines()[0]
    wanted = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# first:")
    for words in wanted.split(" | "):
        assert words.strip() in first, first
    marked = expectations.read(path).lines
    if marked:
        assert any(first.endswith(f"train.py:{line}") for line in marked), first


def test_a_crash_is_told_even_where_another_mistake_is_found(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(BOTH, encoding="utf-8")
    report = warm.diagnose(script, tmp_path)
    assert report.verdict.headline.startswith("Crash: logs/out.txt is not there")
    assert [f.id for f in report.findings] == ["softmax-before-cross-entropy"]
    assert report.verdict.kind == "mistake"


BOTH = """import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(6, 3), nn.Softmax(dim=1))
x = torch.randn(200, 6)
y = x[:, :3].argmax(1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    for i in torch.randperm(200).split(20):
        loss = nn.functional.cross_entropy(model(x[i]), y[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
print(open("logs/out.txt").read())
"""
