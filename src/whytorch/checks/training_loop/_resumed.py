"""A training that goes on with its weights and its optimizer, and a schedule that begins anew."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import (
    Checkpoints,
    Passes,
    ReadCheckpoint,
    Run,
    SchedulerFacts,
    Training,
)
from whytorch.records import Finding, Fix

MOVED = 0.1  # of the rate: what the schedule had changed by then


def schedule_anew(checkpoints: Checkpoints | None, training: Training | None) -> list[Finding]:
    """Only where the schedule had come some way, and the rate goes up again: steps that come a
    little later than they should do no harm."""
    found = [s for s in (training.schedulers if training else ()) if _begins_anew(s)]
    if not found or checkpoints is None:
        return []
    one = found[0]
    read = next((c for c in reversed(checkpoints.read) if c.optimizer_loads), None)
    assert one.resumed is not None
    rates = [lr for _, lr in one.lr_history]
    return [
        Finding(
            says=f"the training goes on with the optimizer of the checkpoint, whose rate had come "
            f"from {one.resumed.first_lr:.3g} to {one.resumed.lr:.3g}, and a {one.kind} that "
            f"begins at its beginning (up to {max(rates, default=0.0):.3g} from there): the state "
            "of the schedule was not loaded",
            places=places(read.place if read else None, one.place, one.step_place),
            severity="warning",
            confidence=0.88,
            measured={
                "lr_of_the_checkpoint": one.resumed.lr,
                "highest_lr_afterwards": max(rates, default=None),
            },
            explains=("loss-oscillates",),
            fix=Fix(
                "save scheduler.state_dict() in the checkpoint as well, and load it beside the "
                "optimizer's"
            ),
        )
    ]


def steps_come_late(
    run: Run, checkpoints: Checkpoints | None, training: Training | None, passes: Passes | None
) -> list[Finding]:
    """Steps of a schedule that were due by the end of the training, and had not come by then."""
    read = [c for c in (checkpoints.read if checkpoints else ()) if c.optimizer_loads and c.epoch]
    if run.shortened or not read or passes is None or training is None:
        return []
    last = read[-1]
    for one in training.schedulers:
        late = _late(one, last, passes)
        if late:
            return [_finding_late(one, last, late)]
    return []


def _late(one: SchedulerFacts, read: ReadCheckpoint, passes: Passes) -> list[float]:
    """Counted in epochs: as many steps of the schedule as passes of training since the file."""
    if one.resumed is None or not one.resumed.anew or one.mode is not None or one.inside:
        return []
    trained = sum(p.first_step >= read.step for p in passes.of("train"))
    if not one.steps or trained != one.steps or read.epoch is None:
        return []
    milestones = one.milestones
    if not milestones and one.kind == "StepLR" and one.period:
        milestones = tuple(one.period * k for k in range(1, 200))
    due = [m for m in milestones if m <= read.epoch + one.steps]
    came = [m for m in milestones if m <= one.steps]
    return due[len(came) :] if _counts(one, due, came, read.epoch) else []


def _counts(one: SchedulerFacts, due: list[float], came: list[float], epoch: int) -> bool:
    """A step that came before the file was written is in the rate that the file brought."""
    assert one.resumed is not None
    before = sum(m <= epoch for m in due)
    lowered = one.resumed.lr < (1 - MOVED) * one.resumed.first_lr
    return len(due) - len(came) > (before if lowered else 0)


def _finding_late(one: SchedulerFacts, read: ReadCheckpoint, late: list[float]) -> Finding:
    assert read.epoch is not None
    lowest = min((lr for _, lr in one.lr_history), default=0.0)
    return Finding(
        says=f"the training goes on at epoch {read.epoch}, and a {one.kind} begins at 0: after "
        f"{one.steps} more epochs, at epoch {read.epoch + one.steps}, its step of epoch "
        f"{late[-1]:g} has not come, and the rate is still {lowest:.3g}; the state of the schedule "
        "was not loaded",
        places=places(read.place, one.place, one.step_place),
        severity="warning",
        confidence=0.86,
        measured={"epoch_of_the_checkpoint": read.epoch, "schedule_steps": one.steps},
        explains=("loss-oscillates",),
        fix=Fix(
            "save scheduler.state_dict() in the checkpoint as well, and load it beside the "
            "optimizer's"
        ),
    )


def _begins_anew(one: SchedulerFacts) -> bool:
    resumed = one.resumed
    if resumed is None or not resumed.anew or one.mode is not None or one.inside:
        return False
    rises = max((lr for _, lr in one.lr_history), default=0.0) > (1 + MOVED) * resumed.lr
    return rises and abs(resumed.lr / resumed.first_lr - 1) > MOVED
