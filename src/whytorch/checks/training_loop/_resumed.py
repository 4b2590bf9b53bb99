"""A training that goes on with its weights and its optimizer, and a schedule that begins anew."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import Checkpoints, SchedulerFacts, Training
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


def _begins_anew(one: SchedulerFacts) -> bool:
    resumed = one.resumed
    if resumed is None or not resumed.anew or one.mode is not None or one.inside:
        return False
    rises = max((lr for _, lr in one.lr_history), default=0.0) > (1 + MOVED) * resumed.lr
    return rises and abs(resumed.lr / resumed.first_lr - 1) > MOVED
