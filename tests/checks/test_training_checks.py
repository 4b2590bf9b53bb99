"""Answers on evidence that short scripts cannot bring about: cut runs, and what lies between."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from whytorch.catalog import find, judge
from whytorch.checks.optimization import learning_rate_too_low
from whytorch.evidence.facts import (
    DataFlow,
    DatasetFacts,
    Draw,
    GroupFacts,
    LayerFacts,
    LoaderFacts,
    Network,
    OptimizerFacts,
    ParameterFacts,
    Passes,
    PassFacts,
    Run,
    StepFacts,
    Training,
)
from whytorch.evidence.facts.experiments import LrSweep
from whytorch.records import Finding, NotJudged, Place

HERE = Place("train.py", 7)
RUN = Run(exit="finished", steps=400, backwards=400)


def answer(id: str, *evidence: Any) -> list[Finding] | NotJudged:
    return judge(find(id), {type(e): e for e in evidence})


def optimizer(steps: int, stale: int = 0) -> OptimizerFacts:
    groups = (GroupFacts(0.1, 0.0, 0.0, 2, 2),)
    return OptimizerFacts("SGD", HERE, groups, steps, HERE, stale_steps=stale)


def parameter(**known: Any) -> ParameterFacts:
    given = {"trainable": True, "in_optimizer": True, "loaded": False, "grad": "nonzero"}
    return ParameterFacts(**{"name": "fc.weight", "shape": (10, 64), **given, **known})


def linear(name: str = "fc", order: int = 0, **known: Any) -> LayerFacts:
    weight = parameter(name=f"{name}.weight", **known)
    return LayerFacts(name, "Linear", HERE, order, 9, {}, (weight,))


# --- missing-zero-grad ---------------------------------------------------------------------------


def stale(steps: int, count: int) -> list[Finding] | NotJudged:
    training = Training(backwards=steps, steps=steps, optimizers=(optimizer(steps, count),))
    return answer("missing-zero-grad", training)


def test_a_few_stale_steps_are_no_missing_zero_grad() -> None:
    assert stale(100, 5) == []
    assert [f.severity for f in stale(100, 50)] == ["error"]


def test_two_steps_are_too_few_to_judge() -> None:
    assert isinstance(stale(2, 1), NotJudged)


def test_the_learning_of_a_run_makes_it_a_warning() -> None:
    training = Training(backwards=100, steps=100, optimizers=(optimizer(100, 99),))
    learned = PassFacts(
        0, "eval", 1, HERE, 4, 400, 4, False, 0, 100, False, False, correct=390, counted=400
    )
    found = answer("missing-zero-grad", training, Passes((learned,)))
    assert isinstance(found, list) and found[0].severity == "warning"
    assert "98%" in found[0].says and found[0].explains == ()


# --- learning-rate-too-high ----------------------------------------------------------------------


def blown_up(peak: float, update: float, rises: int = 6) -> list[Finding] | NotJudged:
    """A loss that rises from 2.3 to `peak` in so many steps, between two whose updates were
    measured, and breaks; and a last measured update of a share of the weights."""
    losses = [2.3] * (30 - rises) + [2.3 * (peak / 2.3) ** (n / rises) for n in range(1, rises + 1)]
    trace = [StepFacts(n, loss, True, 1.0, 0.1 * n) for n, loss in enumerate(losses)]
    trace[24] = replace(trace[24], update_ratio=update)
    trace += [StepFacts(n, None, False, 1.0, 0.1 * n) for n in range(30, 60)]
    training = Training(60, 60, optimizers=(optimizer(60),), trace=tuple(trace))
    return answer("learning-rate-too-high", training, RUN)


def test_a_loss_that_blew_up_where_no_update_was_measured_is_the_rates() -> None:
    assert severities(blown_up(1e4, update=0.19, rises=1)) == ["error"]
    assert severities(blown_up(1e4, update=0.02)) == ["error"]  # step by step
    assert blown_up(1e4, update=0.02, rises=1) == []  # at once: an overflow, a broken image
    assert blown_up(3.0, update=0.19) == []


# --- missing-optimizer-step ----------------------------------------------------------------------


def without_step(run: Run, backwards: int) -> list[Finding] | NotJudged:
    training = Training(backwards=backwards, optimizers=(optimizer(0),))
    network = Network("Net", HERE, (linear(changed=False),))
    return answer("missing-optimizer-step", run, training, network)


def test_a_run_cut_short_may_have_its_step_still_to_come() -> None:
    for cut in (
        replace(RUN, shortened=True, training_shortened=True),
        replace(RUN, exit="crashed"),
    ):
        assert isinstance(without_step(cut, 12), NotJudged)
        assert [f.severity for f in without_step(cut, 150)] == ["error"]
    assert [f.severity for f in without_step(RUN, 12)] == ["error"]


# --- frozen-parameters ---------------------------------------------------------------------------


def test_a_frozen_network_nobody_set_out_to_train_is_fine() -> None:
    fixed = Network("Net", HERE, (linear(trainable=False, in_optimizer=False, changed=False),))
    assert answer("frozen-parameters", RUN, fixed, Training(backwards=9, steps=9)) == []


def test_a_frozen_loaded_backbone_is_fine_and_a_random_one_is_not() -> None:
    usual = (3 * 64) ** -0.5
    trained = linear("head", order=1, changed=True)
    for loaded, expected in ((True, []), (False, ["warning"])):
        frozen = linear("body", trainable=False, changed=False, loaded=loaded, initial_std=usual)
        network = Network("Net", HERE, (frozen, trained))
        found = answer("frozen-parameters", RUN, network, Training(backwards=9, steps=9))
        assert [f.severity for f in found] == expected  # type: ignore[union-attr]


def test_weights_set_by_hand_are_not_random() -> None:
    set_by_hand = linear("body", trainable=False, changed=False, initial_std=0.9)
    network = Network("Net", HERE, (set_by_hand, linear("head", order=1, changed=True)))
    assert answer("frozen-parameters", RUN, network, Training(backwards=9, steps=9)) == []


# --- parameters-missing-from-optimizer -----------------------------------------------------------


def test_a_loaded_backbone_left_out_is_fine_whoever_made_it() -> None:
    training = Training(backwards=9, steps=9, optimizers=(optimizer(9),))
    for loaded in (True, False):
        body = linear("body", in_optimizer=False, changed=False, loaded=loaded)
        network = Network("Net", HERE, (body, linear("head", order=1, changed=True)))
        found = answer("parameters-missing-from-optimizer", RUN, training, network)
        assert bool(found) is not loaded


def test_a_library_backbone_without_weights_left_out_is_advice() -> None:
    training = Training(backwards=9, steps=9, optimizers=(optimizer(9),))
    body = replace(linear("body", in_optimizer=False, changed=False), from_library=True)
    network = Network("Net", HERE, (body, linear("head", order=1, changed=True)))
    found = answer("parameters-missing-from-optimizer", RUN, training, network)
    assert [f.severity for f in found] == ["advice"]  # type: ignore[union-attr]


# --- batchnorm-on-tiny-batches -------------------------------------------------------------------


def batches(
    run: Run, length: int, batch: int, shape: tuple[int, ...], drop_last: bool = False
) -> list[Finding] | NotJudged:
    loader = LoaderFacts(
        1, HERE, DatasetFacts("TensorDataset", None, length), batch, "RandomSampler", False,
        drop_last, 0, -(-length // batch), ("train",), 1, (Draw(complete=not run.shortened),),
    )  # fmt: skip
    norm = LayerFacts("bn", "BatchNorm2d", HERE, 1, 9, {}, (), in_shape=shape)
    network = Network("Net", HERE, (replace(linear(), in_shape=(shape[0], 64)), norm))
    one = PassFacts(
        0, "train", 1, HERE, 9, 9 * batch, 99, run.shortened, 9, 0, True, True,
        active_batchnorm=1, batch_size=batch,
    )  # fmt: skip
    found = answer("batchnorm-on-tiny-batches", run, DataFlow((loader,)), network, Passes((one,)))
    return found


def severities(found: list[Finding] | NotJudged) -> list[str]:
    assert isinstance(found, list)
    return [f.severity for f in found]


def test_a_last_batch_of_one_that_a_shortened_run_did_not_reach() -> None:
    cut = replace(RUN, shortened=True, training_shortened=True)
    assert severities(batches(cut, 1601, 32, (32, 8))) == ["error"]
    assert severities(batches(cut, 1601, 32, (32, 8), drop_last=True)) == []
    assert severities(batches(cut, 1602, 32, (32, 8))) == []
    assert severities(batches(cut, 1601, 32, (32, 8, 5, 5))) == []  # 25 values: it passes
    assert severities(batches(RUN, 1601, 32, (32, 8))) == []  # it would have raised


def test_the_fewer_values_a_norm_sees_the_worse() -> None:
    assert severities(batches(RUN, 1600, 2, (2, 8))) == ["error"]
    assert severities(batches(RUN, 1600, 2, (2, 8, 2, 2))) == ["warning"]
    assert severities(batches(RUN, 1600, 2, (2, 8, 16, 16))) == []
    assert severities(batches(RUN, 1600, 1, (1, 8, 16, 16))) == ["advice"]
    assert severities(batches(RUN, 1600, 8, (8, 8))) == []
    assert severities(batches(RUN, 1600, 2, (100, 8))) == ["error"]  # shape of an evaluation batch


# --- learning-rate-too-low -----------------------------------------------------------------------


def rate_swept(broke_at: int | None) -> list[Finding]:
    """Steps at chance whose first ones the lab takes again at higher rates, which learn."""
    trace = tuple(
        StepFacts(i, None if i == broke_at else 2.3, i != broke_at, 0.02, 0.01 * i, batch=32)
        for i in range(300)
    )
    training = Training(backwards=300, steps=300, optimizers=(optimizer(300),), trace=trace)
    sweep = LrSweep(steps=150, own_rate=0.02, own_end=2.27, start=2.3, rates=(0.02, 0.32),
                    ends=(2.27, 0.33), best_rate=0.32, best_end=0.33, noise=0.003)  # fmt: skip
    run = replace(RUN, classification=True, classes=10)
    return learning_rate_too_low.prove(sweep, training, run, None, None, None)


def test_no_higher_rate_mends_a_loss_that_breaks_later_on() -> None:
    assert [f.severity for f in rate_swept(None)] == ["error"]
    assert rate_swept(250) == []
