"""What an experiment of the lab says of a mistake: did the change pay, beyond the noise?"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from whytorch.checks._learning import Learning
from whytorch.evidence.facts.experiments import LrSweep, Outcome, Trial
from whytorch.records import Finding, Fix, Place, Severity

# A gain counts from this share of the loss at the start on, and from twice the noise of repeats on:
# two runs of the same script differ by the noise themselves. Where the changed run, too, was
# repeated, half of the lowest loss that any repeat came to is beyond doubt as well.
WORTH = 0.1
TIMES_NOISE = 2.0
FAR_WORSE = 0.5  # of the script's loss at the end, or of its errors on samples not trained on
MORE_RIGHT = 0.05  # of those samples: of 512, chance gives 0.03 at most
MOST_STEPS = 0.8  # of the training's: from these on the bench shows what it comes to
OUTRUN = 0.8  # of the loss that the whole training ended at
PARTLY = 0.3  # of skill: the training went on to learn, which its first steps do not show
LEARNED = 0.75  # of the loss at the start: a run that ended below has learned something


class Gain(Struct, frozen=True):
    """A change that paid. `share` is what it saves of the loss at the start, 0..1 (1 as well where
    the script's loss broke and the changed one's did not)."""

    says: str
    own: Outcome
    best: Outcome
    share: float
    noise: float | None

    def told(self) -> str:
        """One sentence with its numbers."""
        own = "no number" if self.own.end is None else f"{self.own.end:.3g}"
        noise = "" if self.noise is None else f" (noise {self.noise:.2g})"
        return (
            f"tried: with {self.says} the same {self.best.steps} steps end at loss "
            f"{self.best.end:.3g} instead of {own}{noise}"
        )

    def told_right(self) -> str:
        """How much more is right on samples not trained on; empty where it is not known, or no
        more than chance gives."""
        before, after = self.own.eval_accuracy, self.best.eval_accuracy
        if before is None or after is None or after < before + MORE_RIGHT:
            return ""
        return f", with {after:.0%} instead of {before:.0%} of the evaluation samples right"


def gained(trial: Trial | None) -> Gain | None:
    """What the best change gained, where it is beyond doubt: twice the noise, and repeated."""
    if trial is None or not trial.repeated:
        return None
    best = trial.best()
    if best is None or not trial.comparable:
        return None
    # An unstable script makes its own noise.
    apart = best.end is not None and best.end < FAR_WORSE * (trial.lowest or 0.0)
    return _gain(best, trial.own, trial.noise, apart)


def swept(sweep: LrSweep | None) -> Gain | None:
    """What the best rate gained over the script's own."""
    if sweep is None or sweep.best_end is None or sweep.own_rate is None:
        return None
    own = Outcome("as it is", sweep.steps, sweep.start, sweep.own_end, sweep.own_end is None)
    best = Outcome(f"lr={sweep.best_rate:.2g}", sweep.steps, sweep.start, sweep.best_end)
    return _gain(best, own, sweep.noise)


def _gain(best: Outcome, own: Outcome, noise: float | None, apart: bool = False) -> Gain | None:
    start = own.start
    if best.end is None or start is None or start <= 0:
        return None
    if own.end is None:
        return Gain(best.says, own, best, 1.0, noise) if best.end < start else None
    saved = own.end - best.end
    if saved < WORTH * start or not (saved >= TIMES_NOISE * (noise or 0.0) or apart):
        return None
    return Gain(best.says, own, best, min(1.0, saved / max(start, own.end)), noise)


def pays_well(gain: Gain) -> bool:
    """The script learns far worse than with the change: less than half of its loss is left, or of
    its errors on samples not trained on. Mixed images and smoothed labels keep any loss up."""
    if gain.own.end is None or (gain.best.end or 0.0) < FAR_WORSE * gain.own.end:
        return True
    before, after = gain.own.eval_accuracy, gain.best.eval_accuracy
    if before is None or after is None:
        return False
    return after >= before + MORE_RIGHT and 1 - after < FAR_WORSE * (1 - before)


def harmless(trial: Trial | None, guessing: float | None = None) -> bool:
    """The script learns on the bench as it is, beyond `guessing` where that loss is known, and the
    change makes no difference to it.

    A difference above half of what would count is not none, however wide the noise is.
    """
    if trial is None or not trial.comparable or trial.own.end is None or trial.own.start is None:
        return False
    best = trial.best()
    if best is None or best.end is None or trial.noise is None:
        return False
    most = min(trial.noise, WORTH * trial.own.start / TIMES_NOISE)
    return learns(trial.own, guessing) and trial.own.end - best.end <= most


def learns(outcome: Outcome | None, guessing: float | None = None) -> bool:
    """Whether a run on the bench brought its loss well down: below where it started, and below
    that of `guessing` where it is known (a network may start far worse than that)."""
    if outcome is None or outcome.end is None or outcome.start is None:
        return False
    return outcome.end < LEARNED * min(outcome.start, guessing or outcome.start)


# What a proven reason for learning badly explains.
EXPLAINS = ("loss-not-decreasing", "loss-at-chance", "loss-oscillates", "non-finite-loss",
            "underfitting", "same-class-predicted", "exploding-gradients")  # fmt: skip


def learned_badly(outcome: Learning) -> bool:
    """Whether the script's own run leaves something to prove."""
    return not outcome.works and (outcome.failed or outcome.stuck)


def proven(
    gain: Gain | None,
    outcome: Learning,
    says: str,
    where: tuple[Place, ...],
    change: str,
    *,
    confidence: float = 0.75,
    measured: dict[str, Any] | None = None,
) -> list[Finding]:
    """The finding of a `prove`: the script learned badly, on the bench as well, and with one thing
    changed it learns. Advice where it learned a part, and would have learned far more. Nothing
    where neither is so."""
    severity = _severity(gain, outcome)
    if gain is None or severity is None:
        return []
    return [
        Finding(
            says=f"{says}; {gain.told()}{gain.told_right()}",
            places=where,
            severity=severity,
            confidence=confidence,
            measured={**cost_of(gain), **(measured or {})},
            explains=EXPLAINS,
            fix=Fix(change),
        )
    ]


def _severity(gain: Gain | None, outcome: Learning) -> Severity | None:
    guessing = outcome.guess_loss or outcome.chance_loss
    if gain is None or not learns(gain.best, guessing):
        return None
    # What pays in the first steps alone need not pay in all of them.
    seen = gain.best.steps >= MOST_STEPS * outcome.steps or _outruns(gain, outcome)
    if learned_badly(outcome):
        begun = not outcome.stuck and (outcome.skill or 0.0) >= PARTLY
        if learns(gain.own, guessing) or (begun and not seen and not pays_well(gain)):
            return None
        return "error"
    return "advice" if outcome.learned_a_part and seen and pays_well(gain) else None


def _outruns(gain: Gain, outcome: Learning) -> bool:
    """A part of the steps, with the change, ends well below what all of them came to without."""
    if gain.best.end is None or outcome.last_loss is None:
        return False
    return 2 * gain.best.steps <= outcome.steps and gain.best.end < OUTRUN * outcome.last_loss


def cost_of(gain: Gain) -> dict[str, Any]:
    """The numbers behind a measured cost, as findings carry them."""
    return {
        "cost_share_of_first_loss": round(gain.share, 4),
        "bench_end_loss": gain.own.end,
        "bench_end_loss_mended": gain.best.end,
        "bench_noise": gain.noise,
        "bench_steps": gain.best.steps,
    }
