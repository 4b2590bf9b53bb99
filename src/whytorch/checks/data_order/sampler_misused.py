"""Sampler misused.

What it looks for
    A WeightedRandomSampler with one weight per class instead of one per sample, one that draws
    without replacement every sample that has a weight (so that the weights do nothing), one that
    makes rare classes rarer, and samplers that draw a tiny part of the data, the same handful in
    every pass, or none of a class that is evaluated; a loop over a loader that a break or return
    ends after its first batch; batches that the first epoch uses up (zip, a generator). In a
    watched training of several processes: all get the same batches, or one gets more than another.

Why it hurts
    What is never drawn is never learned. With ten weights these are all samples but the first ten;
    weights that do nothing leave the imbalance they were meant to mend. Processes with equal
    batches do the work of one.

How to fix it
    Give each sample its weight: weights = (1 / class_counts.float())[labels], then
    WeightedRandomSampler(weights, num_samples=len(weights), replacement=True).

When it is fine
    A sampler that draws a part of the data in each epoch, and other parts in other epochs; two
    SubsetRandomSamplers that share a data set between training and validation; the samples that
    DistributedSampler repeats so that all processes get as many; uneven shares inside join().

References
    torch.utils.data.WeightedRandomSampler: "weights (sequence) - a sequence of weights, not
    necessary summing up to one".
"""

from __future__ import annotations

import math
import re
from collections import Counter

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._learning import learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import calls_here, setting, told
from whytorch.checks.data_order._counted import given, made_from_counts
from whytorch.checks.data_order._ended_early import behind_the_loop, first_batch_only
from whytorch.checks.data_order._over_ranks import over_ranks
from whytorch.checks.data_order._same_few import no_batch, same_batch, same_few
from whytorch.evidence.facts import (
    DataFlow,
    Distributed,
    LoaderFacts,
    LossCalls,
    Network,
    Passes,
    Run,
    SamplerFacts,
    Training,
)
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, SetArgument, Severity

ENOUGH = 200  # draws; with fewer the shares of the classes are noise
SURE = 5.0  # standard errors
# How unequal the classes are, as the largest share over the smallest: who weighs wants it smaller.
WORSE = 1.5
EVEN = 1.5
FEW = 0.1  # of the data drawn in a pass, all in one or two batches


