"""The accuracy benchmark counts as it says: a wrong ruler is worse than none."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from accuracy import page, scores, scripts  # noqa: E402
from accuracy.editing import MUTATIONS, Code  # noqa: E402
from accuracy.order import sample  # noqa: E402
from accuracy.results import Results  # noqa: E402

TEXT = """\
for x, y in loader:
    optimizer.zero_grad()
    loss = criterion(
        model(x), y)
    loss.backward()
print("done")
"""


# --- editing --------------------------------------------------------------------------------------


def lines_of(mutant: Any) -> list[str]:
    lines = mutant.text.splitlines()
    return [lines[n - 1].strip() for n in sorted(mutant.lines)]


def test_an_edit_moves_the_marks_below_it() -> None:
    code = Code(TEXT)
    clear, backward = code.calls("zero_grad")[0], code.calls("backward")[0]
    added = code.before(code.statement(clear), "x = x * 255")
    assert lines_of(code.mutant(added)) == ["x = x * 255"]
    assert lines_of(code.mutant(added, at=[backward])) == ["loss.backward()"]
    both = code.mutant(added, code.delete(code.statement(clear)), at=[added, backward, 1])
    assert lines_of(both) == ["for x, y in loader:", "x = x * 255", "loss.backward()"]
    assert code.mutant(added, at=None).lines == frozenset()


def test_a_mark_covers_a_call_of_several_lines() -> None:
    code = Code(TEXT)
    behind = code.after(code.statement(code.calls("criterion")[0]), "loss = loss * 2")
    marked = lines_of(code.mutant(behind, at=[code.calls("criterion")[0], behind]))
    assert marked == ["loss = criterion(", "model(x), y)", "loss = loss * 2"]


def test_arguments_are_set_by_keyword_place_or_anew() -> None:
    code = Code("a = SGD(p, 0.1, momentum=0.9)\nb = Dropout()\n")
    sgd, dropout = code.calls("SGD")[0], code.calls("Dropout")[0]
    made = code.mutant(code.give(sgd, "lr", "10", 1), code.give(dropout, "p", "0.9", 0))
    assert made.text == "a = SGD(p, 10, momentum=0.9)\nb = Dropout(p=0.9)\n"
    assert "momentum=0.9, nesterov=True)" in code.mutant(code.give(sgd, "nesterov", "True")).text


def test_edits_that_overlap_are_refused() -> None:
    code = Code(TEXT)
    whole, part = code.statement(code.calls("criterion")[0]), code.calls("model")[0]
    with pytest.raises(ValueError, match="overlap"):
        code.mutant(code.delete(whole), code.replace(part, "x"))


# --- mutants --------------------------------------------------------------------------------------


def test_mutants_are_whole_programs_marked_within_their_lines() -> None:
    planted = list(scripts.mutants())
    assert len(planted) > 300 and len({s.planted for s in planted}) > 50
    for subject in planted:
        ast.parse(subject.text)
        assert all(1 <= n <= len(subject.text.splitlines()) for n in subject.lines), subject.name


def test_every_mutation_plants_somewhere_and_a_third_is_held_back() -> None:
    planted = list(scripts.mutants())
    applied = {s.mutation.partition(".")[0] for s in planted}
    if scripts.DATA.is_dir():
        assert {m.name for m in MUTATIONS} <= applied
    assert 0.25 < sum(s.held_back for s in planted) / len(planted) < 0.5


def test_a_short_run_sees_every_mistake_before_any_twice() -> None:
    subjects = list(scripts.mutants())
    kinds = {s.planted for s in subjects}
    first = sample(subjects, "today")[: len(kinds)]
    assert {s.planted for s in first} == kinds
    assert sample(subjects, "tomorrow")[: len(kinds)] != first


# --- scores ---------------------------------------------------------------------------------------

BASE = scripts.Subject("base", "print(1)", (), result="(.*)")
MUTANT = scripts.Subject("base", "print(2)", (), ("dead-relu",), "m", frozenset({7}), result="(.*)")


def finding(id: str, severity: str = "error", line: int = 7, confidence: float = 0.9) -> Any:
    return {
        "id": id, "severity": severity, "line": line, "confidence": confidence,
        "grade": "observed", "says": "",
    }  # fmt: skip


def judged(folder: Path, findings: list[Any], before: list[Any], after: list[Any]) -> scores.Judged:
    results = Results(folder, folder)
    said = {"findings": findings, "verdict": "mistake", "exit": "finished", "seconds": 1.0}
    results.add("diagnosis", MUTANT, 0, said)
    for subject, values in ((BASE, before), (MUTANT, after)):
        for seed, value in enumerate(values):
            results.add("bare", subject, seed, value)
    (one,) = scores.judge([MUTANT, BASE], Results(folder, folder)).judged  # read from disk
    return one


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        ([0.5, 0.5, 0.9], "hurts"),
        ([None, None, 0.9], "hurts"),
        ([0.9, 0.9, 0.1], "harmless"),
        ([0.87, 0.87, 0.87], "harmless"),  # outside, but by no more than seeds differ
        ([0.85, 0.85, 0.85], "hurts"),
        ([0.5], "unknown"),
    ],
)
def test_a_mutant_counts_only_if_it_hurts(tmp_path: Path, after: list[Any], kind: str) -> None:
    before = [0.88, 0.89, 0.90, 0.90, 0.90]
    assert judged(tmp_path, [], before, after).kind == kind


@pytest.mark.parametrize(
    ("planted", "printed", "kind"),
    [
        ("metric-miscomputed", "same", "harmless"),  # the last batch of one: nothing is wrong
        ("metric-miscomputed", "other", "silent"),
        ("metric-miscomputed", None, "silent"),
        ("train-test-leakage", "same", "silent"),  # harms whatever is printed
    ],
)
def test_a_false_figure_must_be_printed(
    tmp_path: Path, planted: str, printed: str | None, kind: str
) -> None:
    results = Results(tmp_path, tmp_path)
    base = scripts.Subject("base", "right", ())
    mutant = scripts.Subject("base", "wrong", (), (planted,), "mutation", silent=True)
    results.add("printed", base, 0, "same")
    if printed:
        results.add("printed", mutant, 0, printed)
    results.add("diagnosis", mutant, 0, {"findings": [], "exit": "finished"})
    (only,) = scores.judge([base, mutant], results).judged
    assert only.kind == kind


def test_only_errors_and_warnings_name_a_mistake(tmp_path: Path) -> None:
    advice = [finding("missing-augmentation", "advice"), finding("dead-relu", "advice")]
    one = judged(tmp_path, advice, [1.0] * 5, [0.0] * 3)
    assert (one.detected, one.first, one.first_three) == (False, False, False)
    second = [finding("poor-initialization", "warning"), finding("dead-relu", line=8)]
    one = judged(tmp_path, second, [1.0] * 5, [0.0] * 3)
    assert (one.detected, one.first, one.first_three, one.line) == (True, False, True, False)
    one = judged(tmp_path, second[::-1], [1.0] * 5, [0.0] * 3)
    assert (one.first, one.rank) == (True, 1)


def test_confidence_is_compared_with_what_was_right(tmp_path: Path) -> None:
    said = [finding("dead-relu", confidence=0.95), finding("missing-backward", confidence=0.55)]
    one = judged(tmp_path, said, [1.0] * 5, [0.0] * 3)
    assert scores.reliability([one], (0.5, 0.6, 1.01)) == [(0.5, 0.6, 1, 0), (0.6, 1.01, 1, 1)]
    assert scores.false_alarms([one]) == 2


def test_the_page_shows_the_aims_and_what_was_missed(tmp_path: Path) -> None:
    missed = judged(tmp_path, [finding("missing-backward")], [1.0] * 5, [0.0] * 3)
    text = page.markdown(scores.Scores([missed], waiting=3))
    assert "| aim" in text and "97 %" in text and "3 not run" in text
    assert "| dead-relu" in text and "not named" in text
