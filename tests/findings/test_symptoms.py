"""What went wrong, as measured: stated when it is so, and not of a sound run."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from whytorch.evidence.facts import (
    CrashFacts,
    LayerFacts,
    LossCalls,
    LossSite,
    MicroBatches,
    Network,
    OptimizerFacts,
    ParameterFacts,
    Passes,
    PassFacts,
    Run,
    StepFacts,
    Training,
    Upkeep,
    WeightsEvent,
)
from whytorch.findings.symptoms import measure
from whytorch.records import Place


def trace(losses: list[float | None]) -> tuple[StepFacts, ...]:
    return tuple(
        StepFacts(index=i, loss=x, loss_finite=x is not None, lr=0.1, seconds=0.0)
        for i, x in enumerate(losses)
    )


def evidence(
    losses: list[float | None], passes: Passes | None = None, optimizers: int = 1, **run: Any
) -> dict[type, Any]:
    place = Place("train.py", 3)
    stepped = OptimizerFacts("SGD", place, (), len(losses), place)
    return {
        Run: Run(**{"exit": "finished", "classes": 10, "steps": len(losses), **run}),
        Training: Training(
            backwards=len(losses),
            steps=len(losses),
            trace=trace(losses),
            optimizers=(stepped,) * optimizers,
        ),
        LossCalls: LossCalls((LossSite("cross_entropy", place, "train", len(losses)),)),
        Passes: passes or Passes(),
    }


def a_pass(phase: Any, confusion: list[list[int]], index: int = 0) -> PassFacts:
    total = sum(map(sum, confusion))
    right = sum(confusion[i][i] for i in range(len(confusion)))
    matrix = tuple(map(tuple, confusion))
    return PassFacts(
        index, phase, 0, None, 10, total, 10, False, 10, 0, True, True,
        correct=right, counted=total, confusion=matrix,
    )  # fmt: skip


def ids(found: dict[type, Any]) -> list[str]:
    return [s.id for s in measure(found)]


FALLING = [2.3 * 0.98**i for i in range(100)]


def test_a_falling_loss_has_no_symptom() -> None:
    assert ids(evidence(FALLING)) == []


def test_a_loss_that_stands_still_at_chance() -> None:
    found = ids(evidence([2.30, 2.31, 2.30, 2.302] * 30))
    assert found == ["loss-not-decreasing", "loss-at-chance"]


def test_a_loss_that_jumps() -> None:
    assert "loss-oscillates" in ids(evidence([2.3, 40.0] * 50))


def test_a_loss_that_is_no_number() -> None:
    (symptom, *_) = measure(evidence([2.3, 5.0, None, None]))
    assert symptom.id == "non-finite-loss"
    assert symptom.measured == {"step": 3}


@pytest.mark.parametrize("steps", [5, 19])
def test_few_steps_prove_nothing(steps: int) -> None:
    assert ids(evidence([2.3] * steps)) == []


def test_a_network_that_learns_from_small_batches_may_have_a_loss_that_jumps() -> None:
    learns = Passes((a_pass("train", [[80, 20], [20, 80]]),))
    assert ids(evidence([2.3, 0.2] * 60, learns, classes=2)) == []


def test_near_chance_is_no_symptom_of_a_network_that_begins_to_know() -> None:
    begins = a_pass("train", [[30, 10, 10], [10, 30, 10], [10, 10, 30]])
    slowly = [1.13 * 0.9996**i for i in range(100)]
    assert ids(evidence(slowly, Passes((begins,)), classes=3)) == []
    assert "loss-at-chance" in ids(evidence(slowly, classes=3))


def test_of_two_settings_that_are_compared_the_slower_one_is_no_symptom() -> None:
    def epoch(index: int, network: int, loss: float) -> PassFacts:
        one = a_pass("train", [[18, 14, 13], [16, 18, 13], [15, 14, 17]], index)
        return replace(one, network=network, mean_loss=loss, place=Place("train.py", 5))

    slowly = [1.13 * 0.9996**i for i in range(100)]
    first, second = epoch(0, 1, 0.9), epoch(1, 2, 1.1)
    assert "loss-at-chance" not in ids(evidence(slowly, Passes((first, second)), classes=3))
    assert "loss-at-chance" in ids(evidence(slowly, Passes((second,)), classes=3))
    elsewhere = replace(first, place=Place("train.py", 9))
    assert "loss-at-chance" in ids(evidence(slowly, Passes((elsewhere, second)), classes=3))


@pytest.mark.parametrize(("loss", "blown_up"), [(2.3, True), (70_000.0, False)])
def test_a_gradient_is_large_for_the_size_of_its_loss(loss: float, blown_up: bool) -> None:
    found = evidence([loss * 0.98**i for i in range(60)])
    steps = [replace(s, grad_norm=12_000.0) for s in found[Training].trace]
    found[Training] = replace(found[Training], trace=tuple(steps))
    assert ("exploding-gradients" in ids(found)) == blown_up


@pytest.mark.parametrize(("times", "blown_up"), [(1.0, True), (60_000.0, False)])
def test_a_gradient_is_large_for_what_its_loss_is_multiplied_by(
    times: float, blown_up: bool
) -> None:
    found = evidence([2.3 * 0.98**i for i in range(60)])
    steps = [replace(s, grad_norm=300_000.0) for s in found[Training].trace]
    found[Training] = replace(found[Training], trace=tuple(steps))
    found[Upkeep] = Upkeep(micro=MicroBatches(place=None, per_step={"1": 60}, ratio=times))
    assert ("exploding-gradients" in ids(found)) == blown_up


@pytest.mark.parametrize(
    ("norms", "blown_up"), [([21_906.0, 636.0, 193.0], False), ([193.0, 636.0, 21_906.0], True)]
)
def test_large_gradients_of_the_first_steps_may_fall_back(
    norms: list[float], blown_up: bool
) -> None:
    found = evidence([2.3] * 3)
    steps = [replace(s, grad_norm=n) for s, n in zip(found[Training].trace, norms, strict=True)]
    found[Training] = replace(found[Training], trace=tuple(steps))
    assert ("exploding-gradients" in ids(found)) == blown_up


def test_rivals_hold_each_others_loss_up() -> None:
    assert "loss-not-decreasing" not in ids(evidence([0.7, 0.71] * 60, optimizers=2, classes=2))
    assert "loss-oscillates" not in ids(evidence([0.2, 3.0] * 60, optimizers=2, classes=2))


def test_a_judge_whom_its_rival_deceives_has_to_guess() -> None:
    """The rival's loss asks it for the one class, whatever it is shown (domain adaptation)."""
    found = evidence([0.69, 0.7] * 60, optimizers=2, classes=2)
    site = found[LossCalls].sites[0]
    both, deceived = ({"0": 3840, "1": 3840}, {"1": 3840})
    told = tuple(replace(site, calls=120, target_counts=counts) for counts in (both, deceived))
    assert "loss-at-chance" not in ids({**found, LossCalls: LossCalls(told)})
    assert "loss-at-chance" in ids({**found, LossCalls: LossCalls(told[:1])})
    alone = evidence([0.69, 0.7] * 60, classes=2)
    assert "loss-at-chance" in ids({**alone, LossCalls: LossCalls(told)})


