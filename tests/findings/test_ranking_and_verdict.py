"""The order of the answer and its first line."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from whytorch.catalog import load_catalog
from whytorch.evidence.facts import CrashFacts, Run
from whytorch.findings.ranking import explain, rank
from whytorch.findings.verdict import decide
from whytorch.records import Finding, Place, Symptom

RUN = Run(exit="finished", backwards=10, steps=10, imported_torch=True)


def finding(id: str, **more: object) -> Finding:
    return Finding(says=f"{id} it is", id=id, title=f"The {id}", **more)  # type: ignore[arg-type]


def test_a_crash_comes_first_then_severity_then_confidence() -> None:
    found = rank(
        [
            finding("advice", severity="advice", confidence=1.0),
            finding("unsure", confidence=0.6),
            finding("sure", confidence=0.9),
            finding("warning", severity="warning", confidence=0.99),
            finding("crash", explains=("crash",), confidence=0.5),
        ],
        {},
    )
    assert [f.id for f in found] == ["crash", "sure", "unsure", "warning", "advice"]
    assert [f.rank for f in found] == [1, 2, 3, 4, 5]


def test_a_consequence_stays_below_its_cause_and_is_no_error() -> None:
    dead, high = finding("dead", confidence=0.99), finding("high", confidence=0.7)
    found = rank([dead, high], {"dead": ("high", "other")})
    assert [(f.id, f.severity) for f in found] == [("high", "error"), ("dead", "advice")]
    assert "follows from high" in found[1].says


def test_what_saves_more_alone_follows_from_nothing_that_saves_less() -> None:
    high = finding("high", measured={"cost_share_of_first_loss": 0.2})
    dead = finding("dead", measured={"cost_share_of_first_loss": 0.5})
    found = rank([high, dead], {"dead": ("high",)})
    assert [(f.id, f.severity) for f in found] == [("dead", "error"), ("high", "error")]
    unmeasured = rank([finding("high"), dead], {"dead": ("high",)})
    assert [f.id for f in unmeasured] == ["high", "dead"]


def test_of_two_that_explain_each_other_the_stronger_stays() -> None:
    found = rank(
        [finding("wide", confidence=0.6), finding("high", confidence=0.9)],
        {"wide": ("high",), "high": ("wide",)},
    )
    assert [(f.id, f.severity) for f in found] == [("high", "error"), ("wide", "advice")]


def test_what_is_explained_away_still_explains_what_follows_from_it() -> None:
    chain = [finding("rate", confidence=0.9), finding("dead"), finding("same", confidence=0.3)]
    found = rank(chain, {"dead": ("rate",), "same": ("dead",)})
    assert (found[0].id, found[0].severity) == ("rate", "error")
    assert {f.id for f in found if f.severity == "advice"} == {"dead", "same"}


def test_dead_units_are_no_cause_beside_something_that_was_seen_to_be_wrong() -> None:
    consequences = {c.id: c.consequence_of for c in load_catalog()}
    for cause in ("broadcast-loss", "degenerate-images", "activation-on-logits"):
        found = rank([finding("dead-relu", confidence=0.7), finding(cause)], consequences)
        assert [(f.id, f.severity) for f in found] == [(cause, "error"), ("dead-relu", "advice")]


def test_no_rate_suits_a_wrong_loss_or_batches_of_one_class() -> None:
    consequences = {c.id: c.consequence_of for c in load_catalog()}
    for cause in ("backward-on-wrong-tensor", "unshuffled-training-data"):
        rate = finding("learning-rate-too-high", grade="confirmed", confidence=0.95)
        assert rank([rate, finding(cause, confidence=0.9)], consequences)[0].id == cause


def test_an_advice_explains_nothing_away() -> None:
    found = rank([finding("dead"), finding("high", severity="advice")], {"dead": ("high",)})
    assert found[0].id == "dead"
    assert found[0].severity == "error"


def test_two_findings_of_one_mistake_are_one_with_both_places() -> None:
    one, two = Place("a.py", 1), Place("a.py", 9)
    (merged,) = rank([finding("x", places=(one,)), finding("x", places=(two,))], {})
    assert merged.places == (one, two)


def test_symptoms_name_what_explains_them() -> None:
    symptoms = [Symptom("crash", "it crashed"), Symptom("underfitting", "it is bad")]
    explained = explain(symptoms, rank([finding("x", explains=("crash",))], {}))
    assert [s.explained_by for s in explained] == [("x",), ()]


def test_the_first_line_names_mistake_and_place() -> None:
    found = rank([finding("x", places=(Place("train.py", 41),))], {})
    verdict = decide(RUN, found, (), 3)
    assert verdict.headline == "Most likely: the x, train.py:41"
    assert (verdict.kind, verdict.finding) == ("mistake", "x")


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("NLLLoss without log-softmax", "NLLLoss without"),
        ("BatchNorm on tiny batches", "BatchNorm on"),
        ("A share of the labels is wrong", "a share of"),
        ("Learning rate too high", "learning rate"),
    ],
)
def test_names_keep_their_capitals(title: str, words: str) -> None:
    made = Finding(says="", id="nll", title=title)
    assert decide(RUN, rank([made], {}), (), 3).headline.startswith(f"Most likely: {words}")


def test_advice_alone_is_no_mistake_but_is_named() -> None:
    verdict = decide(RUN, rank([finding("x", severity="advice")], {}), (), 3)
    assert (verdict.kind, verdict.finding) == ("nothing-found", "x")


def test_before_an_advice_it_is_told_how_little_was_seen() -> None:
    cut = replace(RUN, steps=11, shortened=True)
    headline = decide(cut, rank([finding("x", severity="advice")], {}), (), 3).headline
    assert headline.startswith(
        "No mistake found, after 11 steps of training (see --budget). Advice"
    )


def test_an_unexplained_symptom_is_an_unknown_cause() -> None:
    verdict = decide(RUN, (), (Symptom("loss-at-chance", "the loss stays at 2.3"),), 3)
    assert verdict.kind == "unknown-cause"
    assert "the loss stays at 2.3" in verdict.headline


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (replace(RUN, steps=1, shortened=True), ", after 1 step of training (see --budget)"),
        (replace(RUN, steps=11, shortened=True), ", after 11 steps of training (see --budget)"),
        (replace(RUN, steps=200, shortened=True), "in 3 checks"),
        (replace(RUN, steps=1), "in 3 checks"),
        (replace(RUN, steps=0), "no optimizer took a step: what steps show was not judged"),
    ],
)
def test_a_training_that_was_hardly_seen_is_told_so(run: Run, words: str) -> None:
    assert decide(run, (), (), 3).headline.endswith(words)


def test_what_takes_time_is_no_verdict_on_a_training_that_was_cut_short() -> None:
    cut = replace(RUN, shortened=True, steps=200)
    slow = (Symptom("loss-at-chance", "the loss stays"),)
    assert decide(cut, (), slow, 3).kind == "nothing-found"
    told = f"after {cut.steps} steps the loss is where it began: too early to tell (see --budget)"
    assert decide(cut, (), slow, 3).headline == f"No mistake found in 3 checks; {told}"
    explained = (replace(slow[0], explained_by=("x",)),)
    assert decide(cut, (), explained, 3).headline == "No mistake found in 3 checks"
    assert decide(cut, (), (Symptom("non-finite-loss", "no number"),), 3).kind == "unknown-cause"


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (Run(exit="finished", imported_torch=True), "never trained"),
        (Run(exit="finished", imported_torch=True, functional=Place("a.py", 8)), "seen (a.py:8)"),
        (Run(exit="finished", imported_torch=True, processes=Place("a.py", 7)), "a.py:7"),
        (Run(exit="finished"), "does not use torch"),
        (Run(exit="killed"), "killed"),
        (Run(exit="timeout"), "--budget"),
        (Run(exit="stopped", imported_torch=True), "--budget"),
        (Run(exit="no-torch", message="No module named 'torch'"), "install it"),
        (Run(exit="exited", exit_code=4, imported_torch=True), "exit code 4"),
    ],
)
def test_what_could_not_be_judged_says_why(run: Run, words: str) -> None:
    verdict = decide(run, (), (), 0)
    assert verdict.kind == "not-judged"
    assert words in verdict.headline


def test_a_file_that_is_missing_after_the_training_was_not_missing_before_it() -> None:
    crash = CrashFacts("FileNotFoundError", "log.csv", (Place("train.py", 9),), ("f",), "other")
    verdict = decide(replace(RUN, exit="crashed", crash=crash), (), (Symptom("crash", "x"),), 3)
    assert "after 10 steps" in verdict.headline


def test_a_missing_module_is_named_with_its_line() -> None:
    crash = CrashFacts(
        "ModuleNotFoundError", "No module named 'timm'", (Place("train.py", 3),), ("<module>",),
        "import",
    )  # fmt: skip
    verdict = decide(Run(exit="crashed", crash=crash), (), (Symptom("crash", "x"),), 0)
    assert verdict.kind == "not-judged"
    assert "timm" in verdict.headline
    assert "train.py:3" in verdict.headline
