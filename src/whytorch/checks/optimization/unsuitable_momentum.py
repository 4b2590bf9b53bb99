"""Unsuitable momentum.

What it looks for
    Momentum so close to 1 that the steps pile up: the first one was of a sane size, later ones
    carried the weights to several times their size, and the loss overshot. Or plain SGD without
    momentum that has hardly moved when the training ends. Or an average of the weights, kept for
    the evaluation, with so long a memory that it still is at the beginning.

Why it hurts
    Momentum adds up about 1 / (1 - momentum) steps: at 0.99 the weights go on long after the
    gradient turned, as if the learning rate were ten times that at 0.9; without any, small
    gradients never add up. An average with a decay of 0.9995 takes thousands of steps to follow.

How to fix it
    Write momentum=0.9. A higher one needs a learning rate that is as much lower: lr / (1 -
    momentum) should stay what it was.

When it is fine
    0.99 at a low learning rate, and SGD without momentum wherever the loss goes down well. Where
    already the first step rewrites the weights the learning rate is to blame.

References
    Sutskever et al., On the importance of initialization and momentum in deep learning (2013).
"""

from __future__ import annotations

import math

from msgspec.structs import replace

from whytorch.checks._causes import SPOILS_LEARNING
from whytorch.checks._helpers import places
from whytorch.checks._lab import gained, proven
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import number, setting
from whytorch.checks.optimization._average import behind
from whytorch.checks.optimization._progress import (
    FAR_ENOUGH,
    Progress,
    argument_place,
    progress,
    short,
)
from whytorch.checks.optimization._thrown_off import died, grown
from whytorch.evidence.facts import (
    Activations,
    LossCalls,
    Network,
    Passes,
    Run,
    StepFacts,
    Training,
)
from whytorch.evidence.facts.experiments import MomentumScaled
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Severity

CONSEQUENCE_OF = (
    *SPOILS_LEARNING,
    "unsuitable-activation",
    "learning-rate-too-low",
)

HIGH = 0.97  # adds up 33 steps and more; 0.9 (ten steps) and 0.95 are usual
ENOUGH_STEPS = 40
# Measured with SGD at 0.001 to 0.1 and momentum 0.9 to 0.999: where the loss overshot, the weights
# had come to 5 times their size and more; at 0.9 they came to 3.4 times at most.
GREW = 4.0
PEAK = 1.4  # times the first loss, as for the learning rate
SANE_FIRST = 0.1  # a larger first step is the learning rate's doing
PILED_UP = 3.0  # the largest step against the first one
LOWEST, HIGHEST = 1e-3, 0.05  # rates of SGD at which momentum is what lacks, not the rate
VERY_WELL = 0.95  # of the skill: nothing is lost
_SWAPPED = 0.0  # stands for a growth that was not looked at
CRAWLS = 1e-3  # of the weights in a usual step

# What trying the repair on the bench is.
TRIALS = (MomentumScaled,)


