"""Stored BatchNorm statistics do not describe the data.

What it looks for
    The means and variances that BatchNorm layers use in evaluation are far from those of the
    training batches and of the evaluated images alike, and evaluation accuracy is far below that
    of training, where each batch is normalized by its own. And statistics that are still 0 and 1 in
    the evaluation after a training, and far from the data: they were never set at all.

Why it hurts
    In evaluation every layer is handed numbers of another size and centre than it was trained on.
    The same network that is right in training mode guesses in evaluation mode.

How to fix it
    Leave BatchNorm's momentum at 0.1 (it is the share of the new batch: 0.99 in Keras is 0.01
    here), and train for more steps than 1 / momentum. For averaged weights (EMA, SWA) copy the
    buffers too, or call torch.optim.swa_utils.update_bn before evaluating.

When it is fine
    Where evaluation is as good as training. Statistics of a pretrained network that are kept on
    purpose. If they fit the training batches and only the evaluated images differ, it is the
    images: see train-test-normalization-mismatch.

References
    Ioffe and Szegedy, "Batch Normalization" (2015), section 3.1; torch.nn.BatchNorm2d, note on
    momentum; torch.optim.swa_utils.update_bn.
"""

from __future__ import annotations

from msgspec import structs

from whytorch.checks._helpers import ENOUGH_SAMPLES, places
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import number, setting, valued
from whytorch.evidence.facts import Network, NormFacts, Passes, PassFacts, Run
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceConstant

# Sound networks stay below 0.35 in both, from LeNets to ResNets; statistics that were never
# updated, or are those of one odd batch, are 1 and more away. Means in standard deviations of the
# input; variances as |ln(ratio)|, so that 0.7 is a factor of 2.
FAR_SHIFT = 0.5
FAR_SPREAD = 0.7
LOWER = 0.1  # evaluation accuracy this far below training: overfitting alone can do it, too, but
# not together with statistics that fit neither data.
UNMOVED = 0.9  # of the statistics is still what they began with: no batch is described by them
TRAINED = 100  # steps: an average of the weights is evaluated to be used, no longer to be tried
FEW_STEPS = 20  # who trains for less only tries whether it runs

CONSEQUENCE_OF = (
    "train-mode-not-restored", "learning-rate-too-high", "batchnorm-on-tiny-batches",
    "poor-initialization", "unshuffled-training-data", "model-recreated-while-training",
    "checkpoint-not-loaded",
)  # fmt: skip


def decide(
    network: Network, passes: Passes, run: Run, source: Source | None
) -> list[Finding] | NotJudged:
    norms = [n for n in network.norms if n.learns_statistics]
    if not norms or run.steps < FEW_STEPS:
        return []
    if not any(n.tracks for n in norms):
        return _without_statistics(norms, passes)
    known = [n for n in norms if n.stale_spread is not None and n.eval_spread is not None]
    if not known:
        return NotJudged("no evaluation with stored BatchNorm statistics was seen")
    far = [n for n in known if _is_far(n)]
    pair = _accuracies(passes, far[0].eval_step) if far else None
    if not far:
        return []
    if pair is None:  # several answers a sample, say
        slow = [n for n in far if _still_first(n, run.steps) and not network.loaded]
        return [_never_arrived(slow, known, run, source)] if slow and not run.shortened else []
    trained, evaluated = pair
    if (trained.accuracy or 0.0) - (evaluated.accuracy or 0.0) < LOWER:
        never = [n for n in far if n.untouched]
        if not never or network.loaded or run.steps < TRAINED:
            return []
        return [_never_set(never, known, trained, evaluated, run, source)]
    worst = max(far, key=lambda n: (n.stale_spread or 0.0) + (n.stale_shift or 0.0))
    if run.shortened and not worst.untouched:
        return NotJudged("needs the whole training; this run was shortened")
    return [_finding(worst, far, known, trained, evaluated, run, source)]


def _is_far(norm: NormFacts) -> bool:
    """From the training batches and from what was evaluated."""
    shifted = min(norm.stale_shift or 0.0, norm.eval_shift or 0.0) > FAR_SHIFT
    return shifted or min(norm.stale_spread or 0.0, norm.eval_spread or 0.0) > FAR_SPREAD


