"""Nothing restrains overfitting.

What it looks for
    The network names nearly all training samples right and far fewer held-out ones, the gap grows
    while it trains, and there is nothing against it: no dropout, no weight decay, no variation of
    the training images, no label smoothing, no early stopping.

Why it hurts
    With weights enough, a network remembers its training samples one by one. What it learns from
    then on is their noise, and it gets no better, or worse, on new ones.

How to fix it
    Add nn.Dropout(0.3) before the last layers, weight_decay=1e-4 (or AdamW with 1e-2) in the
    optimizer, random flips and crops for images; stop when the validation loss no longer falls.

When it is fine
    A gap of a few points. Where evaluated images differ from the training images in some other
    way (normalization, distribution, mode), that is the cause to mend first.

References
    I. Goodfellow, Y. Bengio and A. Courville, Deep learning, chapter 7; Srivastava et al.,
    "Dropout: a simple way to prevent neural networks from overfitting" (2014).
"""

from __future__ import annotations

import math
import re

from whytorch.checks._helpers import places
from whytorch.checks._learning import skill
from whytorch.checks._promises import goes
from whytorch.checks._rewriting import setting, told
from whytorch.checks.evaluation._held_out import is_real_training
from whytorch.checks.regularization._gap import Gap, gap
from whytorch.evidence.facts import DataFlow, LossCalls, Network, Passes, Run, Training
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place

KNOWS = 0.15  # skill on held-out samples; who only remembers still does better than guessing
MEMORIZED = 0.95  # training accuracy: below, the samples are not remembered one by one
# Weights a sample. Beyond, the size of the network is the nearer reason, and images that never
# vary another: see overfitting-capacity and missing-augmentation.
HUGE = 300
_RESTRAINED = re.compile(
    r"early.?stop|patience|l[12]_?(?:lambda|reg|penalty|norm|loss)|regulari[sz]|mix_?up|cut_?mix"
    r"|stochastic.?depth|drop_?path|drop_?block|label_smoothing|spectral_norm|max_norm",
    re.IGNORECASE,
)
_VARIED = re.compile(r"Random|Jitter|AutoAugment|Augment|Erasing|Noise", re.IGNORECASE)

CONSEQUENCE_OF = (
    "train-test-normalization-mismatch", "train-test-distribution-shift", "channel-order-mismatch",
    "batchnorm-statistics-stale", "dropout-active-in-evaluation", "evaluating-in-train-mode",
    "sampler-misused", "class-index-mismatch", "misaligned-images-and-labels",
    "mislabeled-samples", "metric-miscomputed", "predictions-in-other-order",
    "layer-created-in-forward", "unregistered-modules", "frozen-batchnorm-drifts",
    "unshuffled-training-data", "augmentation-on-evaluation-data", "train-mode-not-restored",
    "transform-never-applied", "batchnorm-on-tiny-batches", "resolution-mismatch",
    "unsuitable-momentum",
)  # fmt: skip


