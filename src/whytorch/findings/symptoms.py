"""What went wrong, as measured, whatever the cause. One small function each.

A symptom is stated only with enough steps behind it; thresholds are relative to chance (ln C,
1/C) or to the run's own first values, and say where they come from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from statistics import median
from typing import Any

from whytorch.checks._learning import chance_loss, decides, guess_loss, still_falls
from whytorch.checks.regularization._gap import lately
from whytorch.evidence.facts import (
    LossCalls,
    Network,
    Passes,
    PassFacts,
    Run,
    StepFacts,
    Training,
    Upkeep,
)
from whytorch.findings import crashes, ranks
from whytorch.findings.mask_symptoms import masks
from whytorch.records import Symptom

ENOUGH_STEPS = 20
LONG_ENOUGH = 50  # steps; below, the noise of small batches passes for a loss that stands still
SETTLED = 0.03  # a loss that fell by less than this share has not fallen
WORSE = 1.2  # times the loss of always giving the same answer, and it does not come down
NEAR_CHANCE = 0.03  # |loss / ln C - 1|: predictions carry no information
SEEN = 0.5  # of an evaluation's samples; from here on it says what training has reached
BLOWN_UP = 1e3  # gradient norm, for a loss of 1; healthy classifiers stay below 100
OTHER_TASK = 0.4  # of the training's samples are of other classes than at first
FEW = 8  # samples in a batch: from one to the next the loss jumps because they are others
MANY_TERMS = 8  # calls of the loss for one backward: a sum over the steps of an episode, a sentence


def measure(evidence: Mapping[type, Any]) -> list[Symptom]:
    """All symptoms of one run."""
    run: Run = evidence[Run]
    training: Training | None = evidence.get(Training)
    passes: Passes = evidence.get(Passes) or Passes()
    found = [*_crash(run, crashes.answer(evidence))]
    found += _accuracy(run, passes, evidence.get(LossCalls))
    if training is not None:
        found += _loss(run, training, passes, evidence.get(LossCalls))
        found += _gradients(training, evidence.get(Upkeep))
        found += _weights(training, evidence.get(Network))
        found += masks(run, training, passes)
    return [*found, *ranks.slow(evidence)]


def _crash(run: Run, answer: crashes.Answer | None) -> Iterator[Symptom]:
    if run.crash is not None:
        crash = run.crash
        place = crash.frames[-1] if crash.frames else None
        first = crash.message.strip().splitlines()[0] if crash.message.strip() else ""
        says = f"the script ended with {crash.type}: {first[:200]}"
        measured = {"type": crash.type, "during": crash.during}
        if answer is not None:
            says = f"{says.rstrip('.')}. That is: {answer.happened}"
            measured |= {"happened": answer.happened, "write": answer.write}
        yield Symptom("crash", says, measured, place=place)


def finite_losses(trace: tuple[StepFacts, ...]) -> list[float]:
    return [s.loss for s in trace if s.loss is not None]


def ends(values: list[float]) -> tuple[float, float]:
    """Medians of the first and of the last tenth (at least 5 values each)."""
    k = max(5, len(values) // 10)
    return median(values[:k]), median(values[-k:])


def _loss(
    run: Run, training: Training, passes: Passes, losses: LossCalls | None
) -> Iterator[Symptom]:
    bad = next((s for s in training.course if not s.loss_finite), None)
    if bad is not None:
        later = [s.loss_finite for s in training.course if s.index >= bad.index]
        says = f"the loss is no longer a number from step {bad.index + 1} on"
        if any(later):
            says = (
                f"the loss is no number in {later.count(False)} of {len(later)} steps looked at, "
            )
            says += f"for the first time in step {bad.index + 1}"
        yield Symptom("non-finite-loss", says, {"step": bad.index + 1})
    values = finite_losses(training.course)
    if len(values) < ENOUGH_STEPS or _own_measure(losses, passes) or _many_terms(training, losses):
        return
    first, last = ends(values)
    measured = {"first_loss": first, "last_loss": last, "steps": training.updates}
    # Losses of adversaries hold each other up; a network that starts well has little to lose.
    rivals = sum(o.steps > 0 for o in training.optimizers) > 1
    learned = _knows_something(passes) or decides(losses) or _another_learned(run, passes, losses)
    long_enough = len(values) >= LONG_ENOUGH
    still = last > first * (1 - SETTLED) and first > 0 and long_enough
    if still and not rivals and not learned:
        says = f"the loss went from {first:.3g} to {last:.3g} in {training.updates} steps"
        yield Symptom("loss-not-decreasing", says, measured)
    chance = _of_even_shares(run, losses)
    contest = rivals and _one_answer_wanted(losses)
    at_chance = bool(chance) and abs(last / (chance or 1.0) - 1) < NEAR_CHANCE
    if at_chance and long_enough and not learned and not contest:
        says = f"the loss stays at {last:.3g}: ln {run.classes} = {chance:.3g} is guessing"
        yield Symptom("loss-at-chance", says, {**measured, "chance_loss": chance})
    guess = guess_loss(losses, values[0])
    passing = learned or rivals or still_falls(values, chance_loss(run, losses))
    if guess and abs(last / guess - 1) < NEAR_CHANCE and long_enough and not passing:
        says = f"the loss stays at {last:.3g}: always giving the same answer costs {guess:.3g}"
        yield Symptom("loss-at-chance", says, {**measured, "chance_loss": guess})
    worse = guess and last > WORSE * guess and not _fell_lately(values)
    if guess and worse and long_enough and not learned and not rivals:
        says = f"the loss stays at {last:.3g}: always giving the same answer costs only {guess:.3g}"
        yield Symptom("loss-at-chance", says, {**measured, "chance_loss": guess})
    half = values[len(values) // 2 :]
    jumps = [abs(b - a) for a, b in pairwise(half)]
    wide = median(jumps) > max(0.5 * median(half), 0.25 * first) if jumps else False
    wide = wide and not _of_few(training)
    if wide and not rivals and not learned:  # the losses of batches of 4 jump in sound runs too
        says = f"from step to step the loss jumps by {median(jumps):.3g}, at a level of {last:.3g}"
        yield Symptom("loss-oscillates", says, {"median_jump": median(jumps), **measured})


def _fell_lately(values: list[float]) -> bool:
    """Far from its answer, a sound run comes down all the time."""
    third = len(values) // 3
    return median(values[-third:]) < 0.95 * median(values[third : 2 * third])


def _of_few(training: Training) -> bool:
    """The loss of a single sample, or of a handful, is that of an easy one now and of a hard one
    then, however well the training goes."""
    batches = [s.batch for s in training.trace if s.batch is not None]
    return bool(batches) and median(batches) < FEW


def _own_measure(losses: LossCalls | None, passes: Passes) -> bool:
    """Every loss is a formula of the script's that compares with nothing known, and nothing says
    what is right: a policy gradient, a critic's score. Nobody knows where such a loss should go."""
    sites = losses.training() if losses else ()
    if any(p.counted for p in passes.passes):
        return False
    return bool(sites) and all(s.function == "hand-written" and s.by_hand is None for s in sites)