def _still_first(norm: NormFacts, steps: int) -> bool:
    """Whether what the statistics began with weighs more in them than all batches together."""
    return norm.momentum is not None and (1 - norm.momentum) ** steps > UNMOVED


def _never_arrived(
    slow: list[NormFacts], known: list[NormFacts], run: Run, source: Source | None
) -> Finding:
    """Judged without an accuracy: the momentum alone says that they cannot be there yet."""
    norm = max(slow, key=lambda n: (n.stale_spread or 0.0) + (n.stale_shift or 0.0))
    left = (1 - (norm.momentum or 0.0)) ** run.steps
    return Finding(
        says=f"with momentum={norm.momentum:g}, {run.steps} steps leave {left:.0%} of what "
        f"{norm.kind} {norm.name} began with in its statistics: its means are "
        f"{norm.stale_shift or 0:.1f} standard deviations and its variances a factor of "
        f"{_factor(norm.stale_spread)} from those of its training batches, in {len(slow)} of "
        f"{len(known)} layers, and evaluation uses them",
        places=places(_place(norm, source), norm.place),
        severity="warning",
        confidence=0.85,
        measured={
            "mean_shift_in_standard_deviations": norm.stale_shift,
            "variance_log_ratio": norm.stale_spread,
            "layers_off": len(slow),
            "layers": len(known),
            "momentum": norm.momentum,
            "steps": run.steps,
        },
        explains=("evaluation-far-below-training", "same-class-predicted"),
        fix=_fix(norm, _uses(norm, known)),
    )


def _never_set(
    never: list[NormFacts],
    known: list[NormFacts],
    trained: PassFacts,
    evaluated: PassFacts,
    run: Run,
    source: Source | None,
) -> Finding:
    """Every batch of the training was normalized, and evaluation normalizes nothing: it costs less
    where the data happen to lie near 0 and 1, but it is not the network that was trained."""
    found = _finding(never[0], never, known, trained, evaluated, run, source)
    return structs.replace(found, severity="warning", confidence=0.8)


def _accuracies(passes: Passes, step: int | None) -> tuple[PassFacts, PassFacts] | None:
    """(the last training in train mode, the evaluation after that many steps)."""
    trained = [p for p in passes.of("train") if _counts(p) and p.train_mode is not False]
    evaluated = [p for p in passes.of("eval") if _counts(p) and p.first_step == step]
    return (trained[-1], evaluated[-1]) if trained and evaluated else None


def _counts(one: PassFacts) -> bool:
    return (one.counted or 0) >= ENOUGH_SAMPLES and not one.interleaved


def _finding(
    norm: NormFacts,
    far: list[NormFacts],
    known: list[NormFacts],
    trained: PassFacts,
    evaluated: PassFacts,
    run: Run,
    source: Source | None,
) -> Finding:
    kept = ", still 0 and 1 as at the start," if norm.untouched else ""
    uses = _uses(norm, known)
    how = f"in {len(far)} of {len(known)} layers" if uses == 1 else "which normalizes at "
    how += f"{uses} points of the network and stores one mean for all" if uses > 1 else ""
    return Finding(
        says=f"the means stored in {norm.kind} {norm.name}{kept} are {norm.stale_shift:.1f} "
        f"standard deviations and the variances a factor of {_factor(norm.stale_spread)} from "
        f"those of its training batches, {how}; training (by each "
        f"batch's own) has {trained.accuracy:.0%} right, evaluation {evaluated.accuracy:.0%}",
        places=places(_place(norm, source), norm.place, evaluated.place),
        severity="error",
        confidence=0.85,
        measured={
            "mean_shift_in_standard_deviations": norm.stale_shift,
            "variance_log_ratio": norm.stale_spread,
            "layers_off": len(far),
            "layers": len(known),
            "momentum": norm.momentum,
            "steps": run.steps,
            "training_accuracy": trained.accuracy,
            "evaluation_accuracy": evaluated.accuracy,
        },
        explains=("evaluation-far-below-training", "overfitting", "same-class-predicted"),
        fix=_fix(norm, uses),
    )


