"""A promise is kept twice or not at all, and the numbers of both sides are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from whytorch import fixes, mending
from whytorch.checks._promises import mends, pays
from whytorch.evidence import rehearsal
from whytorch.findings import proofs
from whytorch.records import (
    Finding,
    Fix,
    InsertBefore,
    Outcome,
    Place,
    Remove,
    Report,
    RunSummary,
    ScriptInfo,
    Verdict,
)
from whytorch.verify import try_repairs, trying, verification

BAD = Outcome(eval_accuracy=0.10, eval_samples=400, last_loss=2.3, found=frozenset({"a", "b"}))
GOOD = Outcome(eval_accuracy=0.95, eval_samples=400, last_loss=0.2, found=frozenset({"b"}))
SAME = Outcome(eval_accuracy=0.12, eval_samples=400, last_loss=2.2, found=frozenset({"a"}))
CRASH = Outcome(crashed=True, finished=False, told="crashed: it stops")
NOTHING = fixes.Repair(())


class Runs:
    """Gives outcomes in turn, and notes what it was asked for."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.left, self.asked = list(outcomes), []

    def __call__(self, repair: fixes.Repair | None, run: int) -> Outcome:
        self.asked.append(("as it is" if repair is None else "mended", run))
        return self.left.pop(0)


def test_kept_twice() -> None:
    runs = Runs(GOOD, GOOD, BAD)
    proof = verification("a", pays, NOTHING, BAD, runs)
    assert runs.asked == [("mended", 0), ("mended", 1), ("as it is", 1)]
    assert proof.kept and proof.runs == 2 and proof.metric == "test accuracy"
    assert (proof.before, proof.after) == (0.10, 0.95)
    assert proof.noise == pytest.approx(2 * (0.95 * 0.05 / 400) ** 0.5)


def test_one_run_that_does_not_pay_ends_it() -> None:
    runs = Runs(SAME)
    proof = verification("a", pays, NOTHING, BAD, runs)
    assert not proof.kept and proof.runs == 1 and not runs.left


def test_the_second_seed_counts_as_well() -> None:
    proof = verification("a", pays, NOTHING, BAD, Runs(GOOD, SAME, BAD))
    assert not proof.kept and proof.runs == 2


def test_a_copy_that_crashes_does_not_keep_it() -> None:
    proof = verification("a", pays, NOTHING, BAD, Runs(CRASH))
    assert not proof.kept and "the repaired copy crashed: it stops" in proof.says


def test_a_crash_that_is_gone() -> None:
    runs = Runs(GOOD, GOOD)
    proof = verification("a", pays, NOTHING, CRASH, runs)
    assert proof.kept and (proof.before, proof.after) == (None, 0.95)


def test_what_is_mended_may_leave_the_numbers_as_they_are() -> None:
    same = Outcome(eval_accuracy=0.96, eval_samples=400, found=frozenset({"a", "b"}))
    gone = Outcome(eval_accuracy=0.96, eval_samples=400, found=frozenset({"a"}))
    assert verification("b", mends, NOTHING, same, Runs(gone, gone, same)).kept
    assert not verification("a", mends, NOTHING, same, Runs(gone)).kept
    worse = Outcome(eval_accuracy=0.5, eval_samples=400)
    assert not verification("b", mends, NOTHING, same, Runs(worse)).kept


def test_training_speaks_with_a_small_evaluation_never_alone() -> None:
    """150 samples leave 8 points of noise: a rise of 7 there needs the training to agree."""
    small = Outcome(eval_accuracy=0.54, eval_samples=150, train_accuracy=0.5, train_samples=1500)
    both = replace(small, eval_accuracy=0.61, train_accuracy=0.7)
    alone = replace(small, train_accuracy=0.9)
    assert pays(small, both)
    assert not pays(small, replace(both, train_accuracy=0.51))
    assert not pays(small, alone) and not pays(both, replace(both, train_accuracy=0.9))
    assert not pays(both, small)


