"""Batch dimension missing.

What it looks for
    A crash because one image came without a batch dimension ([3, 32, 32] into a network of 2d
    convolutions), because a view(-1) or flatten() made one long row of the whole batch, or because
    scores [10] without a batch met labels or an argmax over dimension 1.

Why it hurts
    Networks take batches, [N, C, H, W], also batches of one. Without the first dimension the
    channels are taken for the images, or all images for one.

How to fix it
    Give one image as image.unsqueeze(0), or image[None]. Flatten with torch.flatten(x, 1) or
    x.view(x.size(0), -1), which keep the images apart.

When it is fine
    Convolutions and linear layers take single samples; only then the rest of the script must
    expect an output without a batch too.
    Where the features themselves have another size than the linear layer was made for, see
    flatten-size-mismatch; where the channel dimension is missing, channel-count-mismatch.

References
    torch.nn.Conv2d, "Shape"; torch.Tensor.unsqueeze; torch.nn.Flatten.
"""

from __future__ import annotations

import math
import re

from msgspec.structs import replace

from whytorch.checks._helpers import layer_name, places, plain
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import number, told
from whytorch.checks.architecture._images import network_call
from whytorch.checks.architecture._one_row import one_row
from whytorch.checks.architecture._reshapes_mended import kept_batch
from whytorch.checks.architecture._single import unbatched_images
from whytorch.evidence.facts import (
    CrashFacts,
    DataFlow,
    LayerAtCrash,
    LossCalls,
    Network,
    Passes,
    Run,
    Shape,
)
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, Place, ReplaceExpression

_OF_IMAGES = ("Conv2d", "ConvTranspose2d", "BatchNorm2d")
_NO_DIMENSION = re.compile(r"Dimension out of range \(expected .*\[-1, 0\], but got 1\)")


def decide(
    run: Run,
    network: Network | None,
    data: DataFlow | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding]:
    crash = run.crash
    if crash is None:
        return one_row(network, data, losses, passes, source)
    if crash.layers:
        image = _lone_image(crash, network, data)
        if image is not None:
            return [_of_image(crash, image, data, source)]
        if (folded := _folded(crash)) is not None:
            return [_of_folding(crash, *folded, network, source)]
        return []
    found = _of_scores(crash, network, losses, passes)
    squeezed = _squeezed(data, source) if found else None
    return [_of_squeeze(found[0], squeezed)] if squeezed is not None else found


# --- one image -------------------------------------------------------------------------------


def _lone_image(crash: CrashFacts, network: Network | None, data: DataFlow | None) -> Shape | None:
    """The shape that entered the network, if that is one image and no batch of them."""
    given = crash.layers[0].in_shapes[0] if crash.layers[0].in_shapes else ()
    if not given or crash.type in ("KeyError", "AttributeError", "TypeError"):
        return None
    usual = data.entering("train") if data is not None else None
    if usual is not None and len(usual.model.shape) == len(given) + 1 > 1:
        if usual.model.shape[1:] == given:
            return given
    if len(given) == 1 and crash.layers[-1].kind == "BatchNorm1d":
        return given
    if len(given) != 3:
        return None
    innermost = crash.layers[-1]
    if innermost.kind == "BatchNorm2d" and len((innermost.in_shapes or ((),))[0]) == 3:
        return given
    for layer in network.layers if network else ():
        # It took the image as it was (torch allows that), and a later layer stopped.
        if layer.kind in _OF_IMAGES and layer.calls and len(layer.in_shape or ()) == 3:
            return given if layer.settings.get("in_channels") == given[0] else None
    return None


