"""Frozen BatchNorm layers drift.

What it looks for
    BatchNorm layers whose weights do not require grad are in training mode while the rest is
    trained, and their stored means and variances have moved away from those they were frozen with.

Why it hurts
    requires_grad=False stops the optimizer, not the running statistics: model.train() switches
    the frozen layers back on, and each batch pulls them along. The features are not those of the
    network that was frozen, and what was built on them gets worse.

How to fix it
    After model.train(), put the frozen part back: for m in backbone.modules(): if isinstance(m,
    nn.BatchNorm2d): m.eval(). Or override train() in the model to do so.

When it is fine
    Letting the statistics adapt to new images on purpose; it often helps. Then this is advice.

References
    PyTorch notes, Autograd mechanics, "Setting requires_grad" and "Evaluation Mode"; Li et al.,
    "Revisiting Batch Normalization For Practical Domain Adaptation" (2016).
"""

from __future__ import annotations

from whytorch.checks._helpers import ENOUGH_SAMPLES, places
from whytorch.checks._mending import called_at, owner
from whytorch.checks._promises import mends
from whytorch.checks.evaluation._held_out import may_measure
from whytorch.evidence.facts import Network, NormFacts, Passes, PassFacts, Run
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, InsertAfter, NotJudged, Place

# Means in standard deviations, variances as |ln(ratio)|: what is left of sampling noise when the
# statistics of one data set are taken twice stays below a tenth.
MOVED = 0.15
# As in batchnorm-statistics-stale: sound networks stay below 0.35.
FAR_SHIFT = 0.5
FAR_SPREAD = 0.7
LOWER = 0.1  # of accuracy; and three standard errors

CONSEQUENCE_OF = ("batchnorm-statistics-stale", "learning-rate-too-high")


def decide(
    network: Network, passes: Passes, run: Run, source: Source | None
) -> list[Finding] | NotJudged:
    drifted = [n for n in network.norms if n.learns_while_frozen and _moved(n)]
    if not drifted:
        return []
    fallen = _fallen(passes)
    misfit = _misfit(drifted, passes)
    return [_finding(drifted, network, fallen, misfit, source)]


def _moved(norm: NormFacts) -> bool:
    return max(norm.drift_shift or 0.0, norm.drift_spread or 0.0) > MOVED


def _measured(passes: Passes) -> list[PassFacts]:
    return [p for p in passes.of("eval") if may_measure(p) and (p.counted or 0) >= ENOUGH_SAMPLES]


def _fallen(passes: Passes) -> tuple[PassFacts, PassFacts] | None:
    """Of one data set: (the evaluation that was best, the last one, far below)."""
    latest = {p.data_source or str(p.place): p for p in _measured(passes)}
    for source, last in latest.items():
        alike = [
            p
            for p in _measured(passes)
            if (p.data_source or str(p.place)) == source and p.counted == last.counted
        ]
        best = max(alike, key=lambda p: p.accuracy or 0.0)
        if best.first_step < last.first_step and _below(last, best):
            return best, last
    return None


def _misfit(drifted: list[NormFacts], passes: Passes) -> tuple[PassFacts, PassFacts] | None:
    """Statistics that fit not even what is evaluated, and (the training, the evaluation) below."""
    far = [
        n
        for n in drifted
        if (n.eval_shift or 0.0) > FAR_SHIFT or (n.eval_spread or 0.0) > FAR_SPREAD
    ]
    trained = [p for p in passes.of("train") if (p.counted or 0) >= ENOUGH_SAMPLES]
    evaluated = _measured(passes)
    if far and trained and evaluated and _below(evaluated[-1], trained[-1]):
        return trained[-1], evaluated[-1]
    return None


def _below(low: PassFacts, high: PassFacts) -> bool:
    a, b, n = low.accuracy or 0.0, high.accuracy or 0.0, low.counted or 1
    mean = (a + b) / 2
    return b - a > max(LOWER, 3 * (2 * mean * (1 - mean) / n) ** 0.5)


def _finding(
    drifted: list[NormFacts],
    network: Network,
    fallen: tuple[PassFacts, PassFacts] | None,
    misfit: tuple[PassFacts, PassFacts] | None,
    source: Source | None,
) -> Finding:
    worst = max(drifted, key=lambda n: (n.drift_shift or 0.0) + (n.drift_spread or 0.0))
    says = (
        f"frozen BatchNorm layers are in training mode, and the statistics of {len(drifted)} moved "
        f"(in {worst.name} the means by {worst.drift_shift:.2f} standard deviations, the variances "
        f"by a factor of {2.718281828 ** min(worst.drift_spread or 0.0, 20.0):.1f})"
    )
    measured = {
        "layers": len(drifted),
        "mean_drift_in_standard_deviations": worst.drift_shift,
        "variance_log_ratio": worst.drift_spread,
    }
    pair = fallen or misfit
    if pair is not None:
        before, after = pair
        what = "its accuracy on the same data fell" if fallen else "accuracy goes from training"
        says += f"; {what} from {before.accuracy:.0%} to {after.accuracy:.0%}"
        measured |= {"accuracy_before": before.accuracy, "accuracy_after": after.accuracy}
    return Finding(
        says=says,
        places=places(_train_call(pair[1].place if pair else None, source), worst.place),
        severity="warning" if pair else "advice",
        confidence=0.75 if fallen else 0.6,
        measured=measured,
        explains=("evaluation-far-below-training", "overfitting") if pair else (),
        fix=Fix("after model.train(), call eval() on each BatchNorm layer of the frozen part"),
    )


def _train_call(known: Place | None, source: Source | None) -> Place | None:
    """The last place where the script puts its network into training mode."""
    calls = [c for c in (source.calls_to("*.train") if source else ()) if not c.args]
    return calls[-1].place if calls else known


SAFE = "the statistics may be meant to adapt to the new data"
promise = mends


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    call = called_at(finding, source, "train")
    if call is None or call.args or "." in owner(call).replace("self.", ""):
        return []
    code = (
        f"for layer in {owner(call)}.modules():\n"
        '    if "BatchNorm" in type(layer).__name__:\n'
        "        layer.train(any(p.requires_grad for p in layer.parameters()))"
    )
    return [InsertAfter(call.place, code=code)]


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn


class TwoTasks(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(64, 100), nn.BatchNorm1d(100), nn.ReLU())
        self.heads = nn.ModuleList([nn.Linear(100, 10), nn.Linear(100, 10)])

    def forward(self, images, task):
        return self.heads[task](self.backbone(images))


def fit(images, task):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=3e-3)
    for epoch in range(4):
        model.train()  # <- here
        for i in torch.randperm(1300).split(65):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[i], task), y[i]).backward()
            optimizer.step()


def score(images, task):
    model.eval()
    with torch.no_grad():
        return (model(images[1300:], task).argmax(1) == y[1300:]).float().mean().item()


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
other = 0.2 * x + 0.8 * torch.rand(64)  # the same digits on a patterned ground
model = TwoTasks()
fit(x, 0)
print("plain:", score(x, 0))
model.backbone.requires_grad_(False)  # from here on only the second head learns
fit(other, 1)
print("patterned:", score(other, 1))
print("plain again:", score(x, 0))
"""

GOOD = BAD.replace(
    "model.train()  # <- here", "model.train()\n        model.backbone.train(task == 0)"
)