def test_a_network_that_starts_well_has_little_to_lose() -> None:
    good = a_pass("train", [[45, 5], [5, 45]])
    assert ids(evidence([0.1, 0.12] * 60, Passes((good,)), classes=2)) == []


def test_one_class_for_all() -> None:
    one = a_pass("eval", [[0, 30, 0], [0, 30, 0], [0, 40, 0]])
    assert "same-class-predicted" in ids(evidence(FALLING, Passes((one,)), classes=3))
    assert ids(evidence(FALLING[:30], Passes((one,)), classes=3)) == []
    mostly = a_pass("eval", [[0, 5, 0], [0, 90, 0], [0, 5, 0]])
    assert "same-class-predicted" not in ids(evidence(FALLING, Passes((mostly,)), classes=3))


def test_a_network_that_was_altered_after_its_training_may_name_one_class() -> None:
    """Pruned by half it names one class, as half of them do until they are trained on."""
    good = replace(a_pass("eval", [[40, 5], [5, 50]], 1), first_step=90, data_source="digits")
    pruned = replace(a_pass("eval", [[45, 0], [55, 0]], 2), first_step=90, data_source="digits")
    same = "same-class-predicted"
    assert same not in ids(evidence(FALLING, Passes((good, pruned)), classes=2))
    assert same in ids(evidence(FALLING, Passes((pruned, replace(pruned, index=3))), classes=2))
    elsewhere = replace(pruned, data_source="others")
    assert same in ids(evidence(FALLING, Passes((good, elsewhere)), classes=2))
    earlier = replace(good, first_step=45)
    assert same in ids(evidence(FALLING, Passes((earlier, pruned)), classes=2))
    loaded = (WeightsEvent("loaded", None, 1, 90),)
    assert same in ids(evidence(FALLING, Passes((good, pruned), weights=loaded), classes=2))


