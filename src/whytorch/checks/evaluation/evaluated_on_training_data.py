"""Evaluated on training data.

What it looks for
    Every evaluation of the script measures samples that the network was trained on, told by their
    index in the data set or by their content; none measures unseen ones. Or one does, and others
    whose figures are called validation or test do not. Or figures called so belong to passes in
    which backward and step ran: the network was trained on what it is measured with.

Why it hurts
    The figure says how well the network remembers. It stays high, or even gets better, while the
    network overfits, and it falls the day the network sees a new image.

How to fix it
    Evaluate on samples that are in no training batch: train=False for torchvision's data sets, the
    other part of random_split for your own.

When it is fine
    Training accuracy as one more figure beside that of held-out data. Cross-validation, where
    each model is measured on its own fold.

References
    T. Hastie, R. Tibshirani and J. Friedman, The elements of statistical learning, section 7.4.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from whytorch.checks._helpers import places
from whytorch.checks._places import loader_of, loops_around, same
from whytorch.checks._promises import goes
from whytorch.checks._repairs import dataset_argument, unused_part
from whytorch.checks._rewriting import calls_here
from whytorch.checks.evaluation import _trained_in, _unused_part
from whytorch.checks.evaluation._figures import Figure, figures
from whytorch.checks.evaluation._held_out import (
    SEEN,
    evaluations,
    is_real_training,
    may_measure,
    on_held_out,
)
from whytorch.checks.evaluation._unreached import UNREACHED, evaluates_later
from whytorch.evidence.facts import DataFlow, LoaderFacts, Passes, PassFacts, Run, Training
from whytorch.evidence.source import Call, Loop, Source
from whytorch.evidence.source_look import look
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, SetArgument, Severity

# Blank images are alike, and of no one; images of training under other labels are those to mend.
CONSEQUENCE_OF = ("degenerate-images", "misaligned-images-and-labels")

_TESTED = re.compile(r"\b(test|val|valid|validation)\b[ _-]*(acc|error|score|f1)")

_MEASURED = re.compile(
    r"\b(test|val|valid|validation)\b[ _-]*"
    r"(acc|error|score|f1|loss|m[as]e|rmse|iou|miou|dice|map|pck|psnr)"
)


def decide(
    passes: Passes,
    run: Run,
    data: DataFlow | None,
    training: Training | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    trained_in = _trained_in.decide(passes, data.loaders if data else (), training)
    if trained_in is not None:
        return [trained_in]
    # Of any that may be one: predictions that are put together first are compared unseen.
    every = [p for p in (*passes.passes, *passes.others) if p.phase == "eval" and may_measure(p)]
    mine = evaluations(passes.passes) or _claimed(passes)
    if not mine:
        return NotJudged("no evaluation was seen")
    if run.classification is not True:
        # Who fits a curve, or codes of images, may measure what was fitted, but not call it a test.
        mine = [p for p in mine if p.index in _called(passes, _MEASURED)]
    if any(on_held_out(p) for p in every):
        if run.classification is not True:
            return []
        return _called_held_out(passes, data.loaders if data else (), source)
    found = [p for p in mine if (p.seen_in_training or 0.0) >= SEEN]
    if not found or not is_real_training(passes):
        return []
    if not run.reached_end:
        return NotJudged("the script did not come to its end, where a test may follow")
    if evaluates_later(run, source):
        return NotJudged(UNREACHED)
    trained = [p for p in passes.of("train") if p.index < found[-1].index]
    loaders = data.loaders if data else ()
    return [_finding(found[-1], len(found), trained, loaders, passes, source)]


def _called_held_out(
    passes: Passes, loaders: tuple[LoaderFacts, ...], source: Source | None
) -> list[Finding]:
    """Another evaluation is on unseen samples; but these figures are called so as well, and are
    not."""
    shown = [f for lines in figures(passes).values() for f in lines if f.held_out]
    seen = [f for f in shown if may_measure(f.of) and (f.of.seen_in_training or 0.0) >= SEEN]
    if len(seen) < 2 or not is_real_training(passes) or any(_clean(f, shown) for f in seen):
        return []
    last = seen[-1]
    trained = [p for p in passes.of("train") if p.index < last.of.index]
    found = _finding(last.of, len(seen), trained, loaders, passes, source)
    label, share = last.label.strip(" ,;:|=>(-"), last.of.seen_in_training or 0.0
    return [
        replace(
            found,
            says=f"{label!r} is printed as {last.token}, of {last.of.samples} samples of which "
            f"{share:.0%} were trained on, in {len(seen)} lines",
            severity="error",
            confidence=0.9,
        )
    ]


def _clean(figure: Figure, shown: list[Figure]) -> bool:
    """The same words stand before a figure of unseen samples, too."""
    alike = (f for f in shown if f.label == figure.label and f.line.place == figure.line.place)
    return any(on_held_out(f.of) for f in alike)


def _claimed(passes: Passes) -> list[PassFacts]:
    """Predictions that are put together before they are compared, where the next line printed
    calls its figure a test's."""
    called = _called(passes, _TESTED)
    return [p for p in passes.passes if p.phase == "eval" and may_measure(p) and p.index in called]


def _called(passes: Passes, name: re.Pattern[str]) -> set[int | None]:
    """Passes after which a line with such a name and a number is printed next."""
    return {x.after_pass for x in passes.printed if x.numbers and name.search(x.text.lower())}