def test_nan_becomes_a_number() -> None:
    broken = Outcome(last_loss=float("nan"))
    assert pays(broken, Outcome(last_loss=1.0)) and not pays(broken, broken)


def test_a_kept_promise_makes_it_fixed_and_a_broken_one_less_sure() -> None:
    finding = Finding("x", id="a", confidence=0.9)
    kept = verification("a", pays, NOTHING, BAD, Runs(GOOD, GOOD, BAD))
    (fixed,) = proofs.weigh([finding], {"a": kept})
    assert fixed.grade == "fixed" and fixed.confidence > 0.9
    broken = verification("a", pays, NOTHING, BAD, Runs(SAME))
    (less,) = proofs.weigh([finding], {"a": broken})
    assert less.grade == "observed" and less.confidence == 0.45 and less.verification is broken


def test_a_copy_that_crashes_at_the_next_mistake_says_nothing_against_the_first() -> None:
    finding = Finding("x", id="a", confidence=0.9)
    stopped = verification("a", pays, NOTHING, BAD, Runs(CRASH))
    (same,) = proofs.weigh([finding], {"a": stopped})
    assert same.confidence == 0.9 and same.verification is stopped and not stopped.kept


class Promising:
    promise = staticmethod(pays)


def test_the_next_repair_is_tried_where_the_first_does_not_pay(tmp_path: Path) -> None:
    path = tmp_path / "t.py"
    path.write_text("a()\n")
    edits = (InsertBefore(Place("t.py", 1), code="b()"),)
    found = [Finding("x", id=i, fix=Fix("x", edits=edits)) for i in ("a", "b", "c")]
    checks = dict.fromkeys("abc", Promising())
    told: list[str] = []

    def tried(*outcomes: Outcome, budget: float = 60.0):
        told.clear()
        return try_repairs(
            found, checks, tmp_path.joinpath, BAD, Runs(*outcomes), budget,
            lambda f: told.append(f.id),
        )  # fmt: skip

    paid = tried(SAME, GOOD, GOOD, BAD)
    assert paid.proofs["b"].kept and paid.kept == ("b",) and told == ["a", "b"]
    assert paid.gone == ("c",)  # it is not found in the copy
    ended = tried(SAME, SAME)
    assert list(ended.proofs) == ["a", "b"] and ended.kept == ended.untried == ()
    assert path.read_text() == "a()\n"
    slow = try_repairs(
        found, checks, tmp_path.joinpath, Outcome(seconds=30), Runs(), 60.0, lambda f: None
    )
    assert slow.proofs == {} and "one rehearsal takes 30 of 60 s" in slow.why_not


@pytest.fixture
def three(tmp_path: Path):
    """Tries the repairs of a, b and c, three lines of one file, and notes which copies ran."""
    (tmp_path / "t.py").write_text("go()\na()\nb()\nc()\n")
    found = [
        Finding("x", id=id, fix=Fix("x", edits=(Remove(Place("t.py", line)),)))
        for line, id in enumerate("abc", 2)
    ]

    def tried(*outcomes: Outcome, budget: float = 60.0, seconds: float = 0.0):
        left, ran = list(outcomes), []

        def run(repair: fixes.Repair | None, seed: int) -> Outcome:
            ran.append((repair.files[0].after.decode() if repair else "as it is", seed))
            return left.pop(0)

        first = replace(ALL, seconds=seconds)
        checks = dict.fromkeys("abc", Promising())
        made = try_repairs(found, checks, tmp_path.joinpath, first, run, budget, lambda f: None)
        assert not left
        return made, ran

    return tried


ALL = Outcome(eval_accuracy=0.1, eval_samples=400, found=frozenset("abc"))
HALF = Outcome(eval_accuracy=0.5, eval_samples=400, found=frozenset("bc"))
MOST = Outcome(eval_accuracy=0.9, eval_samples=400, found=frozenset("c"))


