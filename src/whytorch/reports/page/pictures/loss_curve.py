"""The loss, step by step

Each step's loss as the script computed it, with what happened on the way: the first loss that is no
number, the largest jump, weights that were loaded; below it the learning rate, where it changed.
"""

from __future__ import annotations

from typing import Any

from whytorch.evidence.facts import Passes, StepFacts, Training
from whytorch.reports.page.picture import (
    BAD,
    GOOD,
    MUTED,
    OTHER,
    OWN,
    Picture,
    axis,
    chart,
    line,
    note,
    number,
    plural,
    spread,
    upright,
)

SHOWN_FOR = (
    "learning-rate-too-high", "learning-rate-too-low", "missing-zero-grad", "zero-grad-before-step",
    "missing-optimizer-step", "missing-backward", "loss-cut-from-model", "scheduler-misused",
    "weight-decay-too-high", "unsuitable-momentum", "too-few-epochs", "training loop", "loss",
)  # fmt: skip
ORDER = 10
JUMP, BEFORE = 10.0, 5  # times the highest of so many losses before: worth a mark
MOST_EPOCHS = 40


def draw(training: Training, passes: Passes | None) -> Picture | None:
    known = [s for s in training.course if s.loss is not None]
    if len(known) < 2:
        return None
    steps, losses = [s.index for s in known], [s.loss for s in known]
    traces = [line(steps, losses, "training loss", OWN)]
    held_out = _evaluated(passes)
    if held_out:
        at, values = zip(*held_out, strict=True)
        traces.append(line(at, values, "evaluation loss", OTHER, mode="lines+markers"))
    log = spread([*losses, *(v for _, v in held_out)])
    y = axis("loss" + (" (logarithmic)" if log else ""), type="log" if log else "linear")
    marks, notes, said = _events(training.course, passes)
    rates = [s.lr for s in known]
    if len({r for r in rates if r is not None}) > 1:
        y["domain"] = [0.34, 1]
        rate = line(steps, rates, "learning rate", GOOD, yaxis="y2")
        traces.append(rate)
        more: dict[str, Any] = {
            "yaxis2": axis("learning rate", domain=[0, 0.22], rangemode="tozero")
        }
    else:
        more = {}
    epochs = _epochs(passes)
    figure = chart(
        traces, axis("optimizer step"), y, 380 if more else 300,
        shapes=[*epochs, *marks], annotations=notes, **more,
    )  # fmt: skip
    first, last = number(losses[0]), number(losses[-1])
    said = [f"The loss went from {first} to {last} in {plural(training.steps, 'step')}", *said]
    told = "; ".join(said) + "."
    return Picture(told + (" Dotted lines: a new epoch." if epochs else ""), (figure,))


def _evaluated(passes: Passes | None) -> list[tuple[int, float]]:
    every = passes.of("eval") if passes is not None else ()
    found = [(p.first_step, p.mean_loss) for p in every if p.mean_loss is not None]
    return [(step, loss) for step, loss in found if loss is not None]


def _epochs(passes: Passes | None) -> list[dict[str, Any]]:
    starts = [p.first_step for p in passes.of("train")] if passes is not None else []
    starts = [s for s in starts if s > 0]
    return [upright(s, "--grid") for s in starts] if len(starts) <= MOST_EPOCHS else []


def _events(trace: tuple[StepFacts, ...], passes: Passes | None) -> tuple[Any, Any, list[str]]:
    """(lines, words beside them, and a sentence for each)."""
    marks, notes, said = list[Any](), list[Any](), list[str]()

    def event(step: int, words: str, sentence: str, color: str = BAD) -> None:
        marks.append(upright(step, color, "solid"))
        notes.append(note(words, step, 1.0 - 0.1 * len(notes)))
        said.append(sentence)

    broken = next((s.index for s in trace if not s.loss_finite), None)
    if broken is not None:
        event(broken, "no number", f"at step {broken} it was no number (NaN or infinite)")
    times, step = _jump(trace)
    if times > JUMP:
        event(step, f"× {times:.3g}", f"at step {step} it leapt to {times:.3g} times what it was")
    loaded = [w for w in passes.weights if w.kind == "loaded"] if passes is not None else []
    for one in loaded[:2]:
        where = f" ({one.place})" if one.place else ""
        event(one.step, "weights loaded", f"at step {one.step} weights were loaded{where}", MUTED)
    return marks, notes, said


def _jump(trace: tuple[StepFacts, ...]) -> tuple[float, int]:
    """The largest leap over the losses just before, and its step; a dip and its end are none."""
    known = [(s.loss, s.index) for s in trace if s.loss is not None and s.loss > 0]
    leaps = [(1.0, 0)]
    for n in range(1, len(known)):
        before = max(loss for loss, _ in known[max(0, n - BEFORE) : n])
        leaps.append((known[n][0] / before, known[n][1]))
    return max(leaps)