def _one_answer_wanted(losses: LossCalls | None) -> bool:
    """A judge is asked for one and the same class, whatever it is shown: by the network that is to
    deceive it (a generator, a target's encoder). Where the two are even, the judge has to guess."""
    asked = [s.target_counts for s in losses.training() if s.calls > FEW] if losses else []
    return any(counts is not None and len(counts) == 1 for counts in asked)


def _many_terms(training: Training, losses: LossCalls | None) -> bool:
    """The loss is a sum of many losses, now of more and now of fewer: an agent's, that grows as it
    survives for longer. Its course says little."""
    calls = max((s.calls for s in losses.training()), default=0) if losses else 0
    return 0 < MANY_TERMS * training.backwards < calls


def _knows_something(passes: Passes) -> bool:
    """Whether the latest measured training is clearly better than always naming one class."""
    last = next((p for p in reversed(passes.of("train")) if (p.counted or 0) >= 50), None)
    if last is None or last.confusion is None or last.accuracy is None:
        return False
    commonest = max(map(sum, last.confusion)) / max(1, sum(map(sum, last.confusion)))
    return last.accuracy > commonest + 0.1 * (1 - commonest)


def _another_learned(run: Run, passes: Passes, losses: LossCalls | None) -> bool:
    """Whether the same lines taught another network: settings are compared, and the last ones only
    are slower."""
    last = next((p for p in reversed(passes.of("train")) if p.steps), None)
    chance = _of_even_shares(run, losses)
    if last is None or chance is None:
        return False
    return any(
        p.phase == "train"
        and p.steps
        and p.network != last.network
        and p.place == last.place
        and p.mean_loss is not None
        and p.mean_loss < (1 - NEAR_CHANCE) * chance
        for p in (*passes.passes, *passes.others)
    )


