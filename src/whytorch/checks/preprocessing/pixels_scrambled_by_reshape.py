"""Pixels or samples mixed up: dimensions in the wrong order.

What it looks for
    Images entered the network whose neighbouring values have little in common, while they have much
    in common once the same numbers are read with the channels last: a view or reshape was used
    where the dimensions had to be permuted. The same of the array of all images, read as if these
    lay along its last dimension, as MATLAB's files hold them. In the loss: scores [N, C, H, W]
    flattened to [-1, C] by a view alone, which hands the scores of other pixels to each label.
    Within the network, maps [N, C, H, W] that a view takes for rows [N, H * W, C]. And
    the tokens of a transformer, where as many squares of the image would fit and none is one. And
    a recurrent or attention layer that takes the samples of a batch for the steps of a sequence,
    because batch_first says another order than the numbers come in.

Why it hurts
    The numbers are all there, but not where the network takes them to belong together. A reshape
    keeps the order of the numbers and only draws new lines between them. Each channel then holds a
    mixture of all three, in stripes, and what convolutions live on is gone: that neighbours in the
    array are neighbours in the picture. Where samples are taken for steps, what the network says
    of one depends on which others are in its batch.

How to fix it
    Permute instead: x.permute(2, 0, 1) takes [H, W, C] to [C, H, W], np.transpose(x, (2, 0, 1)) in
    NumPy. Scores: out.permute(0, 2, 3, 1).reshape(-1, C), or give cross_entropy [N, C, H, W].

When it is fine
    Numbers that are stored channel by channel, as in the files of CIFAR-10: there the reshape to
    (3, 32, 32) is right. Grey images, flattening before a linear layer.

References
    torch.Tensor.view, torch.permute.
"""

from __future__ import annotations

import re

from whytorch.checks._helpers import places
from whytorch.checks._lab import learned_badly
from whytorch.checks._learning import learning
from whytorch.checks._mending import owner
from whytorch.checks._places import pixels_made
from whytorch.checks._promises import pays
from whytorch.checks._repairs import of_numpy
from whytorch.checks._rewriting import calls_here, setting, told
from whytorch.checks.preprocessing import _tokens
from whytorch.checks.preprocessing._mixed_samples import TAKE_SEQUENCES, mixer, over_samples
from whytorch.checks.preprocessing._reshaped import (
    RESHAPES,
    is_moved_on,
    of_a_picture,
    to_channels_first,
)
from whytorch.checks.preprocessing._torn_maps import torn_maps, untorn
from whytorch.checks.preprocessing._viewed_scores import mixed_scores, of_scores
from whytorch.evidence.facts import (
    DataFlow,
    ImageStats,
    LossCalls,
    Network,
    Passes,
    Run,
    Samples,
    SampleSet,
    Training,
)
from whytorch.evidence.facts.experiments import SampleMixing
from whytorch.evidence.source import Call, Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceExpression

# Correlations of neighbours, in the direction in which they are lower. Photos have 0.86 and more,
# and 0.1 to 0.4 less when they are read in the wrong order, grey ones too; scrambled ones lie 0.16
# to 1.0 below what the right order would give them.
GAIN = 0.12
NATURAL = 0.6
STRUCTURED = 0.3  # of images as small as digits of 8 x 8: 0.37
SMALLEST = 12  # pixels a side; in smaller ones a row of another reading is a stroke further on
_PERMUTES = ("*.permute", "*.transpose", "*.movedim", "*.moveaxis", "*.swapaxes", "*.einsum",
             "*.rearrange", "*.rollaxis", "*.transpose_", "*.Rearrange", "*.Permute")  # fmt: skip
MIXES = 0.2  # of what a replaced sample changes; 0 in eval mode wherever samples are kept apart


