"""Symptoms of networks that say something of each pixel."""

from __future__ import annotations

from collections.abc import Iterator

from whytorch.evidence.facts import Passes, Run, Training
from whytorch.records import Symptom

ENOUGH_STEPS = 100
# Of the pixels of the masks. Small objects (a cell of a detector's grid, a lesion) take long to be
# called more likely than not; masks that are a tenth of the image do not.
SHARE = 0.05
OVERLAP = 0.02
STANDS = 0.97  # of the loss of the pass before; what still falls has not found its masks yet


def masks(run: Run, training: Training, passes: Passes) -> Iterator[Symptom]:
    """Hardly a pixel of the masks is called one at the end of a training that was not shortened."""
    rivals = sum(o.steps > 0 for o in training.optimizers) > 1
    last = next((p for p in reversed(passes.of("train")) if p.masks is not None), None)
    if last is None or last.masks is None or run.training_shortened or rivals:
        return
    if not _stands(passes):
        return
    of, true, said, both = last.masks
    overlap = both / max(1, true + said - both)
    if training.updates < ENOUGH_STEPS or true < SHARE * of or overlap >= OVERLAP:
        return
    says = f"in the last training pass {true / of:.0%} of the pixels belong to the masks, "
    says += f"{said / of:.1%} were predicted, and the two overlap by {overlap:.1%}"
    measured = {"mask_share": true / of, "predicted_share": said / of, "overlap": overlap}
    yield Symptom("same-class-predicted", says, measured)


def _stands(passes: Passes) -> bool:
    losses = [p.mean_loss for p in passes.of("train") if p.mean_loss]
    return len(losses) >= 3 and losses[-1] > STANDS * losses[-2]
