"""What is said of mended scripts counts as the page says, and random repairs are fair ones."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from accuracy import page, repairs, scores, scripts  # noqa: E402
from accuracy.results import Results  # noqa: E402

TEXT = """\
import torch
from torch import nn
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for x, y in loader:
        opt.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        opt.step()
"""
BASE = scripts.Subject("base", "print(1)", (), result="(.*)")
MUTANT = scripts.Subject("base", "print(2)", (), ("dead-relu",), "m", result="(.*)")
LOWER = {"lower_is_better": True}


def test_random_edits_are_python_and_the_same_each_time() -> None:
    made = {seed: repairs.at_random(TEXT, 2, seed) for seed in range(12)}
    for seed, text in made.items():
        ast.parse(text)
        assert text != TEXT and text == repairs.at_random(TEXT, 2, seed)
    assert len(set(made.values())) > 6


def known(folder: Path, said: dict[str, Any], base: Any = BASE, mutant: Any = MUTANT) -> Any:
    results = Results(folder, folder)
    for subject, values in ((base, (0.9, 0.9, 0.88)), (mutant, (0.1, None, None))):
        for seed, value in enumerate(values):
            results.add("bare", subject, seed, value)
    results.add("mended", mutant, 0, said)
    return repairs.judge([base, mutant], results)


@pytest.mark.parametrize(
    ("result", "reached"), [(0.9, True), (0.856, True), (0.85, False), (None, False)]
)
def test_reached_is_95_percent_of_the_base(
    tmp_path: Path, result: float | None, reached: bool
) -> None:
    (one,) = known(tmp_path, {"wrote": ["dead-relu"], "result": result, "random": 0.2}).fixable
    assert (one.reached, one.random_reached) == (reached, False)


def test_where_less_is_better(tmp_path: Path) -> None:
    both = replace(BASE, **LOWER), replace(MUTANT, **LOWER)
    (one,) = known(tmp_path, {"wrote": [], "result": 0.94, "random": 9.0}, *both).fixable
    assert one.reached and not one.random_reached


def test_what_takes_a_person_is_counted_apart(tmp_path: Path) -> None:
    other = replace(MUTANT, planted=("mislabeled-samples",))
    made = known(tmp_path, {"wrote": [], "result": None, "random": None}, BASE, other)
    assert not made.fixable and len(made.by_hand) == 1


def test_bare_runs_come_first_and_what_is_harmless_is_not_mended(tmp_path: Path) -> None:
    results = Results(tmp_path, tmp_path)
    jobs = list(repairs.jobs([BASE, MUTANT], results))
    assert [(what, s is BASE, n) for what, s, n in jobs] == [
        *(("bare", True, n) for n in range(3)),
        *(("bare", False, n) for n in range(3)),
        ("mended", True, 0),
        ("mended", False, 0),
    ]
    for what, subject, seed in jobs[:6]:
        results.add(what, subject, seed, 0.9)
    assert [s is BASE for _, s, _ in repairs.jobs([BASE, MUTANT], results)] == [True]


def test_the_page(tmp_path: Path) -> None:
    made = known(tmp_path, {"wrote": ["dead-relu"], "result": 0.5, "random": None})
    text = page.markdown(scores.Scores(), made)
    assert "## Repairs" in text and "| a machine can mend it |" in text
    assert "| dead-relu" in text.rpartition("came to")[2] and "56 %" in text
    assert "## Repairs" not in page.markdown(scores.Scores(), repairs.Repairs())