def test_repairs_are_tried_one_upon_the_other(three) -> None:
    made, ran = three(HALF, HALF, ALL, MOST, MOST, MOST)
    assert made.kept == ("a", "b") and not made.proofs["c"].kept
    assert [seed for _, seed in ran] == [0, 1, 1, 0, 1, 0]  # old outcomes are not run again
    texts = [text for text, _ in ran]
    assert texts == ["go()\nb()\nc()\n"] * 2 + ["as it is"] + ["go()\nc()\n"] * 2 + ["go()\n"]
    assert (made.proofs["b"].before, made.proofs["b"].after) == (0.5, 0.9)


def test_what_crashes_at_the_next_mistake_is_tried_together_with_it(three) -> None:
    done = replace(MOST, found=frozenset())
    made, ran = three(CRASH, done, done, ALL)
    assert made.kept == ("a", "b") and made.gone == ("c",)
    assert ran[0] == ("go()\nb()\nc()\n", 0) and ran[1] == ("go()\nc()\n", 0)


def test_time_ends_it(three, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 25))
    monkeypatch.setattr(trying.time, "monotonic", lambda: next(clock))
    made, _ = three(HALF, HALF, ALL, budget=60.0, seconds=20.0)
    assert made.kept == ("a",) and made.untried == ("b", "c")


def test_the_report_says_which_combination_brought_what(three) -> None:
    made, _ = three(HALF, HALF, ALL, MOST, MOST, MOST)
    told = list(mending._notes(made))
    assert told == [
        "Repairs tried one upon the other, each of which paid: a (test accuracy 10 % -> 50 %), "
        "then b (test accuracy 50 % -> 90 %).",
        "Tried on top of that, and left out, for it brought nothing: c.",
    ]


def test_a_copy_runs_in_the_place_of_the_files(tmp_path: Path) -> None:
    """With the script's own name, folder, modules and settings; the files are left as they are."""
    net, script, rate = tmp_path / "net.py", tmp_path / "train.py", tmp_path / "rate.json"
    net.write_text("NAME = 'old'\n")
    rate.write_text('{"rate": 5.0}')
    script.write_text(
        "import json, torch, net, random\n"
        "torch.manual_seed(1); random.seed(1)\n"
        f"rate = json.load(open({str(rate)!r}))['rate']\n"
        "print('old', net.NAME, __file__, torch.initial_seed(), rate)\n"
    )
    texts = (net.read_bytes(), script.read_bytes(), rate.read_bytes())
    request = rehearsal.Request(
        str(script),
        tmp_path / "run",
        patched={
            str(net): b"NAME = 'new'\n",
            str(script): texts[1].replace(b"'old'", b"'new'"),
            str(rate): texts[2].replace(b"5.0", b"0.5"),
        },
        reseed=1,
    )
    assert rehearsal.rehearse(request).output.strip() == f"new new {script} 2 0.5"
    assert (net.read_bytes(), script.read_bytes(), rate.read_bytes()) == texts


def test_a_copy_that_takes_forever_does_not_keep_it(tmp_path: Path) -> None:
    """A repair that makes an endless loop: the copy is ended when its time is up."""
    script = tmp_path / "train.py"
    script.write_text("import torch\nprint('ran')\n")
    request = rehearsal.Request(
        str(script),
        tmp_path / "run",
        budget=0.5,
        patched={str(script): b"import time\nwhile True:\n    time.sleep(0.01)\n"},
    )
    rehearsed = rehearsal.rehearse(request)
    assert rehearsed.stopped is not None and script.read_text().endswith("print('ran')\n")
    report = Report(ScriptInfo("t"), Verdict("not-judged", ""), run=RunSummary(exit="timeout"))
    outcome = mending.outcome(report, 9.0)
    assert not outcome.finished and not outcome.crashed
    proof = verification("a", pays, NOTHING, BAD, Runs(outcome))
    assert not proof.kept
    assert proof.says == "the repaired copy did not come to its end within its time"
