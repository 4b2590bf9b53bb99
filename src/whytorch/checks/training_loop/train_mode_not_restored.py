"""Training goes on in evaluation mode.

What it looks for
    Batches that the optimizer learned from while the network was in evaluation mode, after an
    evaluation that switched it there, or from the very start. Only where it makes a difference:
    the network has batch normalization or dropout.

Why it hurts
    In evaluation mode dropout does nothing, so nothing holds overfitting back, and BatchNorm uses
    its stored statistics instead of the batch's: they are never updated again, or never were, and
    the network trains without normalization.

How to fix it
    Call model.train() at the start of every training pass, right before its loop over the batches;
    model.eval() stays in effect until then.

When it is fine
    Fine-tuning with the normalization kept as it was loaded, single layers in evaluation mode while
    the network as a whole trains, attacks that need gradients in evaluation mode, networks without
    such layers.

References
    torch.nn.Module.train, torch.nn.Module.eval; PyTorch, "Autograd mechanics", section "Evaluation
    mode".
"""

from __future__ import annotations

from whytorch.checks import _modes
from whytorch.checks._helpers import learns_well, places
from whytorch.checks._mending import forgotten_parentheses, network_at
from whytorch.checks._places import loops_around
from whytorch.checks._promises import mends
from whytorch.checks._uncalled import uncalled
from whytorch.checks.training_loop._loop import owner
from whytorch.evidence.facts import LayerFacts, Network, Passes, PassFacts, Training
from whytorch.evidence.source import Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, InsertBefore, NotJudged, Place, Severity


def decide(
    network: Network, training: Training, passes: Passes, source: Source | None
) -> list[Finding] | NotJudged:
    affected = [x for x in network.layers if _depends_on_mode(x)]
    if not affected or not any(p.in_optimizer or p.changed for p in network.parameters()):
        return []  # nothing depends on the mode, or something else than the network is optimized
    trained = [p for p in passes.of("train") if p.steps]
    if not trained:
        return NotJudged("needs a training pass with an optimizer step; this run has none")
    for wrong in trained:
        since = wrong.first_step
        if _in_evaluation_mode(wrong):
            before = [p for p in trained if p.index < wrong.index]
            evaluated = _evaluated_between(before, wrong, passes)
            if before and not evaluated:
                return []  # nothing but the script's own wish switched it
        else:
            within = _evaluated_within(wrong, training, passes)
            if within is None:
                continue
            since, evaluated = within, True
        return [_finding(wrong, since, training, evaluated, affected, network, passes, source)]
    return []


def _depends_on_mode(layer: LayerFacts) -> bool:
    if not layer.calls:
        return False
    if "Dropout" in layer.kind:
        return bool(layer.settings.get("p"))
    if "BatchNorm" not in layer.kind or layer.settings.get("track_running_stats") is False:
        return False
    return not layer.parameters or any(p.trainable for p in layer.parameters)


def _in_evaluation_mode(one: PassFacts) -> bool:
    """All of it: a pass in both modes is one that looks for adversarial examples, say."""
    return one.train_mode is False and not (one.active_dropout or one.active_batchnorm)


def _evaluated_between(before: list[PassFacts], wrong: PassFacts, passes: Passes) -> bool:
    last_right = before[-1].index if before else -1
    return any(
        last_right < p.index < wrong.index and p.train_mode is False for p in passes.of("eval")
    )


def _evaluated_within(one: PassFacts, training: Training, passes: Passes) -> int | None:
    """The step at which an evaluation in the middle of a pass left the rest in evaluation mode."""
    end = one.first_step + one.steps
    steps = [s for s in training.trace if one.first_step <= s.index < end]
    for pause in passes.of("eval"):
        if pause.train_mode is False and one.first_step < pause.first_step < end:
            after = next((s for s in steps if s.index >= pause.first_step), None)
            earlier = [s.train_mode for s in steps if s.index < pause.first_step]
            if after is not None and after.train_mode is False and any(earlier):
                return pause.first_step
    return None