def decide(
    training: Training,
    run: Run,
    network: Network | None,
    losses: LossCalls | None,
    passes: Passes | None,
    activations: Activations | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if (average := behind(training, run, passes, source)) is not None:
        return [average]
    made = progress(training)
    if made is None or made.first_update is None:
        return NotJudged("the size of the updates was not seen")
    outcome = learning(run, losses, training, passes)
    if training.steps < ENOUGH_STEPS and outcome.broke_at is None:
        return NotJudged(f"needs {ENOUGH_STEPS} steps; this run has {training.steps}")
    if made.betas and made.betas[0] >= HIGH and made.betas[0] > made.betas[-1]:
        return _swapped(made, outcome, source)
    if made.momentum >= HIGH:
        thrown_off = died(activations) and grown(network)
        found = _overshoot(made, training, outcome, thrown_off, source)
        longer = [] if found else _longer_than_the_run(made, outcome, source)
        if longer and run.training_shortened and made.momentum < 1:
            return NotJudged("needs the whole training; this run was shortened")
        return found or longer
    if made.optimizer.kind != "SGD" or made.momentum:
        return []
    if run.training_shortened:
        return NotJudged("needs the whole training; this run was shortened")
    return _lacking(made, outcome, network, source)


def _overshoot(
    made: Progress,
    training: Training,
    outcome: Learning,
    thrown_off: bool,
    source: Source | None,
) -> list[Finding]:
    looked = [s for s in training.trace if s.weight_norm]
    times = _growth(looked)
    severity = _severity_of_overshoot(made, outcome, times, thrown_off)
    if severity is None:
        return []
    first, peak = outcome.first_loss or 0.0, outcome.highest_loss or 0.0
    adds = "ever more" if made.momentum >= 1 else f"about {1 / (1 - made.momentum):.0f}"
    says = f"momentum={short(made.momentum)} adds up {adds} steps: the weights came to {times:.3g} "
    says += f"times their size, and the loss went from {first:.3g} up to {peak:.3g}"
    says += outcome.reached()
    return [_finding(made, says, severity, outcome, source, "write momentum=0.9", times)]


def _longer_than_the_run(made: Progress, outcome: Learning, source: Source | None) -> list[Finding]:
    """Until the training ends no step has been forgotten. Whether it costs something only the lab
    can tell: it is advice until then."""
    memory = 1 / (1 - made.momentum) if made.momentum < 1 else math.inf
    if memory < made.steps or (outcome.skill or 0.0) >= VERY_WELL:
        return []
    says = f"momentum={short(made.momentum)} adds up about {memory:.0f} steps, and the training "
    says += f"has {made.steps}: no step is forgotten until its end{outcome.reached()}"
    found = _finding(made, says, "advice", outcome, source, "write momentum=0.9", 1.0)
    return [replace(found, grade="suspected", confidence=0.6)]


def _growth(looked: list[StepFacts]) -> float:
    """The largest size of the weights against the first."""
    norms = [s.weight_norm or 0.0 for s in looked]
    return max(norms) / norms[0] if norms and norms[0] else 1.0


def _severity_of_overshoot(
    made: Progress, outcome: Learning, grown: float, thrown_off: bool
) -> Severity | None:
    """None where already the first step was too large, or it went well in the end."""
    first, largest = made.first_update or 0.0, outcome.largest_update or 0.0
    level = max(outcome.first_loss or 0.0, outcome.chance_loss or 0.0)
    # Over before the first step is forgotten, a training goes on as its first steps threw it.
    remembers = made.momentum >= 1 or 1 / (1 - made.momentum) > made.steps
    if first < SANE_FIRST and remembers and thrown_off and outcome.failed:
        return "error"  # not every step was measured: what died in them was
    if first >= SANE_FIRST or largest < PILED_UP * first or level <= 0:
        return None
    if outcome.broke_at is not None:
        return "error"
    far = grown >= GREW or (remembers and outcome.failed)
    if not far or (outcome.highest_loss or 0.0) < PEAK * level:
        return None
    if outcome.failed or outcome.stuck:
        return "error"
    unsettled = (outcome.last_loss or 0.0) > level / 2
    return "warning" if not outcome.works or unsettled else None


def _swapped(made: Progress, outcome: Learning, source: Source | None) -> list[Finding]:
    """Adam's two numbers in the wrong order: a long memory of the gradient, a short of its size."""
    if outcome.skill is None or outcome.works:
        return []
    first, second = made.betas[0], made.betas[-1]
    says = f"betas=({short(first)}, {short(second)}) average the gradient over "
    says += f"{1 / (1 - first):.0f} steps and its square over {1 / (1 - second):.0f}: by then the "
    says += f"weights are elsewhere{outcome.reached()}"
    fix = f"write betas=({short(second)}, {short(first)})"
    return [_finding(made, says, outcome.severity(), outcome, source, fix, _SWAPPED)]


def _lacking(
    made: Progress, outcome: Learning, network: Network | None, source: Source | None
) -> list[Finding]:
    """Plain SGD that crawls, at a rate that is usual beside momentum."""
    rate, travel, usual = made.lr or 0.0, made.travel or 0.0, made.usual_update or 0.0
    if not LOWEST <= rate <= HIGHEST or usual >= CRAWLS or not outcome.failed:
        return []
    if outcome.broke_at is not None or (network is not None and network.loaded):
        return []
    # Ten times as far is what 0.9 comes to: it must be enough, and what was must not have been.
    if not 10 * travel >= FAR_ENOUGH or travel > 3 * FAR_ENOUGH:
        return []
    says = f"without momentum SGD at lr={short(rate)} moved the weights by {travel:.1%} of their "
    says += f"size in {made.steps} steps; momentum=0.9 makes about ten times as much of the same "
    says += f"gradients{outcome.reached()}"
    fix = "write momentum=0.9 (or Adam at 1e-3)"
    return [_finding(made, says, "warning", outcome, source, fix, None)]


def _finding(
    made: Progress,
    says: str,
    severity: Severity,
    outcome: Learning,
    source: Source | None,
    fix: str,
    grown: float | None,
) -> Finding:
    high = grown is not None
    explains = ("underfitting", "loss-at-chance", "loss-not-decreasing", "same-class-predicted")
    return Finding(
        says=says,
        places=places(made.optimizer.place, argument_place(made.optimizer, "momentum", source)),
        severity=severity,
        confidence=(0.87 if severity == "error" else 0.7) if high else 0.6,
        measured={
            "momentum": made.momentum,
            "learning_rate": made.lr,
            "first_update_ratio": made.first_update,
            "largest_update_ratio": outcome.largest_update,
            "weights_grew_times": grown,
            "weights_moved_share": made.travel,
            "steps": made.steps,
        },
        explains=(*explains, "loss-oscillates", "exploding-gradients", "non-finite-loss")
        if high
        else explains,
        fix=Fix(fix),
    )


def suspect(source: Source) -> list[Finding]:
    """A momentum of 1 or more, written as a number: no step is ever forgotten."""
    found = _swapped_in(source)
    for call in source.calls_to("torch.optim.SGD", "torch.optim.RMSprop"):
        given = call.argument("momentum")
        value = given.constant if given is not None and given.is_constant else None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 1:
            found.append(
                Finding(
                    says=f"momentum={value:g} never forgets a step: the updates grow without end",
                    places=(call.place,),
                    grade="suspected",
                    explains=("non-finite-loss", "exploding-gradients", "loss-oscillates"),
                    fix=Fix("write momentum=0.9"),
                )
            )
    return found


def _swapped_in(source: Source) -> list[Finding]:
    found = []
    for call in source.calls_to("torch.optim.Adam", "torch.optim.AdamW"):
        given = call.argument("betas")
        values = given.constant if given is not None and given.is_constant else None
        if not isinstance(values, tuple) or len(values) != 2:
            continue
        if all(isinstance(v, float) for v in values) and values[0] >= HIGH > values[1] + 0.05:
            found.append(
                Finding(
                    says=f"betas=({values[0]:g}, {values[1]:g}) are in the wrong order: the first "
                    "is the momentum",
                    places=(call.place,),
                    severity="warning",
                    confidence=0.75,
                    grade="suspected",
                    explains=("loss-oscillates", "underfitting"),
                    fix=Fix(f"write betas=({values[1]:g}, {values[0]:g})"),
                )
            )
    return found


def prove(
    scaled: MomentumScaled,
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    """With another momentum the same steps learn."""
    made, gain = progress(training), gained(scaled)
    if made is None or gain is None:
        return []
    return proven(
        gain,
        learning(run, losses, training, passes),
        f"momentum={short(made.momentum)} does not suit these steps",
        places(made.optimizer.place, argument_place(made.optimizer, "momentum", source)),
        f"write {gain.says}",
        confidence=0.7,
    )


SAFE = "another momentum changes the result of every training"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    new, old = number(r"write momentum=([\d.]+)", finding), finding.measured.get("momentum")
    kinds = ("SGD", "RMSprop")
    return setting(finding, source, kinds, "momentum", new, old) if new else []


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(32 * 16, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=1.0)  # <- here
for epoch in range(4):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("momentum=1.0)  # <- here", "momentum=0.9)")