def test_one_of_a_thousand_is_more_than_one_of_ten() -> None:
    """Its own other view among a thousand images (a contrastive loss): 4 % are no guess."""
    few = a_pass("train", [[4, 96], [0, 0]])
    given = evidence(FALLING * 4, Passes((few,)))
    assert "underfitting" in [s.id for s in measure(given)]
    many = (replace(given[LossCalls].sites[0], input_shape=(100, 1025)),)
    assert "underfitting" not in [s.id for s in measure({**given, LossCalls: LossCalls(many)})]


def test_evaluation_far_below_training() -> None:
    both = Passes((a_pass("train", [[50, 0], [0, 50]]), a_pass("eval", [[25, 25], [25, 25]], 1)))
    assert "evaluation-far-below-training" in ids(evidence(FALLING, both, classes=2))


def test_an_evaluation_that_jumps_is_no_overfitting() -> None:
    """Statistics that a normalization of the script's own keeps: 94 %, then 60 % an epoch later."""
    train = [[50, 0], [0, 50]]

    def course(*right: int) -> Passes:
        made = []
        for n, k in enumerate(right):
            held_out = a_pass("eval", [[k, 50 - k], [50 - k, k]], 2 * n + 1)
            made += [a_pass("train", train, 2 * n), replace(held_out, first_step=90 + n)]
        return Passes(tuple(made))

    low = "evaluation-far-below-training"
    assert low in ids(evidence(FALLING, course(30, 30, 30), classes=2))
    assert low in ids(evidence(FALLING, course(48, 30, 30), classes=2))
    assert low not in ids(evidence(FALLING, course(48, 48, 30), classes=2))
    assert low in ids(evidence(FALLING, course(48, 30), classes=2))  # too few to tell


def test_what_a_later_task_made_forget_is_no_overfitting() -> None:
    def trained(*new: int) -> list[PassFacts]:
        table = [[100, 0], [0, 100]]
        return [replace(a_pass("train", table, i), new_samples=n) for i, n in enumerate(new)]

    forgotten = a_pass("eval", [[80, 20], [20, 80]], 9)
    for new, ids_of in (
        ((200, 0, 0), ["overfitting"]),
        ((200, 200, 200), ["overfitting"]),  # varied: never the same twice
        ((200, 0, 200, 0), []),
    ):
        assert ids(evidence(FALLING, Passes((*trained(*new), forgotten)), classes=2)) == ids_of


def test_of_several_evaluations_at_the_end_the_best_on_new_images_counts() -> None:
    training, clean = a_pass("train", [[50, 0], [0, 50]]), a_pass("eval", [[45, 5], [5, 45]], 1)
    attacked = a_pass("eval", [[5, 45], [45, 5]], 2)
    low = "evaluation-far-below-training"
    assert low not in ids(evidence(FALLING, Passes((training, clean, attacked)), classes=2))
    known = replace(clean, seen_in_training=1.0)  # that the training went well is no news
    assert low in ids(evidence(FALLING, Passes((training, known, attacked)), classes=2))
    before = replace(clean, first_step=50)
    last = replace(attacked, first_step=90)
    assert low in ids(evidence(FALLING, Passes((training, before, last)), classes=2))


def test_a_network_that_is_only_the_first_of_two_is_not_what_the_script_comes_to() -> None:
    """Trained, evaluated at 40 %, then pruned; the smaller copy, trained on, reaches 92 %."""
    good, poor = [[92, 8], [8, 92]], [[40, 60], [60, 40]]
    images = {"data_source": "digits"}
    first = (a_pass("train", good), replace(a_pass("eval", poor, 1), **images))
    copy = (
        replace(a_pass("train", good, 2), network=1),
        replace(a_pass("eval", good, 3), network=1, **images),
    )
    alone = [s.id for s in measure(evidence(FALLING, Passes(first)))]
    followed = [s.id for s in measure(evidence(FALLING, Passes(first, others=copy)))]
    assert "evaluation-far-below-training" in alone
    assert "evaluation-far-below-training" not in followed
    before = tuple(replace(p, index=p.index - 4) for p in copy)
    teacher = [s.id for s in measure(evidence(FALLING, Passes(first, others=before)))]
    assert "evaluation-far-below-training" in teacher


def test_a_sum_of_ever_another_number_of_losses_may_jump() -> None:
    """An agent's episodes: the longer it survives, the more terms there are to sum up."""
    jumping = evidence([1.0, 40.0] * 40)
    assert "loss-oscillates" in [s.id for s in measure(jumping)]
    site = replace(jumping[LossCalls].sites[0], calls=80 * 50)
    assert not measure({**jumping, LossCalls: LossCalls((site,))})


def test_the_loss_of_one_sample_after_the_other_may_jump() -> None:
    jumping = evidence([1.0, 4.0] * 40)
    assert "loss-oscillates" in [s.id for s in measure(jumping)]
    alone = tuple(replace(s, batch=1) for s in jumping[Training].trace)
    given = {**jumping, Training: replace(jumping[Training], trace=alone)}
    assert "loss-oscillates" not in [s.id for s in measure(given)]