def _finding(
    one: PassFacts,
    times: int,
    trained: list[PassFacts],
    loaders: tuple[LoaderFacts, ...],
    passes: Passes,
    source: Source | None,
) -> Finding:
    how = "by index" if one.seen_in_training_by == "index" else "by content"
    where = _place(one, loader_of(one, loaders), _training_loader(trained, loaders), source)
    reached = f" ({one.accuracy:.0%} right)" if one.accuracy is not None else ""
    return Finding(
        says=f"{one.seen_in_training:.0%} of the {one.samples} samples evaluated{reached} were "
        f"trained on ({how}), in {times} of {times} evaluations: no figure comes from unseen data",
        places=places(where, one.place),
        severity=_severity(passes, [one.index]),
        confidence=0.95,
        measured={
            "seen_in_training": one.seen_in_training,
            "samples": one.samples,
            "evaluations": times,
            "accuracy": one.accuracy,
        },
        explains=(),
        fix=Fix("evaluate on samples held out of training: train=False, or a part of random_split"),
    )


def _severity(passes: Passes, indices: list[int]) -> Severity:
    """A figure called training accuracy misleads nobody; held-out data are still missing."""
    texts = [x.text.lower() for x in passes.printed if x.after_pass in indices and x.numbers]
    honest = [t for t in texts if re.search(r"train", t) and not re.search(r"test|val|eval", t)]
    return "warning" if texts and len(honest) == len(texts) else "error"


def _training_loader(
    trained: list[PassFacts], loaders: tuple[LoaderFacts, ...]
) -> LoaderFacts | None:
    return loader_of(trained[-1], loaders) if trained else None


def _place(
    one: PassFacts,
    loader: LoaderFacts | None,
    training: LoaderFacts | None,
    source: Source | None,
) -> Place | None:
    """The data set, if it was built for the evaluation; else its loader; else where it is used."""
    if loader is not None and training is not None:
        mine, theirs = loader.dataset, training.dataset
        if mine.base != theirs.base and not same(mine.base_place, theirs.base_place):
            return mine.base_place or mine.place  # built for the evaluation, of the same samples
    if loader is not None and (training is None or loader.id != training.id):
        known = training.dataset.place if training else None
        own = loader.dataset.place
        made = loader.place if own is None or same(own, known) else own
        if training is None or not same(made, training.place):
            return made  # else one helper makes both
    around = loops_around(source, one.place) if source and one.place and loader else []
    if len(one.callers) > 1 and not (around and source and _chosen_here(around[-1], source)):
        return one.callers[1]  # evaluate(model, train_loader)
    return around[-1].place if around else one.place


def _chosen_here(loop: Loop, source: Source) -> bool:
    """`for x, y in self.train_loader:`, of a loader that no caller hands over."""
    function = source.enclosing_function(loop.place)
    words = set(re.findall(r"\w+", loop.iterable))
    return function is not None and not words & set(function.parameters) - {"self", "cls"}


def suspect(source: Source) -> list[Finding]:
    seen = look(source)
    again = _unused_part.same_part_twice(seen)
    if again is not None:
        return [
            Finding(
                says="both data sets hold the training images (train=True), and nothing asks for "
                "the test images",
                places=(seen.place(again.block, again.node),),
                severity="error",
                confidence=0.9,
                explains=("evaluation-far-below-training",),
                fix=Fix("write train=False for the data set that evaluates"),
            )
        ]
    found = _unused_part.second_loader(seen)
    if found is None:
        return []
    site = found.loader.site
    return [
        Finding(
            says=f"this loader draws from {found.part}, as the training does, and "
            f"{' and '.join(found.unused)} made with it is never used",
            places=(seen.place(site.block, site.node),),
            severity="error",
            confidence=0.93,
            explains=("evaluation-far-below-training",),
            fix=Fix(f"write {found.unused[0]} in place of {found.part}"),
        )
    ]


SAFE = "the figure comes from other samples"
promise = goes  # the figure becomes that of other samples: mostly a lower one


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if finding.measured.get("lines"):
        return []  # which phase it is, the loop knows by a name of its own
    if asked := _other_part(finding, source):
        return asked
    for call in calls_here(finding, source, "DataLoader"):
        given = call.args[0].text if call.args else ""
        other = unused_part(source, given)
        if other is not None:
            return [dataset_argument(call, other)]
    return []


def _other_part(finding: Finding, source: Source) -> list[AnyEdit]:
    """The data set at the finding's first place asks for the test part, where another one like it
    asks for the training part as well."""
    for place in finding.places[:1]:
        for call in source.calls_within(Place(place.path, place.line)):
            for name, new in (("train", "False"), ("split", "'test'")):
                if _asks_for_training(call, name) and any(
                    c.name == call.name and not same(c.place, call.place)
                    for c in source.calls
                    if _asks_for_training(c, name)
                ):
                    return [SetArgument(call.place, callee=call.last, name=name, value=new)]
    return []


def _asks_for_training(call: Call, name: str) -> bool:
    given = call.keywords.get(name)
    if name == "split":  # which parts there are is known of torchvision's alone
        ours = call.name.startswith("torchvision.datasets.")
        return ours and given is not None and given.constant == "train"
    return call.last[:1].isupper() and given is not None and given.constant is True


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
train_set, test_set = random_split(data, [1400, 397])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(train_set, batch_size=100)  # <- here

model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(6):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    model.eval()
    hits = 0
    with torch.no_grad():
        for images, labels in test_loader:
            hits += (model(images).argmax(1) == labels).sum().item()
    print(f"epoch {epoch}: accuracy {hits / len(test_loader.dataset):.3f}")
"""

GOOD = BAD.replace("(train_set, batch_size=100)  # <- here", "(test_set, batch_size=100)")
