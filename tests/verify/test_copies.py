"""What a repaired copy came to is judged by what the copy says, not by the script as it was."""

from __future__ import annotations

from pathlib import Path

import warm

from whytorch import catalog, fixes, pipeline
from whytorch.evidence.elsewhere import Elsewhere
from whytorch.evidence.source import Source
from whytorch.records import Options
from whytorch.script import read, with_texts

ID = "best-weights-kept-by-reference"
# Every epoch is the best so far: no run shows that the weights set aside are live, the source does.
SCRIPT = """
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(64, 1, 8, 8), torch.randint(0, 2, (64,))
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
best, lowest = None, float("inf")
for epoch in range(5):
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if loss.item() < lowest:
        lowest = loss.item()
        best = model.state_dict()
model.load_state_dict(best)
"""


def test_source_of_the_copy_counts(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    checks = [c for c in catalog.load_catalog() if c.id == ID]
    evidence = warm.evidence_of(path, tmp_path)
    source: Source = evidence[Source]
    report = pipeline.judge(evidence, checks)
    assert [f.id for f in report.findings] == [ID]

    planned = fixes.planned(report.findings, {ID: checks[0]}, source)
    repair = fixes.repair([f.fix.edits for f in planned], fixes.finder(source))
    patched = {str(file.absolute): file.after for file in repair.files}
    with Elsewhere(None) as here:
        begin = pipeline._copies(str(path), (), False, Options(), source, checks, here)
        copied, _ = begin(patched, 0, tmp_path / "copy")()
    assert copied.run.exit == "finished"
    assert copied.findings == ()


def test_texts_in_the_place_of_files(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import nets\nx = 1\n")
    (tmp_path / "nets.py").write_text("y = 2\n")
    script = read("train.py", cwd=tmp_path)
    changed = with_texts(script, {str(tmp_path / "nets.py"): b"import torch\ny = 3\n"})
    assert [file.text for file in changed.files] == [
        "import nets\nx = 1\n",
        "import torch\ny = 3\n",
    ]
    assert changed.files[1].lines == ("import torch", "y = 3", "")
    assert changed.files[1].modules == script.files[1].modules
    torn = with_texts(script, {str(tmp_path / "train.py"): b"x = ("})
    assert torn.files == script.files