def test_classes_that_the_last_training_did_not_show_are_not_compared_with_it() -> None:
    second_task = a_pass("train", [[0, 0], [0, 90]])
    both_tasks = a_pass("eval", [[0, 50], [2, 48]], 1)
    low = "evaluation-far-below-training"
    assert low not in ids(evidence(FALLING, Passes((second_task, both_tasks)), classes=2))
    wrong = a_pass("eval", [[0, 50], [40, 10]], 1)
    assert low in ids(evidence(FALLING, Passes((second_task, wrong)), classes=2))


def test_a_crash_comes_with_its_place() -> None:
    crash = CrashFacts("ValueError", "bad shape\nmore", (Place("net.py", 7),), ("f",), "forward")
    (symptom,) = measure(evidence([], exit="crashed", crash=crash))
    assert symptom.says == "the script ended with ValueError: bad shape"
    assert symptom.place == Place("net.py", 7)


def test_a_formula_that_compares_with_nothing_has_no_way_to_go() -> None:
    rising = [0.1 + 0.01 * n for n in range(120)]
    given = evidence(rising)
    assert "loss-not-decreasing" in {s.id for s in measure(given)}
    policy = LossSite("hand-written", Place("train.py", 3), "train", 120)
    given[LossCalls] = LossCalls((policy,))
    assert measure(given) == []
    labelled = Passes((a_pass("train", [[30, 30], [30, 30]]),))
    given[Passes] = labelled  # there is a right and a wrong after all
    assert "loss-not-decreasing" in {s.id for s in measure(given)}


def test_a_regression_that_ends_where_one_answer_for_all_is_has_learned_nothing() -> None:
    def of(last: float, guess: float | None, sites: int = 1) -> list[str]:
        found = evidence([5.0] * 10 + [last] * 90, classes=None)
        site = LossSite("mse_loss", Place("a.py", 3), "train", 100, first_value=5.0)
        found[LossCalls] = LossCalls((replace(site, guess_loss=guess),) * sites)
        return ids(found)

    assert "loss-at-chance" in of(0.5, 0.49)
    assert "loss-at-chance" in of(0.9, 0.49)  # worse than one answer for all, and stays there
    assert "loss-at-chance" not in of(0.3, 0.49)
    assert "loss-at-chance" not in of(0.5, None)
    assert "loss-at-chance" not in of(0.5, 0.49, sites=2)  # what both together cost is not known


def test_a_regression_far_above_one_answer_for_all_may_be_on_its_way_down() -> None:
    found = evidence([5.0 - 0.04 * n for n in range(100)], classes=None)
    site = LossSite("mse_loss", Place("a.py", 3), "train", 100, first_value=5.0, guess_loss=0.49)
    found[LossCalls] = LossCalls((site,))
    assert "loss-at-chance" not in ids(found)


def test_a_loss_of_nothing_is_told_where_no_weight_changed() -> None:
    still = ParameterFacts("net.weight", (2, 2), True, True, False, changed=False)
    layer = LayerFacts("net", "Linear", None, 0, 40, {}, (still,))
    for losses, told in (([0.0] * 40, True), ([0.7] * 40, False)):
        found = evidence(losses)
        found[Network] = Network("Encoder", None, (layer,))
        found[Training] = replace(found[Training], backward_place=Place("train.py", 9))
        (one,) = [s for s in measure(found) if s.id == "weights-unchanged"]
        assert ("exactly 0 at all 40 steps" in one.says) is told
        assert (one.place == Place("train.py", 9)) is told


@pytest.mark.parametrize(
    ("mask", "losses", "found"),
    [
        ((10_000, 1000, 20, 2), (0.4, 0.35, 0.349), True),
        ((10_000, 1000, 20, 2), (0.4, 0.35, 0.3), False),  # it still falls
        ((10_000, 1000, 800, 600), (0.4, 0.35, 0.349), False),  # they are found
        ((10_000, 100, 0, 0), (0.4, 0.35, 0.349), False),  # small things take long
    ],
)
def test_masks_that_nothing_is_predicted_of(
    mask: tuple[int, int, int, int], losses: tuple[float, ...], found: bool
) -> None:
    passes = tuple(
        replace(a_pass("train", [[5, 5], [5, 5]], i), masks=mask, mean_loss=loss)
        for i, loss in enumerate(losses)
    )
    measured = measure(evidence([0.4] * 60 + [0.35] * 60, Passes(passes)))
    assert any("belong to the masks" in s.says for s in measured) is found
