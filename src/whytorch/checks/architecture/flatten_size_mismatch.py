"""Linear layer does not fit its input.

What it looks for
    A crash in a linear layer whose in_features is not the last dimension of what it was given; a
    view or reshape to a size that the features do not have; and view(-1, K) with a K that divides
    the batch wrongly, so that other than one row per image reach the loss.

Why it hurts
    The first linear layer has one weight for each number that the convolutions leave. Another
    kernel, padding, pooling or image size changes how many these are, and the layer must follow.

How to fix it
    Give the layer the channels times height times width that reach it, or nn.LazyLinear(out), which
    finds out by itself. Flatten with torch.flatten(x, 1) or x.view(x.size(0), -1): these never mix
    the images of a batch.

When it is fine
    A linear layer on the last dimension of tokens, and any reshape that keeps one row per image.

References
    torch.nn.Linear and torch.nn.LazyLinear.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from whytorch.checks._helpers import layer_name, places, plain
from whytorch.checks._promises import pays
from whytorch.checks.architecture._flattened import flattened_images
from whytorch.checks.architecture._misfits import of_source
from whytorch.checks.architecture._reshapes_mended import mended
from whytorch.checks.architecture._shapes import misfits
from whytorch.checks.architecture._sizes import image_size
from whytorch.evidence.facts import (
    CrashFacts,
    LayerAtCrash,
    LayerFacts,
    LossCalls,
    LossSite,
    Network,
    Run,
    Shape,
)
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, Place

CONSEQUENCE_OF = ("missing-batch-dimension", "computed-but-unused")

_INVALID = re.compile(r"shape '\[([\d, -]+)\]' is invalid for input of size (\d+)")


def decide(
    run: Run, network: Network | None, losses: LossCalls | None, source: Source | None
) -> list[Finding]:
    crash = run.crash
    if crash is None:
        return []
    innermost = crash.layers[-1] if crash.layers else None
    if innermost is not None and _does_not_fit(innermost):
        images, given = _batch(crash), innermost.in_shapes[0]
        if len(given) == 2 and images != given[0] and images and math.prod(given) % images == 0:
            return [_of_folding(images, innermost, network, source, crash.frames[-1:])]
        return [_of_layer(crash, innermost, network)]
    if innermost is not None and (early := flattened_images(crash, innermost, source)) is not None:
        return [early]
    if crash.during == "forward" and (invalid := _INVALID.search(crash.message)):
        return [_of_view(crash, invalid, network)]
    for site in losses.sites if losses else ():
        if network is not None and (folded := _folded(site, network)):
            images = site.target_shape[0] if site.target_shape else 0
            ends = [p for p in (folded.call_place, folded.place, site.place) if p]
            return [_of_folding(images, folded, network, source, ends)]
    return []


def _does_not_fit(layer: LayerAtCrash) -> bool:
    expected = layer.settings.get("in_features")
    given = layer.in_shapes[0] if layer.in_shapes else ()
    return expected is not None and bool(given) and given[-1] != expected


def _batch(crash: CrashFacts) -> int:
    """How many images entered the network; 0 if unknown."""
    given = crash.layers[0].in_shapes if crash.layers else ()
    return given[0][0] if given and given[0] else 0


# --- a layer that stopped --------------------------------------------------------------------


def _of_layer(crash: CrashFacts, layer: LayerAtCrash, network: Network | None) -> Finding:
    given, expected = layer.in_shapes[0], layer.settings["in_features"]
    outputs = layer.settings.get("out_features", "...")
    name = layer_name(layer.name, layer.kind)
    line = crash.frames[-1] if crash.frames else None
    fitted = next((x for x in network.layers if x.name == layer.name), None) if network else None
    measured = {"in_features": expected, "input_shape": list(given)}
    order: tuple[Place | None, ...] = (layer.place, line)
    if fitted is not None and fitted.calls and fitted.in_shape:
        says = f"{name} took {plain(fitted.in_shape)} before, and now gets {plain(given)}: "
        says += "these images have another size than the earlier ones"
        fix = f"resize the images to one size, so that {expected} features reach {name}"
        order = (crash.frames[0] if crash.frames else None, layer.place)
    elif len(given) > 2 and math.prod(given[1:]) == expected:
        says = f"{name} expects {expected} features and gets {plain(given)}: it is not flattened"
        fix = f"write torch.flatten(x, 1) before {name}"
        order = (line, layer.place)
    elif len(given) > 2:
        features = math.prod(given[1:])
        says = f"{name} expects {expected} features and gets {plain(given)}: it is not flattened, "
        says += f"and has {_product(given[1:])} features"
        fix = f"write torch.flatten(x, 1) before it, and nn.Linear({features}, {outputs})"
    else:
        says = f"what reaches {name} has {_origin(given[-1], network)} features, but it "
        says += f"expects {expected}"
        fix = f"write nn.Linear({given[-1]}, {outputs})"
        dropped = _dropped(crash, layer, network)
        if dropped is not None and dropped.out_shape is not None:
            made = dropped.name.partition(".")[0] or dropped.kind
            says += f". That is the image itself; {made} made {_product(dropped.out_shape[1:])}"
            fix = f"give {name} what {made} made, not the image"
            order = (dropped.call_place, line, layer.place)
    return Finding(
        says=says,
        places=places(*order),
        confidence=0.97,
        measured=measured,
        explains=("crash",),
        fix=Fix(fix),
    )


def _dropped(crash: CrashFacts, layer: LayerAtCrash, network: Network | None) -> LayerFacts | None:
    """The layer whose output fits, where the image itself came instead: it was called in vain."""
    image = crash.layers[0].in_shapes[0] if crash.layers and crash.layers[0].in_shapes else ()
    if len(image) < 3 or math.prod(image[1:]) != layer.in_shapes[0][-1]:
        return None
    called = [x for x in network.layers if x.calls and x.out_shape] if network else []
    made = {math.prod((x.out_shape or ())[1:]): x for x in sorted(called, key=lambda x: x.order)}
    if layer.in_shapes[0][-1] in made:
        return None  # as many numbers as an image, but from a layer
    return made.get(layer.settings["in_features"])


def _product(shape: Shape) -> str:
    return f"{'x'.join(map(str, shape))} = {math.prod(shape)}"


def _origin(features: int, network: Network | None) -> str:
    """As 64x8x8 = 4096 where images in the network have so many numbers, else just 4096."""
    called = [x for x in network.layers if x.calls and x.out_shape] if network else []
    images = [x for x in called if x.out_shape and len(x.out_shape) == 4]
    last = max(images, key=lambda x: x.order, default=None)
    if last is None or last.out_shape is None:
        return str(features)
    for image in reversed([x.out_shape for x in sorted(images, key=lambda x: x.order)]):
        if image and math.prod(image[1:]) == features and image[2] * image[3] > 1:
            return _product(image[1:])
    channels = last.out_shape[1]
    side = math.isqrt(features // channels)
    pooled = features % channels == 0 and side * side * channels == features
    return _product((channels, side, side)) if pooled and side > 1 else str(features)


# --- a view that stopped ---------------------------------------------------------------------


def _of_view(crash: CrashFacts, invalid: re.Match[str], network: Network | None) -> Finding:
    wanted, numbers = invalid.group(1), int(invalid.group(2))
    batch = _batch(crash)
    per_image = numbers // batch if batch and numbers % batch == 0 else None
    origin = f": {_origin(per_image, network)} for each of {batch} images" if per_image else ""
    linear = _next_linear(network, wanted)
    resized = f", and nn.Linear({per_image}, {_outputs(linear)})" if linear and per_image else ""
    return Finding(
        says=f"view to [{wanted}] does not fit the {numbers} numbers that reach it{origin}",
        places=places(crash.frames[-1] if crash.frames else None, linear.place if linear else None),
        confidence=0.9,
        measured={"view": wanted, "numbers": numbers, "features_per_image": per_image},
        explains=("crash",),
        fix=Fix(f"write x.view(x.size(0), -1){resized}"),
    )


def _next_linear(network: Network | None, wanted: str) -> LayerFacts | None:
    """The layer made for the size that the view asks for."""
    size = int(wanted.split(",")[-1])
    for layer in network.layers if network else ():
        weight = next((p for p in layer.parameters if len(p.shape) == 2), None)
        if weight is not None and weight.shape[1] == size:
            return layer
    return None


def _outputs(layer: LayerFacts) -> int | str:
    return next((p.shape[0] for p in layer.parameters if len(p.shape) == 2), "...")


# --- a view that folded the batch ------------------------------------------------------------


def _folded(site: LossSite, network: Network) -> LayerFacts | None:
    """The first linear layer with more or fewer rows than the batch, in a loss that stopped."""
    if not site.raised or not site.input_shape or not site.target_shape:
        return None
    rows, images = site.input_shape[0], site.target_shape[0]
    called = sorted((x for x in network.layers if x.calls), key=lambda x: x.order)
    first = next((x.in_shape for x in called if x.in_shape), None)
    if rows == images or first is None or first[0] != images:
        return None
    for layer in called:
        if "in_features" in layer.settings and layer.in_shape and len(layer.in_shape) == 2:
            return layer if layer.in_shape[0] == rows else None
    return None


def _of_folding(
    images: int,
    layer: LayerFacts | LayerAtCrash,
    network: Network | None,
    source: Source | None,
    ends: Sequence[Place],
) -> Finding:
    shape = layer.in_shape if isinstance(layer, LayerFacts) else layer.in_shapes[0]
    rows, width = shape or (0, 0)
    real = rows * width // images
    name = layer_name(layer.name, layer.kind)
    fix = "write x.view(x.size(0), -1)"
    if real != layer.settings.get("in_features"):
        fix += f" and nn.Linear({real}, {layer.settings.get('out_features', '...')})"
    return Finding(
        says=f"{images} images enter, but {rows} rows of {width} reach {name}: each image has "
        f"{_origin(real, network)} features, and the reshape spread them over other rows",
        places=places(_view(source, network, (width, rows)), *ends),
        confidence=0.95,
        measured={
            "images": images,
            "rows": rows,
            "row_length": width,
            "features_per_image": real,
        },
        explains=("crash",),
        fix=Fix(fix),
    )


def _view(source: Source | None, network: Network | None, sizes: tuple[int, int]) -> Place | None:
    """The reshape to one of these sizes, in the network's class or in the project's only one."""
    calls = source.calls_to("*.view", "*.reshape") if source else ()
    fitting = [c for c in calls if any(a.is_constant and a.constant in sizes for a in c.args)]
    own = [c for c in fitting if network and c.function.startswith(f"{network.kind}.")]
    return next((c.place for c in (own or fitting)), None)


def suspect(source: Source) -> list[Finding]:
    """A linear layer of constants behind convolutions of constants, in straight code."""
    if not source.calls_to("*.Conv2d"):
        return []
    found = misfits(source, image_size(source))
    return [of_source(m) for m in found if m.kind != "channels"]


# May a machine change it without asking? (see check_file.py)
SAFE = True
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    return mended(finding, source)


BAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 4 * 4, 32)  # <- here
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16.0, dtype=torch.float32).reshape(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(4):
    for batch in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        F.cross_entropy(net(x_train[batch]), y_train[batch]).backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    print("test accuracy", (net(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace("16 * 4 * 4, 32)  # <- here", "16 * 2 * 2, 32)")
