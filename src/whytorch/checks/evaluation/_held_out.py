"""Which passes over data count as an evaluation, and on what."""

from __future__ import annotations

from collections.abc import Sequence

from whytorch.evidence.facts import Passes, PassFacts

UNSEEN = 0.5  # at most this share of the samples was trained on: held out
SEEN = 0.9  # at least this share: the training data
ENOUGH = 10  # samples; fewer are a look at some predictions
ENOUGH_TRAINED = 100  # different samples; who trains on fewer tries whether it runs at all
ENOUGH_STEPS = 20


def evaluations(passes: Sequence[PassFacts]) -> list[PassFacts]:
    """Passes that measure: after some training, on enough samples, and something is read off."""
    return [p for p in passes if p.phase == "eval" and may_measure(p) and p.outputs_used]


def may_measure(one: PassFacts) -> bool:
    """Not before the first step (a trial of shapes), nor within the training: predictions between
    two steps that other predictions are to be like are the training's own targets."""
    teaches = 2 * one.teaches > one.batches
    return one.samples >= ENOUGH and one.first_step > 0 and not one.interleaved and not teaches


def on_held_out(one: PassFacts) -> bool:
    """True also where nobody can tell."""
    return one.seen_in_training is None or one.seen_in_training <= UNSEEN


def is_real_training(passes: Passes) -> bool:
    """Not a trial with a few batches."""
    trained = passes.of("train")
    different = sum(p.new_samples or 0 for p in trained)
    return different >= ENOUGH_TRAINED and sum(p.steps for p in trained) >= ENOUGH_STEPS


def drawn_again(one: PassFacts, evaluated: Sequence[PassFacts]) -> bool:
    """The same samples several times between two training steps: predictions drawn on purpose
    (MC dropout, test-time augmentation)."""
    alike = [p for p in evaluated if _key(p) == _key(one)]
    return (one.repeated_share or 0.0) > 0.5 or len(alike) > 2


def _key(one: PassFacts) -> tuple[object, ...]:
    """Which samples of which moment. How many the time-lapse left of them is no part of it."""
    many = one.planned_batches if one.planned_batches is not None else one.samples
    return one.first_step, one.place, many, one.dataset_length, one.data_source
