"""Channel counts do not fit.

What it looks for
    A crash in a convolution or a normalization layer made for another number of channels than it
    was given: grey images into a network for colour or the reverse, a channel dimension that is
    missing or stands last, a layer that does not follow the one before; or a Normalize for three
    channels on grey images.

Why it hurts
    Every channel has weights of its own in the layer, so other counts cannot be computed.

How to fix it
    Make the first layer for the images' channels, or convert the images (Grayscale). Channels come
    before height and width: [N, C, H, W].

When it is fine
    It never is: the script stops.

References
    torch.nn.Conv2d, "Shape".
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._helpers import layer_name, places, plain
from whytorch.checks._mending import sized
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import assigned, calls_here, text, told
from whytorch.checks.architecture._images import images_made, network_call
from whytorch.checks.architecture._shapes import misfits
from whytorch.evidence.facts import CrashFacts, DataFlow, LayerAtCrash, Network, Run, Shape
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, Place, ReplaceStatement, SetArgument

CONSEQUENCE_OF = ("missing-batch-dimension", "computed-but-unused")

_CHANNELS = ("in_channels", "num_features", "num_channels")
_NORMALIZED = re.compile(
    r"output with shape \[1, \d+, \d+\] doesn't match the broadcast shape \[(\d+), \d+, \d+\]"
)


def decide(
    run: Run, network: Network | None, data: DataFlow | None, source: Source | None
) -> list[Finding]:
    crash = run.crash
    if crash is None:
        return []
    if crash.layers and (expected := _expected(crash.layers[-1])):
        call = network_call(crash)
        made = images_made(source, data, network, call)
        return [_of_layer(crash, crash.layers[-1], expected, network, made or call, source)]
    normalized = _NORMALIZED.search(crash.message)
    if normalized and "ormalize" in crash.message + crash.traceback:
        return [_of_normalize(crash, int(normalized.group(1)), source)]
    return []


def _expected(layer: LayerAtCrash) -> int | None:
    """The channels the layer was made for, if it was given images with others."""
    channels = next((layer.settings[s] for s in _CHANNELS if s in layer.settings), None)
    given = layer.in_shapes[0] if layer.in_shapes else ()
    if not isinstance(channels, int) or len(given) < 3:
        return None
    return channels if given[1] != channels else None


def _of_layer(
    crash: CrashFacts,
    layer: LayerAtCrash,
    expected: int,
    network: Network | None,
    images: Place | None,
    source: Source | None,
) -> Finding:
    given = layer.in_shapes[0]
    called = [x for x in network.layers if x.calls and x.parameters] if network else []
    before = next((x for x in called if x.name == layer.name), None)
    name = layer_name(layer.name, layer.kind)
    kind = "" if name.endswith((f"({layer.kind})", f" {layer.kind}")) else f" ({layer.kind})"
    reaches = f"{given[1]} channel{_s(given[1])}"
    order: tuple[Place | None, ...]
    if before is not None and before.in_shape is not None:
        fix = f"make these images like those before, {plain(before.in_shape)}"
        order = (network_call(crash), layer.place)
    elif not called and (at_call := _at_call(layer, expected, given)):
        reaches, fix = at_call
        order = (images, network_call(crash), layer.place)
    else:
        foreign = network is not None and not network.user_defined and not _is_own(layer, source)
        fix = _in_layer(layer, expected, given, not called, foreign)
        order = (layer.place, crash.frames[-1] if called else network_call(crash))
    return Finding(
        says=f"{name}{kind} is made for {expected} channel{_s(expected)}, but what reaches it has "
        f"{reaches}: {plain(given)}",
        places=places(*order),
        confidence=0.97,
        measured={"expected_channels": expected, "input_shape": list(given), "layer": layer.kind},
        explains=("crash",),
        fix=Fix(fix),
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _at_call(layer: LayerAtCrash, expected: int, given: Shape) -> tuple[str, str] | None:
    """What the images lack, and what to write where the network is called with them."""
    if len(given) == 4 and given[-1] == expected and given[1] > expected:
        return "its channels last", "write images.permute(0, 3, 1, 2)"
    if len(given) == 3 and expected == 1 and "in_channels" in layer.settings:
        return "no channel dimension", "write images.unsqueeze(1)"
    return None


def _is_own(layer: LayerAtCrash, source: Source | None) -> bool:
    """Whether the script itself writes the layer, in an nn.Sequential of its own, say."""
    if source is None or layer.place is None:
        return False
    line = Place(layer.place.path, layer.place.line)
    return any(call.last == layer.kind for call in source.calls_within(line))


def _in_layer(
    layer: LayerAtCrash, expected: int, given: Shape, is_first: bool, foreign: bool
) -> str:
    """What to write for the layer, or for the images where they come first."""
    channels = given[1] if len(given) > 3 or "in_channels" not in layer.settings else given[0]
    if "in_channels" in layer.settings:
        fix = f"write nn.{layer.kind}({channels}, {layer.settings.get('out_channels')}, ...)"
    else:
        fix = f"write nn.{layer.kind}({channels})"
    if not is_first or (channels, expected) not in ((1, 3), (3, 1)):
        return fix
    images = "RGB: transforms.Grayscale(num_output_channels=3) or images.repeat(1, 3, 1, 1)"
    if expected == 1:
        images = "grey: transforms.Grayscale()"
    if foreign:
        return f"make the images {images}"
    return f"{fix}, or make the images {images}"


def _of_normalize(crash: CrashFacts, channels: int, source: Source | None) -> Finding:
    calls = source.calls_to("*.Normalize") if source else ()
    made = [c for c in calls if (mean := c.argument("mean")) and mean.is_constant
            and isinstance(mean.constant, tuple) and len(mean.constant) == channels]  # fmt: skip
    place = made[0].place if len(made) == 1 else None
    return Finding(
        says=f"Normalize has {channels} means, but the images are grey: 1 channel",
        places=places(place, crash.frames[-1] if crash.frames else None),
        confidence=0.9,
        measured={"expected_channels": channels, "image_channels": 1},
        explains=("crash",),
        fix=Fix("write transforms.Normalize((0.5,), (0.5,)), or put "
                f"transforms.Grayscale(num_output_channels={channels}) before it"),
    )  # fmt: skip


def suspect(source: Source) -> list[Finding]:
    """A layer behind a convolution, in straight code, for another number of channels."""
    if not source.calls_to("*.Conv2d"):
        return []
    return [
        Finding(
            says=f"in {m.network}, {m.name} is made for {m.expects} channel{_s(m.expects)}, and "
            f"what reaches it has {m.gets.channels}",
            places=(m.place,),
            confidence=0.93,
            explains=("crash",),
            fix=Fix(
                f"write nn.{m.layer.last}({m.gets.channels}"
                f"{', ...' if m.layer.last == 'Conv2d' else ''})"
            ),
        )
        for m in misfits(source, None)
        if m.kind == "channels"
    ]


SAFE = True
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if shaped := re.match(r"write images(\.permute\(0, 3, 1, 2\)|\.unsqueeze\(1\))", told(finding)):
        return _shaped(finding, source, shaped[1])
    if same := re.match(r"write transforms\.Normalize\((\(.*?\)), (\(.*?\))\)", told(finding)):
        return [
            SetArgument(call.place, (), "Normalize", name, value, position, anyhow=True)
            for call in calls_here(finding, source, "Normalize")
            for position, (name, value) in enumerate((("mean", same[1]), ("std", same[2])))
        ]
    found = re.match(r"write nn\.(\w+)\((\d+)", told(finding))
    old = finding.measured.get("expected_channels")
    if found is None or old is None:
        return []
    name = "num_features" if "Norm" in found[1] else "in_channels"
    if (followed := _following(finding, source, found[1])) is not None:
        return [followed]
    return sized(finding, source, found[1], name, 0, old, int(found[2]))


def _following(finding: Finding, source: Source, kind: str) -> AnyEdit | None:
    """A BatchNorm that is given a parameter of its function gets what the convolution before it
    makes: `outputs` of nn.Conv2d(inputs, outputs, 3)."""
    for norm in calls_here(finding, source, kind) if "Norm" in kind else ():
        given = norm.args[0] if norm.args else None
        if given is None or given.is_constant or not given.text.isidentifier():
            return None
        before = [
            c
            for c in source.calls
            if c.function == norm.function
            and c.last.startswith("Conv")
            and c.place.line <= norm.place.line
            and len(c.args) > 1
        ]
        if before and before[-1].args[1].text != given.text:
            value = before[-1].args[1].text
            return SetArgument(norm.place, (), kind, "num_features", value, 0, anyhow=True)
    return None


def _shaped(finding: Finding, source: Source, ending: str) -> list[AnyEdit]:
    """The line that makes the images, with their dimensions in order."""
    place = next(iter(finding.places), None)
    made = assigned(source, place) if place is not None else None
    if place is None or made is None or ending.partition("(")[0] in ast.unparse(made[1]):
        return []
    value = text(source, place, made[1])
    value = f"({value})" if isinstance(made[1], ast.BinOp) else value
    return [ReplaceStatement(place, code=f"{made[0]} = {value}{ending}")]


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class DigitNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3)
        self.conv2 = nn.Conv2d(32, 32, kernel_size=3)  # <- here
        self.fc = nn.Linear(32, classes)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return self.fc(x.mean(dim=(2, 3)))


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
parts = train_test_split(images, torch.tensor(digits.target), test_size=0.2, random_state=0)
x_train, x_test, y_train, y_test = parts
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True)
model = DigitNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(5):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

GOOD = BAD.replace(
    "nn.Conv2d(32, 32, kernel_size=3)  # <- here", "nn.Conv2d(16, 32, kernel_size=3)"
)