def _of_image(
    crash: CrashFacts, image: Shape, data: DataFlow | None, source: Source | None
) -> Finding:
    stopped = crash.layers[-1]
    name = layer_name(stopped.name, stopped.kind)
    usual = data.entering("train") if data is not None else None
    before = f"; in training it was {plain(usual.model.shape)}" if usual is not None else ""
    outside = network_call(crash)
    text = _argument(source, outside) or "image"
    wanted = plain((1, *image))
    return Finding(
        says=f"the network is given {plain(image)}: one sample, without a batch dimension{before}; "
        f"{name or 'the network'} stops on it",
        places=places(outside, stopped.place),
        confidence=0.95,
        measured={"input_shape": list(image), "layer": stopped.kind},
        explains=("crash",),
        fix=Fix(f"write {text}.unsqueeze(0), which makes it {wanted}"),
    )


def _argument(source: Source | None, place: Place | None) -> str | None:
    """What is given to the innermost plain call at a line, such as the model: "img"."""
    if source is None or place is None:
        return None
    here = [c for c in source.calls if (c.place.path, c.place.line) == (place.path, place.line)]
    named = [c.args[0].text for c in here if len(c.args) == 1 and "." not in c.raw]
    return next((t for t in reversed(named) if re.fullmatch(r"[A-Za-z_]\w*", t)), None)


# --- all images in one row -------------------------------------------------------------------


def _folded(crash: CrashFacts) -> tuple[int, LayerAtCrash, int] | None:
    """(images, layer, length of the row) where a whole batch reaches a layer as one row."""
    outer, layer = crash.layers[0], crash.layers[-1]
    if "in_features" not in layer.settings or not layer.in_shapes or not outer.in_shapes:
        return None
    given, entered = layer.in_shapes[0], outer.in_shapes[0]
    if len(entered) < 2 or len(given) not in (1, 2) or (len(given) == 2 and given[0] != 1):
        return None
    images, length = entered[0], math.prod(given)
    if images < 2 or length % images or length == layer.settings["in_features"]:
        return None
    return images, layer, length


def _of_folding(
    crash: CrashFacts,
    images: int,
    layer: LayerAtCrash,
    length: int,
    network: Network | None,
    source: Source | None,
) -> Finding:
    name, expected = layer_name(layer.name, layer.kind), layer.settings["in_features"]
    each = length // images
    fix = "write x.view(x.size(0), -1), or torch.flatten(x, 1)"
    if each != expected:
        fix += f", and nn.Linear({each}, {layer.settings.get('out_features', '...')})"
    given = plain(layer.in_shapes[0])
    return Finding(
        says=f"{images} images enter, and {given} reaches {name}: one row of {images} x {each} "
        f"numbers, where {name} expects {expected} for each image",
        places=places(_flattening(source, network), crash.frames[-1], layer.place),
        confidence=0.95,
        measured={"images": images, "row_length": length, "in_features": expected},
        explains=("crash",),
        fix=Fix(fix),
    )


def _flattening(source: Source | None, network: Network | None) -> Place | None:
    """The view or flatten that keeps no batch: in the network's class, or the only one."""
    if source is None:
        return None
    found = [
        c
        for c in source.calls_to("*.view", "*.reshape", "*.flatten", "*.ravel", "*.Flatten")
        if _keeps_no_batch(c.last, [a.text for a in c.args], c.name.startswith("torch.flatten"))
        or (c.last == "Flatten" and [a.text for a in (*c.args, *c.keywords.values())][:1] == ["0"])
    ]
    own = [c for c in found if network and c.function.startswith(f"{network.kind}.")]
    return next((c.place for c in (own or (found if len(found) == 1 else []))), None)


def _keeps_no_batch(name: str, args: list[str], function: bool) -> bool:
    """view(-1), reshape(1, -1), x.flatten(), torch.flatten(x)"""
    if name in ("view", "reshape"):
        return [a.replace(" ", "") for a in args] in (["-1"], ["1", "-1"], ["(-1,)"], ["(1,-1)"])
    if name in ("flatten", "ravel"):
        return len(args) == (1 if function else 0) or args[-1:] == ["0"]
    return False


