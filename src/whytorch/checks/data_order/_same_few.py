"""A sampler of any kind that shows the same handful of samples in every pass."""

from __future__ import annotations

from collections.abc import Sequence

from whytorch.checks._helpers import places
from whytorch.checks._learning import FAILED, WELL, Learning
from whytorch.evidence.facts import DataFlow, LoaderFacts, Network, Passes, Run
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix, Place, Severity

FEW = 0.1  # of the data set
LARGE = 200  # samples: of a smaller data set a tenth is no data set to begin with
RECORDED = 4096  # indices kept of a pass: one that is as long may go on
# Few-shot learning goes up to 20 samples a class; who trains on hundreds chose a part on purpose.
A_HANDFUL = 20
# Where there are no classes: what fits into so many batches.
BATCHES = 3
_EXPLAINS = ("overfitting", "evaluation-far-below-training", "underfitting", "loss-not-decreasing",
             "loss-at-chance", "same-class-predicted")  # fmt: skip
AGAIN = 10  # times that each sample was drawn, and passes: a check of one batch is known as such


def same_few(
    loader: LoaderFacts,
    data: DataFlow,
    run: Run,
    network: Network | None,
    passes: Passes | None,
    outcome: Learning,
) -> Finding | None:
    length = loader.dataset.length or 0
    shown = _shown(loader)
    evaluated = passes is not None and any(p.samples for p in passes.of("eval"))
    if not _few(shown, loader) or not evaluated:
        return None
    if not _handful(len(shown), loader, run) or _shown_elsewhere(loader, data):
        return None
    kind = loader.sampling.kind if loader.sampling is not None else loader.sampler or "sampler"
    place = loader.sampling.place if loader.sampling is not None else None
    severity = _severity(outcome, network)
    return Finding(
        says=f"the {kind} draws the same {len(shown)} of {length} samples in every pass; the other "
        f"{length - len(shown)} are never trained on{outcome.reached()}",
        places=places(place, loader.place),
        severity=severity,
        confidence=0.9,
        measured={"different_samples_drawn": len(shown), "samples": length},
        explains=() if severity == "advice" else _EXPLAINS,
        fix=Fix(f"let the sampler draw from all {length} samples: shuffle=True does"),
    )  # fmt: skip


def _shown(loader: LoaderFacts) -> set[int]:
    """The samples of all passes recorded, if these passes show the same ones; else none."""
    whole = [d.indices for d in loader.draws if d.complete and len(d.indices) < RECORDED]
    fixed = loader.sampling is not None and loader.sampling.kind == "SubsetRandomSampler"
    if len(whole) < len(loader.draws) or len(whole) < (1 if fixed else 2):
        return set()
    shown = {i for indices in whole for i in indices}
    drawn = sum(len(indices) for indices in whole)
    return shown if fixed or drawn >= 2 * len(shown) else set()


def _few(shown: set[int], loader: LoaderFacts) -> bool:
    length = loader.dataset.length or 0
    return length >= LARGE and 0 < len(shown) <= FEW * length


def _handful(shown: int, loader: LoaderFacts, run: Run) -> bool:
    if run.classification and run.classes:
        return shown <= A_HANDFUL * run.classes
    return shown <= BATCHES * (loader.batch_size or 1)


def _shown_elsewhere(loader: LoaderFacts, data: DataFlow) -> bool:
    """Whether another loader takes the rest: to train on it, or as the held-out part."""
    source, length = loader.dataset.source, loader.dataset.length
    return any(
        ("train" in x.phases and not _few(_shown(x), x))
        or ("eval" in x.phases and (x.dataset.source, x.dataset.length) == (source, length))
        for x in data.loaders
        if x.id != loader.id
    )


def _severity(outcome: Learning, network: Network | None) -> Severity:
    """By unseen samples alone: a handful is soon learned by heart."""
    skill = outcome.eval_skill
    loaded = network is not None and network.loaded  # few shots for a network that has learned
    if loaded or (skill is not None and skill >= WELL):
        return "advice"
    return "error" if skill is not None and skill < FAILED else "warning"


def same_batch(
    passes: Passes | None,
    loaders: Sequence[LoaderFacts],
    run: Run,
    network: Network | None,
    outcome: Learning,
    source: Source | None,
) -> Finding | None:
    """`next(iter(loader))` in the loop gives the first batch each time, where nothing shuffles; and
    so does a loader that is made anew for each step. Known by what was in it."""
    shown = [p for p in (passes.of("train") if passes else ()) if p.samples]
    fresh = [p.new_samples for p in shown if p.new_samples is not None and p.dataset_length]
    if len(fresh) < max(AGAIN, len(shown)) or not on_others(passes):
        return None
    drawn, different = sum(p.samples for p in shown), sum(fresh)
    length = min(p.dataset_length or 0 for p in shown)
    few = 0 < different <= FEW * length and length >= LARGE
    fits = different <= max(A_HANDFUL * (run.classes or 0), shown[0].batch_size or 0)
    if not (few and fits) or drawn < AGAIN * different:
        return None
    loader = next((x for x in loaders if x.id == shown[0].loader), None)
    severity = _severity(outcome, network)
    return Finding(
        says=f"{len(shown)} times a pass over {length} samples was begun, and ended after its "
        f"first batch: the {drawn} samples trained on were the same {different} again and again"
        f"{outcome.reached()}",
        places=places(*_begun(source), shown[0].place, loader.place if loader else None),
        severity=severity,
        confidence=0.9,
        measured={"different_samples_drawn": different, "samples": length, "drawn": drawn},
        explains=() if severity == "advice" else _EXPLAINS,
        fix=Fix("go over the whole loader, for x, y in loader, with shuffle=True; or keep one "
                "iterator and take next() of that"),
    )  # fmt: skip


def _begun(source: Source | None) -> list[Place]:
    """Where `next(iter(...))` is written."""
    calls = source.calls_to("next") if source is not None else ()
    return [c.place for c in calls if c.args and c.args[0].text.startswith("iter(")][:1]


def on_others(passes: Passes | None) -> bool:
    """Who tries whether a batch can be learned by heart looks at that batch alone."""
    seen = [p.seen_in_training for p in (passes.of("eval") if passes else ()) if p.samples]
    return any((share or 0.0) < 0.5 for share in seen)


def no_batch(loader: LoaderFacts) -> Finding | None:
    """Fewer samples than one batch, and drop_last drops it."""
    sampler, size = loader.sampling, loader.batch_size or 0
    draws = sampler.draws if sampler is not None else None
    if sampler is None or not draws or not loader.drop_last or loader.batches != 0:
        return None
    if not loader.passes or draws >= size or (loader.dataset.length or 0) < size:
        return None
    return Finding(
        says=f"the {sampler.kind} draws {draws} of {loader.dataset.length} samples, fewer than one "
        f"batch of {size}, and drop_last drops it: {loader.passes} passes gave no batch",
        places=places(sampler.place, loader.place),
        severity="error",
        confidence=0.95,
        measured={"draws": draws, "batch_size": size, "passes": loader.passes},
        explains=("weights-unchanged", "loss-not-decreasing", "loss-at-chance", "underfitting",
                  "same-class-predicted"),
        fix=Fix(f"let the sampler draw from all {loader.dataset.length} samples: shuffle=True "
                "does"),
    )  # fmt: skip