def decide(
    data: DataFlow,
    run: Run,
    passes: Passes | None,
    training: Training | None,
    losses: LossCalls | None,
    network: Network | None,
    distributed: Distributed | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    loaders = [x for x in data.loaders if "train" in x.phases or not x.phases]  # crashed at once
    outcome = learning(run, losses, training, passes)
    # Of a handful of samples, that some classes are not among them says the least.
    plain = [x for x in loaders if x.phases and getattr(x.sampling, "weights", None) is None]
    found = [same_few(x, data, run, network, passes, outcome) for x in plain]
    found += [_judge(x, x.sampling, data, passes, run) for x in loaders if x.sampling is not None]
    if not any(found):
        found = [
            same_few(x, data, run, network, passes, outcome) if x.phases else no_batch(x)
            for x in loaders
        ]
        found.append(same_batch(passes, loaders, run, network, outcome, source))
        found.append(first_batch_only(passes, outcome, source))
    return [f for f in (*found, over_ranks(distributed)) if f is not None][:1]


def _judge(
    loader: LoaderFacts, sampler: SamplerFacts, data: DataFlow, passes: Passes | None, run: Run
) -> Finding | None:
    length = loader.dataset.length
    if not length:
        return None
    if sampler.weights is not None:
        if sampler.weights < length:
            return _too_few_weights(loader, sampler, length, passes)
        if sampler.weights > length and (sampler.zero_weights or 0) < sampler.weights - length:
            return _too_many_weights(loader, sampler, length, run)
        return (
            _without_effect(loader, sampler)
            or _tiny_part(loader, sampler, length, passes)
            or _worse(loader, sampler, passes)
        )
    return _classes_left_out(loader, sampler, data, passes)


# --- weights ---------------------------------------------------------------------------------


def _too_few_weights(
    loader: LoaderFacts, sampler: SamplerFacts, length: int, passes: Passes | None
) -> Finding:
    n = sampler.weights or 0
    counts = loader.dataset.class_counts
    classes = len(counts) if counts else None
    per_class = " (one for each class)" if n == classes else ""
    drawn = {i for d in loader.draws for i in d.indices}
    seen = f"; {len(drawn)} different samples were drawn" if drawn else ""
    return Finding(
        says=f"the {sampler.kind} has {n} weights{per_class} for {length} samples, so that only "
        f"the first {n} samples of the data set can be drawn{seen}{_reached(passes)}",
        places=places(sampler.place, loader.place),
        severity="error" if n < length / 2 else _by_outcome(passes),
        confidence=0.97,
        measured={"weights": n, "samples": length, "classes": classes,
                  "different_samples_drawn": len(drawn) or None},
        explains=("overfitting", "evaluation-far-below-training", "underfitting",
                  "same-class-predicted", "loss-at-chance", "loss-not-decreasing"),
        fix=Fix("give each sample its class's weight: WeightedRandomSampler(weights[labels], "
                f"num_samples={length})"),
    )  # fmt: skip


def _too_many_weights(loader: LoaderFacts, sampler: SamplerFacts, length: int, run: Run) -> Finding:
    crashed = run.crash is not None and "IndexError" in (run.crash.type, *run.crash.message.split())
    return Finding(
        says=f"the {sampler.kind} has {sampler.weights} weights for {length} samples: it draws "
        f"indices up to {(sampler.weights or 1) - 1}, and the data set ends at {length - 1}",
        places=places(sampler.place, loader.place),
        severity="error",
        confidence=0.9,
        measured={"weights": sampler.weights, "samples": length},
        explains=("crash",) if crashed else (),
        fix=Fix("take the weights of the training samples only: weights[train_set.indices]"),
    )


def _without_effect(loader: LoaderFacts, sampler: SamplerFacts) -> Finding | None:
    drawable = (sampler.weights or 0) - (sampler.zero_weights or 0)
    if sampler.replacement is not False or sampler.equal_weights or sampler.zero_weights:
        return None
    if (sampler.draws or 0) < 0.9 * drawable:
        return None
    return Finding(
        says=f"the {sampler.kind} draws {sampler.draws} of {drawable} samples without replacement: "
        "each comes once whatever its weight, so the weights change nothing but the order",
        places=places(sampler.place, loader.place),
        severity="warning",
        confidence=0.95,
        measured={"draws": sampler.draws, "samples": drawable},
        explains=("same-class-predicted",),
        fix=Fix("write replacement=True (the default)"),
    )


def _tiny_part(
    loader: LoaderFacts, sampler: SamplerFacts, length: int, passes: Passes | None
) -> Finding | None:
    """num_samples that is the number of classes, or of one batch."""
    draws, size = sampler.draws or 0, loader.batch_size or 1
    classes = len(loader.dataset.class_counts or ()) or None
    if draws > FEW * length or not (draws <= size or draws == classes):
        return None
    return Finding(
        says=f"num_samples={draws} of {length}: a pass over this loader is {draws} samples, "
        f"{math.ceil(draws / size)} batch of {size}{_reached(passes)}",
        places=places(sampler.place, loader.place),
        severity=_by_outcome(passes),
        confidence=0.85,
        measured={"draws": draws, "samples": length, "batch_size": size},
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance"),
        fix=Fix(f"write num_samples={length}, the length of the data set"),
    )


def _worse(loader: LoaderFacts, sampler: SamplerFacts, passes: Passes | None) -> Finding | None:
    """The drawn classes are more unequal than those of the data, beyond chance."""
    counts = {int(k): v for k, v in (loader.dataset.class_counts or {}).items()}
    drawn = Counter(x for d in loader.draws for x in d.labels)
    n, total = sum(drawn.values()), sum(counts.values())
    if n < ENOUGH or len(counts) < 2 or not set(drawn) <= set(counts):
        return None
    there = max(counts.values()) / max(1, min(counts.values()))
    here = max(drawn.values()) / max(0.5, min(drawn[c] for c in counts))
    if here < WORSE * there or here < 2 * EVEN:
        return None
    shares = {c: (drawn[c] / n, counts[c] / total) for c in counts}
    rarer = min(shares, key=lambda c: shares[c][0] / max(shares[c][1], 1e-9))
    got, had = shares[rarer]
    if (had - got) < SURE * math.sqrt(had * (1 - had) / n):
        return None
    return Finding(
        says=f"the weights make the classes less equal: class {rarer} is {had:.1%} of the data and "
        f"{got:.1%} of {n} samples drawn; the commonest class comes {here:.1f} times as often as "
        f"the rarest, in the data {there:.1f} times{_reached(passes)}",
        places=places(sampler.place, loader.place),
        severity=_by_outcome(passes),
        confidence=0.85,
        measured={"class": rarer, "share_of_data": had, "share_drawn": got, "drawn": n,
                  "imbalance_of_data": there, "imbalance_drawn": here},
        explains=("same-class-predicted", "underfitting", "evaluation-far-below-training"),
        fix=Fix("weigh each sample by 1 / the number of samples of its own class: "
                "(1 / class_counts.float())[labels]"),
    )  # fmt: skip


# --- samples left out ---------------------------------------------------------------------------


def _classes_left_out(
    loader: LoaderFacts, sampler: SamplerFacts, data: DataFlow, passes: Passes | None
) -> Finding | None:
    """A class that is evaluated and that training, by its sampler's choice, never shows."""
    if sampler.kind != "SubsetRandomSampler" or not any(d.complete for d in loader.draws):
        return None
    others = [x for x in data.loaders if "train" in x.phases and x.id != loader.id]
    shown = _classes(loader)
    tested = sum(
        (
            _classes(x)
            for x in data.feeding("eval")
            if x.dataset.source == loader.dataset.source and "train" not in x.phases
        ),
        start=Counter[int](),
    )
    missing = {c: n for c, n in tested.items() if c not in shown}
    if others or not shown or sum(missing.values()) < max(10, 0.05 * tested.total()):
        return None
    names = ", ".join(map(str, sorted(missing)[:6]))
    return Finding(
        says=f"the sampler draws {sampler.indices} of {loader.dataset.length} samples, none of "
        f"class {names}, of which evaluation has {sum(missing.values())} samples"
        f"{_reached(passes)}",
        places=places(sampler.place, loader.place),
        severity="error",
        confidence=0.9,
        measured={"classes_never_drawn": sorted(missing), "indices": sampler.indices,
                  "samples": loader.dataset.length},
        explains=("evaluation-far-below-training", "overfitting"),
        fix=Fix("shuffle the indices before they are divided: torch.randperm(len(dataset))"),
    )  # fmt: skip


def _classes(loader: LoaderFacts) -> Counter[int]:
    """How often each class is among the samples that a loader may draw; empty where unknown."""
    if loader.dataset.class_counts:
        return Counter({int(c): n for c, n in loader.dataset.class_counts.items()})
    whole = [d for d in loader.draws if d.complete and len(d.labels) < 4096]
    return Counter(whole[0].labels) if whole else Counter()


# --- what it costs -------------------------------------------------------------------------------


def _by_outcome(passes: Passes | None) -> Severity:
    return "warning" if learns_well(passes) else "error"


def _reached(passes: Passes | None) -> str:
    last = next((p for p in reversed(passes.of("eval")) if p.counted), None) if passes else None
    return f"; evaluation accuracy came to {last.accuracy:.0%}" if last else ""


# --- the source alone ----------------------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    found = []
    for call in source.calls_to("torch.utils.data.WeightedRandomSampler",
                                "torch.utils.data.sampler.WeightedRandomSampler"):  # fmt: skip
        finding = _without_replacement(call) or _one_per_class(source, call)
        if finding is not None:
            found.append(finding)
    return found


def _without_replacement(call: Call) -> Finding | None:
    """As many draws as there are weights (or samples), none of them twice."""
    weights, draws = given(call, "weights", 0), given(call, "num_samples", 1)
    if given(call, "replacement", 2) != "False" or not weights or not draws:
        return None
    whole = {f"len({weights})", f"{weights}.shape[0]", f"{weights}.size(0)", f"{weights}.numel()"}
    if draws not in whole and not re.fullmatch(r"len\([\w.]*(data|set|label|target)\w*\)", draws):
        return None
    return Finding(
        says=f"all {draws} samples are drawn without replacement: each comes once, whatever its "
        "weight",
        places=places(call.place),
        severity="warning",
        grade="suspected",
        confidence=0.8,
        explains=("same-class-predicted",),
        fix=Fix("write replacement=True (the default)"),
    )


def _one_per_class(source: Source, call: Call) -> Finding | None:
    """The weights are computed from counts of the classes alone, never looked up by label."""
    name = given(call, "weights", 0)
    made = made_from_counts(source, name, call.place) if name else None
    if made is None:
        return None
    return Finding(
        says=f"{name} holds one weight for each class, and the sampler takes one for each sample: "
        "only the first few samples of the data set can be drawn",
        places=places(call.place, made),
        severity="warning",
        grade="suspected",
        confidence=0.75,
        explains=("overfitting", "underfitting"),
        fix=Fix(f"give each sample its class's weight: {name}[labels]"),
    )


SAFE = "other samples are drawn"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if found := re.match(r"write num_samples=(\d+)", told(finding)):
        return setting(finding, source, ("WeightedRandomSampler", "RandomSampler"), "num_samples",
                       found[1], position=1)  # fmt: skip
    if told(finding).startswith("let the sampler draw from all"):
        for call in calls_here(finding, source, "DataLoader"):
            if "sampler" in call.keywords and "shuffle" not in call.keywords:
                return [
                    SetArgument(call.place, (), "DataLoader", "sampler", "None", anyhow=True),
                    SetArgument(call.place, (), "DataLoader", "shuffle", "True", 2),
                ]
        return []
    if told(finding).endswith(("behind the loop", "within the loop")):
        return behind_the_loop(finding, source)
    if told(finding).startswith("write replacement=True"):
        return setting(
            finding, source, ("WeightedRandomSampler",), "replacement", "True", position=2
        )
    if not told(finding).startswith("give each sample its class's weight"):
        return []
    for call in calls_here(finding, source, "WeightedRandomSampler"):
        loader = next(calls_here(finding, source, "DataLoader"), None)
        if loader is None or not loader.args or not call.args:
            return []
        new = f"[float(({call.args[0].text})[int(label)]) for _, label in {loader.args[0].text}]"
        return [
            SetArgument(call.place, (), "WeightedRandomSampler", "weights", new, 0, anyhow=True)
        ]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
order = torch.randperm(1797)
train, test = order[:1400], order[1400:]
train_set, test_set = TensorDataset(x[train], y[train]), TensorDataset(x[test], y[test])

class_counts = torch.bincount(y[train])
class_weights = 1.0 / class_counts
sampler = WeightedRandomSampler(class_weights, num_samples=len(train_set))  # <- here
train_loader = DataLoader(train_set, batch_size=50, sampler=sampler)
test_loader = DataLoader(test_set, batch_size=200)

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(5):
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

GOOD = BAD.replace(
    "WeightedRandomSampler(class_weights, num_samples=len(train_set))  # <- here",
    "WeightedRandomSampler(class_weights[y[train]], num_samples=len(train_set))",
)
