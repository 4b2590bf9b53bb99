"""Two saved runs that all tests of the page share: a broken script and a right one, each rehearsed
once in a process. Their names try to be markup."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import warm
from msgspec.structs import replace
from small_scripts import digits

from whytorch import catalog, fixes, pipeline, saved
from whytorch.evidence.source import Source
from whytorch.records import Report, ScriptInfo, Verification
from whytorch.reports import page

HOSTILE = "</script><script>hacked()</script><img src=x onerror=hacked()>"
CLASSES = f"train_set.classes = ['{HOSTILE}'] + [f'digit {{n}}' for n in range(1, 10)]"
NETWORK = """
model = nn.Sequential()
for name, layer in (
    ("conv<b onclick=hacked()>", nn.Conv2d(1, 8, 3, padding=1)), ("act", nn.ReLU()),
    ("pool", nn.MaxPool2d(2)), ("flat", nn.Flatten()), ("head", nn.Linear(128, 10)),
):
    model.add_module(name, layer)
"""
SGD = "torch.optim.SGD(model.parameters(), lr={rate}, momentum=0.9)"


@cache
def broken(folder: Path) -> Report:
    """Gradients are never cleared; all names are hostile; its repair is said to have been tried."""
    text = digits(sets=CLASSES, network=NETWORK, optimizer=SGD.format(rate=0.05), epochs=4)
    text = text.replace("        optimizer.zero_grad()\n", "")
    report = _saved(text, folder / "<img src=x onerror=hacked()>.py", folder, lab=True)
    tried = Verification("test accuracy", True, 0.1, 0.96, 0.02, 2, True)
    first, *others = report.findings
    report = replace(report, findings=(replace(first, verification=tried), *others))
    page.keep(report, Path(report.saved or ""))
    saved.store(report, Path(report.saved or ""))
    return report


@cache
def healthy(folder: Path) -> Report:
    """The same network, trained as it should be."""
    text = digits(network=NETWORK, optimizer=SGD.format(rate=0.02), epochs=4)
    return _saved(text, folder / "train.py", folder, lab=False)


def _saved(text: str, script: Path, folder: Path, lab: bool) -> Report:
    script.write_text(text)
    run = folder / f"run-{lab}"
    run.mkdir()
    evidence = warm.evidence_of(script, run, lab=8.0 if lab else False)
    checks = catalog.load_catalog()
    report = pipeline.judge(evidence, checks)
    by_id = {check.id: check for check in checks}
    report = replace(
        report,
        script=ScriptInfo(str(script)),
        findings=fixes.planned(report.findings, by_id, evidence[Source]),
        saved=str(run),
        version="0",
    )
    page.keep(report, run)
    saved.store(report, run)
    return report