def decide(
    data: DataFlow,
    run: Run,
    samples: Samples | None,
    losses: LossCalls | None,
    network: Network | None,
    training: Training | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    outcome = learning(run, losses, training, passes)
    works = outcome.works
    if (over := over_samples(network, source, outcome)) is not None:
        return [over]
    site = mixed_scores(losses, network)
    if site is not None:
        return [of_scores(site, network, works)]
    if not works and (tokens := _tokens.decide(data, network, source)) is not None:
        return [tokens]
    if (torn := torn_maps(network, source, outcome)) is not None:
        return [torn]
    inside = _inside_the_network(data, source)
    if inside is not None:
        return [_viewed_inside(data, inside, works)]
    if samples is None:
        return NotJudged("needs a look at the images; none could be taken in this run")
    for one in samples.sets:
        if _were_last(one):
            return [_of_all_images(one, source, works)]
    for phase in ("train", "eval"):
        seen = samples.entering.get(phase)
        if seen is not None and _is_scrambled(seen):
            return [_pixels(seen, phase, data, source, works)]
    return []


def _were_last(one: SampleSet) -> bool:
    first, last = one.images_first, one.images_last
    return first is not None and last is not None and last >= STRUCTURED and last - first >= GAIN


def _of_all_images(one: SampleSet, source: Source | None, works: bool) -> Finding:
    shape = "x".join(str(n) for n in (one.raw or one.drawn or ImageStats(0)).shape or ())
    reshapes = source.calls_to(*RESHAPES) if source else []
    near = [c.place for c in reshapes if c.args and any("1" in a.text for a in c.args)]
    return Finding(
        says=f"neighbouring values in the {one.length} images ({shape}) correlate by "
        f"{one.images_first:.2f}; the same numbers, read as images along the last dimension, "
        f"correlate by {one.images_last:.2f}: a reshape mixed rows, columns and images up",
        places=places(near[0] if len(near) == 1 else None, one.place),
        severity="warning" if works else "error",
        confidence=0.93,
        measured={"as_given": one.images_first, "reordered": one.images_last, "shape": shape},
        explains=("underfitting", "loss-at-chance", "loss-not-decreasing",
                  "evaluation-far-below-training"),
        fix=Fix("move the dimension of the images to the front: np.moveaxis(x, -1, 0), or "
                "x.permute(2, 0, 1) ([H, W, C, N]: x.permute(3, 2, 0, 1)) instead of the reshape"),
    )  # fmt: skip


def _is_scrambled(seen: ImageStats) -> bool:
    now, otherwise = seen.scrambled, seen.unscrambled
    shape = seen.shape or ()
    if now is None or otherwise is None or len(shape) != 3 or shape[0] != 3:
        return False
    if min(shape[1:]) < SMALLEST:
        return False
    return otherwise >= NATURAL and otherwise - now >= GAIN


def _pixels(
    seen: ImageStats, phase: str, data: DataFlow, source: Source | None, works: bool
) -> Finding:
    side = {"train": "training", "eval": "evaluation"}[phase]
    flow = data.entering("train" if phase == "train" else "eval")
    where = _place(source, data)
    return Finding(
        says=f"neighbouring values in the {side} images correlate by {seen.scrambled:.2f}; read in "
        f"the other order of dimensions the same numbers correlate by {seen.unscrambled:.2f} "
        f"({seen.samples} images {_shape(seen)} as they entered the network): rows, columns and "
        "channels are mixed up",
        places=places(where, flow.place if flow else None),
        severity="warning" if works else "error",
        confidence=0.9,
        measured={"as_given": seen.scrambled, "reordered": seen.unscrambled},
        explains=("underfitting", "loss-at-chance", "loss-not-decreasing",
                  "evaluation-far-below-training"),
        fix=Fix("write x.permute(2, 0, 1) (of a batch: x.permute(0, 3, 1, 2)) instead of the "
                "reshape to channels first"),
    )  # fmt: skip


def _shape(seen: ImageStats) -> str:
    return str(list(seen.shape or ()))


def _place(source: Source | None, data: DataFlow) -> Place | None:
    """The reshape to channels first; of several the one that is given a picture."""
    if source is None:
        return None
    found = list(to_channels_first(source))
    known = [c for c in found if of_a_picture(source, c)]
    if known or found:
        left = [c for c in found if not is_moved_on(source, c)]
        return (known or left or found)[0].place
    near = [c for c in source.calls_to(*RESHAPES) if len(c.args) >= 3]
    trained = next(iter(data.feeding("train")), None)
    return near[0].place if len(near) == 1 else pixels_made(source, trained)


def _inside_the_network(data: DataFlow, source: Source | None) -> Place | None:
    """Channels last at the network's door, first at its first layer, and nothing that permutes."""
    seen = data.entering("train")
    if source is None or seen is None or seen.first_layer is None:
        return None
    given, taken = seen.model.shape, seen.first_layer.shape
    if len(given) != 4 or len(taken) != 4 or given[3] != 3 or given[1] == 3 or taken[1] != 3:
        return None
    if tuple(given[1:3]) != tuple(taken[2:]) or seen.order_kept is False:
        return None
    found = list(to_channels_first(source))
    if seen.order_kept is None:
        permuted = source.calls_to(*_PERMUTES)
        return found[0].place if len(found) == 1 and not permuted else None
    written = [c for c in source.calls_to(*RESHAPES) if len(c.args) == 4 and _in_a_class(c, source)]
    return next((c.place for c in (*found, *written) if _in_a_class(c, source)), seen.place)


def _in_a_class(call: Call, source: Source) -> bool:
    function = source.enclosing_function(call.place)
    return function is not None and function.in_class is not None


def _viewed_inside(data: DataFlow, where: Place, works: bool) -> Finding:
    seen = data.entering("train")
    assert seen is not None and seen.first_layer is not None
    given, taken = list(seen.model.shape), list(seen.first_layer.shape)
    how = (
        "with the numbers in the order they came in"
        if seen.order_kept
        else "and nothing in the source permutes dimensions"
    )
    return Finding(
        says=f"the network is given images {given} and its first layer gets {taken}, {how}: the "
        "reshape mixes rows, columns and channels up",
        places=places(where, seen.place),
        severity="warning" if works else "error",
        confidence=0.9,
        measured={"given": given, "first_layer": taken},
        explains=("underfitting", "loss-at-chance", "loss-not-decreasing"),
        fix=Fix("write .permute(0, 3, 1, 2) instead of the reshape"),
    )


def suspect(source: Source) -> list[Finding]:
    """A picture read from a file, with its channels last, and reshaped to (3, H, W)."""
    return [
        Finding(
            says=f"{call.raw.rpartition('.')[0][:40]} is a picture with its channels last "
            "[H, W, 3]; a reshape to channels first mixes rows, columns and channels up",
            places=(call.place,),
            severity="error",
            confidence=0.9,
            explains=("underfitting", "loss-not-decreasing"),
            fix=Fix("permute instead: .transpose(2, 0, 1) in NumPy, .permute(2, 0, 1) in torch"),
        )
        for call in to_channels_first(source)
        if of_a_picture(source, call)
    ]


def prove(
    mixing: SampleMixing,
    network: Network,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    """In eval mode a sample's output depends on the other samples: something folds the batch."""
    outcome = learning(run, losses, training, passes)
    leak = mixing.leak or 0.0
    if leak < MIXES or not learned_badly(outcome):
        return []
    found = mixer(network, source)
    return [
        Finding(
            says=f"where one of {mixing.samples} samples of a batch is replaced, {leak:.0%} of "
            f"what changes in the outputs belongs to the others: {found.says}{outcome.reached()}",
            places=found.where,
            severity="error",
            confidence=0.85,
            measured={"leak_to_other_samples": leak, "samples": mixing.samples},
            explains=("loss-not-decreasing", "loss-at-chance", "underfitting"),
            fix=Fix(found.fix),
        )
    ]


SAFE = "the order of the numbers may be meant, as in a file of planes"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if told(finding).startswith("write nn.") and "batch_first=True" in told(finding):
        return setting(finding, source, TAKE_SEQUENCES, "batch_first", "True")
    if told(finding).startswith("move the dimension of the images to the front"):
        return _without_permute(finding, source)
    if told(finding).startswith("write x.") and "instead of" not in told(finding):
        return untorn(finding, source)
    if "permute(0, 3, 1, 2)" not in told(finding):
        return []
    for call in calls_here(finding, source, "reshape", "view"):
        sizes = call.args[0].text.strip("()").split(",") if len(call.args) == 1 else call.args
        if len(sizes) not in (3, 4) or call.raw.startswith(("np.", "torch.")):
            return []
        order = "(2, 0, 1)" if len(sizes) == 3 else "(0, 3, 1, 2)"
        how = "transpose" if of_numpy(source, call) else "permute"
        given = ", ".join(a.text for a in call.args)
        return [
            ReplaceExpression(
                call.place, old=f"{call.raw}({given})", new=f"{owner(call)}.{how}{order}"
            )
        ]
    return []


def _without_permute(finding: Finding, source: Source) -> list[AnyEdit]:
    """Images that came first were moved to the end, and then read as if they still came first."""
    for call in calls_here(finding, source, "permute", "transpose"):
        given, array = ", ".join(a.text for a in call.args), owner(call)
        if array and not array.startswith(("np.", "torch.np")) and array not in ("np", "torch"):
            return [ReplaceExpression(call.place, old=f"{call.raw}({given})", new=array)]
    grey = re.fullmatch(r"(?:1x)?\d+x\d+", str(finding.measured.get("shape")))
    for call in calls_here(finding, source, "reshape", "view") if grey else ():
        given, array = ", ".join(a.text for a in call.args), owner(call)
        if re.fullmatch(r"[A-Za-z_][\w.]*", array) and array not in ("np", "torch", "numpy"):
            new = f"{array}.reshape(-1, {array}.shape[-1]).T.reshape({given})"  # NumPy or torch
            return [ReplaceExpression(call.place, old=f"{call.raw}({given})", new=new)]
    return []


BAD = """
import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

torch.manual_seed(0)
digits = load_digits()
tints = np.random.default_rng(0).uniform(0, 15, (len(digits.target), 1, 1, 3))
photos = (digits.images[..., None] * tints).astype("uint8")


class Photos(Dataset):
    def __len__(self):
        return len(photos)

    def __getitem__(self, index):
        image = Image.fromarray(photos[index]).convert("RGB").resize((24, 24))
        pixels = np.asarray(image, dtype=np.float32) / 255
        return torch.from_numpy(pixels.reshape(3, 24, 24)), int(digits.target[index])  # <- here


train_set, test_set = random_split(Photos(), [1000, 797])
model = nn.Sequential(
    nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(),
    nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 10)
)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(4):
    model.train()
    for images, labels in DataLoader(train_set, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

model.eval()
hits = 0
with torch.no_grad():
    for images, labels in DataLoader(test_set, batch_size=200):
        hits += (model(images).argmax(1) == labels).sum().item()
print(f"test accuracy: {hits / len(test_set):.3f}")
"""

GOOD = BAD.replace("pixels.reshape(3, 24, 24)", "pixels.transpose(2, 0, 1)").replace(
    "  # <- here", ""
)