def _of_even_shares(run: Run, losses: LossCalls | None) -> float | None:
    """ln C, where the script trains on cross-entropy of C classes (not of two by one logit)."""
    sites = losses.training() if losses else ()
    if run.classes and any(s.function in ("cross_entropy", "nll_loss") for s in sites):
        return math.log(run.classes)
    return None


def _gradients(training: Training, upkeep: Upkeep | None) -> Iterator[Symptom]:
    norms = [s.grad_norm for s in training.trace if s.grad_norm is not None]
    # A loss summed over pixels and samples is ten thousand times larger, and so are its gradients;
    # so is one that is multiplied by the number of samples before its backward.
    size = max([1.0, *map(abs, finite_losses(training.trace)[:1])])
    micro = upkeep.micro if upkeep is not None else None
    size *= max(1.0, abs(micro.ratio or 1.0)) if micro is not None else 1.0
    # The first steps from random weights may be large; what falls back at once has not exploded.
    settles = training.steps < ENOUGH_STEPS and norms[-1:] <= [BLOWN_UP * size]
    if norms and max(norms) > BLOWN_UP * size and not settles:
        says = f"the gradient norm reaches {max(norms):.3g}"
        yield Symptom("exploding-gradients", says, {"largest_norm": max(norms)})


def _weights(training: Training, network: Network | None) -> Iterator[Symptom]:
    if network is None or training.backwards + training.steps < 2:
        return
    changed = [p.changed for p in network.parameters() if p.changed is not None]
    if changed and not any(changed):
        says = f"no weight of {network.kind} changed in the whole run"
        known = [s.loss for s in training.trace if s.loss is not None]
        place = None
        if len(known) >= ENOUGH_STEPS and not any(known):
            says += (
                f": the loss is exactly 0 at all {training.steps} steps and gives no gradient, as "
                "where a margin is always kept, or an infinity stands in it"
            )
            place = training.backward_place
        yield Symptom("weights-unchanged", says, {"parameters": len(changed)}, place=place)


def _accuracy(run: Run, passes: Passes, losses: LossCalls | None) -> Iterator[Symptom]:
    evaluations = [p for p in passes.of("eval") if (p.counted or 0) >= 50]
    trainings = [p for p in passes.of("train") if (p.counted or 0) >= 50]
    if evaluations:
        last = evaluations[-1]
        # Every network begins by naming one class; pruned by half, many a good one comes to it too.
        if run.steps >= LONG_ENOUGH and not _altered_since(passes, evaluations):
            yield from _same_class(last.confusion)
        before = [p for p in trainings if p.index < last.index]
        trained = before[-1].accuracy or 0.0 if before else 0.0
        reached = _best_at_the_end(evaluations, before, passes.others)
        reached = max([reached, *_of_successors(passes, last, before)])
        gap = {"train_accuracy": trained, "eval_accuracy": reached}
        behind = min(trained - reached, _steady(trainings, evaluations))
        if behind > 0.3:
            says = f"accuracy is {trained:.0%} on training batches and {reached:.0%} in evaluation"
            yield Symptom("evaluation-far-below-training", says, gap)
        elif behind > 0.12 and trained > 0.9 and not run.shortened and not _moved_on(before):
            says = f"training accuracy {trained:.0%} is far above evaluation accuracy {reached:.0%}"
            yield Symptom("overfitting", says, gap)
    if trainings and run.classes and run.classes > 1 and run.steps >= 100:
        reached = trainings[-1].accuracy or 0.0
        if reached < 1.5 / _choices(run.classes, losses) and run.classes > 2:
            says = f"after {run.steps} steps {reached:.0%} of the training samples are right"
            yield Symptom("underfitting", says, {"train_accuracy": reached, "steps": run.steps})


def _moved_on(trained: list[PassFacts]) -> bool:
    """Whether one set of images was learned and then another, as tasks that follow each other: what
    evaluation is short of may have been forgotten. Images that are varied are new each time; these
    were met again before the next ones came."""
    new = [(p.new_samples or 0) / max(1, p.samples) for p in trained]
    again = next((i for i, share in enumerate(new) if share < 0.1), len(new))
    return any(share > 0.9 for share in new[again:])


def _steady(trainings: list[PassFacts], evaluations: list[PassFacts]) -> float:
    """How far evaluation stayed behind in the latest ones: a last one that jumps says little."""
    last = evaluations[-1]
    alike = [
        p
        for p in evaluations
        if (p.data_source, p.samples, p.network) == (last.data_source, last.samples, last.network)
    ]
    steady = lately(trainings, alike)
    return 1.0 if steady is None else steady


