"""The walk-through "Add a mistake: one file" shows a check that is whole and that decides."""

from __future__ import annotations

import re
import types
from pathlib import Path

import pytest

from whytorch.check_file import Check, read
from whytorch.evidence.facts import Run, SchedulerFacts, Training
from whytorch.records import NotJudged, Place

ROOT = Path(__file__).resolve().parent.parent
STEPS = 80
HERE = Place("train.py", 15)


@pytest.fixture(scope="module")
def check() -> Check:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (source,) = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    module = types.ModuleType("whytorch.checks.optimization.scheduler_misused")
    module.__file__ = "CONTRIBUTING.md"
    exec(compile(source, "CONTRIBUTING.md", "exec"), module.__dict__)
    return read(module, "optimization")


def stepped(rates: list[tuple[int, float]]) -> Training:
    scheduler = SchedulerFacts("ExponentialLR", None, len(rates), HERE, lr_history=tuple(rates))
    return Training(steps=STEPS, schedulers=(scheduler,))


def test_example_speaks_on_a_rate_that_vanishes(check: Check) -> None:
    per_batch = [(step, 0.1 * 0.8**step) for step in range(STEPS)]
    (finding,) = check.decide(training=stepped(per_batch), run=Run("finished"))
    assert finding.places == (HERE,)
    assert finding.measured["tiny_from_step"] == 31  # 0.8 ** 31 is the first below a thousandth


def test_example_is_silent_on_a_rate_that_lasts(check: Check) -> None:
    per_epoch = [(8 * epoch, 0.1 * 0.8**epoch) for epoch in range(10)]
    assert check.decide(training=stepped(per_epoch), run=Run("finished")) == []
    assert check.decide(training=Training(steps=STEPS), run=Run("finished")) == []


def test_example_does_not_judge_a_shortened_run(check: Check) -> None:
    run = Run("finished", shortened=True)
    assert isinstance(check.decide(training=stepped([(0, 0.1)]), run=run), NotJudged)


def test_examples_differ_by_the_mistake_alone(check: Check) -> None:
    bad, good = check.bad.splitlines(), check.good.splitlines()
    (changed,) = [(b, g) for b, g in zip(bad, good, strict=True) if b != g]
    assert changed[0].split("#")[0].strip() == changed[1].strip()
    for name, text in (("BAD", check.bad), ("GOOD", check.good)):
        compile(text, name, "exec")