# --- scores without a batch ------------------------------------------------------------------


def _of_scores(
    crash: CrashFacts, network: Network | None, losses: LossCalls | None, passes: Passes | None
) -> list[Finding]:
    """The network took one sample, and what reads its output needs a batch."""
    last = passes.passes[-1].place if passes and passes.passes else None
    line = crash.frames[-1] if crash.frames else None
    for site in losses.sites if losses else ():
        shapes = site.input_shape, site.target_shape
        if site.raised and shapes[0] and len(shapes[0]) == 1 and shapes[1] == (1,):
            if site.function == "cross_entropy" and site.from_model is not False:
                return [_without_batch(shapes[0], f"labels {plain(shapes[1])}", (line, last))]
    output = network.output_shape if network else None
    if output and len(output) == 1 and output[0] > 1 and _NO_DIMENSION.search(crash.message):
        return [_without_batch(output, "an operation over dimension 1", (last, line))]
    return []


def _without_batch(scores: Shape, met: str, where: tuple[Place | None, ...]) -> Finding:
    return Finding(
        says=f"the network's output is {plain(scores)}, one sample without a batch dimension, and "
        f"meets {met}",
        places=places(*where),
        confidence=0.85,
        measured={"output_shape": list(scores)},
        explains=("crash",),
        fix=Fix("give the network image.unsqueeze(0), and do not squeeze its output"),
    )


def _squeezed(data: DataFlow | None, source: Source | None) -> Place | None:
    """The one squeeze() in a network's class that names no dimension, where batches go in."""
    seen = data.entering("train") if data is not None else None
    if source is None or seen is None or len(seen.model.shape) != 4:
        return None
    found = [
        c.place
        for c in source.calls_to("*.squeeze")
        if not c.keywords and len(c.args) == (1 if c.name.startswith("torch.") else 0)
        and (inside := source.enclosing_function(c.place)) is not None and inside.in_class
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _of_squeeze(found: Finding, place: Place) -> Finding:
    return replace(
        found,
        says=f"{found.says}: a batch of one sample, as the last one may be, loses its first "
        "dimension to a squeeze() that names none",
        places=places(place, *found.places),
        fix=Fix("write torch.flatten(x, 1) instead, which keeps the first dimension"),
    )


def suspect(source: Source) -> list[Finding]:
    """One image from transforms, given to a network of 2d convolutions as it is."""
    return [
        Finding(
            says=f"{image} is one image, [C, H, W], and {model} takes batches of them",
            places=places(call.place, made),
            confidence=0.8,
            explains=("crash",),
            fix=Fix(f"write {model}({image}.unsqueeze(0))"),
        )
        for image, model, call, made in unbatched_images(source)
    ][:1]


SAFE = True
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if told(finding) == "write x.view(x.size(0), -1), or torch.flatten(x, 1)":
        return kept_batch(finding, source)
    new = number(r"write ([\w.\[\]]+\.unsqueeze\(0\))", finding)
    if new is None or not finding.places:
        return []
    old = new.removesuffix(".unsqueeze(0)")
    return [ReplaceExpression(finding.places[0], old=old, new=new)]


BAD = """
import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torchvision import transforms


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.head = nn.Linear(16 * 3 * 3, 10)

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


torch.manual_seed(0)
digits = load_digits()
pictures = (digits.images * 15).astype(np.uint8)
transform = transforms.Compose([transforms.ToTensor()])
images = torch.stack([transform(Image.fromarray(p)) for p in pictures])
labels = torch.tensor(digits.target)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(3):
    for batch in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    right = (model(images[1400:]).argmax(1) == labels[1400:]).float().mean().item()
    image = transform(Image.fromarray(pictures[1400]))
    scores = model(image)  # <- here
print("test accuracy", right, "and this one is a", scores.argmax().item())
"""

GOOD = BAD.replace("model(image)  # <- here", "model(image.unsqueeze(0))")