def _best_at_the_end(
    evaluations: list[PassFacts], trained: list[PassFacts], others: tuple[PassFacts, ...]
) -> float:
    """The best figure on new images since the last step: attacked or turned ones come on top. Steps
    of another network (a copy that is adapted to them) leave this one as it was."""
    last = evaluations[-1]
    since = trained[-1].index if trained else last.index
    adapted = any(p.phase == "train" and p.index > since for p in others)
    unseen = [
        p
        for p in evaluations
        if (p.first_step == last.first_step or (adapted and p.index > since))
        and (p.seen_in_training or 0) < SEEN
    ]
    classes = _classes_shown(trained)
    return max(_accuracy_of_classes(p, classes) for p in [*unseen, last])


def _choices(classes: int, losses: LossCalls | None) -> int:
    """Among how many answers the training has to choose: an image's own among those of a thousand
    others (a contrastive loss) is harder to name than one of ten classes."""
    sites = losses.training() if losses else ()
    scores = [s.input_shape for s in sites if s.function == "cross_entropy" and s.input_shape]
    return max([classes, *(shape[1] for shape in scores if len(shape) == 2)])


def _altered_since(passes: Passes, evaluations: list[PassFacts]) -> bool:
    """On the same images, since the last step, the network knew better: what the script did to it
    afterwards (it pruned it, or turned the images) is not what the training came to. Weights that
    were loaded in between are another matter: they should have been those of the training."""
    last = evaluations[-1]
    loaded = max((w.after_pass for w in passes.weights if w.kind == "loaded"), default=-1)
    return any(
        p.first_step == last.first_step
        and p.index > loaded
        and p.data_source == last.data_source is not None
        and p.confusion is not None
        and not any(_same_class(p.confusion))
        for p in evaluations[:-1]
    )


def _of_successors(passes: Passes, last: PassFacts, trained: list[PassFacts]) -> Iterator[float]:
    """What the networks came to that were trained when this one was done, on the same images: its
    pruned copy, say. Then it was a stage on the way."""
    over = trained[-1].index if trained else last.index
    later = {p.network for p in passes.others if p.phase == "train" and p.index > over}
    for p in passes.others:
        same = p.network in later and p.data_source == last.data_source is not None
        if same and p.phase == "eval" and (p.counted or 0) >= 50:
            yield p.accuracy or 0.0


def _classes_shown(trained: list[PassFacts]) -> set[int] | None:
    """The classes that the training showed last: tasks may come one after the other. Of a last task
    with some examples of the earlier ones, its own classes: of those, most are forgotten."""
    shown = [[sum(row) for row in p.confusion] for p in trained if p.confusion is not None]
    if not shown:
        return None
    first, last = ([n / max(1, sum(counts)) for n in counts] for counts in (shown[0], shown[-1]))
    classes = {i for i, share in enumerate(last) if share}
    before = dict(enumerate(first))
    moved = sum(abs(share - before.get(i, 0.0)) for i, share in enumerate(last)) / 2
    if moved < OTHER_TASK:
        return classes
    return {i for i in classes if last[i] >= 1 / len(classes)}


def _accuracy_of_classes(one: PassFacts, classes: set[int] | None) -> float:
    """Accuracy over the samples whose class was among those trained on; over all if none was."""
    if classes is None or one.confusion is None:
        return one.accuracy or 0.0
    rows = [(i, row) for i, row in enumerate(one.confusion) if i in classes]
    total = sum(sum(row) for _, row in rows)
    return sum(row[i] for i, row in rows) / total if total else one.accuracy or 0.0


def _same_class(confusion: tuple[tuple[int, ...], ...] | None) -> Iterator[Symptom]:
    if confusion is None or len(confusion) < 2:
        return
    total = sum(map(sum, confusion))
    predicted = [sum(row[c] for row in confusion) for c in range(len(confusion))]
    largest = max(range(len(predicted)), key=predicted.__getitem__)
    truly = sum(confusion[largest]) / total if total else 1.0
    share = predicted[largest] / total if total else 0.0
    if share > 0.97 and truly < 0.8:
        says = f"{share:.0%} of all evaluated samples are called class {largest} ({truly:.0%} are)"
        measured = {"class": largest, "predicted_share": share, "true_share": truly}
        yield Symptom("same-class-predicted", says, measured)