def _factor(spread: float | None) -> str:
    factor = 2.718281828 ** min(spread or 0.0, 20.0)
    return f"{factor:.1f}" if factor < 100 else f"{factor:.0e}"


def _odd(norm: NormFacts) -> bool:
    """A momentum of which statistics follow too slowly, or hold one batch only."""
    return norm.momentum is not None and not 0.05 <= norm.momentum <= 0.5


def _uses(norm: NormFacts, known: list[NormFacts]) -> int:
    """At how many points of one forward pass the same layer stands."""
    return sum((n.name, n.place) == (norm.name, norm.place) for n in known)


def _fix(norm: NormFacts, uses: int) -> Fix:
    if uses > 1:
        return Fix(f"make {uses} BatchNorm layers, one for each place at which {norm.name} is used")
    if _odd(norm):
        return Fix(
            f"write momentum=0.1 instead of {norm.momentum:g}: it is the share of the new batch"
        )
    if norm.untouched:
        return Fix(
            "copy the buffers as well as the parameters into the network that is evaluated, or "
            "call torch.optim.swa_utils.update_bn(train_loader, model) on it first"
        )
    return Fix(
        "let training-like batches set the statistics before evaluating: "
        "torch.optim.swa_utils.update_bn(train_loader, model)"
    )


def _place(norm: NormFacts, source: Source | None) -> Place | None:
    """Where the momentum is set, or where the copy with averaged weights is made."""
    if source is None:
        return norm.place
    if _odd(norm):
        later = [a.place for a in source.assignments if a.targets[0].endswith(".momentum")]
        return later[0] if later else norm.place
    if norm.untouched:
        copies = source.calls_to("*.AveragedModel", "AveragedModel", "copy.deepcopy", "*.deepcopy")
        return copies[0].place if copies else norm.place
    return norm.place


def _without_statistics(norms: list[NormFacts], passes: Passes) -> list[Finding]:
    """track_running_stats=False: each evaluated batch is normalized by itself."""
    pair = _accuracies(passes, max((p.first_step for p in passes.of("eval")), default=None))
    if pair is None:
        return []
    trained, evaluated = pair
    if (trained.accuracy or 0.0) - (evaluated.accuracy or 0.0) < LOWER:
        return []
    norm = norms[0]
    return [
        Finding(
            says=f"{norm.kind} {norm.name} keeps no running statistics: each evaluated batch of "
            f"{evaluated.batch_size} is normalized by its own; training has "
            f"{trained.accuracy:.0%} right, evaluation {evaluated.accuracy:.0%}",
            places=places(norm.place, evaluated.place),
            severity="warning",
            confidence=0.6,
            measured={
                "evaluation_batch_size": evaluated.batch_size,
                "training_accuracy": trained.accuracy,
                "evaluation_accuracy": evaluated.accuracy,
            },
            explains=("evaluation-far-below-training",),
            fix=Fix("leave out track_running_stats=False"),
        )
    ]


SAFE = "other running statistics change what every evaluation gives"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    new = number(r"write momentum=([\d.]+)", finding)
    kinds, old = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"), finding.measured.get("momentum")
    if new is None or old is None:
        return []
    for one in source.assignments:
        if one.targets[0].endswith(".momentum") and one.value and one.value.constant == old:
            return [ReplaceConstant(one.place, old=old, new=new)]
    alike = [c for c in source.calls if c.last in kinds and _has(c, old)]
    edits = [edit for c in alike for edit in valued(c, source, "momentum", new, old)]
    return edits or setting(finding, source, kinds, "momentum", new, old)


def _has(call: Call, momentum: float) -> bool:
    given = call.argument("momentum")
    return given is not None and given.constant == momentum


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
train_set, test_set = random_split(TensorDataset(x, torch.tensor(digits.target)), [0.75, 0.25])
train_loader = DataLoader(train_set, batch_size=64, shuffle=True, drop_last=True)
test_loader = DataLoader(test_set, batch_size=150)

model = nn.Sequential(
    nn.Conv2d(1, 16, 3),
    nn.BatchNorm2d(16, momentum=0.001),  # <- here
    nn.ReLU(),
    nn.Conv2d(16, 32, 3),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(32 * 16, 10),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(6):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: test accuracy {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace(", momentum=0.001),  # <- here", "),")