def decide(
    passes: Passes,
    network: Network,
    training: Training,
    run: Run,
    losses: LossCalls | None,
    data: DataFlow | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    found = gap(passes)
    if found is None:
        return NotJudged("needs the accuracy of training and of held-out samples")
    memorized = (found.trained.accuracy or 0.0) >= MEMORIZED
    if not memorized or not found.wide or not found.grew or not is_real_training(passes):
        return []
    if (skill(found.evaluated, run.classes) or 0.0) < KNOWS:
        return []  # something else is wrong with what is evaluated
    if _restrained(network, training, losses) or _written(source) or _varied(passes, data):
        return []
    if run.shortened:
        return NotJudged("needs the whole training; this run was shortened")
    return [_finding(found, network, training, passes)]


def _restrained(network: Network, training: Training, losses: LossCalls | None) -> bool:
    """By dropout, weight decay, or softened labels."""
    drops = any(d.in_training for d in network.dropouts) or any(
        "Dropout" in x.kind for x in network.layers
    )
    decays = any((g.weight_decay or 0.0) > 0 for o in training.optimizers for g in o.groups)
    smooth = any(
        (s.options.get("label_smoothing") or 0.0) > 0 or s.target_one_hot is False
        for s in (losses.training() if losses else ())
    )
    return drops or decays or smooth


def _written(source: Source | None) -> bool:
    """What the run does not show: a penalty added by hand, a stop that did not come yet."""
    if source is None:
        return False
    called = [n for c in source.calls for n in (c.raw, *c.keywords)]
    assigned = [t for a in source.assignments for t in a.targets]
    defined = [f.qualname for f in source.functions] + [c.qualname for c in source.classes]
    return any(_RESTRAINED.search(name) for name in (*called, *assigned, *defined))


def _varied(passes: Passes, data: DataFlow | None) -> bool:
    """Training samples come differently in each epoch, or a transform would have them so."""
    later = [p for p in passes.of("train") if p.samples][1:]
    if any((p.new_samples or 0) > 0.5 * p.samples for p in later):
        return True
    feeding = data.feeding("train") if data else ()
    return any(_VARIED.search(x.dataset.transform or "") for x in feeding)


def _finding(found: Gap, network: Network, training: Training, passes: Passes) -> Finding:
    one, other = found.trained, found.evaluated
    weights = sum(math.prod(p.shape) for p in network.parameters() if p.trainable)
    samples = sum(p.new_samples or 0 for p in passes.of("train")) or one.samples
    image = any(x.kind.startswith("Conv") for x in network.layers)
    nearer = weights > HUGE * samples or image
    risen = found.loss_rise is not None and found.loss_rise > 1.1
    loss = f"; the evaluation loss rose to {found.loss_rise:.1f} times its lowest" if risen else ""
    return Finding(
        says=f"training has {one.accuracy:.0%} right, evaluation {other.accuracy:.0%} of "
        f"{other.counted} held-out samples, {100 * found.size:.0f} points less{loss}; no dropout, "
        f"no weight decay and no augmentation restrains {weights} weights on {samples} samples",
        places=places(_optimizer(training), network.place),
        severity="warning",
        confidence=0.5 if nearer else 0.65,
        measured={
            "training_accuracy": one.accuracy,
            "evaluation_accuracy": other.accuracy,
            "gap_at_first_evaluation": found.first,
            "evaluation_loss_rise": found.loss_rise,
            "weights": weights,
            "training_samples": samples,
        },
        explains=("overfitting", "evaluation-far-below-training"),
        fix=Fix(
            f"write weight_decay={_decay(training)} in {_kind(training)}, and nn.Dropout(0.3) "
            "before the last layer; stop when the validation loss no longer falls"
        ),
    )


def _optimizer(training: Training) -> Place | None:
    used = [o for o in training.optimizers if o.steps]
    return used[0].place if used else None


def _kind(training: Training) -> str:
    used = [o for o in training.optimizers if o.steps]
    return {"Adam": "AdamW"}.get(used[0].kind, used[0].kind) if used else "the optimizer"


def _decay(training: Training) -> str:
    """A usual start: decoupled decay is multiplied by the learning rate, and larger."""
    return "1e-2" if "Adam" in _kind(training) else "5e-4"


SAFE = "weight decay changes the result of every training"
promise = goes


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    found = re.search(r"write weight_decay=([\de.-]+) in (\w+)", told(finding))
    return setting(finding, source, (found[2],), "weight_decay", found[1], 0.0) if found else []


BAD = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x = torch.randn(1200, 40)
y = (x[:, :3].sum(1) + 0.8 * torch.randn(1200) > 0).long()  # three of forty columns matter
train_set, test_set = random_split(TensorDataset(x, y), [400, 800])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=200)

model = nn.Sequential(nn.Linear(40, 128), nn.ReLU(), nn.Linear(128, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)  # <- here
for epoch in range(50):
    model.train()
    for features, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(features), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(a).argmax(1) == b).sum().item() for a, b in test_loader)
    print(f"epoch {epoch}: test accuracy {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace("momentum=0.9)  # <- here", "momentum=0.9, weight_decay=0.07)")
