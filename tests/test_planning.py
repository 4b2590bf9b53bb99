"""Which experiments are made: those that can change the answer, and none for a sound script."""

from __future__ import annotations

from msgspec.structs import replace

from whytorch import planning
from whytorch.catalog import load_catalog
from whytorch.evidence.facts import CrashFacts, Passes, PassFacts, Run, StepFacts, Training
from whytorch.records import Finding, Report, ScriptInfo, Symptom, Verdict

CHECKS = load_catalog()
RAN = Run(exit="finished", steps=100)


def report(kind: str = "nothing-found", **parts: object) -> Report:
    return Report(ScriptInfo("train.py"), Verdict(kind, ""), **parts)  # type: ignore[arg-type]


def names(given: Report, run: Run | None = None) -> list[str]:
    return [name for name, _ in planning.plan(given, CHECKS, {Run: run or RAN})]


def test_nothing_is_tried_on_a_sound_script() -> None:
    assert names(report()) == []
    advice = Finding("", id="learning-rate-too-low", severity="advice")
    assert names(report(findings=(advice,))) == []


def test_a_whole_training_that_learned_a_part_is_tried_for_more() -> None:
    half = PassFacts(0, "train", 0, None, 100, 1000, None, False, 100, 0, True, True)
    half = replace(half, counted=1000, correct=600)
    whole = {Run: replace(RAN, classes=10), Passes: Passes((half,))}
    cut = {**whole, Run: replace(whole[Run], training_shortened=True)}
    well = {**whole, Passes: Passes((replace(half, correct=900),))}
    assert planning.plan(report(), CHECKS, whole)[0] == ("lr_sweep", "could it learn more?")
    assert planning.plan(report(), CHECKS, cut) == planning.plan(report(), CHECKS, well) == []


def test_a_training_that_is_cut_at_guessing_is_tried_for_a_beginning() -> None:
    none = PassFacts(0, "train", 0, None, 100, 1000, None, False, 100, 0, True, True)
    none = replace(none, counted=1000, correct=100)
    cut = {Run: replace(RAN, classes=10, training_shortened=True), Passes: Passes((none,))}
    trace = tuple(StepFacts(n, 2.3, True, 0.01, n / 10) for n in range(60))
    steps = Training(steps=60, trace=trace)
    few = Training(steps=20, trace=trace[:20])
    plan = planning.plan(report(), CHECKS, {**cut, Training: steps})
    assert plan[0] == ("lr_sweep", "could it have begun to learn?")
    assert planning.plan(report(), CHECKS, {**cut, Training: few}) == []


def test_a_suspect_is_tried_first_and_its_reason_is_told() -> None:
    finding = Finding("", id="missing-zero-grad")
    plan = planning.plan(report("mistake", findings=(finding,)), CHECKS, {Run: RAN})
    assert plan == [("gradients_cleared", "is it missing-zero-grad?")]


def test_a_doubtful_setting_is_tried() -> None:
    doubtful = Finding("", id="unsuitable-momentum", severity="advice", grade="suspected")
    assert names(report(findings=(doubtful,))) == ["momentum_scaled"]


def test_what_nothing_explains_is_looked_for_everywhere() -> None:
    open_symptom = Symptom("loss-at-chance", "the loss stays at 2.3")
    tried = names(report("unknown-cause", symptoms=(open_symptom,)))
    assert tried[0] == "lr_sweep"
    assert {"one_batch", "inputs_normalized", "initialized"} <= set(tried)


def test_a_symptom_with_a_cause_calls_for_no_battery() -> None:
    explained = Symptom("loss-at-chance", "", explained_by=("missing-zero-grad",))
    finding = Finding("", id="missing-zero-grad")
    assert names(report("mistake", findings=(finding,), symptoms=(explained,))) == [
        "gradients_cleared"
    ]


def test_a_crash_or_a_run_without_steps_is_not_experimented_on() -> None:
    finding = Finding("", id="missing-zero-grad")
    given = report("mistake", findings=(finding,))
    assert names(given, Run(exit="finished")) == []
    crash = CrashFacts("RuntimeError", "shapes", (), (), "forward")
    assert names(given, replace(RAN, crash=crash)) == []


def test_the_time_is_what_the_rehearsal_left_within_bounds() -> None:
    assert planning.seconds_for(60, 10) == planning.MOST
    assert planning.seconds_for(60, 48) == 12
    assert planning.seconds_for(60, 70) == planning.LEAST


def test_what_evaluation_alone_lacks_is_first_asked_of_the_trained_network() -> None:
    far_below = Symptom("evaluation-far-below-training", "63% in training, 28% in evaluation")
    assert names(report("unknown-cause", symptoms=(far_below,)))[0] == "evaluation_restored"
    memorized = Symptom(far_below.id, "", explained_by=("missing-augmentation",))
    finding = Finding("", id="missing-augmentation", severity="warning")
    assert "evaluation_restored" in names(
        report("mistake", findings=(finding,), symptoms=(memorized,))
    )
    other = Symptom(far_below.id, "", explained_by=("train-test-normalization-mismatch",))
    assert "evaluation_restored" not in names(report("mistake", symptoms=(other,)))
    stuck = Symptom("loss-at-chance", "the loss stays at 2.3")
    assert "evaluation_restored" not in names(report("unknown-cause", symptoms=(stuck,)))