def _finding(
    wrong: PassFacts,
    since: int,
    training: Training,
    evaluated: bool,
    affected: list[LayerFacts],
    network: Network,
    passes: Passes,
    source: Source | None,
) -> Finding:
    seen = [step.train_mode for step in training.trace if step.train_mode is not None]
    steps = seen.count(False)
    idle = " and ".join(
        f"{count} {kind} layer{'s' if count > 1 else ''}"
        for kind in ("BatchNorm", "Dropout")
        if (count := sum(kind in x.kind for x in affected))
    )
    how = "since an evaluation before it" if evaluated else "from the start"
    says = f"{steps} of {len(seen)} optimizer steps looked at ran in evaluation mode ({how}), in "
    says += f"which {idle} do not do their work"
    kept = network.loaded or all(x.from_library for x in network.layers if x.parameters)
    severity: Severity = "error" if evaluated and not learns_well(passes) else "warning"
    if kept and not evaluated:
        severity = "advice"  # fine-tuning that leaves the loaded statistics alone
    named = uncalled(source, "train")
    switched = _switched(since, passes, source)
    model = owner(switched, "eval", "model")
    where = f"line {wrong.place.line}" if wrong.place else "the training batches"
    fix = f"write {model}.train() before the loop over the batches at {where}, every epoch"
    if evaluated and any(step.train_mode for step in training.trace if step.index > since):
        fix = f"write {model}.train() right after each evaluation: the switch back comes too late"
    return Finding(
        says=says,
        places=places(named[0] if named else None, switched, wrong.place),
        severity=severity,
        confidence=0.95 if evaluated else 0.8,
        measured={
            "steps_in_evaluation_mode": steps,
            "steps_seen": len(seen),
            "layers": len(affected),
        },
        explains=() if severity == "advice" else (
            "evaluation-far-below-training", "overfitting", "loss-not-decreasing",
            "loss-at-chance", "same-class-predicted", "underfitting", "loss-oscillates",
            "vanishing-gradients",
        ),
        fix=named[1] if named else Fix(fix),
    )  # fmt: skip


def _switched(since: int, passes: Passes, source: Source | None) -> Place | None:
    """The eval() in effect when these steps began, as it ran; else the one in the source."""
    ran = [call.place for call in passes.eval_calls if call.step <= since and call.place]
    if ran:
        return ran[-1]
    if source is None:
        return None
    switched_off = [
        call.place
        for call in source.calls_to("*.eval", "*.train")
        if (call.last == "eval" and not call.args)
        or any(value.constant is False for value in (*call.args, *call.keywords.values()))
    ]
    return switched_off[0] if len(switched_off) == 1 else None


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    stayed = _modes.stays_in_evaluation(seen)
    if stayed is None:
        return []
    backward = seen.place(stayed.loop.backward.block, stayed.loop.backward.node)
    return [
        Finding(
            says=f"this switches {stayed.model} to evaluation mode within the training "
            f"({backward}), and nothing in it switches back: what follows is trained without "
            "dropout and batch statistics",
            places=(seen.place(stayed.block, stayed.node), backward),
            severity="error",
            confidence=0.88,
            explains=("overfitting", "loss-not-decreasing", "evaluation-far-below-training"),
            fix=Fix(f"write {stayed.model}.train() before each training pass"),
        )
    ]


# May a machine change it without asking? (see check_file.py)
SAFE = True
promise = mends


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if named := forgotten_parentheses(finding, "train"):
        return named
    says = finding.fix.says if finding.fix else ""
    if len(finding.places) < 2 or "before the loop over the batches" not in says:
        return []
    batches = finding.places[-1]
    inside = [x.place for x in loops_around(source, batches)]
    where = inside[-1] if inside else batches
    model = network_at(source, where)
    return [InsertBefore(where, code=f"{model}.train()")] if model else []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
train_set, test_set = random_split(TensorDataset(images, torch.tensor(digits.target)), [1437, 360])
train_loader = DataLoader(train_set, batch_size=64, shuffle=True, drop_last=True)
test_loader = DataLoader(test_set, batch_size=180)

blocks = []
for channels in (1, 12, 12, 12, 12):
    blocks += [nn.Conv2d(channels, 12, 3, padding=1, bias=False), nn.BatchNorm2d(12), nn.ReLU()]
model = nn.Sequential(*blocks, nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(48, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)


def accuracy():
    model.eval()  # <- here
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader) / 360


print(f"before training: {accuracy():.1%}")
for epoch in range(3):
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: {accuracy():.1%}")
"""

GOOD = BAD.replace("range(3):\n", "range(3):\n    model.train()\n").replace("  # <- here", "")
